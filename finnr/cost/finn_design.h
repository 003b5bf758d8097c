// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/cost.h"
#include "finnr/hardware/description.h"

namespace finnr {

// The published estimator of FINN as a named alternative to our own cost functions: its units, cycles and resources, quirks
// included, so that its reports come out to the digit. Where a formula looks odd it is as published (docs/estimate.md).

enum class FinnKind : std::uint8_t {
  kMvau,
  kVvau,
  kWindow,
  kPad,
  kPool,
  kStreamingMaxPool,
  kDownsample,
  kThreshold,
  kAdd,
  kFork,
  kChannelwise,
  kReshape,
  kLabelSelect,
  kMvtu2018,  ///< the 2018 code, without channels in its window unit
  kWindow2018,
};

enum class FinnRam : std::uint8_t { kAuto, kBlock, kDistributed, kUltra };

/// One unit of a FINN design. PE, SIMD and M are free; everything else is held.
struct FinnUnit {
  std::string name;
  FinnKind kind = FinnKind::kMvau;
  DescribedNode node;  ///< of the network, what the unit computes
  std::int64_t pe = 1;
  std::int64_t simd = 1;
  std::int64_t m = 1;
  FinnRam ram = FinnRam::kAuto;
  bool rtl = false;
  bool dsp = false;       ///< multiplications in DSP blocks
  bool embedded = false;  ///< weights in the code instead of beside it
  bool parallel_window = false;
  std::int64_t input_multiplier = 1;    ///< of the 2018 window unit
  std::int64_t depth_trigger_bram = 0;  ///< of threshold memories
  std::int64_t depth_trigger_uram = 0;
  std::vector<std::string> fused;  ///< thresholds that the unit absorbs
  int accumulator_bits = 0;        ///< as stored, from real weights; 0 takes the bound from types
};

struct FinnDesign {
  NetworkDescription network;
  std::vector<FinnUnit> units;  ///< in graph order
  double clock_mhz = 100;
};

/// What PE and SIMD must divide; 0 where the unit has no such fold.
struct FinnLimits {
  std::int64_t pe = 0;
  std::int64_t simd = 0;
};
FinnLimits fold_limits(const FinnUnit& unit);

/// Cycles a frame.
std::int64_t cycles(const FinnUnit& unit);

/// What it takes. FINN counts no flip-flops.
Cost cost(const FinnUnit& unit);

struct FinnTotals {
  Cost cost;
  std::size_t slowest = 0;        ///< unit, the first of equals
  std::int64_t cycles = 0;        ///< of the slowest unit
  std::int64_t longest_path = 0;  ///< FINN's latency: cycles of the units on the longest way, as if they did not overlap
};
FinnTotals totals(const FinnDesign& design);

/// The folding of a published design, or of its variant of that name, on its own network. Fails with kBadDescription or
/// kBadFoldingFile.
Result<FinnDesign> read_finn_design(const std::string& path, const std::string& variant);

/// The types of real weights instead of bounds: accumulators of the matrices of `part` in order, which must be those of the design.
/// Returns false when they are not.
bool take_real_accumulators(FinnDesign& design, const HardwarePart& part);

}  // namespace finnr
