// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/generate.h"

#include <fmt/format.h>

#include <functional>
#include <set>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"
#include "finnr/generate/library.h"
#include "finnr/generate/sv.h"
#include "finnr/generate/unit_parameters.h"
#include "finnr/hardware/timing.h"

namespace finnr {
namespace {

class Generator {
 public:
  Generator(const Design& design, std::int64_t latency) : design_(design), latency_(latency) {}

  Generated run() {
    start_top();
    for (const Unit& unit : design_.units) add_unit(unit);
    finish_top();
    add_library();
    write_sources();
    return std::move(result_);
  }

 private:
  /// The nets of a stream: edges have them too.
  [[nodiscard]] std::string net(std::size_t stream, const char* part) const { return fmt::format("{}_{}", signals_[stream], part); }
  /// The same net of several streams as one vector, the first in the low bits.
  [[nodiscard]] std::string nets(const std::vector<std::size_t>& streams, const char* part) const {
    if (streams.size() == 1) return net(streams[0], part);
    std::string list;
    for (auto s = streams.rbegin(); s != streams.rend(); ++s) list += (list.empty() ? "" : ", ") + net(*s, part);
    return "{" + list + "}";
  }

  void start_top() {
    sv::Names names;
    Bundle& bundle = result_.bundle;
    bundle.name = design_.name;
    bundle.top = names.legal(design_.name);
    bundle.clock_mhz = design_.clock_mhz;
    bundle.interval = interval(design_);
    bundle.latency = latency_;
    for (std::size_t i = 0; i < design_.inputs.size(); ++i)
      bundle.inputs.push_back(port(port_name(kInputName, i, design_.inputs.size()), design_.streams[design_.inputs[i]]));
    for (std::size_t i = 0; i < design_.outputs.size(); ++i)
      bundle.outputs.push_back(port(port_name(kOutputName, i, design_.outputs.size()), design_.streams[design_.outputs[i]]));
    for (const char* taken : {"clk_i", "rst_ni", "unused"}) names.legal(taken);
    for (const Stream& stream : design_.streams) signals_.push_back(names.legal(stream.name + "_s"));

    top_.name = bundle.top;
    top_.ports = {{sv::Direction::kInput, 1, "clk_i"}, {sv::Direction::kInput, 1, "rst_ni"}};
    for (const Port& p : bundle.inputs) {
      top_.ports.push_back({sv::Direction::kInput, p.data_bits, p.name + "_tdata"});
      top_.ports.push_back({sv::Direction::kInput, 1, p.name + "_tvalid"});
      top_.ports.push_back({sv::Direction::kOutput, 1, p.name + "_tready"});
      top_.ports.push_back({sv::Direction::kInput, 1, p.name + "_tlast"});
    }
    for (const Port& p : bundle.outputs) {
      top_.ports.push_back({sv::Direction::kOutput, p.data_bits, p.name + "_tdata"});
      top_.ports.push_back({sv::Direction::kOutput, 1, p.name + "_tvalid"});
      top_.ports.push_back({sv::Direction::kInput, 1, p.name + "_tready"});
      top_.ports.push_back({sv::Direction::kOutput, 1, p.name + "_tlast"});
    }
    for (std::size_t i = 0; i < design_.streams.size(); ++i) {
      top_.wires.push_back({1, net(i, "valid")});
      top_.wires.push_back({1, net(i, "ready")});
      top_.wires.push_back({design_.streams[i].beat_bits(), net(i, "data")});
    }
  }

  static Port port(std::string name, const Stream& stream) {
    return {std::move(name), stream.value,  stream.element,
            false,           stream.lanes,  stream.vectors,
            stream.channels, stream.padded, static_cast<int>(ceil_div(stream.beat_bits(), 8) * 8),
            stream.layout};
  }

