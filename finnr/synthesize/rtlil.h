// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finnr {

/// What is needed of a module in Yosys' own text form (write_rtlil).
struct RtlilModule {
  struct Wire {
    std::string name;  ///< without the backslash
    int width = 1;
    bool is_input = false;
  };
  struct Cell {
    std::string type;  ///< as Yosys spells it
    std::string name;  ///< without the backslash; those that Yosys made up are left out
  };
  std::vector<Wire> ports;
  std::vector<Cell> cells;
};

/// Ports and cells of the one module of the text.
RtlilModule parse_rtlil_module(std::string_view text);

}  // namespace finnr
