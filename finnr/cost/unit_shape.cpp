// SPDX-License-Identifier: Apache-2.0
// The same numbers as generate/unit_parameters.cpp gives to the library, told without weights or thresholds. Where those decide
// (signs, bases and shared rows of thresholds) the usual case is taken.
#include "finnr/cost/unit_shape.h"

#include <algorithm>

#include "finnr/hardware/memory_cost.h"

namespace finnr {
namespace {

std::int64_t kind_of(const IntType& type) { return type.bipolar ? 2 : type.is_signed() ? 1 : 0; }

/// Memories that a unit fills while it runs, and tables of constants, which the values decide on between a constant and a LUT RAM.
std::int64_t buffer_style(std::int64_t words, std::int64_t bits) { return static_cast<std::int64_t>(cheapest_ram(words, bits)); }
std::int64_t table_style(std::int64_t words, std::int64_t bits) { return static_cast<std::int64_t>(cheapest_rom(words, bits).store); }

class Reader {
 public:
  Reader(const Design& design, const Unit& unit)
      : design_(design), unit_(unit), in_(design.streams[unit.inputs[0]]), out_(design.streams[unit.outputs[0]]) {}

  using Numbers = decltype(UnitShape::numbers);

  Numbers operator()(const Mvu& m) const {
    Numbers n = {{"Mw", m.mw}, {"Mh", m.mh}, {"Groups", m.groups}, {"Pe", m.pe}, {"Simd", m.simd}};
    add_arithmetic(n, m, in_.channels);
    return n;
  }

  Numbers operator()(const Vvu& v) const {
    Numbers n = {{"Channels", v.channels}, {"K", v.kernel}, {"Pe", v.pe}, {"Simd", v.simd}};
    add_arithmetic(n, v, v.kernel);
    return n;
  }

  Numbers operator()(const WindowUnit& w) const {
    const WindowShape& s = w.shape;
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
            {"Style", buffer_style(w.rows * s.w * s.groups * s.inner / (s.tile_h * s.tile_w), in_.beat_bits())},
            {"Lanes", in_.lanes},
            {"ElementBits", in_.element.bits()}};
  }

  Numbers operator()(const PoolUnit& p) const {
    return {{"Lanes", out_.lanes},
            {"Simd", p.simd},
            {"XBits", p.x.bits()},
            {"XKind", kind_of(p.x)},
            {"OutBits", out_.element.bits()},
            {"Count", p.count},
            {"Inner", p.inner},
            {"Function", p.kind == PoolKind::kMax ? 0 : 1},
            {"Style", buffer_style(p.inner, out_.beat_bits())}};
  }

  Numbers operator()(const Threshold& t) const {
    const bool padded = in_.padded != in_.channels;
    const bool shared = t.steps.rows() == 1 && !padded;
    const std::int64_t channels = shared ? in_.lanes : in_.padded;  // one word serves every beat
    Numbers n = {{"Channels", channels}, {"Pe", in_.lanes}, {"XBits", t.x.bits()}, {"OutBits", t.steps.codes.bits()}, {"MemStyle", 1}};
    if (t.table) {
      n["PerChannel"] = shared ? 0 : 1;
      return n;
    }
    add_steps(n, t.steps, t.x);
    return n;
  }

  Numbers operator()(const JoinUnit& j) const {
    const Stream& b = design_.streams[unit_.inputs[1]];
    return {{"Lanes", in_.lanes},
            {"ABits", in_.element.bits()},
            {"AKind", kind_of(in_.element)},
            {"BBits", b.element.bits()},
            {"BKind", kind_of(b.element)},
            {"OutBits", out_.element.bits()},
            {"Function", j.function == JoinFunction::kAdd ? 0 : 1},
            {"MulA", j.left},
            {"MulB", j.right}};
  }

  Numbers operator()(const ReplayUnit& r) const { return {{"Width", in_.beat_bits()}, {"Words", r.words}, {"Passes", r.passes}}; }
  Numbers operator()(const ForkUnit&) const { return {{"Width", in_.beat_bits()}, {"Outputs", std::ssize(unit_.outputs)}}; }
  Numbers operator()(const ConcatUnit& c) const {
    return {{"Width", in_.beat_bits()}, {"Inputs", std::ssize(c.turns)}, {"LongestTurn", *std::ranges::max_element(c.turns)}};
  }
  Numbers operator()(const TakeUnit& t) const {
    return {{"Width", in_.beat_bits()}, {"Period", t.period}, {"First", t.first}, {"Count", t.count}};
  }
  Numbers operator()(const PermuteUnit& p) const {
    return {{"Width", in_.beat_bits()},
            {"InBeats", in_.beats()},
            {"OutBeats", std::ssize(p.index)},
            {"Style", buffer_style(2 * in_.beats(), in_.beat_bits())},
            {"IndexStyle", table_style(std::ssize(p.index), IntType{0, in_.beats() - 1, false}.bits())}};
  }
  Numbers operator()(const CastUnit&) const {
    return {{"Lanes", in_.lanes}, {"InBits", in_.element.bits()}, {"InKind", kind_of(in_.element)}, {"OutBits", out_.element.bits()}};
  }
  Numbers operator()(const Width&) const { return {{"ElementBits", in_.element.bits()}, {"InLanes", in_.lanes}, {"OutLanes", out_.lanes}}; }
  Numbers operator()(const Fifo& f) const {
    return {{"Width", in_.beat_bits()}, {"Depth", f.depth}, {"Style", static_cast<std::int64_t>(queue_store(f.depth))}};
  }
  Numbers operator()(const TopKUnit& t) const {
    return {{"Labels", t.labels},
            {"Lanes", in_.lanes},
            {"XBits", t.x.bits()},
            {"XSigned", t.x.is_signed() && !t.x.bipolar ? 1 : 0},
            {"K", t.k},
            {"IndexBits", out_.element.bits()}};
  }

 private:
  template <class U>
  void add_arithmetic(Numbers& n, const U& u, std::int64_t real_inputs) const {
    const bool xnor = u.x.bipolar && u.w.bipolar;
    const IntType counted =
        xnor ? IntType{(u.accumulator.lo + real_inputs) / 2, (u.accumulator.hi + real_inputs) / 2, false} : u.accumulator;
    n["XBits"] = u.x.bits();
    n["XKind"] = kind_of(u.x);
    n["WBits"] = u.w.bits();
    n["WKind"] = kind_of(u.w);
    n["AccBits"] = counted.bits();
    n["AccSigned"] = counted.is_signed() ? 1 : 0;
    n["OutBits"] = out_.element.bits();
    n["WeightStyle"] = static_cast<std::int64_t>(u.weight_store);
    n["ThresholdStyle"] = 1;
    n["Core"] = static_cast<std::int64_t>(u.core);
    if (u.steps) add_steps(n, *u.steps, counted);
  }

  /// Few thresholds are compared at once, many are searched.
  static void add_steps(Numbers& n, const Steps& steps, const IntType& x) {
    n["NumThresholds"] = steps.count();
    n["ThrBits"] = x.bits();
    n["Search"] = steps.count() > 15 ? 1 : 0;
  }

  const Design& design_;
  const Unit& unit_;
  const Stream& in_;
  const Stream& out_;
};

}  // namespace

UnitShape shape_of(const Design& design, const Unit& unit) {
  return {std::string(kind_name(unit)), std::visit(Reader(design, unit), unit.kind)};
}

}  // namespace finnr
