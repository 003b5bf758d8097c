// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/region.h"

#include <algorithm>

namespace finnr {

std::vector<UnitId> dominators(const Design& design) {
  std::vector<UnitId> above(design.units.size());
  std::vector<int> depth(design.units.size(), 0);  // 0: right below all inputs
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    UnitId common;
    bool first = true;
    for (const std::size_t input : design.units[i].inputs) {
      UnitId other = design.streams[input].from;
      if (first) common = other;
      first = false;
      while (common != other && common.valid() && other.valid()) {
        UnitId& lower = depth[common.index()] >= depth[other.index()] ? common : other;
        lower = above[lower.index()];
      }
      if (!other.valid()) common = {};
    }
    above[i] = common;
    depth[i] = common.valid() ? depth[common.index()] + 1 : 0;
  }
  return above;
}

std::vector<UnitId> region_of(const Design& design, UnitId queue) {
  UnitId reader = queue;  // the unit where ways meet, perhaps behind more queues
  do {
    reader = design.streams[design.units[reader.index()].outputs[0]].to;
  } while (design.units[reader.index()].inputs.size() == 1 && design.streams[design.units[reader.index()].outputs[0]].to.valid());
  const std::vector<UnitId> above = dominators(design);
  UnitId top = above[reader.index()];
  UnitId before = top;
  while (before.valid() && design.units[before.index()].inputs.size() == 1) before = above[before.index()];
  if (before.valid()) top = above[before.index()];
  std::vector<bool> inside(design.units.size(), false);
  inside[reader.index()] = true;
  for (std::size_t i = reader.index() + 1; i-- > 0;) {
    if (!inside[i] || (top.valid() && i == top.index())) continue;
    for (const std::size_t input : design.units[i].inputs) {
      if (design.streams[input].from.valid()) inside[design.streams[input].from.index()] = true;
    }
  }
  std::vector<UnitId> units;
  for (std::uint32_t i = 0; i <= reader.index(); ++i) {
    if (inside[i]) units.push_back(UnitId{i});
  }
  return units;
}

}  // namespace finnr
