// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/fit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"

namespace finnr {
namespace {

const std::filesystem::path kSamples = std::filesystem::path(FINNR_SOURCE_DIR) / "finnr" / "cost" / "samples";

std::vector<Sample> samples_of(Cells cells, const std::string& kind) {
  const std::filesystem::path file = kSamples / to_text(cells) / (kind + ".json");
  const Result<std::string> text = read_file(file);
  EXPECT_TRUE(text.ok()) << file;
  Result<std::vector<Sample>> samples = parse_samples(*text, kind, file.string());
  EXPECT_TRUE(samples.ok()) << to_text(samples.error());
  return *std::move(samples);
}

/// What docs/estimate.md states: the median and the worst error of the LUTs and flip-flops of each kind, on samples that the fit has
/// not seen.
nlohmann::json stated_errors() { return nlohmann::json::parse(*read_file(kSamples / "stated_errors.json")); }

TEST(Fit, RefitStaysWithinTheStatedErrorOnSamplesItHasNotSeen) {
  for (const Cells cells : {Cells::kXilinx, Cells::kEcp5}) {
    SCOPED_TRACE(to_text(cells));
    const nlohmann::json stated = stated_errors()[std::string(to_text(cells))];
    ASSERT_EQ(stated.size(), costed_kinds().size());
    for (const auto& [kind, bounds] : stated.items()) {
      const SplitSamples split = split_samples(samples_of(cells, kind));
      ASSERT_GE(split.held_out.size(), 3U) << kind;
      const CostModel model{cells, {{kind, fit(split.fitted, cells)}}};
      for (const auto& [name, member] : {std::pair("lut", &Cost::lut), std::pair("ff", &Cost::ff)}) {
        const Errors now = errors(model, split.held_out, member);
        EXPECT_LE(now.median, bounds[name][0].get<double>()) << kind << " " << name;
        EXPECT_LE(now.worst, bounds[name][1].get<double>()) << kind << " " << name;
      }
    }
  }
}

/// The constants inside the binary are those that the samples give.
TEST(Fit, ConstantsComeFromTheSamples) {
  for (const LogicFamily family : {LogicFamily::kXc7, LogicFamily::kEcp5}) {
    const Result<CostModel> model = cost_model("fitted", family);
    ASSERT_TRUE(model.ok());
    for (const std::string_view name : costed_kinds()) {
      const std::string kind(name);
      const KindConstants again = fit(split_samples(samples_of(model->cells, kind)).fitted, model->cells);
      EXPECT_EQ(model->kinds.at(kind).lut, again.lut) << kind;
      EXPECT_EQ(model->kinds.at(kind).ff, again.ff) << kind;
    }
  }
}

TEST(Fit, FindsConstantsOfExactData) {
  CostModel truth{Cells::kXilinx, {{"take", {{3, 2, 5, 7}, {1}}}}};
  std::vector<Sample> samples;
  for (std::int64_t period = 3; period < 900; period = period * 3 / 2) {
    Sample sample{{"take", {{"Width", 4}, {"Period", period}, {"First", 0}, {"Count", 1}}}, {}};
    sample.cost = truth.cost(sample.shape);
    samples.push_back(sample);
  }
  const CostModel found{Cells::kXilinx, {{"take", fit(samples, Cells::kXilinx)}}};
  EXPECT_EQ(errors(found, samples, &Cost::lut).worst, 0);
  EXPECT_EQ(errors(found, samples, &Cost::ff).worst, 0);
}

TEST(Fit, ScalesConstantsToAFewUnits) {
  const CostModel model = *cost_model("fitted", LogicFamily::kXc7);
  Sample sample{{"width", {{"ElementBits", 8}, {"InLanes", 16}, {"OutLanes", 2}}}, {}};
  sample.cost = model.cost(sample.shape);
  sample.cost.lut *= 2;
  CostModel scaled_model = model;
  scaled_model.kinds["width"] = scaled(model.kinds.at("width"), std::vector<Sample>{sample}, Cells::kXilinx);
  EXPECT_NEAR(static_cast<double>(scaled_model.cost(sample.shape).lut), static_cast<double>(sample.cost.lut), 1.0) << "rounded";
  EXPECT_EQ(scaled_model.cost(sample.shape).ff, sample.cost.ff);
  const Result<CostModel> again = parse_cost_model(to_json(scaled_model), "x");
  ASSERT_TRUE(again.ok()) << to_text(again.error());
  EXPECT_EQ(to_json(*again), to_json(scaled_model));
  EXPECT_EQ(again->cost(sample.shape), scaled_model.cost(sample.shape));
}

TEST(CostFile, RoundTripAndRefusals) {
  const CostModel model = *cost_model("fitted", LogicFamily::kXc7);
  const Result<CostModel> again = parse_cost_model(to_json(model), "x");
  ASSERT_TRUE(again.ok()) << to_text(again.error());
  EXPECT_EQ(to_json(*again), to_json(model));
  const auto refused = [](const std::string& text, const std::string& words) {
    const Result<CostModel> bad = parse_cost_model(text, "x");
    ASSERT_FALSE(bad.ok()) << words;
    EXPECT_EQ(bad.error().code, Code::kBadCostFile);
    EXPECT_NE(to_text(bad.error()).find(words), std::string::npos) << to_text(bad.error());
  };
  refused("[]", "does not say its cells");
  refused(R"({"cells": "max10"})", "none of xilinx and ecp5");
  refused(R"({"cells": "xilinx", "kinds": {}})", "it has no kind");
  refused(R"({"cells": "xilinx", "kinds": {"cast": {}}})", "'lut' and 'ff'");
  refused(R"({"cells": "xilinx", "kinds": {"cast": {"lut": {}, "ff": {}}, "concat": {"lut": {}, "ff": {}}}})", "no constant for");
  std::string factor = to_json(model);
  factor.replace(factor.find("\"cast\": {"), 9, "\"cast\": {\"lut_factor\": -1, ");
  refused(factor, "'lut_factor' of 'cast' is no factor");
  EXPECT_FALSE(cost_model("no-such-file", LogicFamily::kXc7).ok());
  const Result<ScratchFolder> folder = ScratchFolder::make();
  const std::string path = (folder->path() / "costs.json").string();
  ASSERT_TRUE(write_file(path, to_json(model)).ok());
  EXPECT_TRUE(cost_model(path, LogicFamily::kXcup).ok());
  EXPECT_FALSE(cost_model(path, LogicFamily::kIce40).ok()) << "other cells";
  EXPECT_FALSE(cost_model("fitted", LogicFamily::kIce40).ok()) << "no LUTs that are memory there";
}

TEST(Samples, Refusals) {
  for (const char* text : {"x", "{}", R"({"samples": [1]})", R"({"samples": [{"parameters": {"Width": "a"}}]})"}) {
    const auto samples = parse_samples(text, "fifo", "x");
    ASSERT_FALSE(samples.ok()) << text;
    EXPECT_EQ(samples.error().code, Code::kBadCostFile);
  }
}

}  // namespace
}  // namespace finnr
