// SPDX-License-Identifier: Apache-2.0
// What differs between accelerators, as two small texts around the one hand-written harness. Taps are reached by
// hierarchical references from a wrapping module, so that nothing depends on how Verilator names what it flattens.
#include "finnr/simulate/bench.h"

#include <fmt/format.h>

#include <iterator>

namespace finnr {
namespace {

int width(const Tap& tap) { return tap.lanes * tap.element.bits(); }

}  // namespace

std::string bench_module(const Bundle& bundle) {
  std::string ports = fmt::format(
      "  input  wire clk_i,\n  input  wire rst_ni,\n"
      "  input  wire [{}:0] s_axis_tdata,\n  input  wire s_axis_tvalid,\n  output wire s_axis_tready,\n  input  wire s_axis_tlast,\n"
      "  output wire [{}:0] m_axis_tdata,\n  output wire m_axis_tvalid,\n  input  wire m_axis_tready,\n  output wire m_axis_tlast",
      bundle.input.data_bits - 1, bundle.output.data_bits - 1);
  std::string links;
  for (std::size_t i = 0; i < bundle.taps.size(); ++i) {
    const Tap& tap = bundle.taps[i];
    fmt::format_to(std::back_inserter(ports),
                   ",\n  output wire tap{0}_valid,\n  output wire tap{0}_ready,\n  output wire [{1}:0] tap{0}_data", i, width(tap) - 1);
    for (const char* part : {"valid", "ready", "data"}) {
      fmt::format_to(std::back_inserter(links), "  assign tap{0}_{2} = dut.{1}_{2};\n", i, tap.signal, part);
    }
  }
  return fmt::format(
      "module {} (\n{}\n);\n  {} dut (\n    .clk_i(clk_i), .rst_ni(rst_ni),\n"
      "    .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tlast(s_axis_tlast),\n"
      "    .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tlast(m_axis_tlast)\n"
      "  );\n{}endmodule\n",
      kBenchModule, ports, bundle.top, links);
}

std::string bench_header(const Bundle& bundle) {
  std::string beats = "0";
  std::string looks;
  for (std::size_t i = 0; i < bundle.taps.size(); ++i) {
    beats += fmt::format(", {}", bundle.taps[i].beats());
    looks += fmt::format("  look({0}, model.tap{0}_valid != 0, model.tap{0}_ready != 0, model.tap{0}_data);\n", i);
  }
  const Port& output = bundle.output;
  return fmt::format(
      "#include \"Vmodel.h\"\n"
      "constexpr std::int64_t kInputBeats = {};\n"
      "constexpr std::int64_t kOutputBeats = {};\n"
      "constexpr int kOutputUsed = {};  // bits of tdata that carry elements\n"
      "constexpr int kTaps = {};\n"
      "constexpr std::int64_t kTapBeats[] = {{{}}};  // of tap i - 1\n"
      "template <class Look>\nvoid for_each_tap([[maybe_unused]] const Vmodel& model, [[maybe_unused]] Look&& look) {{\n{}}}\n",
      bundle.input.beats(), output.beats(), output.lanes * (output.is_float ? 32 : output.element.bits()), bundle.taps.size(), beats,
      looks);
}

}  // namespace finnr
