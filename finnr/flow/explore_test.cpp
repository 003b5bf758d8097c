// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/explore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "finnr/base/files.h"
#include "finnr/explore/explored_network_for_test.h"

namespace finnr {
namespace {

class Explorations : public testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace(*ScratchFolder::make());
    model_ = (folder_->path() / "chain.json").string();
    ASSERT_TRUE(write_file(model_, chain_text()).ok());
    config_.models = {model_};
    config_.devices = {"pynq-z1"};
    config_.shares = {0.05, 0.5};
    config_.jobs = 2;
  }

  std::vector<ExplorePoint> run() {
    const Result<std::vector<ExploreJob>> jobs = list_jobs(config_);
    EXPECT_TRUE(jobs.ok());
    Diagnostics diagnostics;
    auto points = explore(config_, *jobs, diagnostics);
    EXPECT_TRUE(points.has_value());
    return *points;
  }

  std::optional<ScratchFolder> folder_;
  std::string model_;
  ExploreConfig config_;
};

TEST_F(Explorations, FillShares) {
  config_.certificates = folder_->path() / "certificates";
  const std::vector<ExplorePoint> points = run();
  ASSERT_EQ(points.size(), 2U);
  for (const ExplorePoint& p : points) {
    EXPECT_EQ(p.problem, "");
    EXPECT_TRUE(p.cost.fits(p.limit));
    EXPECT_EQ(p.bound, p.interval);
    EXPECT_NEAR(p.fps, p.job.clock_mhz * 1e6 / static_cast<double>(p.interval), 1e-6);
    EXPECT_LE(p.tops, p.attainable_tops);
    EXPECT_TRUE(p.front);
    const Result<std::string> subject = certify((config_.certificates / (p.job.key + ".json")).string());
    ASSERT_TRUE(subject.ok());
    EXPECT_THAT(*subject, testing::StartsWith("chain on "));
  }
  EXPECT_GE(points[1].fps, points[0].fps);
  EXPECT_EQ(std::ranges::count(to_csv(points), '\n'), 3);
}

TEST_F(Explorations, ResumeFromResults) {
  config_.results = folder_->path() / "results.jsonl";
  run();
  std::string text = *read_file(config_.results);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  // A stored result is taken as it is, a line cut short is computed again, and the file grows by that alone.
  const std::size_t at = text.find("\"bottleneck\":\"");
  text.insert(at + 14, "stored-");
  const std::size_t last = text.rfind('\n', text.size() - 2);
  const std::string first = text.substr(0, last + 1);
  ASSERT_TRUE(write_file(config_.results, first + text.substr(last + 1, 40) + "\n").ok());
  const std::vector<ExplorePoint> points = run();
  EXPECT_EQ(std::ranges::count_if(points, [](const ExplorePoint& p) { return p.bottleneck.starts_with("stored-"); }), 1);
  EXPECT_EQ(std::ranges::count(*read_file(config_.results), '\n'), 3);
}

TEST_F(Explorations, HaveKeysOfWhatTheyDependOn) {
  const auto keys = [&] {
    std::vector<std::string> list;
    const Result<std::vector<ExploreJob>> jobs = list_jobs(config_);
    for (const ExploreJob& job : *jobs) list.push_back(job.key);
    return list;
  };
  const std::vector<std::string> before = keys();
  EXPECT_NE(before[0], before[1]);
  EXPECT_EQ(keys(), before);
  config_.accuracies = {70.5};
  EXPECT_EQ(keys(), before) << "what a user says of the model changes no design";
  config_.clock_mhz = 123;
  EXPECT_NE(keys(), before);
  config_.clock_mhz.reset();
  std::string text = chain_text();
  text.replace(text.find("uint4"), 5, "uint5");
  ASSERT_TRUE(write_file(model_, text).ok());
  EXPECT_NE(keys(), before);
}

TEST_F(Explorations, JobsAreLines) {
  config_.accuracies = {70.5};
  config_.fps = {1000};
  const Result<std::vector<ExploreJob>> jobs = list_jobs(config_);
  std::string text;
  for (const ExploreJob& job : *jobs) text += to_json(job) + "\n";
  const std::string path = (folder_->path() / "jobs.jsonl").string();
  ASSERT_TRUE(write_file(path, text).ok());
  const Result<std::vector<ExploreJob>> read = read_jobs(path);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(to_json((*read)[1]), to_json((*jobs)[1]));
  ASSERT_TRUE(write_file(path, text + "{\"key\": 3}\n").ok());
  EXPECT_EQ(read_jobs(path).error().code, Code::kBadJob);
  EXPECT_THAT(read_jobs(path).error().message, testing::StartsWith("line 3 of"));
  config_.accuracies = {1, 2};
  EXPECT_EQ(list_jobs(config_).error().code, Code::kBadOption);
  config_.accuracies.clear();
  config_.costs = "no-such-costs.json";
  EXPECT_EQ(list_jobs(config_).error().code, Code::kBadCostFile);
  config_.costs = "finn";
  EXPECT_NE(list_jobs(config_)->front().key, jobs->front().key);
}

TEST_F(Explorations, PutMoreAccurateModelsOnTheFront) {
  const std::string other = (folder_->path() / "same.json").string();
  ASSERT_TRUE(write_file(other, std::string(chain_text()) + "\n").ok());
  config_.models = {model_, other};
  config_.shares = {0.5};
  config_.accuracies = {70, 71};
  const std::vector<ExplorePoint> points = run();
  EXPECT_FALSE(points[0].front) << "as fast and as large, and less accurate";
  EXPECT_TRUE(points[1].front);
}

TEST_F(Explorations, CertificatesThatDoNotHold) {
  config_.shares = {0.5};
  config_.certificates = folder_->path() / "certificates";
  const std::string path = (config_.certificates / (run()[0].job.key + ".json")).string();
  std::string text = *read_file(path);
  const std::size_t at = text.find("\"interval\":");
  text.insert(at + 11, "1");
  ASSERT_TRUE(write_file(path, text).ok());
  EXPECT_EQ(certify(path).error().code, Code::kCertificateFails);
}

}  // namespace
}  // namespace finnr
