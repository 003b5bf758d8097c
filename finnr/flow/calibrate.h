// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finnr/cost/fit.h"
#include "finnr/flow/estimate.h"

namespace finnr {

/// `finnr calibrate`.
struct CalibrateConfig {
  std::string report;       ///< file, or a folder of samples
  EstimateConfig estimate;  ///< the design that the report is about; the costs to start from
  std::string output;       ///< cost file to write
};

struct CalibratedKind {
  std::string kind;
  std::size_t units = 0;  ///< or samples that the fit has seen
  double lut_before = 0;  ///< predicted over reported, all units of the kind together
  double lut_after = 0;
  Errors lut;  ///< of units of a report, or of samples that the fit has not seen
  Errors ff;
};

struct Calibration {
  std::vector<CalibratedKind> kinds;
  std::size_t unknown = 0;  ///< instances of the report that are no units
};

/// Refits constants to a report about a design: one factor a kind for its LUTs and one for its flip-flops. A folder of samples gives
/// all constants anew, from two of three samples of each kind.
std::optional<Calibration> calibrate(const CalibrateConfig& config, Diagnostics& diagnostics);

}  // namespace finnr
