// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "finnr/base/result.h"

namespace finnr {

/// What Yosys does not do for ECP5: a netlist of its `write_json`, with registers behind block memories moved into the blocks' own output
/// registers (REGMODE OUTREG), which are several times as fast as the way out of a block without them. A block (DP16KD with a read and a
/// write port, DATA_WIDTH_A 36) takes its registers in when every output in use goes to the input of one flip-flop and nowhere else, all
/// on the clock of the read port, with one enable and without a reset. Other netlists come back as they are; a text that is no netlist
/// is an error.
Result<std::string> absorb_output_registers(const std::string& netlist);

}  // namespace finnr
