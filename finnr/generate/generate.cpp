// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/generate.h"

#include <fmt/format.h>

#include <functional>
#include <set>

#include "finnr/base/integers.h"
#include "finnr/generate/library.h"
#include "finnr/generate/memory.h"
#include "finnr/generate/sv.h"

namespace finnr {
namespace {

/// The RTL's number of an element encoding (parameters XKind, WKind).
std::int64_t kind_of(const IntType& type) { return type.bipolar ? 2 : type.is_signed() ? 1 : 0; }

using Parameters = std::vector<std::pair<std::string, sv::Constant>>;

class Generator {
 public:
  explicit Generator(const Design& design) : design_(design) {}

  Generated run() {
    start_top();
    for (std::uint32_t i = 0; i < design_.units.size(); ++i) add_unit(UnitId{i});
    finish_top();
    add_library();
    write_sources();
    return std::move(result_);
  }

 private:
  /// The nets of a stream: edges have them too.
  [[nodiscard]] std::string net(std::size_t stream, const char* part) const { return fmt::format("{}_{}", signals_[stream], part); }

  void start_top() {
    sv::Names names;
    Bundle& bundle = result_.bundle;
    bundle.name = design_.name;
    bundle.top = names.legal(design_.name);
    bundle.clock_mhz = design_.clock_mhz;
    bundle.interval = interval(design_);
    bundle.inputs = {port("s_axis", design_.streams.front())};
    bundle.outputs = {port("m_axis", design_.streams.back())};
    for (const char* taken : {"clk_i", "rst_ni", "unused"}) names.legal(taken);
    for (const Stream& stream : design_.streams) signals_.push_back(names.legal(stream.name + "_s"));

    top_.name = bundle.top;
    top_.ports = {{sv::Direction::kInput, 1, "clk_i"},
                  {sv::Direction::kInput, 1, "rst_ni"},
                  {sv::Direction::kInput, bundle.inputs[0].data_bits, "s_axis_tdata"},
                  {sv::Direction::kInput, 1, "s_axis_tvalid"},
                  {sv::Direction::kOutput, 1, "s_axis_tready"},
                  {sv::Direction::kInput, 1, "s_axis_tlast"},
                  {sv::Direction::kOutput, bundle.outputs[0].data_bits, "m_axis_tdata"},
                  {sv::Direction::kOutput, 1, "m_axis_tvalid"},
                  {sv::Direction::kInput, 1, "m_axis_tready"},
                  {sv::Direction::kOutput, 1, "m_axis_tlast"}};
    for (std::size_t i = 0; i < design_.streams.size(); ++i) {
      top_.wires.push_back({1, net(i, "valid")});
      top_.wires.push_back({1, net(i, "ready")});
      top_.wires.push_back({design_.streams[i].beat_bits(), net(i, "data")});
    }
  }

  static Port port(const char* name, const Stream& stream) {
    return {name,
            stream.value,
            stream.element,
            false,
            stream.lanes,
            stream.vectors,
            stream.channels,
            stream.padded,
            static_cast<int>(ceil_div(stream.beat_bits(), 8) * 8),
            {}};
  }

  void finish_top() {
    const std::size_t last = design_.streams.size() - 1;
    const std::int64_t in_bits = design_.streams.front().beat_bits();
    const std::int64_t out_bits = design_.streams.back().beat_bits();
    const std::int64_t in_full = result_.bundle.inputs[0].data_bits;
    const std::int64_t out_full = result_.bundle.outputs[0].data_bits;
    top_.assigns = {
        {net(0, "valid"), "s_axis_tvalid"},
        {net(0, "data"), sv::low_bits("s_axis_tdata", in_bits, in_full)},
        {"s_axis_tready", net(0, "ready")},
        {"m_axis_tvalid", net(last, "valid")},
        {"m_axis_tdata", out_bits == out_full ? net(last, "data") : fmt::format("{{{}'d0, {}}}", out_full - out_bits, net(last, "data"))},
        {net(last, "ready"), "m_axis_tready"}};
    top_.instances.push_back({"finnr_last",
                              "u_last",
                              {{"Beats", design_.streams.back().beats()}},
                              {{"clk_i", "clk_i"},
                               {"rst_ni", "rst_ni"},
                               {"valid_i", net(last, "valid")},
                               {"ready_i", net(last, "ready")},
                               {"last_o", "m_axis_tlast"}}});
    top_.unused = {"s_axis_tlast"};
    if (in_bits != in_full)
      top_.unused.push_back(in_full - in_bits == 1 ? fmt::format("s_axis_tdata[{}]", in_bits)
                                                   : fmt::format("s_axis_tdata[{}:{}]", in_full - 1, in_bits));
    top_.comment = fmt::format(
        "{}: streaming accelerator, {} cycles between frames.\n"
        "Input  s_axis: {} beats a frame, {} lanes of {} bits, lane 0 lowest, padded to {} bits; tlast is not needed.\n"
        "Output m_axis: {} beats a frame, {} lanes of {} bits, padded to {} bits; tlast marks the last.\n"
        "Reset is synchronous and active low. Memory images are read from mem/, relative to the working folder.",
        top_.name, interval(design_), design_.streams.front().beats(), design_.streams.front().lanes,
        design_.streams.front().element.bits(), in_full, design_.streams.back().beats(), design_.streams.back().lanes,
        design_.streams.back().element.bits(), out_full);
  }

