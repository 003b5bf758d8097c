// SPDX-License-Identifier: Apache-2.0
// What differs between accelerators, as two small texts around the one hand-written harness. Taps are reached by
// hierarchical references from a wrapping module, so that nothing depends on how Verilator names what it flattens. The module
// holds a tap to its promise itself and tells in one bit each cycle whether a beat passed: most streams rest in most cycles, and
// their wide beats are then not even copied.
#include "finnr/simulate/bench.h"

#include <fmt/format.h>

#include <iterator>

namespace finnr {
namespace {

int width(const Tap& tap) { return tap.lanes * tap.element.bits(); }

struct Member {
  const char* name;
  bool out;  ///< of an input port; the other way round on an output port
};
constexpr Member kMembers[] = {{"tdata", false}, {"tvalid", false}, {"tready", true}, {"tlast", false}};

}  // namespace

std::string bench_module(const Bundle& bundle) {
  std::string ports = "  input  wire clk_i,\n  input  wire rst_ni";
  std::string connections = "    .clk_i(clk_i), .rst_ni(rst_ni)";
  const auto add = [&](const Port& port, bool is_output) {
    for (const Member& member : kMembers) {
      const std::string range = member.name == kMembers[0].name ? fmt::format("[{}:0] ", port.data_bits - 1) : "";
      fmt::format_to(std::back_inserter(ports), ",\n  {} wire {}{}_{}", member.out != is_output ? "output" : "input ", range, port.name,
                     member.name);
      fmt::format_to(std::back_inserter(connections), ",\n    .{0}_{1}({0}_{1})", port.name, member.name);
    }
  };
  for (const Port& port : bundle.inputs) add(port, false);
  for (const Port& port : bundle.outputs) add(port, true);
  std::string links;
  if (!bundle.taps.empty()) {
    for (const char* vector : {"valid", "ready", "passed", "withdrawn", "changed"})
      fmt::format_to(std::back_inserter(ports), ",\n  output reg [{}:0] taps_{}", bundle.taps.size() - 1, vector);
  }
  for (std::size_t i = 0; i < bundle.taps.size(); ++i) {
    const Tap& tap = bundle.taps[i];
    fmt::format_to(std::back_inserter(ports), ",\n  output reg [{1}:0] tap{0}_data", i, width(tap) - 1);
    fmt::format_to(std::back_inserter(links),
                   "  reg tap{0}_held;\n"
                   "  always @(posedge clk_i) begin\n"
                   "    taps_valid[{0}] <= dut.{1}_valid;\n"
                   "    taps_ready[{0}] <= dut.{1}_ready;\n"
                   "    taps_passed[{0}] <= rst_ni && dut.{1}_valid && dut.{1}_ready;\n"
                   "    taps_withdrawn[{0}] <= rst_ni && tap{0}_held && !dut.{1}_valid;\n"
                   "    taps_changed[{0}] <= 1'b0;\n"
                   "    if (rst_ni && tap{0}_held && dut.{1}_valid) taps_changed[{0}] <= dut.{1}_data != tap{0}_data;\n"
                   "    tap{0}_held <= rst_ni && dut.{1}_valid && !dut.{1}_ready;\n"
                   "    if (dut.{1}_valid && !tap{0}_held) tap{0}_data <= dut.{1}_data;\n"
                   "  end\n",
                   i, tap.signal);
  }
  return fmt::format("module {} (\n{}\n);\n  {} dut (\n{}\n  );\n{}endmodule\n", kBenchModule, ports, bundle.top, connections, links);
}

std::string bench_header(const Bundle& bundle) {
  std::string beats;
  std::string compared;
  std::string used;
  const auto add = [&](const auto& stream) {
    fmt::format_to(std::back_inserter(beats), "{}, ", stream.beats());
    compared += stream.value.valid() ? "true, " : "false, ";
  };
  for (const Port& port : bundle.inputs) add(port);
  for (const Tap& tap : bundle.taps) add(tap);
  for (const Port& port : bundle.outputs) {
    add(port);
    fmt::format_to(std::back_inserter(used), "{}, ", port.lanes * (port.is_float ? 32 : port.element.bits()));
  }
  const auto visits = [](const std::vector<Port>& ports) {
    std::string lines;
    for (std::size_t i = 0; i < ports.size(); ++i)
      lines += fmt::format("  visit({0}, model.{1}_tvalid, model.{1}_tready, model.{1}_tdata, model.{1}_tlast);\n", i, ports[i].name);
    return lines;
  };
  std::string taps;
  for (std::size_t i = 0; i < bundle.taps.size(); ++i) taps += fmt::format("    case {0}: return visit(model.tap{0}_data);\n", i);
  const auto loop = [](const char* what, const std::string& lines) {
    return fmt::format("template <class Visit>\nvoid for_each_{}(Vmodel& model, Visit&& visit) {{\n{}}}\n", what, lines);
  };
  return fmt::format(
             "#include \"Vmodel.h\"\n"
             "constexpr int kInputs = {};\nconstexpr int kTaps = {};\nconstexpr int kOutputs = {};\n"
             "constexpr std::int64_t kBeats[] = {{{}}};  // of a frame\n"
             "constexpr bool kCompared[] = {{{}}};\n"
             "constexpr int kUsedBits[] = {{{}}};  // of the outputs' tdata\n",
             bundle.inputs.size(), bundle.taps.size(), bundle.outputs.size(), beats, compared, used) +
         loop("input", visits(bundle.inputs)) + loop("output", visits(bundle.outputs)) +
         fmt::format(
             "template <class Visit>\n"
             "void visit_tap([[maybe_unused]] Vmodel& model, int tap, [[maybe_unused]] Visit&& visit) {{\n"
             "  switch (tap) {{\n{}  }}\n}}\n"
             "template <class Visit>\n"
             "void visit_tap_bits([[maybe_unused]] Vmodel& model, [[maybe_unused]] Visit&& visit) {{\n{}}}\n",
             taps,
             bundle.taps.empty() ? ""
                                 : "  visit(model.taps_valid, model.taps_ready, model.taps_passed, model.taps_withdrawn, "
                                   "model.taps_changed);\n");
}

}  // namespace finnr
