// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finnr/cost/fpga.h"
#include "finnr/flow/compile.h"

namespace finnr {

/// `finnr estimate`.
struct EstimateConfig {
  Config config;       ///< its model may be a description of a network, FILE:VARIANT too; folding, ends and clock
  std::string device;  ///< "" for none: cells of 6-input LUTs
  std::string cost;    ///< "fitted", "finn", or a file that `finnr calibrate` wrote
};

struct UnitEstimate {
  std::string name;
  std::string kind;
  std::int64_t pe = 0;
  std::int64_t simd = 0;
  Cost cost;
  std::int64_t interval = 0;
};

/// What a design takes and how fast it is, before anything is generated.
struct Estimate {
  std::vector<UnitEstimate> units;
  Cost totals;
  std::int64_t interval = 1;
  std::optional<std::int64_t> latency;  ///< cycles from the first input to the last output of the first frame
  double clock_mhz = 100;
  std::optional<Fpga> device;

  [[nodiscard]] double fps() const { return clock_mhz * 1e6 / static_cast<double>(interval); }
};

std::optional<Estimate> estimate(const EstimateConfig& config, Diagnostics& diagnostics);

/// A model, or a description of a network, up to its hardware part. `file` and `variant` are those of the model.
struct PlannedPart {
  HardwarePart part;
  std::string file;
  std::string variant;
  bool described = false;
};
Result<PlannedPart> plan_part(const std::string& model, const Boundary& boundary, Diagnostics& diagnostics);

/// The design of such a part; a published design brings its own folding unless another is asked for.
Result<Design> plan_design(const Config& config, const PlannedPart& planned, Diagnostics& diagnostics);

}  // namespace finnr
