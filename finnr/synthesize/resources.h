// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "finnr/synthesize/family.h"

namespace finnr {

/// Cells of a netlist: how many of each type.
using CellCounts = std::map<std::string, std::int64_t>;

/// What hardware takes from a device, by the rule of counting_rule().
struct Resources {
  std::int64_t lut = 0;
  std::int64_t ff = 0;
  std::int64_t bram18 = 0;  ///< blocks of 18 Kbit; a block of 36 Kbit is two
  std::int64_t bram4 = 0;   ///< blocks of 4 Kbit (iCE40)
  std::int64_t uram = 0;
  std::int64_t dsp = 0;

  bool operator==(const Resources&) const = default;
  Resources& operator+=(const Resources& other);
};

/// The rule; cells that are no resource (carry chains, wide multiplexers, constants) count nothing.
Resources count(const CellCounts& cells);

/// The rule in a sentence, to be printed with every table.
std::string_view counting_rule(Family family);

}  // namespace finnr
