// SPDX-License-Identifier: Apache-2.0
//
// finnr_compare: whether one number reaches another.
//
// Function   ge_o = a_i >= b_i; two's complement where Signed.
// Latency    0: combinational, no clock and no reset.
// Resources  Where FINNR_XILINX is defined: a finnr_lut2 for two bits, which says whether they are equal and whether those of
//            a are greater, and a finnr_carry that starts with 1 and takes the answer of the highest two that differ; up to
//            three bits are one LUT. Else an operator.

`include "finnr_assert.svh"

module finnr_compare #(
  parameter `FINNR_UINT Width  = 4,
  parameter bit         Signed = 1'b0
) (
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  output logic             ge_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_compare: Width must be at least 1")

`ifdef FINNR_XILINX
  localparam bit Cells = Width > 3;
`else
  localparam bit Cells = 1'b0;
`endif

  if (!Cells && Signed) begin : gen_signed
    assign ge_o = $signed(a_i) >= $signed(b_i);
  end else if (!Cells) begin : gen_unsigned
    assign ge_o = a_i >= b_i;
  end else begin : gen_cells
    // Inputs of the LUT: both bits of a, both of b. Signs count for less where they are 1.
    function automatic [63:0] table_of(input turn);
      int         i;
      logic [1:0] a;
      logic [1:0] b;
      table_of = 64'd0;
      for (i = 0; i < 16; i = i + 1) begin
        a = 2'(i) ^ {turn, 1'b0};
        b = 2'(i >> 2) ^ {turn, 1'b0};
        if (a > b) table_of = table_of | (64'd1 << i);
        if (a == b) table_of = table_of | (64'd1 << (i + 32));
      end
    endfunction

    localparam `FINNR_UINT Pairs = (Width + 1) / 2;
    localparam `FINNR_UINT Even  = 2 * Pairs;

    logic [Even-1:0]  a;
    logic [Even-1:0]  b;
    logic [Pairs-1:0] equal;
    logic [Pairs-1:0] greater;
    // verilator lint_off UNUSEDSIGNAL
    // Reason: the chain's sums are not what is asked.
    logic [Pairs-1:0] sum;
    // verilator lint_on UNUSEDSIGNAL

    // The highest bit stands at the top, so that a sign is one there.
    if (Signed) begin : gen_extended
      assign a = Even'($signed(a_i));
      assign b = Even'($signed(b_i));
    end else begin : gen_filled
      assign a = Even'(a_i);
      assign b = Even'(b_i);
    end

    for (genvar k = 0; k < Pairs; k++) begin : gen_pair
      localparam bit         Turn = Signed && k == Pairs - 1;
      localparam bit [63:0]  Init = table_of(Turn);
      finnr_lut2 #(.Init(Init)) u_lut (
        .i_i ({2'b10, b[2*k +: 2], a[2*k +: 2]}),
        .o5_o(greater[k]),
        .o6_o(equal[k])
      );
    end

    finnr_carry #(.Width(Pairs)) u_carry (
      .ci_i(1'b1),
      .s_i (equal),
      .d_i (greater),
      .o_o (sum),
      .co_o(ge_o)
    );
  end

endmodule
