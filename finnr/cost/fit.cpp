// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

/// A table of terms by samples, and what they should sum up to.
struct Problem {
  std::vector<std::vector<double>> rows;
  std::vector<double> wanted;
  std::size_t free = SIZE_MAX;  ///< term of a constant with any sign: "one"
  std::vector<double> size;     ///< of the whole, exact terms too: what errors are shares of
};

/// Least squares with weights, of constants that are not negative but for the one of `free`; one constant after the other until none
/// moves: the problem is convex, so that this ends in its minimum. A little is added to the diagonal, so that terms that no sample
/// tells apart share what they explain.
std::vector<double> least_squares(const Problem& problem, const std::vector<double>& weights) {
  constexpr double kRidge = 1e-4;
  constexpr int kMostRounds = 3000;
  const std::size_t terms = problem.rows[0].size();
  std::vector<std::vector<double>> a(terms, std::vector<double>(terms, 0));
  std::vector<double> right(terms, 0);
  for (std::size_t s = 0; s < problem.rows.size(); ++s) {
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = 0; j < terms; ++j) a[i][j] += weights[s] * problem.rows[s][i] * problem.rows[s][j];
      right[i] += weights[s] * problem.rows[s][i] * problem.wanted[s];
    }
  }
  for (std::size_t i = 0; i < terms; ++i) a[i][i] *= 1 + kRidge;
  std::vector<double> constants(terms, 0);
  for (int round = 0; round < kMostRounds; ++round) {
    double moved = 0;
    for (std::size_t i = 0; i < terms; ++i) {
      if (a[i][i] <= 0) continue;
      double rest = right[i];
      for (std::size_t j = 0; j < terms; ++j) rest -= j == i ? 0 : a[i][j] * constants[j];
      const double next = i == problem.free ? rest / a[i][i] : std::max(0.0, rest / a[i][i]);
      moved = std::max(moved, std::abs(next - constants[i]));
      constants[i] = next;
    }
    constexpr double kStill = 1e-7;
    if (moved < kStill) break;
  }
  return constants;
}

double predicted(const std::vector<double>& row, const std::vector<double>& constants) {
  double total = 0;
  for (std::size_t i = 0; i < row.size(); ++i) total += row[i] * constants[i];
  return total;
}

std::vector<double> fit(const Problem& problem) {
  if (problem.rows.empty() || problem.rows[0].empty()) return {};
  constexpr int kRounds = 200;
  constexpr double kStep = 0.1;     // what the largest error gains in weight in a round
  constexpr double kMedian = 0.08;  // the errors that are wanted
  constexpr double kWorst = 0.25;
  const std::size_t count = problem.rows.size();
  std::vector<double> importance(count, 1.0);
  std::vector<double> best;
  double best_score = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> weights;
    for (std::size_t s = 0; s < count; ++s) weights.push_back(importance[s] / (problem.size[s] * problem.size[s]));
    const std::vector<double> constants = least_squares(problem, weights);
    std::vector<double> shares;
    for (std::size_t s = 0; s < count; ++s)
      shares.push_back(std::abs(predicted(problem.rows[s], constants) - problem.wanted[s]) / problem.size[s]);
    std::vector<double> sorted = shares;
    std::ranges::sort(sorted);
    const double score = std::max(sorted.back() / kWorst, sorted[count / 2] / kMedian);
    if (best.empty() || score < best_score - 1e-9) {
      best = constants;
      best_score = score;
    }
    for (std::size_t s = 0; s < count; ++s) importance[s] *= 1 + kStep * shares[s] / std::max(sorted.back(), 1e-9);
    const double mean = std::accumulate(importance.begin(), importance.end(), 0.0) / static_cast<double>(count);
    for (double& value : importance) value /= mean;
  }
  for (double& constant : best) constant = std::round(constant * 1000) / 1000;
  return best;
}