  /// The modules of the library that the top module instantiates, directly or through others.
  void add_library() {
    std::set<std::string, std::less<>> needed;
    std::vector<std::string_view> open;
    const auto need = [&](std::string_view module) {
      if (needed.insert(std::string(module)).second) open.push_back(module);
    };
    for (const sv::Instance& instance : top_.instances) need(instance.module);
    while (!open.empty()) {
      const std::string file_name = fmt::format("{}.sv", open.back());
      open.pop_back();
      for (const EmbeddedFile& file : library_files()) {
        if (file.name != file_name) continue;
        for (const EmbeddedFile& other : library_files()) {
          const std::string_view module = other.name.substr(0, other.name.find('.'));
          if (file.text.find(fmt::format("{} #(", module)) != std::string_view::npos) need(module);
        }
      }
    }
    for (const EmbeddedFile& file : library_files()) {
      const bool header = file.name.ends_with(".svh");
      if (!header && !needed.contains(file.name.substr(0, file.name.find('.')))) continue;
      result_.files.push_back({fmt::format("rtl/{}", file.name), std::string(file.text)});
      if (!header) result_.bundle.sources.push_back(fmt::format("rtl/{}", file.name));
    }
  }

  void add_unit(UnitId id) {
    const Unit& unit = design_.units[id.index()];
    const Stream& in = design_.streams[id.index()];
    const Stream& out = design_.streams[id.index() + 1];
    UnitSummary summary{unit.name, std::string(kind_name(unit)), in.lanes, 0, interval(design_, id)};
    std::string module = "finnr_" + summary.kind;
    Parameters parameters;
    std::visit(
        Overloaded{[&](const Mvu& m) {
                     parameters = mvu_parameters(unit, m, out);
                     summary.pe = m.pe;
                     summary.simd = m.simd;
                   },
                   [&](const Threshold& t) { parameters = t.table ? table_parameters(unit, t, in) : threshold_parameters(unit, t, in); },
                   [&](const Width&) {
                     parameters = {{"ElementBits", in.element.bits()}, {"InLanes", in.lanes}, {"OutLanes", out.lanes}};
                   },
                   [&](const Fifo& f) {
                     parameters = {{"Width", in.beat_bits()}, {"Depth", f.depth}, {"Style", 0}};
                   },
                   [&](const TopKUnit& t) {
                     parameters = {{"Labels", t.labels},
                                   {"Lanes", in.lanes},
                                   {"XBits", t.x.bits()},
                                   {"XSigned", t.x.is_signed() && !t.x.bipolar ? 1 : 0},
                                   {"K", t.k},
                                   {"IndexBits", out.element.bits()}};
                   }},
        unit.kind);
    top_.instances.push_back({module,
                              "u_" + unit.name,
                              std::move(parameters),
                              {{"clk_i", "clk_i"},
                               {"rst_ni", "rst_ni"},
                               {"s_valid_i", net(id.index(), "valid")},
                               {"s_ready_o", net(id.index(), "ready")},
                               {"s_data_i", net(id.index(), "data")},
                               {"m_valid_o", net(id.index() + 1, "valid")},
                               {"m_ready_i", net(id.index() + 1, "ready")},
                               {"m_data_o", net(id.index() + 1, "data")}}});
    result_.bundle.units.push_back(std::move(summary));
    if (id.index() + 1 < design_.units.size()) {
      result_.bundle.taps.push_back({unit.name, signals_[id.index() + 1], unit.origin.empty() ? "" : unit.origin.front(), out.value,
                                     out.element, out.lanes, out.vectors, out.channels, out.padded, {}});
    }
  }

  std::string memory(const std::string& name, std::string text) {
    std::string path = fmt::format("mem/{}.hex", name);
    result_.files.push_back({path, std::move(text)});
    result_.bundle.memories.push_back(path);
    return path;
  }

