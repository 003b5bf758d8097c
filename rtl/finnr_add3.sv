// SPDX-License-Identifier: Apache-2.0
//
// finnr_add3: adds three numbers at once, the third one perhaps replaced by a constant.
//
// Function   y_o = a + b + (first_i ? Init : c_i) + plus_i, modulo 2^Width, where a and b are a_i and b_i, with Negate
//            ~a_i = -a_i - 1 and ~b_i.
// Latency    0: combinational, no clock and no reset.
// Resources  One finnr_lut2 a bit and one finnr_carry: each LUT has the parity of three bits and the carry from the bit
//            below, and their majority for the bit above.

`include "finnr_assert.svh"

module finnr_add3 #(
  parameter `FINNR_UINT     Width  = 8,
  parameter bit [Width-1:0] Init   = '0,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit             Negate = 1'b0
  // verilator lint_on WIDTH
) (
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  input  logic [Width-1:0] c_i,
  input  logic             first_i,
  input  logic             plus_i,
  output logic [Width-1:0] y_o
);

  /// High half: the sum bit of {below, first, c, b, a}. Low half: the majority.
  function automatic [63:0] table_of(input init);
    int i;
    logic c;
    logic a;
    logic b;
    table_of = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      a = 1'(i) ^ Negate;
      b = 1'(i >> 1) ^ Negate;
      c = 1'(i >> 3) ? init : 1'(i >> 2);
      if ((a & b) | (a & c) | (b & c)) table_of = table_of | (64'd1 << i);
      if (a ^ b ^ c ^ 1'(i >> 4)) table_of = table_of | (64'd1 << (i + 32));
    end
  endfunction

  localparam bit [63:0] Zero = table_of(1'b0);
  localparam bit [63:0] One  = table_of(1'b1);

  logic [Width:0]   below;
  logic [Width-1:0] s;
  // verilator lint_off UNUSEDSIGNAL
  // Reason: the sum is modulo 2^Width.
  logic             unused;
  assign unused = below[Width];
  logic             unused_carry;
  // verilator lint_on UNUSEDSIGNAL

  assign below[0] = 1'b0;
  for (genvar k = 0; k < Width; k++) begin : gen_bit
    finnr_lut2 #(.Init(Init[k] ? One : Zero)) u_lut (
      .i_i ({1'b1, below[k], first_i, c_i[k], b_i[k], a_i[k]}),
      .o5_o(below[k+1]),
      .o6_o(s[k])
    );
  end

  finnr_carry #(.Width(Width)) u_carry (
    .ci_i(plus_i),
    .s_i (s),
    .d_i (below[Width-1:0]),
    .o_o (y_o),
    .co_o(unused_carry)
  );

endmodule
