// SPDX-License-Identifier: Apache-2.0
// What hardware/unit_numbers.h knows, and the parameters that generate/unit_parameters.cpp reads from weights and thresholds. Where
// those decide (signs, bases and shared rows of thresholds) the usual case is taken.
#include "finnr/cost/unit_shape.h"

#include <algorithm>

#include "finnr/hardware/memory_cost.h"
#include "finnr/hardware/unit_numbers.h"

namespace finnr {
namespace {

using Numbers = decltype(UnitShape::numbers);

/// Few thresholds are compared at once, many are searched; they lie where a memory of one word a fold is cheapest.
std::int64_t add_steps(Numbers& n, const Steps& steps, const IntType& x, std::int64_t lanes, std::int64_t folds) {
  n["NumThresholds"] = steps.count();
  n["ThrBits"] = x.bits();
  n["Search"] = steps.count() > 15 ? 1 : 0;
  return style_number(cheapest_rom(folds, lanes * steps.count() * x.bits()).store);
}

/// Adds the usual case of what the values decide.
class Guess {
 public:
  Guess(const Stream& in, Numbers& n) : in_(in), n_(n) {}

  void operator()(const Mvu& m) const {
    n_.try_emplace("Groups", 1);
    add_memories(m, in_.channels, m.groups * m.mh / m.pe);
  }
  void operator()(const Vvu& v) const { add_memories(v, v.kernel, v.channels / v.pe); }
  void operator()(const Threshold& t) const {
    const bool shared = t.steps.rows() == 1 && in_.padded == in_.channels;
    const std::int64_t channels = shared ? in_.lanes : in_.padded;  // one word serves every beat
    n_ = {{"Channels", channels}, {"Pe", in_.lanes}, {"XBits", t.x.bits()}, {"OutBits", t.steps.codes.bits()}, {"MemStyle", 1}};
    if (t.table) {
      n_["PerChannel"] = shared ? 0 : 1;
      return;
    }
    n_["MemStyle"] = add_steps(n_, t.steps, t.x, in_.lanes, channels / in_.lanes);
  }
  void operator()(const ConcatUnit& c) const { n_["LongestTurn"] = *std::ranges::max_element(c.turns); }
  void operator()(const PermuteUnit& p) const {
    n_["IndexStyle"] = style_number(cheapest_rom(std::ssize(p.index), IntType{0, in_.beats() - 1, false}.bits()).store);
  }
  void operator()(const WindowUnit&) const {}
  void operator()(const PoolUnit&) const {}
  void operator()(const JoinUnit&) const {}
  void operator()(const ReplayUnit&) const {}
  void operator()(const ForkUnit&) const {}
  void operator()(const TakeUnit&) const {}
  void operator()(const CastUnit&) const {}
  void operator()(const Width&) const {}
  void operator()(const Fifo&) const {}
  void operator()(const TopKUnit&) const {}

 private:
  template <class Arithmetic>
  void add_memories(const Arithmetic& unit, std::int64_t inputs, std::int64_t folds) const {
    n_["WeightStyle"] = style_number(unit.weight_store);
    n_["ThresholdStyle"] = 1;
    n_["Core"] = static_cast<std::int64_t>(unit.core);
    n_["Pipeline"] = unit.pipeline;
    if (!unit.steps) return;
    const bool shared = unit.steps->rows() == 1;
    n_["SharedSteps"] = shared ? 1 : 0;
    n_["ThresholdStyle"] =
        add_steps(n_, *unit.steps, counted_accumulator(unit.x, unit.w, unit.accumulator, inputs), unit.pe, shared ? 1 : folds);
  }

  const Stream& in_;
  Numbers& n_;
};

}  // namespace

UnitShape shape_of(const Design& design, const Unit& unit) {
  const UnitNumbers known = unit_numbers(design, unit);
  UnitShape shape{std::string(kind_name(unit)), {known.begin(), known.end()}};
  std::visit(Guess(design.streams[unit.inputs[0]], shape.numbers), unit.kind);
  return shape;
}

}  // namespace finnr
