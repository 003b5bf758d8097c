// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "finnr/passes/expression.h"
#include "finnr/passes/join_plan.h"

namespace finnr {

/// One function of two integers, for all channels with the same constants.
struct PairFunction {
  Expression::Curve curve;
  std::int64_t channels = 0;  ///< how many it stands for
};

/// A step row under construction: levels at ascending integers.
class RowMaker {
 public:
  void level(std::int64_t at, std::int64_t now) {
    if (!begun_) {
      row_.base = now;
    } else if (now != before_) {
      row_.steps.push_back({at, now - before_});
    }
    begun_ = true;
    before_ = now;
  }
  StepRow take() { return std::move(row_); }

 private:
  StepRow row_;
  std::int64_t before_ = 0;
  bool begun_ = false;
};

/// What every candidate of a join starts from: two integers, the functions of them in the channels, and a plan whose table
/// has its shape and codes but no rows yet. Channels with equal constants share one function.
struct JoinProblem {
  JoinPlan blank;
  std::array<IntType, 2> range;  ///< of the two integers
  std::vector<PairFunction> functions;
  std::vector<std::size_t> of_channel;  ///< function of each channel

  /// Nothing when the constants between the sources and the quantizer differ along more than one axis.
  static std::optional<JoinProblem> find(const Graph& graph, NodeId node, const Expression& expression);

  [[nodiscard]] std::int64_t size(std::size_t s) const { return range[s].hi - range[s].lo + 1; }
  [[nodiscard]] std::int64_t step_of_codes() const { return blank.table.codes.bipolar ? 2 : 1; }
  [[nodiscard]] std::int64_t pairs() const { return static_cast<std::int64_t>(range[0].codes() * range[1].codes()); }
  /// Whether all pairs of all functions may be looked at one by one.
  [[nodiscard]] bool enumerable() const {
    return size(0) <= kMaxPairs / size(1) && size(0) * size(1) * static_cast<std::int64_t>(functions.size()) <= kMaxPairs;
  }

  /// The code at x and y; 0 and 1 for bipolar codes.
  [[nodiscard]] std::int64_t level(const PairFunction& f, std::int64_t x, std::int64_t y) const {
    const std::int64_t code = f.curve.code(x, y);
    return blank.table.codes.bipolar ? (code + 1) / 2 : code;
  }
  /// The same with source `a` at `at_a` and the other at `at_b`.
  [[nodiscard]] std::int64_t level(const PairFunction& f, std::size_t a, std::int64_t at_a, std::int64_t at_b) const {
    return a == 0 ? level(f, at_a, at_b) : level(f, at_b, at_a);
  }
  template <class Visit>
  void each_pair(const PairFunction& f, Visit visit) const {
    for (std::int64_t x = range[0].lo; x <= range[0].hi; ++x) {
      for (std::int64_t y = range[1].lo; y <= range[1].hi; ++y) {
        if (range[0].contains(x) && range[1].contains(y)) visit(x, y, level(f, x, y));
      }
    }
  }

  /// True when a source can be multiplied by a factor for each channel.
  [[nodiscard]] bool has_channels(std::size_t s) const {
    const auto axis = static_cast<std::size_t>(blank.table.axis);
    return blank.shapes[s][axis] == blank.table.shape[axis];
  }
  /// Fills a table from one row a function.
  void fill(std::vector<StepRow> rows, StepTable& table, std::int64_t never) const;
};

}  // namespace finnr
