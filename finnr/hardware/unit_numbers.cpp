// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/unit_numbers.h"

#include "finnr/hardware/memory_cost.h"

namespace finnr {
namespace {

/// Memories that a unit fills while it runs.
std::int64_t buffer_style(std::int64_t words, std::int64_t bits) { return style_number(cheapest_ram(words, bits)); }

class Reader {
 public:
  Reader(const Design& design, const Unit& unit)
      : design_(design), unit_(unit), in_(design.streams[unit.inputs[0]]), out_(design.streams[unit.outputs[0]]) {}

  UnitNumbers operator()(const Mvu& m) const {
    UnitNumbers numbers = {{"Mw", m.mw}, {"Mh", m.mh}, {"Pe", m.pe}, {"Simd", m.simd}};
    add_arithmetic(numbers, m, in_.channels);
    numbers.emplace_back("MwReal", in_.channels);
    if (m.groups > 1) numbers.emplace_back("Groups", m.groups);
    return numbers;
  }

  UnitNumbers operator()(const Vvu& v) const {
    UnitNumbers numbers = {{"Channels", v.channels}, {"K", v.kernel}, {"Pe", v.pe}, {"Simd", v.simd}};
    add_arithmetic(numbers, v, v.kernel);
    return numbers;
  }

  UnitNumbers operator()(const WindowUnit& w) const {
    const WindowShape& s = w.shape;
    const std::int64_t words = w.rows * s.w * s.groups * s.inner / (s.tile_h * s.tile_w);  // a tile has at least as many memories
    return {{"H", s.h},
            {"W", s.w},
            {"Groups", s.groups},
            {"Inner", s.inner},
            {"KH", s.kh},
            {"KW", s.kw},
            {"StrideH", s.stride_h},
            {"StrideW", s.stride_w},
            {"DilationH", s.dilation_h},
            {"DilationW", s.dilation_w},
            {"UpH", s.up_h},
            {"UpW", s.up_w},
            {"Repeat", s.repeat ? 1 : 0},
            {"PadTop", s.pad_top},
            {"PadLeft", s.pad_left},
            {"OH", s.oh},
            {"OW", s.ow},
            {"TileH", s.tile_h},
            {"TileW", s.tile_w},
            {"Rows", w.rows},
            {"Style", buffer_style(words, in_.beat_bits())},
            {"Lanes", in_.lanes},
            {"ElementBits", in_.element.bits()}};
  }

  UnitNumbers operator()(const PoolUnit& p) const {
    return {{"Lanes", out_.lanes},
            {"Simd", p.simd},
            {"XBits", p.x.bits()},
            {"XKind", encoding_number(p.x)},
            {"OutBits", out_.element.bits()},
            {"Count", p.count},
            {"Inner", p.inner},
            {"Function", p.kind == PoolKind::kMax ? 0 : 1},
            {"Style", buffer_style(p.inner, out_.beat_bits())}};
  }

  UnitNumbers operator()(const Threshold&) const { return {}; }

  UnitNumbers operator()(const JoinUnit& j) const {
    const Stream& b = design_.streams[unit_.inputs[1]];
    return {{"Lanes", in_.lanes},
            {"ABits", in_.element.bits()},
            {"AKind", encoding_number(in_.element)},
            {"BBits", b.element.bits()},
            {"BKind", encoding_number(b.element)},
            {"OutBits", out_.element.bits()},
            {"Function", j.function == JoinFunction::kAdd ? 0 : 1},
            {"MulA", j.left},
            {"MulB", j.right}};
  }

  UnitNumbers operator()(const ReplayUnit& r) const { return {{"Width", in_.beat_bits()}, {"Words", r.words}, {"Passes", r.passes}}; }

  UnitNumbers operator()(const ForkUnit&) const { return {{"Width", in_.beat_bits()}, {"Outputs", std::ssize(unit_.outputs)}}; }

  UnitNumbers operator()(const ConcatUnit& c) const { return {{"Width", in_.beat_bits()}, {"Inputs", std::ssize(c.turns)}}; }

  UnitNumbers operator()(const TakeUnit& t) const {
    return {{"Width", in_.beat_bits()}, {"Period", t.period}, {"First", t.first}, {"Count", t.count}};
  }

  UnitNumbers operator()(const PermuteUnit& p) const {
    return {{"Width", in_.beat_bits()},
            {"InBeats", in_.beats()},
            {"OutBeats", std::ssize(p.index)},
            {"Style", buffer_style(2 * in_.beats(), in_.beat_bits())}};
  }

  UnitNumbers operator()(const CastUnit&) const {
    return {
        {"Lanes", in_.lanes}, {"InBits", in_.element.bits()}, {"InKind", encoding_number(in_.element)}, {"OutBits", out_.element.bits()}};
  }

  UnitNumbers operator()(const Width&) const {
    return {{"ElementBits", in_.element.bits()}, {"InLanes", in_.lanes}, {"OutLanes", out_.lanes}};
  }

  UnitNumbers operator()(const Fifo& f) const {
    return {{"Width", in_.beat_bits()}, {"Depth", f.depth}, {"Style", style_number(queue_store(f.depth, in_.beat_bits()))}};
  }

  UnitNumbers operator()(const TopKUnit& t) const {
    return {{"Labels", t.labels},
            {"Lanes", in_.lanes},
            {"XBits", t.x.bits()},
            {"XSigned", t.x.is_signed() && !t.x.bipolar ? 1 : 0},
            {"K", t.k},
            {"IndexBits", out_.element.bits()}};
  }

 private:
  template <class Arithmetic>
  void add_arithmetic(UnitNumbers& numbers, const Arithmetic& unit, std::int64_t inputs) const {
    const IntType counted = counted_accumulator(unit.x, unit.w, unit.accumulator, inputs);
    numbers.insert(numbers.end(), {{"XBits", unit.x.bits()},
                                   {"XKind", encoding_number(unit.x)},
                                   {"WBits", unit.w.bits()},
                                   {"WKind", encoding_number(unit.w)},
                                   {"AccBits", counted.bits()},
                                   {"AccSigned", counted.is_signed() ? 1 : 0},
                                   {"OutBits", out_.element.bits()}});
  }

  const Design& design_;
  const Unit& unit_;
  const Stream& in_;
  const Stream& out_;
};

}  // namespace

UnitNumbers unit_numbers(const Design& design, const Unit& unit) { return std::visit(Reader(design, unit), unit.kind); }

std::int64_t encoding_number(const IntType& type) { return type.bipolar ? 2 : type.is_signed() ? 1 : 0; }

std::int64_t style_number(Store store) { return static_cast<std::int64_t>(store); }

IntType counted_accumulator(const IntType& x, const IntType& w, const IntType& accumulator, std::int64_t inputs) {
  if (!x.bipolar || !w.bipolar) return accumulator;
  return {(accumulator.lo + inputs) / 2, (accumulator.hi + inputs) / 2, false};
}

}  // namespace finnr
