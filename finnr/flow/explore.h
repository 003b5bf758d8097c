// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/hardware/cost.h"

namespace finnr {

/// One point of an exploration: a network on a share of a device, as fast as possible or at a rate. Independent of all others, and
/// told apart from them by a hash of everything that its result depends on.
struct ExploreJob {
  std::string key;
  std::string model;
  std::optional<double> accuracy;  ///< of the model, as its user says
  std::string device;              ///< name, board or file
  double clock_mhz = 0;
  double share = 1;              ///< of what the device has
  std::optional<double> fps;     ///< none: as fast as possible
  std::string costs = "fitted";  ///< what the device is filled by (explore/unit_cost.h)
};

/// What came of a job.
struct ExplorePoint {
  ExploreJob job;
  std::string problem;  ///< why nothing fits; "" where something does, and then:
  std::int64_t interval = 0;
  std::int64_t bound = 0;  ///< proved: no design within the limits takes fewer cycles (with a rate asked: not looked for, the interval)
  double fps = 0;
  Cost cost;
  Cost limit;
  double gap = 0;              ///< of the cost at this interval to its proved least; queues in front of joins apart
  std::string bottleneck;      ///< the slowest layer
  std::string binding;         ///< the resource that keeps the design from being faster
  std::optional<Cost> twice;   ///< what a design of twice the rate takes at least
  double tops = 0;             ///< 10^12 operations a second
  double attainable_tops = 0;  ///< the roofline there
  std::string folding;         ///< a folding file
  bool front = false;          ///< no other point is better in one regard and no worse in all
};

struct ExploreConfig {
  std::vector<std::string> models;  ///< model files or descriptions
  std::vector<double> accuracies;   ///< of the models, in their order; none or one a model
  std::vector<std::string> devices = {"all"};
  std::vector<double> shares = {1.0};
  std::string costs = "fitted";        ///< of all points
  std::vector<double> fps;             ///< rates to reach; none: as fast as possible
  std::optional<double> clock_mhz;     ///< none: the one of each device
  std::filesystem::path results;       ///< JSON lines of points; those already there are not computed again. May be empty
  std::filesystem::path certificates;  ///< folder for certificates. May be empty
  unsigned jobs = 1;                   ///< at once
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

/// The jobs of an exploration: models x devices x targets.
Result<std::vector<ExploreJob>> list_jobs(const ExploreConfig& config);

/// One line of JSON, and a file of them.
std::string to_json(const ExploreJob& job);
Result<std::vector<ExploreJob>> read_jobs(const std::string& path);

/// Runs jobs, `config.jobs` at once, and marks the front. Points come in the order of the jobs.
std::optional<std::vector<ExplorePoint>> explore(const ExploreConfig& config, const std::vector<ExploreJob>& jobs,
                                                 Diagnostics& diagnostics);

std::string to_json(const ExplorePoint& point);
std::string to_csv(const std::vector<ExplorePoint>& points);

/// Checks a certificate file. Its subject if it holds.
Result<std::string> certify(const std::string& path);

}  // namespace finnr
