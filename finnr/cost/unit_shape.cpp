// SPDX-License-Identifier: Apache-2.0
// What hardware/unit_numbers.h knows, and the parameters that generate/unit_parameters.cpp reads from weights and thresholds: of
// thresholds what their values say where there are any, else the usual case.
#include "finnr/cost/unit_shape.h"

#include <algorithm>

#include "finnr/cost/step_columns.h"
#include "finnr/hardware/layers.h"
#include "finnr/hardware/memory_cost.h"
#include "finnr/hardware/threshold_words.h"
#include "finnr/hardware/unit_numbers.h"

namespace finnr {
namespace {

using Numbers = decltype(UnitShape::numbers);

/// Where a memory of one word a fold is cheapest.
std::int64_t step_style(std::int64_t folds, std::int64_t bits) { return style_number(cheapest_rom(folds, bits).store); }

/// Thresholds without values: few are compared at once, many are searched; all rise from 0.
std::int64_t add_described(Numbers& n, const Steps& steps, const IntType& x, std::int64_t lanes, std::int64_t folds) {
  n["NumThresholds"] = steps.count();
  n["ThrBits"] = x.bits();
  n["Search"] = steps.count() > kMaxFusedSteps ? 1 : 0;
  return step_style(folds, lanes * steps.count() * x.bits());
}

/// As they are, and in LUTs what is left of their columns.
std::int64_t add_known(Numbers& n, const HardwareSteps& steps, int lanes, std::int64_t folds) {
  n["NumThresholds"] = steps.width;
  n["ThrBits"] = steps.format.threshold_bits;
  n["Search"] = steps.format.search ? 1 : 0;
  n["StepSigns"] = steps.format.signs;
  n["BaseInMem"] = steps.format.base_in_memory ? 1 : 0;
  const std::int64_t style = step_style(folds, lanes * steps.entry_bits());
  if (folds > 1 && style == style_number(Store::kLutRam)) {
    const StepColumns columns = step_columns(steps, folds, lanes);
    n["StepColumns"] = columns.registers;
    n["StepLuts"] = columns.luts;
    n["StepChosen"] = columns.chosen;
    n["StepChoices"] = columns.choices;
  }
  return style;
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
    n_ = {{"Channels", channels},
          {"Pe", in_.lanes},
          {"XBits", t.x.bits()},
          {"XSigned", t.x.lo < 0 && !t.x.bipolar ? 1 : 0},
          {"OutBits", t.steps.codes.bits()},
          {"MemStyle", 1}};
    if (t.table) {
      n_["PerChannel"] = shared ? 0 : 1;
      return;
    }
    n_["MemStyle"] = t.steps.has_values() ? add_known(n_, hardware_steps(t, in_), in_.lanes, channels / in_.lanes)
                                          : add_described(n_, t.steps, t.x, in_.lanes, channels / in_.lanes);
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
    if (unit.steps->has_values()) {
      const HardwareSteps steps = hardware_steps(unit);
      n_["SharedSteps"] = steps.shared ? 1 : 0;
      n_["ThresholdStyle"] = add_known(n_, steps, unit.pe, steps.shared ? 1 : folds);
      return;
    }
    const bool shared = unit.steps->rows() == 1;
    n_["SharedSteps"] = shared ? 1 : 0;
    n_["ThresholdStyle"] =
        add_described(n_, *unit.steps, counted_accumulator(unit.x, unit.w, unit.accumulator, inputs), unit.pe, shared ? 1 : folds);
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
