// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/estimate.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/cost/cost_model.h"
#include "finnr/flow/calibrate.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

const fs::path kShared = fs::path(FINNR_SOURCE_DIR) / ".." / "shared";

constexpr const char* kTiny = R"({"name": "tiny", "input": {"shape": [8, 8, 3], "type": "uint8"},
 "network": [
  {"name": "conv0", "kind": "conv", "inputs": ["input"], "out_shape": [6, 6, 16], "kernel": [3, 3], "weight_type": "int4",
   "act_out_type": "int16"},
  {"name": "thr0", "kind": "threshold", "inputs": ["conv0"], "out_shape": [6, 6, 16], "act_out_type": "uint4", "steps": 15},
  {"name": "fc1", "kind": "fc", "inputs": ["thr0"], "out_shape": [1, 1, 10], "weight_type": "int4", "act_out_type": "int16"}]})";

class EstimateOfTiny : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(folder_.ok());
    model_ = (folder_->path() / "tiny.json").string();
    ASSERT_TRUE(write_file(model_, kTiny).ok());
  }

  std::optional<Estimate> run(double fps, const std::string& cost = "fitted", const std::string& device = "") {
    EstimateConfig config;
    config.config.model = model_;
    config.config.fps = fps;
    config.cost = cost;
    config.device = device;
    return estimate(config, diagnostics_);
  }

  Result<ScratchFolder> folder_ = ScratchFolder::make();
  std::string model_;
  Diagnostics diagnostics_;
};

TEST_F(EstimateOfTiny, TotalsAreSumsAndSpeedCosts) {
  const std::optional<Estimate> slow = run(1000);
  const std::optional<Estimate> fast = run(400'000);
  ASSERT_TRUE(slow && fast);
  Cost sum;
  for (const UnitEstimate& unit : fast->units) sum += unit.cost;
  EXPECT_EQ(sum, fast->totals);
  EXPECT_GE(slow->fps(), 1000);
  EXPECT_GE(fast->fps(), 400'000);
  EXPECT_GT(fast->totals.lut, slow->totals.lut);
}

TEST_F(EstimateOfTiny, RefusalsNameTheReason) {
  EXPECT_FALSE(run(100, "finn"));
  EXPECT_EQ(diagnostics_.list().back().code, Code::kBadFoldingFile) << "a description without a folding";
  EXPECT_FALSE(run(100, "fitted", "nowhere"));
  EXPECT_FALSE(run(100, "nothing.json"));
}

TEST_F(EstimateOfTiny, CalibrationFollowsAReport) {
  const std::optional<Estimate> before = run(10'000);
  ASSERT_TRUE(before);
  Json units = Json::array();
  for (const UnitEstimate& unit : before->units) units.push_back({{"name", unit.name}, {"lut", 2 * unit.cost.lut}, {"ff", unit.cost.ff}});
  const std::string report = (folder_->path() / "report.json").string();
  const std::string costs = (folder_->path() / "costs.json").string();
  ASSERT_TRUE(write_file(report, Json{{"units", units}}.dump()).ok());
  CalibrateConfig config{report, {}, costs};
  config.estimate.config.model = model_;
  config.estimate.config.fps = 10'000;
  config.estimate.cost = "fitted";
  const std::optional<Calibration> result = calibrate(config, diagnostics_);
  ASSERT_TRUE(result);
  for (const CalibratedKind& kind : result->kinds) {
    EXPECT_NEAR(kind.lut_after, 1.0, 0.2) << kind.kind;
  }
  const std::optional<Estimate> after = run(10'000, costs);
  ASSERT_TRUE(after);
  // Whatever is rounded.
  EXPECT_NEAR(static_cast<double>(after->totals.lut), 2.0 * static_cast<double>(before->totals.lut),
              0.01 * static_cast<double>(before->totals.lut));
  EXPECT_NEAR(static_cast<double>(after->totals.ff), static_cast<double>(before->totals.ff), 0.03 * static_cast<double>(before->totals.ff));

  config.estimate.config.model = "";
  EXPECT_FALSE(calibrate(config, diagnostics_)) << "no model";
  ASSERT_TRUE(write_file(report, R"({"units": [{"name": "other", "lut": 1}]})").ok());
  config.estimate.config.model = model_;
  Diagnostics other;
  EXPECT_FALSE(calibrate(config, other)) << "of another design";
  EXPECT_EQ(other.list().back().code, Code::kBadCostFile);
}

TEST(Estimate, FinnWithRealWeightsEqualsThePublishedLuts) {
  const fs::path published = kShared / "data" / "foldings" / "tfc-w1a1.json";
  const fs::path models = kShared / "models" / "tfc-w1a1";
  if (!fs::exists(published) || !fs::exists(models)) GTEST_SKIP() << "no published design and model";
  for (const auto& file : fs::directory_iterator(models)) {
    if (file.path().extension() != ".onnx") continue;
    EstimateConfig config;
    config.config.model = file.path().string();
    config.config.folding = published.string();
    config.config.variant = "finn-plus-ci";
    config.cost = "finn";
    Diagnostics diagnostics;
    const std::optional<Estimate> result = estimate(config, diagnostics);
    ASSERT_TRUE(result) << (diagnostics.list().empty() ? "" : to_text(diagnostics.list()[0]));
    EXPECT_EQ(result->totals, (Cost{8362, 0, 26, 0, 0}));
    EXPECT_EQ(result->interval, 64);
    return;
  }
  GTEST_SKIP() << "no model";
}

}  // namespace
}  // namespace finnr
