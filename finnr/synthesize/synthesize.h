// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/hardware/bundle.h"
#include "finnr/synthesize/place.h"

namespace finnr {

struct SynthesisOptions {
  Family family = Family::kXilinx;
  std::string unit;                                                        ///< this one alone; "" for the whole design
  bool place = true;                                                       ///< where the family has open tools for it
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

/// One instance of the top module.
struct UnitResources {
  std::string name;
  std::string kind;
  Resources resources;
  std::optional<Resources> estimate;  ///< what the bundle predicts for such cells
};

/// What synthesis found. Every unit is synthesised for itself, with all that is inside it flattened; the totals are the sum of
/// the units, so that nothing disappears across their borders.
struct Synthesis {
  Family family = Family::kXilinx;
  std::string tool;
  std::vector<UnitResources> units;
  Resources totals;
  std::optional<Resources> estimate;  ///< sum of those of the units that have one
  std::optional<RoutedDesign> placement;
  bool stored = false;  ///< nothing ran: all was known from an earlier run on the same contents
};

/// Runs Yosys, and the router where the family has one, on an accelerator folder. Results stay in <folder>/synth and are taken
/// from there while sources, memories and tools are the same. What prevents placing alone is a warning in `diagnostics`.
/// Fails with kBadOption (no such unit), kToolMissing, kToolFailed, kNotABundle, kCannotWrite, kInterrupted.
Result<Synthesis> synthesize(const std::filesystem::path& folder, const Bundle& bundle, const SynthesisOptions& options,
                             Diagnostics& diagnostics);

/// Members units and totals (both with estimate where there is one), fmax_mhz (null when not placed), placement, tool, flow, counting.
std::string to_json(const Synthesis& synthesis);

}  // namespace finnr
