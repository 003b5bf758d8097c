// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "finnr/base/result.h"
#include "finnr/hardware/cost.h"

namespace finnr {

/// What a tool says that instances of a design take, by instance name: the counts of `finnr synth --json`; a netlist that Yosys wrote
/// with write_json, whose cells below the top module are counted by the first part of their path; or the text of Vivado's
/// `report_utilization -hierarchical`, of which the shallowest row of a name counts. Fails with kBadCostFile.
Result<std::map<std::string, Cost>> read_report(std::string_view text, const std::string& file);

/// What a library cell of Yosys takes; nothing for cells that are no resource.
Cost cell_cost(std::string_view cell);

}  // namespace finnr
