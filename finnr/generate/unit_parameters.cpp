// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/unit_parameters.h"

#include <fmt/format.h>

#include "finnr/generate/memory.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr {
namespace {

/// The RTL's number of an element encoding (parameters XKind, WKind, ...).
std::int64_t kind_of(const IntType& type) { return type.bipolar ? 2 : type.is_signed() ? 1 : 0; }

std::int64_t style(Store store) { return static_cast<std::int64_t>(store); }

/// Memories that the unit fills while it runs.
std::int64_t buffer_style(std::int64_t words, std::int64_t bits) { return style(cheapest_ram(words, bits)); }

/// Thresholds and tables, as their image has them.
std::int64_t table_style(const std::string& image) {
  const std::int64_t digits = static_cast<std::int64_t>(image.find('\n'));
  return style(cheapest_rom(std::ssize(image) / (digits + 1), 4 * digits).store);
}

/// Makes the parameters of one unit.
class Maker {
 public:
  Maker(const Design& design, const Unit& unit, const StoreMemory& store)
      : unit_(unit), in_(design.streams[unit.inputs[0]]), out_(design.streams[unit.outputs[0]]), design_(design), store_(store) {}

  Parameters operator()(const Mvu& m) const {
    const std::int64_t real_inputs = m.weights->shape()[0];
    const std::int64_t real_outputs = m.weights->shape()[1];
    const bool xnor = m.x.bipolar && m.w.bipolar;
    Parameters parameters = {{"Mw", m.mw},          {"Mh", m.mh},           {"Pe", m.pe},
                             {"Simd", m.simd},      {"XBits", m.x.bits()},  {"XKind", kind_of(m.x)},
                             {"WBits", m.w.bits()}, {"WKind", kind_of(m.w)}};
    add_accumulator(parameters, m.accumulator, xnor ? real_inputs : 0);
    parameters.emplace_back("MwReal", real_inputs);
    if (m.groups > 1) parameters.emplace_back("Groups", m.groups);
    add_weights(parameters, m.weight_store, weight_image(m));
    if (m.steps) {
      const bool padded = m.groups == 1 && m.mh != real_outputs;
      add_thresholds(parameters, hardware_steps(*m.steps, m.accumulator, xnor ? real_inputs : 0, padded ? real_outputs : 0),
                     m.groups * m.mh, m.pe);
    }
    add_core(parameters, m.core, m.pipeline);
    if (m.groups == 1 && m.mw == m.simd && m.mh == m.pe) add_constants(parameters, m, std::int64_t{m.pe} * m.simd);
    return parameters;
  }

  Parameters operator()(const Vvu& v) const {
    const bool xnor = v.x.bipolar && v.w.bipolar;
    Parameters parameters = {{"Channels", v.channels}, {"K", v.kernel},         {"Pe", v.pe},          {"Simd", v.simd},
                             {"XBits", v.x.bits()},    {"XKind", kind_of(v.x)}, {"WBits", v.w.bits()}, {"WKind", kind_of(v.w)}};
    add_accumulator(parameters, v.accumulator, xnor ? v.kernel : 0);
    add_weights(parameters, v.weight_store, weight_image(v));
    if (v.steps) add_thresholds(parameters, hardware_steps(*v.steps, v.accumulator, xnor ? v.kernel : 0, 0), v.channels, v.pe);
    add_core(parameters, v.core, v.pipeline);
    if (v.kernel == v.simd && v.channels == v.pe) add_constants(parameters, v, std::int64_t{v.pe} * v.simd);
    return parameters;
  }

  Parameters operator()(const WindowUnit& w) const {
    const WindowShape& s = w.shape;
    const std::uint64_t fill = w.fill > 0 || !in_.element.bipolar ? static_cast<std::uint64_t>(w.fill) : 0;  // bipolar -1 is bit 0
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
            {"Style", buffer_style(w.rows * s.w * s.groups * s.inner / (s.tile_h * s.tile_w),  // a tile has at least as many memories
                                   in_.beat_bits())},
            {"Lanes", in_.lanes},
            {"ElementBits", in_.element.bits()},
            {"Fill", sv::literal(fill, in_.element.bits())}};
  }