/// Exact terms are taken off what the others explain.
Problem problem_of(std::span<const Sample> samples, Cells cells, bool lut) {
  Problem problem;
  for (const Sample& sample : samples) {
    std::vector<double> row;
    auto wanted = static_cast<double>(lut ? sample.cost.lut : sample.cost.ff);
    const UnitTerms terms = unit_terms(sample.shape, lut_inputs(cells));
    for (const Term& term : lut ? terms.lut : terms.ff) {
      if (term.exact) {
        wanted -= term.value;
      } else {
        if (term.name == "one") problem.free = row.size();
        row.push_back(term.value);
      }
    }
    problem.rows.push_back(std::move(row));
    problem.wanted.push_back(wanted);
    problem.size.push_back(static_cast<double>(std::max<std::int64_t>(1, lut ? sample.cost.lut : sample.cost.ff)));
  }
  return problem;
}

/// The factor that brings what a model says of samples closest to what they have, as least squares of relative errors.
double factor_of(const CostModel& model, std::span<const Sample> samples, Cost::Member member) {
  double square = 0;
  double product = 0;
  for (const Sample& sample : samples) {
    const double weight = 1.0 / static_cast<double>(std::max<std::int64_t>(1, sample.cost.*member));
    const double now = static_cast<double>(model.cost(sample.shape).*member) * weight;
    square += now * now;
    product += now * static_cast<double>(sample.cost.*member) * weight;
  }
  return square > 0 ? product / square : 1.0;
}

}  // namespace

Result<std::vector<Sample>> parse_samples(std::string_view text, const std::string& kind, const std::string& file) {
  const auto bad = [&](std::string why) {
    return Diagnostic(Code::kBadCostFile, fmt::format("the samples '{}' cannot be used", file))
        .at({file, "", ""})
        .because(std::move(why))
        .fix("write them with tools/sample_costs.py");
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("samples") || !json["samples"].is_array()) return bad("it has no list 'samples'");
  std::vector<Sample> samples;
  for (const Json& entry : json["samples"]) {
    Sample sample;
    sample.shape.kind = kind;
    if (!entry.is_object() || !entry.contains("parameters") || !entry["parameters"].is_object()) return bad("a sample has no parameters");
    for (const auto& [name, value] : entry["parameters"].items()) {
      if (!value.is_number_integer()) return bad(fmt::format("parameter '{}' is no whole number", name));
      sample.shape.numbers[name] = value.get<std::int64_t>();
    }
    for (std::size_t i = 0; i < kCostNames.size(); ++i) {
      const std::string name(kCostNames[i]);
      if (entry.contains(name) && entry[name].is_number_integer()) sample.cost.*Cost::kMembers[i] = entry[name].get<std::int64_t>();
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

SplitSamples split_samples(std::span<const Sample> samples) {
  SplitSamples split;
  for (std::size_t i = 0; i < samples.size(); ++i) (i % 3 == 2 ? split.held_out : split.fitted).push_back(samples[i]);
  return split;
}

KindConstants fit(std::span<const Sample> samples, Cells cells) {
  return {fit(problem_of(samples, cells, true)), fit(problem_of(samples, cells, false))};
}

KindConstants scaled(const KindConstants& prior, std::span<const Sample> samples, Cells cells) {
  if (samples.empty()) return prior;
  const CostModel model{cells, {{samples.front().shape.kind, prior}}};
  KindConstants result = prior;
  const double lut = factor_of(model, samples, &Cost::lut);
  const double ff = factor_of(model, samples, &Cost::ff);
  for (double& constant : result.lut) constant *= lut;
  for (double& constant : result.ff) constant *= ff;
  result.lut_factor *= lut;
  result.ff_factor *= ff;
  return result;
}

Errors errors(const CostModel& model, std::span<const Sample> samples, Cost::Member member) {
  std::vector<double> shares;
  for (const Sample& sample : samples) {
    const auto is = static_cast<double>(sample.cost.*member);
    const auto said = static_cast<double>(model.cost(sample.shape).*member);
    shares.push_back(std::abs(said - is) / std::max(1.0, is));
  }
  std::ranges::sort(shares);
  return shares.empty() ? Errors{} : Errors{shares[shares.size() / 2], shares.back()};
}

}  // namespace finnr
