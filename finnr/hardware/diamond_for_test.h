// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// A frame of `beats` beats on two ways that meet again: through a permute, which holds all of it, and through a queue of `depth`
/// beats, which is unit 2.
inline Design diamond(std::int64_t beats, std::int64_t depth) {
  Design design;
  design.name = "diamond";
  const auto stream = [&](std::string name, UnitId from, UnitId to) {
    Stream s;
    s.name = std::move(name);
    s.from = from;
    s.to = to;
    s.element = {0, 3, false};
    s.vectors = beats;
    s.channels = s.padded = 1;
    design.streams.push_back(std::move(s));
  };
  const auto unit = [&](std::string name, decltype(Unit::kind) kind, std::vector<std::size_t> inputs, std::vector<std::size_t> outputs) {
    design.units.push_back({std::move(name), std::move(kind), {}, std::move(inputs), std::move(outputs)});
  };
  PermuteUnit back;
  back.index.resize(static_cast<std::size_t>(beats));
  std::iota(back.index.rbegin(), back.index.rend(), std::int64_t{0});
  stream("in", {}, UnitId{0});
  stream("head", UnitId{0}, UnitId{1});
  stream("long", UnitId{1}, UnitId{3});
  stream("short", UnitId{1}, UnitId{2});
  stream("queued", UnitId{2}, UnitId{4});
  stream("turned", UnitId{3}, UnitId{4});
  stream("sum", UnitId{4}, UnitId{5});
  stream("out", UnitId{5}, {});
  design.streams[6].element = design.streams[7].element = {0, 6, false};
  unit("fifo_in", Fifo{2}, {0}, {1});
  unit("fork", ForkUnit{}, {1}, {2, 3});
  unit("queue", Fifo{depth}, {3}, {4});
  unit("turn", std::move(back), {2}, {5});
  unit("join", JoinUnit{}, {4, 5}, {6});
  unit("fifo_out", Fifo{2}, {6}, {7});
  design.inputs = {0};
  design.outputs = {7};
  return design;
}

}  // namespace finnr
