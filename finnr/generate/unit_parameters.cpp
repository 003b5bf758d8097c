// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/unit_parameters.h"

#include <fmt/format.h>

#include "finnr/generate/memory.h"
#include "finnr/hardware/memory_cost.h"
#include "finnr/hardware/unit_numbers.h"

namespace finnr {
namespace {

/// Thresholds and tables, as their image has them.
std::int64_t table_style(const std::string& image) {
  const std::int64_t digits = static_cast<std::int64_t>(image.find('\n'));
  return style_number(cheapest_rom(std::ssize(image) / (digits + 1), 4 * digits).store);
}

/// Makes the parameters of one unit.
class Maker {
 public:
  Maker(const Design& design, const Unit& unit, const StoreMemory& store)
      : unit_(unit), in_(design.streams[unit.inputs[0]]), design_(design), store_(store) {}

  Parameters operator()(const Mvu& m) const {
    Parameters parameters = numbers();
    add_weights(parameters, m.weight_store, weight_image(m));
    if (m.steps) add_thresholds(parameters, hardware_steps(m), m.groups * m.mh, m.pe);
    add_core(parameters, m.core, m.pipeline);
    if (m.groups == 1 && m.mw == m.simd && m.mh == m.pe) add_constants(parameters, m, std::int64_t{m.pe} * m.simd);
    return parameters;
  }

  Parameters operator()(const Vvu& v) const {
    Parameters parameters = numbers();
    add_weights(parameters, v.weight_store, weight_image(v));
    if (v.steps) add_thresholds(parameters, hardware_steps(v), v.channels, v.pe);
    add_core(parameters, v.core, v.pipeline);
    if (v.kernel == v.simd && v.channels == v.pe) add_constants(parameters, v, std::int64_t{v.pe} * v.simd);
    return parameters;
  }

  Parameters operator()(const WindowUnit& w) const {
    const std::uint64_t fill = w.fill > 0 || !in_.element.bipolar ? static_cast<std::uint64_t>(w.fill) : 0;  // bipolar -1 is bit 0
    Parameters parameters = numbers();
    parameters.emplace_back("Fill", sv::literal(fill, in_.element.bits()));
    return parameters;
  }

  Parameters operator()(const PoolUnit&) const { return numbers(); }

  Parameters operator()(const Threshold& t) const {
    if (t.table) return table(t);
    const HardwareSteps steps = hardware_steps(t, in_);
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

  Parameters operator()(const JoinUnit&) const { return numbers(); }

  Parameters operator()(const ReplayUnit&) const { return numbers(); }

  Parameters operator()(const ForkUnit&) const { return numbers(); }

  Parameters operator()(const ConcatUnit& c) const {
    std::string turns;
    for (auto turn = c.turns.rbegin(); turn != c.turns.rend(); ++turn) turns += fmt::format("{}32'd{}", turns.empty() ? "" : ", ", *turn);
    Parameters parameters = numbers();
    parameters.emplace_back("Turns", sv::Literal{"{" + turns + "}"});
    return parameters;
  }

  Parameters operator()(const TakeUnit&) const { return numbers(); }

  Parameters operator()(const PermuteUnit& p) const {
    std::string index = index_image(p.index, in_.beats());
    Parameters parameters = numbers();
    parameters.emplace_back("IndexStyle", table_style(index));
    parameters.emplace_back("File", store_(unit_.name + "_index", std::move(index)));
    return parameters;
  }

  Parameters operator()(const CastUnit&) const { return numbers(); }

  Parameters operator()(const Width&) const { return numbers(); }

  Parameters operator()(const Fifo&) const { return numbers(); }

  Parameters operator()(const TopKUnit&) const { return numbers(); }

 private:
  [[nodiscard]] Parameters numbers() const {
    const UnitNumbers known = unit_numbers(design_, unit_);
    return {known.begin(), known.end()};
  }

  void add_weights(Parameters& parameters, Store store, std::string image) const {
    parameters.emplace_back("WeightStyle", style_number(store));
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
    parameters.emplace_back("SharedSteps", steps.shared ? 1 : 0);  // one word serves every beat
    std::string image = threshold_image(steps, steps.shared ? pe : channels, pe);
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
  const Design& design_;
  const StoreMemory& store_;
};

}  // namespace

Parameters unit_parameters(const Design& design, const Unit& unit, const StoreMemory& store) {
  return std::visit(Maker(design, unit, store), unit.kind);
}

}  // namespace finnr
