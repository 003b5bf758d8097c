// SPDX-License-Identifier: Apache-2.0
//
// finnr_lut2: one look-up table of six inputs with two outputs, the smallest piece that the compute cores are made of.
//
// Function   o6_o = Init[i_i], o5_o = Init[i_i modulo 32].
// Latency    0: combinational, no clock and no reset.
// Resources  One LUT6_2 where FINNR_XILINX7 or FINNR_ULTRASCALE is defined; else logic of the same function.

`include "finnr_assert.svh"

module finnr_lut2 #(
  parameter bit [63:0] Init = 64'h0
) (
  input  logic [5:0] i_i,
  output logic       o5_o,
  output logic       o6_o
);

`ifdef FINNR_XILINX
  LUT6_2 #(.INIT(Init)) u_lut (
    .I0(i_i[0]),
    .I1(i_i[1]),
    .I2(i_i[2]),
    .I3(i_i[3]),
    .I4(i_i[4]),
    .I5(i_i[5]),
    .O5(o5_o),
    .O6(o6_o)
  );
`else
  assign o5_o = Init[{1'b0, i_i[4:0]}];
  assign o6_o = Init[i_i];
`endif

endmodule
