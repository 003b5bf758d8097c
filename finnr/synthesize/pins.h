// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "finnr/synthesize/rtlil.h"

namespace finnr {

/// A Verilog module `name` around an instance of `inner`, whose wide ports would need more pins than a device has: all inputs but
/// clk_i and rst_ni come out of one shift register, all outputs go into registers and leave through another one. Five pins; every
/// path from and to a port of the inner module is one between registers.
std::string pins_module(const std::string& name, const std::string& inner, const RtlilModule& module);

}  // namespace finnr