  Parameters operator()(const PoolUnit& p) const {
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

  Parameters operator()(const Threshold& t) const {
    if (t.table) return table(t);
    const HardwareSteps steps = hardware_steps(t.steps, t.x, t.x.bipolar ? 1 : 0, in_.padded != in_.channels ? in_.channels : 0);
    const std::int64_t channels = steps.shared ? in_.lanes : in_.padded;  // one word serves every beat
    Parameters parameters = {{"Channels", channels},
                             {"Pe", in_.lanes},
                             {"XBits", t.x.bits()},
                             {"XSigned", steps.format.is_signed ? 1 : 0},
                             {"OutBits", t.steps.codes.bits()}};
    add_steps(parameters, steps);
    std::string image = threshold_image(steps, channels, in_.lanes);
    parameters.emplace_back("MemStyle", table_style(image));
    parameters.emplace_back("File", store_(unit_.name + "_thresholds", std::move(image)));
    return parameters;
  }

  Parameters operator()(const JoinUnit& j) const {
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

  Parameters operator()(const ReplayUnit& r) const { return {{"Width", in_.beat_bits()}, {"Words", r.words}, {"Passes", r.passes}}; }

  Parameters operator()(const ForkUnit&) const {
    return {{"Width", in_.beat_bits()}, {"Outputs", static_cast<std::int64_t>(unit_.outputs.size())}};
  }

  Parameters operator()(const ConcatUnit& c) const {
    std::string turns;
    for (auto turn = c.turns.rbegin(); turn != c.turns.rend(); ++turn) turns += fmt::format("{}32'd{}", turns.empty() ? "" : ", ", *turn);
    return {{"Width", in_.beat_bits()}, {"Inputs", std::ssize(c.turns)}, {"Turns", sv::Literal{"{" + turns + "}"}}};
  }

  Parameters operator()(const TakeUnit& t) const {
    return {{"Width", in_.beat_bits()}, {"Period", t.period}, {"First", t.first}, {"Count", t.count}};
  }

  Parameters operator()(const PermuteUnit& p) const {
    std::string index = index_image(p.index, in_.beats());
    return {{"Width", in_.beat_bits()},         {"InBeats", in_.beats()},
            {"OutBeats", std::ssize(p.index)},  {"Style", buffer_style(2 * in_.beats(), in_.beat_bits())},
            {"IndexStyle", table_style(index)}, {"File", store_(unit_.name + "_index", std::move(index))}};
  }

  Parameters operator()(const CastUnit&) const {
    return {{"Lanes", in_.lanes}, {"InBits", in_.element.bits()}, {"InKind", kind_of(in_.element)}, {"OutBits", out_.element.bits()}};
  }

  Parameters operator()(const Width&) const {
    return {{"ElementBits", in_.element.bits()}, {"InLanes", in_.lanes}, {"OutLanes", out_.lanes}};
  }

  Parameters operator()(const Fifo& f) const {
    return {{"Width", in_.beat_bits()}, {"Depth", f.depth}, {"Style", style(queue_store(f.depth))}};
  }

  Parameters operator()(const TopKUnit& t) const {
    return {{"Labels", t.labels},
            {"Lanes", in_.lanes},
            {"XBits", t.x.bits()},
            {"XSigned", t.x.is_signed() && !t.x.bipolar ? 1 : 0},
            {"K", t.k},
            {"IndexBits", out_.element.bits()}};
  }

 private:
  /// For `xnor_inputs` > 0 the accumulator counts equal pairs.
  void add_accumulator(Parameters& parameters, const IntType& accumulator, std::int64_t xnor_inputs) const {
    const IntType counted =
        xnor_inputs > 0 ? IntType{(accumulator.lo + xnor_inputs) / 2, (accumulator.hi + xnor_inputs) / 2, false} : accumulator;
    parameters.emplace_back("AccBits", counted.bits());
    parameters.emplace_back("AccSigned", counted.is_signed() ? 1 : 0);
    parameters.emplace_back("OutBits", out_.element.bits());
  }

  void add_weights(Parameters& parameters, Store store, std::string image) const {
    parameters.emplace_back("WeightStyle", style(store));
    parameters.emplace_back("WeightFile", store_(unit_.name + "_weights", std::move(image)));
  }

  static void add_core(Parameters& parameters, Core core, int pipeline) {
    parameters.emplace_back("Core", static_cast<std::int64_t>(core));
    parameters.emplace_back("Pipeline", pipeline);
  }

  /// A single word of bipolar weights is part of the core, unless it shall lie in a memory.
  template <class Matrix>
  static void add_constants(Parameters& parameters, const Matrix& m, std::int64_t weights) {
    if (m.core != Core::kLut || !m.w.bipolar || (m.weight_store != Store::kConstant && m.weight_store != Store::kLutRam)) return;
    std::string word = weight_image(m);
    word.pop_back();  // the end of the line
    parameters.emplace_back("Unrolled", 1);
    parameters.emplace_back("Weights", sv::Literal{fmt::format("{}'h{}", weights, word)});
  }

  void add_thresholds(Parameters& parameters, const HardwareSteps& steps, std::int64_t channels, int pe) const {
    add_steps(parameters, steps);
    std::string image = threshold_image(steps, channels, pe);
    parameters.emplace_back("ThresholdStyle", table_style(image));
    parameters.emplace_back("ThresholdFile", store_(unit_.name + "_thresholds", std::move(image)));
  }

  static void add_steps(Parameters& parameters, const HardwareSteps& steps) {
    parameters.emplace_back("NumThresholds", steps.width);
    parameters.emplace_back("ThrBits", steps.format.threshold_bits);
    parameters.emplace_back("Search", steps.format.search ? 1 : 0);
    parameters.emplace_back("StepSigns", steps.format.signs);
    parameters.emplace_back("BaseInMem", steps.format.base_in_memory ? 1 : 0);
    parameters.emplace_back("Base", steps.format.base);
  }

  Parameters table(const Threshold& t) const {
    const bool shared = t.steps.rows() == 1 && in_.padded == in_.channels;  // a padded lane gives level 0
    std::string image = table_image(t, shared ? 0 : in_.padded, in_.lanes);
    return {{"Channels", shared ? in_.lanes : in_.padded},
            {"Pe", in_.lanes},
            {"XBits", t.x.bits()},
            {"OutBits", t.steps.codes.bits()},
            {"PerChannel", shared ? 0 : 1},
            {"MemStyle", table_style(image)},
            {"File", store_(unit_.name + "_table", std::move(image))}};
  }

  const Unit& unit_;
  const Stream& in_;
  const Stream& out_;
  const Design& design_;
  const StoreMemory& store_;
};

}  // namespace

Parameters unit_parameters(const Design& design, const Unit& unit, const StoreMemory& store) {
  return std::visit(Maker(design, unit, store), unit.kind);
}

}  // namespace finnr
