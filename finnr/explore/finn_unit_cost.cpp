// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/finn_unit_cost.h"

#include <algorithm>

#include "finnr/base/integers.h"
#include "finnr/cost/finn_design.h"

namespace finnr {
namespace {

constexpr std::int64_t kUnitLut = 300;  // of a window, beside its buffer

FinnRam ram_of(Store store) {
  switch (store) {
    case Store::kConstant:
    case Store::kLutRam:
      return FinnRam::kDistributed;
    case Store::kUltra:
      return FinnRam::kUltra;
    case Store::kBlock:
    case Store::kSplit:
      return FinnRam::kBlock;
  }
  return FinnRam::kAuto;
}

/// Blocks of 18 Kb for words of a width, as FINN maps them.
std::int64_t blocks(std::int64_t bits, std::int64_t words) {
  if (bits == 1) return ceil_div(words, 16384);
  if (bits == 2) return ceil_div(words, 8192);
  if (bits <= 4) return ceil_div(words, 4096) * ceil_div(bits, 4);
  if (bits <= 9) return ceil_div(words, 2048) * ceil_div(bits, 9);
  if (bits <= 18 || words > 512) return ceil_div(words, 1024) * ceil_div(bits, 18);
  return ceil_div(words, 512) * ceil_div(bits, 36);
}

FinnUnit folded(const Unit& unit, FinnKind kind, int pe, int simd, Store store) {
  FinnUnit finn;
  finn.name = unit.name;
  finn.kind = kind;
  finn.pe = pe;
  finn.simd = simd;
  finn.ram = ram_of(store);
  return finn;
}

Cost matrix(const Unit& unit, const Mvu& m) {
  FinnUnit finn = folded(unit, FinnKind::kMvau, m.pe, m.simd, m.weight_store);
  finn.node.kind = NodeKind::kFc;
  finn.node.in = {1, 1, m.mw};
  finn.node.out = {1, 1, m.mh * m.groups};  // each group has weights of its own
  finn.node.x = m.x;
  finn.node.w = m.w;
  finn.node.y = m.accumulator;
  finn.accumulator_bits = m.accumulator.bits();
  return cost(finn);
}

Cost depthwise(const Unit& unit, const Vvu& v) {
  FinnUnit finn = folded(unit, FinnKind::kVvau, v.pe, v.simd, v.weight_store);
  finn.node.kind = NodeKind::kDepthwise;
  finn.node.in = {1, v.kernel, v.channels};
  finn.node.out = {1, 1, v.channels};
  finn.node.kernel = {1, v.kernel};
  finn.node.groups = v.channels;
  finn.node.x = v.x;
  finn.node.w = v.w;
  finn.node.y = v.accumulator;
  finn.accumulator_bits = v.accumulator.bits();
  return cost(finn);
}

Cost threshold(const Design& design, const Unit& unit, const Threshold& t) {
  FinnUnit finn = folded(unit, FinnKind::kThreshold, design.streams[unit.outputs[0]].lanes, 1, Store::kBlock);
  finn.node.kind = NodeKind::kThreshold;
  finn.node.in = finn.node.out = {1, 1, t.channels};
  finn.node.x = t.x;
  finn.node.y = t.steps.codes;
  finn.node.steps = t.steps.count();
  finn.rtl = true;
  return cost(finn);
}

}  // namespace

Cost finn_unit_cost(const Design& design, const Unit& unit) {
  const auto bits = [&](const std::vector<std::size_t>& streams) { return std::int64_t{design.streams[streams[0]].beat_bits()}; };
  Cost result;
  if (const auto* m = std::get_if<Mvu>(&unit.kind)) return matrix(unit, *m);
  if (const auto* v = std::get_if<Vvu>(&unit.kind)) return depthwise(unit, *v);
  if (const auto* t = std::get_if<Threshold>(&unit.kind)) return threshold(design, unit, *t);
  if (const auto* w = std::get_if<WindowUnit>(&unit.kind)) {
    const std::int64_t beats = w->rows * design.streams[unit.inputs[0]].beats() / std::max<std::int64_t>(1, w->shape.h * w->images);
    result.lut = kUnitLut;
    result.bram18 = blocks(bits(unit.inputs), beats);
  } else if (std::holds_alternative<Width>(unit.kind)) {
    const std::int64_t from = bits(unit.inputs);
    const std::int64_t to = bits(unit.outputs);
    const std::int64_t wide = std::max(from, to);
    result.lut = ceil_log2(static_cast<std::uint64_t>(wide / std::min(from, to))) + wide;
  } else if (const auto* f = std::get_if<Fifo>(&unit.kind)) {
    const int address = ceil_log2(static_cast<std::uint64_t>(std::max<std::int64_t>(f->depth, 1)));
    result.lut = 2 * address;
    if (f->depth <= 256) result.lut += ceil_div(f->depth, 32) * ceil_div(bits(unit.inputs), 2);
    if (f->depth > 256) result.bram18 = blocks(bits(unit.inputs), std::int64_t{1} << address);
  }
  return result;
}

}  // namespace finnr