  Parameters mvu_parameters(const Unit& unit, const Mvu& m, const Stream& out) {
    const std::int64_t real_inputs = m.weights->shape()[0];
    const std::int64_t real_outputs = m.weights->shape()[1];
    const bool xnor = m.x.bipolar && m.w.bipolar;
    const IntType counted =
        xnor ? IntType{(m.accumulator.lo + real_inputs) / 2, (m.accumulator.hi + real_inputs) / 2, false} : m.accumulator;
    Parameters parameters = {{"Mw", m.mw},
                             {"Mh", m.mh},
                             {"Pe", m.pe},
                             {"Simd", m.simd},
                             {"XBits", m.x.bits()},
                             {"XKind", kind_of(m.x)},
                             {"WBits", m.w.bits()},
                             {"WKind", kind_of(m.w)},
                             {"AccBits", counted.bits()},
                             {"AccSigned", counted.is_signed() ? 1 : 0},
                             {"OutBits", out.element.bits()},
                             {"MwReal", real_inputs},
                             {"WeightStyle", static_cast<std::int64_t>(m.weight_store)},
                             {"WeightFile", memory(unit.name + "_weights", weight_image(m))}};
    if (!m.steps) return parameters;
    const HardwareSteps steps = hardware_steps(*m.steps, m.accumulator, xnor ? real_inputs : 0, m.mh != real_outputs ? real_outputs : 0);
    add_step_parameters(parameters, steps);
    parameters.emplace_back("ThresholdStyle", static_cast<std::int64_t>(Store::kLutRam));
    parameters.emplace_back("ThresholdFile", memory(unit.name + "_thresholds", threshold_image(steps, m.mh, m.pe)));
    return parameters;
  }

  Parameters threshold_parameters(const Unit& unit, const Threshold& t, const Stream& in) {
    const HardwareSteps steps = hardware_steps(t.steps, t.x, t.x.bipolar ? 1 : 0, in.padded != in.channels ? in.channels : 0);
    const std::int64_t channels = steps.shared ? in.lanes : in.padded;  // one word serves every beat
    Parameters parameters = {{"Channels", channels},
                             {"Pe", in.lanes},
                             {"XBits", t.x.bits()},
                             {"XSigned", steps.format.is_signed ? 1 : 0},
                             {"OutBits", t.steps.codes.bits()}};
    add_step_parameters(parameters, steps);
    parameters.emplace_back("MemStyle", static_cast<std::int64_t>(Store::kLutRam));
    parameters.emplace_back("File", memory(unit.name + "_thresholds", threshold_image(steps, channels, in.lanes)));
    return parameters;
  }

  Parameters table_parameters(const Unit& unit, const Threshold& t, const Stream& in) {
    const bool shared = t.steps.rows() == 1 && in.padded == in.channels;  // a padded lane gives level 0
    return {{"Channels", shared ? in.lanes : in.padded},
            {"Pe", in.lanes},
            {"XBits", t.x.bits()},
            {"OutBits", t.steps.codes.bits()},
            {"PerChannel", shared ? 0 : 1},
            {"MemStyle", static_cast<std::int64_t>(Store::kLutRam)},
            {"File", memory(unit.name + "_table", table_image(t, shared ? 0 : in.padded, in.lanes))}};
  }

  static void add_step_parameters(Parameters& parameters, const HardwareSteps& steps) {
    parameters.emplace_back("NumThresholds", steps.width);
    parameters.emplace_back("ThrBits", steps.format.threshold_bits);
    parameters.emplace_back("Search", steps.format.search ? 1 : 0);
    parameters.emplace_back("StepSigns", steps.format.signs);
    parameters.emplace_back("BaseInMem", steps.format.base_in_memory ? 1 : 0);
    parameters.emplace_back("Base", steps.format.base);
  }

  void write_sources() {
    Bundle& bundle = result_.bundle;
    sv::Module wrapper;
    wrapper.name = bundle.top + "_wrapper";
    wrapper.comment = fmt::format("{}: the accelerator for tools and block designs that take plain Verilog only.", wrapper.name);
    wrapper.ports = top_.ports;
    sv::Instance instance{bundle.top, "u_" + bundle.top, {}, {}};
    for (const sv::Port& port : top_.ports) instance.connections.emplace_back(port.name, port.name);
    wrapper.instances.push_back(std::move(instance));
    const std::string top_file = fmt::format("rtl/{}.sv", bundle.top);
    const std::string wrapper_file = fmt::format("rtl/{}.v", wrapper.name);
    result_.files.push_back({top_file, sv::print(top_, sv::Dialect::kSystemVerilog)});
    result_.files.push_back({wrapper_file, sv::print(wrapper, sv::Dialect::kVerilog2001)});
    bundle.sources.push_back(top_file);
    bundle.sources.push_back(wrapper_file);
    std::string list = "+incdir+rtl\n";
    for (const std::string& source : bundle.sources) list += source + "\n";
    result_.files.push_back({"rtl/files.f", std::move(list)});
  }

  const Design& design_;
  Generated result_;
  sv::Module top_;
  std::vector<std::string> signals_;
};

}  // namespace

Generated generate(const Design& design) { return Generator(design).run(); }

}  // namespace finnr
