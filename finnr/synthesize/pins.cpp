// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/pins.h"

#include <fmt/format.h>

namespace finnr {

std::string pins_module(const std::string& name, const std::string& inner, const RtlilModule& module) {
  std::string connections;
  int inputs = 0;
  int outputs = 0;
  for (const RtlilModule::Wire& port : module.ports) {
    std::string net;
    if (port.name == "clk_i") {
      net = "clk_i";
    } else if (port.name == "rst_ni") {
      net = "reset_q";
    } else if (port.is_input) {
      net = fmt::format("in_q[{}:{}]", inputs + port.width - 1, inputs);
      inputs += port.width;
    } else {
      net = fmt::format("result[{}:{}]", outputs + port.width - 1, outputs);
      outputs += port.width;
    }
    connections += fmt::format("{}    .{}({})", connections.empty() ? "" : ",\n", port.name, net);
  }
  return fmt::format(
      "module {0} (input clk_i, input rst_ni, input serial_i, input load_i, output serial_o);\n"
      "  reg reset_q;\n"
      "  reg [{2}:0] in_q;\n"
      "  wire [{3}:0] result;\n"
      "  reg [{3}:0] result_q;\n"
      "  reg [{3}:0] out_q;\n"
      "  reg load_q;\n"
      "  assign serial_o = out_q[{3}];\n"
      "  always @(posedge clk_i) begin\n"
      "    reset_q <= rst_ni;\n"
      "    load_q <= load_i;\n"
      "    in_q <= {{in_q, serial_i}};\n"
      "    result_q <= result;\n"
      "    out_q <= load_q ? result_q : {{out_q, 1'b0}};\n"
      "  end\n"
      "  {1} u_inner (\n{4}\n  );\n"
      "endmodule\n",
      name, inner, inputs - 1, outputs - 1, connections);
}

}  // namespace finnr
