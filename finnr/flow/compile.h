// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/explore/fit.h"
#include "finnr/flow/prepare.h"
#include "finnr/hardware/bundle.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/folding.h"
#include "finnr/verify/verify.h"

namespace finnr {

/// What to build.
struct Config {
  std::string model;
  std::filesystem::path output;  ///< folder to make
  double clock_mhz = 100;
  std::optional<double> fps;     ///< balance the folding to this rate
  std::string folding;           ///< folding file, "" for none
  std::string variant;           ///< of a published folding
  std::string device;            ///< fit a device: with the rate of `fps` at the least cost, else as fast as possible; "" for none
  double share = 1;              ///< of what the device has
  std::string costs = "fitted";  ///< what the device is filled by (explore/unit_cost.h)
  Boundary boundary;
  std::int64_t verify_frames = 8;                                          ///< 0 builds without simulation
  bool force = false;                                                      ///< replace an accelerator folder
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

/// What was built and what is known of it.
struct Record {
  Model model;  ///< without its graph
  Design design;
  std::vector<UnitSummary> units;  ///< as the bundle lists them
  std::vector<StepRecord> steps;
  std::vector<StepRecord> passes;  ///< inside the step "streamline"
  std::optional<Verdict> verdict;
};

/// The road from a model file to an accelerator folder. The folder appears only when everything went well; a verdict that
/// is not good is reported and nothing is left. Warnings and errors go to `diagnostics`.
std::optional<Record> compile(const Config& config, Diagnostics& diagnostics);

/// A folding and, where it was searched for, what is known of it.
struct ChosenFolding {
  Folding folding;
  std::optional<Fit> fit;
};

/// Folding of a hardware part as the configuration asks.
Result<ChosenFolding> choose_folding(const Config& config, const HardwarePart& part, Diagnostics& diagnostics);

/// Design of a prepared network.
Result<Design> make_design(const Config& config, const HardwarePart& part, Diagnostics& diagnostics);

}  // namespace finnr