  void finish_top() {
    const Bundle& bundle = result_.bundle;
    top_.comment = fmt::format("{}: streaming accelerator, {} cycles between frames.\n", top_.name, bundle.interval);
    for (std::size_t i = 0; i < design_.inputs.size(); ++i) {
      const Stream& stream = design_.streams[design_.inputs[i]];
      const Port& p = bundle.inputs[i];
      const std::int64_t bits = stream.beat_bits();
      top_.assigns.push_back({net(design_.inputs[i], "valid"), p.name + "_tvalid"});
      top_.assigns.push_back({net(design_.inputs[i], "data"), sv::low_bits(p.name + "_tdata", bits, p.data_bits)});
      top_.assigns.push_back({p.name + "_tready", net(design_.inputs[i], "ready")});
      top_.unused.push_back(p.name + "_tlast");
      if (bits != p.data_bits)
        top_.unused.push_back(p.data_bits - bits == 1 ? fmt::format("{}_tdata[{}]", p.name, bits)
                                                      : fmt::format("{}_tdata[{}:{}]", p.name, p.data_bits - 1, bits));
      top_.comment +=
          fmt::format("Input  {}: {} beats a frame, {} lanes of {} bits, lane 0 lowest, padded to {} bits; tlast is not needed.\n", p.name,
                      stream.beats(), stream.lanes, stream.element.bits(), p.data_bits);
    }
    for (std::size_t i = 0; i < design_.outputs.size(); ++i) {
      const std::size_t s = design_.outputs[i];
      const Stream& stream = design_.streams[s];
      const Port& p = bundle.outputs[i];
      const std::int64_t bits = stream.beat_bits();
      top_.assigns.push_back({p.name + "_tvalid", net(s, "valid")});
      top_.assigns.push_back(
          {p.name + "_tdata", bits == p.data_bits ? net(s, "data") : fmt::format("{{{}'d0, {}}}", p.data_bits - bits, net(s, "data"))});
      top_.assigns.push_back({net(s, "ready"), p.name + "_tready"});
      top_.instances.push_back({"finnr_last",
                                design_.outputs.size() > 1 ? fmt::format("u_last_{}", i) : "u_last",
                                {{"Beats", stream.beats()}},
                                {{"clk_i", "clk_i"},
                                 {"rst_ni", "rst_ni"},
                                 {"valid_i", net(s, "valid")},
                                 {"ready_i", net(s, "ready")},
                                 {"last_o", p.name + "_tlast"}}});
      top_.comment += fmt::format("Output {}: {} beats a frame, {} lanes of {} bits, padded to {} bits; tlast marks the last.\n", p.name,
                                  stream.beats(), stream.lanes, stream.element.bits(), p.data_bits);
    }
    top_.comment += "Reset is synchronous and active low. Memory images are read from mem/, relative to the working folder.";
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
          // "  finnr_reset u_reset (" or "  finnr_ram #(": with parameters or without.
          for (const char* after : {" #(", " u_"}) {
            if (file.text.find(fmt::format("  {}{}", module, after)) != std::string_view::npos) need(module);
          }
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

  void add_unit(const Unit& unit) {
    const std::vector<std::size_t>& in = unit.inputs;
    const std::vector<std::size_t>& out = unit.outputs;
    UnitSummary summary{unit.name, std::string(kind_name(unit)), design_.streams[in[0]].lanes, 0, interval(design_, unit), {}};
    if (const auto* m = std::get_if<Mvu>(&unit.kind)) summary.pe = m->pe, summary.simd = m->simd;
    if (const auto* v = std::get_if<Vvu>(&unit.kind)) summary.pe = v->pe, summary.simd = v->simd;
    const auto store = [&](const std::string& name, std::string text) { return memory(name, std::move(text)); };
    std::vector<std::pair<std::string, std::string>> connections = {{"clk_i", "clk_i"}, {"rst_ni", "rst_ni"}};
    if (std::holds_alternative<JoinUnit>(unit.kind)) {
      for (std::size_t side = 0; side < 2; ++side) {
        const std::string prefix = side == 0 ? "a" : "b";
        connections.emplace_back(prefix + "_valid_i", net(in[side], "valid"));
        connections.emplace_back(prefix + "_ready_o", net(in[side], "ready"));
        connections.emplace_back(prefix + "_data_i", net(in[side], "data"));
      }
    } else {
      connections.emplace_back("s_valid_i", nets(in, "valid"));
      connections.emplace_back("s_ready_o", nets(in, "ready"));
      connections.emplace_back("s_data_i", nets(in, "data"));
    }
    connections.emplace_back("m_valid_o", nets(out, "valid"));
    connections.emplace_back("m_ready_i", nets(out, "ready"));
    connections.emplace_back("m_data_o", net(out[0], "data"));
    // A fork's outputs share their data.
    for (std::size_t i = 1; i < out.size(); ++i) top_.assigns.push_back({net(out[i], "data"), net(out[0], "data")});
    top_.instances.push_back({"finnr_" + summary.kind, "u_" + unit.name, unit_parameters(design_, unit, store), std::move(connections)});
    result_.bundle.units.push_back(std::move(summary));
    for (const std::size_t s : out) {
      const Stream& stream = design_.streams[s];
      if (!stream.to.valid()) continue;
      result_.bundle.taps.push_back({unit.name, signals_[s], unit.origin.empty() ? "" : unit.origin.front(), stream.value, stream.element,
                                     stream.lanes, stream.vectors, stream.channels, stream.padded, stream.layout});
    }
  }

  std::string memory(const std::string& name, std::string text) {
    std::string path = fmt::format("mem/{}.hex", name);
    result_.files.push_back({path, std::move(text)});
    result_.bundle.memories.push_back(path);
    return path;
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
  std::int64_t latency_;
  Generated result_;
  sv::Module top_;
  std::vector<std::string> signals_;
};

}  // namespace

Generated generate(const Design& design) {
  const Result<std::int64_t> latency = first_frame_latency(design);
  FINNR_CHECK(latency.ok(), "a design that stands still");
  return Generator(design, *latency).run();
}

}  // namespace finnr
