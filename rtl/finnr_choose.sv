// SPDX-License-Identifier: Apache-2.0
//
// finnr_choose: one of two numbers.
//
// Function   y_o = choose_i ? b_i : a_i; with Invert ~b_i.
// Latency    0: combinational, no clock and no reset.
// Resources  A finnr_lut2 for two bits.

`include "finnr_assert.svh"

module finnr_choose #(
  parameter `FINNR_UINT Width  = 4,
  parameter bit         Invert = 1'b0
) (
  input  logic             choose_i,
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  output logic [Width-1:0] y_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_choose: Width must be at least 1")

  // Inputs of the LUT: choose, a and b of the lower bit, a and b of the upper bit.
  function automatic [63:0] table_of(input invert);
    int         i;
    logic [4:0] x;
    table_of = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      x = 5'(i);
      if (x[0] ? x[2] ^ invert : x[1]) table_of = table_of | (64'd1 << i);
      if (x[0] ? x[4] ^ invert : x[3]) table_of = table_of | (64'd1 << (i + 32));
    end
  endfunction

  localparam bit [63:0]  Init = table_of(Invert);
  localparam `FINNR_UINT Even = Width + Width % 2;

  logic [Even-1:0] a;
  logic [Even-1:0] b;
  // verilator lint_off UNUSEDSIGNAL
  // Reason: an odd number of bits leaves one.
  logic [Even-1:0] y;
  // verilator lint_on UNUSEDSIGNAL

  assign a   = Even'(a_i);
  assign b   = Even'(b_i);
  assign y_o = y[Width-1:0];

  for (genvar k = 0; k < Even / 2; k++) begin : gen_pair
    localparam `FINNR_UINT At = 2 * k;
    finnr_lut2 #(.Init(Init)) u_lut (
      .i_i ({1'b1, b[At+1], a[At+1], b[At], a[At], choose_i}),
      .o5_o(y[At]),
      .o6_o(y[At+1])
    );
  end

endmodule
