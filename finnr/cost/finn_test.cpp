// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/cost/finn_design.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

const std::filesystem::path kPublished = std::filesystem::path(FINNR_SOURCE_DIR) / ".." / "shared" / "data" / "foldings";

TEST(FinnEstimator, EqualsEveryPublishedReport) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << "no published foldings";
  int reports = 0;
  for (const auto& file : std::filesystem::directory_iterator(kPublished)) {
    if (file.path().extension() != ".json") continue;
    Json json = Json::parse(*read_file(file.path()));
    std::vector<std::pair<std::string, Json>> designs = {{"", json}};
    for (const Json& variant : json.value("variants", Json::array())) designs.emplace_back(variant["name"], variant);
    for (const auto& [variant, published] : designs) {
      const std::string label = file.path().stem().string() + ":" + variant;
      const Result<FinnDesign> design = read_finn_design(file.path().string(), variant);
      ASSERT_TRUE(design.ok()) << to_text(design.error());
      const FinnTotals now = totals(*design);
      const Json& formula = published["cycles_by_formula"];
      EXPECT_EQ(design->units[now.slowest].name, formula["bottleneck"]) << label;
      EXPECT_EQ(now.cycles, formula["bottleneck_cycles"]) << label;
      EXPECT_EQ(now.longest_path, formula["longest_path_cycles"]) << label;
      for (const FinnUnit& unit : design->units) EXPECT_EQ(cycles(unit), formula["units"][unit.name]) << label << " " << unit.name;
      if (!published.contains("upstream_report")) continue;
      ++reports;
      const Json& report = published["upstream_report"];
      EXPECT_EQ(now.cycles, report["max_cycles"]) << label;
      EXPECT_EQ(design->units[now.slowest].name, report["max_cycles_node_name"]) << label;
      if (report.contains("critical_path_cycles")) {
        EXPECT_EQ(now.longest_path, report["critical_path_cycles"]) << label;
      }
      EXPECT_EQ(now.cost.bram18, report["bram18"]) << label;
      if (report.contains("dsps")) {
        EXPECT_EQ(now.cost.dsp, report["dsps"]) << label;
      }
    }
  }
  EXPECT_EQ(reports, 12);
}

/// Upstream's own test of its estimator.
TEST(FinnEstimator, MatrixOfFourByFour) {
  FinnUnit unit;
  unit.node.kind = NodeKind::kFc;
  unit.node.in = unit.node.out = {1, 1, 4};
  unit.node.x = unit.node.w = {-2, 1, false};
  unit.embedded = true;
  EXPECT_EQ(cost(unit), (Cost{317, 0, 0, 0, 0}));
  unit.dsp = true;
  EXPECT_EQ(cost(unit), (Cost{313, 0, 0, 0, 1}));
}

TEST(FinnEstimator, RefusesFoldingsThatDoNotFitTheNetwork) {
  const Json good = Json::parse(R"({"name": "n", "input": {"shape": [1, 1, 4], "type": "uint2"}, "network": [
    {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 4], "weight_type": "int2", "act_out_type": "int8"}],
    "folding": [{"node": "MVAU_0", "of": "fc0", "unit": "mvau", "PE": 2, "SIMD": 4}], "clock_ns": 4})");
  const Result<ScratchFolder> folder = ScratchFolder::make();
  const std::string path = (folder->path() / "net.json").string();
  const auto read = [&](const Json& json, const std::string& variant = "") {
    EXPECT_TRUE(write_file(path, json.dump()).ok());
    return read_finn_design(path, variant);
  };
  const Result<FinnDesign> design = read(good);
  ASSERT_TRUE(design.ok()) << to_text(design.error());
  EXPECT_EQ(design->clock_mhz, 250);
  EXPECT_EQ(totals(*design).cycles, 2);
  EXPECT_EQ(fold_limits(design->units[0]).pe, 4);
  const auto refused = [&](const Json& json, const std::string& words, const std::string& variant = "") {
    const Result<FinnDesign> result = read(json, variant);
    ASSERT_FALSE(result.ok()) << words;
    EXPECT_EQ(result.error().code, Code::kBadFoldingFile);
    EXPECT_NE(to_text(result.error()).find(words), std::string::npos) << to_text(result.error());
  };
  refused(good, "no variant 'x'", "x");
  for (const auto& [key, value, words] : std::vector<std::tuple<std::string, Json, std::string>>{{"unit", "lstm", "no known unit"},
                                                                                                 {"unit", "vvau", "no node that it can"},
                                                                                                 {"of", "fc9", "no node that it can"},
                                                                                                 {"PE", 0, "no number from 1"},
                                                                                                 {"SIMD", "4", "no number from 1"}}) {
    Json bad = good;
    bad["folding"][0][key] = value;
    refused(bad, words);
  }
  Json bad = good;
  bad["folding"] = Json::array();
  refused(bad, "no list 'folding'");
  bad["folding"] = {1};
  refused(bad, "not an object");
}

}  // namespace
}  // namespace finnr
