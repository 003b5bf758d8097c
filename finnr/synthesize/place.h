// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "finnr/base/result.h"
#include "finnr/synthesize/yosys.h"

namespace finnr {

/// What placing and routing found, on the smallest device that the netlist fits.
struct RoutedDesign {
  std::string device;
  std::string router;  ///< the program and its version
  double fmax_mhz = 0;
  double target_mhz = 0;                                              ///< what the router aimed at
  std::string bitstream;                                              ///< file, relative to the accelerator folder
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> used;  ///< sites of each kind: used, there are

  bool operator==(const RoutedDesign&) const = default;
};

/// The smallest device of the family for these cells, nullptr when there is none.
const Device* smallest_device(Family family, const Resources& cells);

/// Fmax and sites out of nextpnr's report; false when it is not one.
bool read_router_report(const std::string& text, RoutedDesign& placement);

/// Places and routes a module of an elaborated design inside five pins (pins.h), and writes a bitstream to `bitstream` in the
/// folder of the run. Fails with kToolMissing, kDoesNotFit, kToolFailed, kInterrupted.
Result<RoutedDesign> place_and_route(YosysRun& yosys, Family family, const std::string& type, const std::string& bitstream,
                                     const std::function<void(const std::string&, double)>& on_progress);

}  // namespace finnr
