// SPDX-License-Identifier: Apache-2.0
//
// finnr_constant_rows: a dot product with constant bipolar weights as two or three numbers whose sum it is: no gates in front of the
// counters, whose LUTs invert what they count.
//
// Function   The sum of rows_o (Rows numbers of Cols bits, row 0 in the low bits) and Offset is the sum of x_i[k] * Weights[k],
//            modulo 2^Cols; for bipolar x_i the number of equal bits. With m weights of -1, Offset is 0 for bipolar x_i, m - m *
//            2^XBits for unsigned ones, m - Simd * 2^(XBits-1) for signed ones.
// Latency    Registers cycles.
// Resources  Of every six bits of a weight two LUTs and a finnr_counter; then a finnr_heap.
// Reset      None.

`include "finnr_assert.svh"

module finnr_constant_rows #(
  parameter `FINNR_UINT    Simd      = 7,
  parameter `FINNR_UINT    XBits     = 1,
  parameter `FINNR_UINT    XKind     = 2,
  parameter bit [Simd-1:0] Weights   = 7'h35,
  parameter `FINNR_UINT    Cols      = 3,
  parameter `FINNR_UINT    Rows      = 2,
  parameter `FINNR_UINT    Chain     = 2,
  parameter `FINNR_UINT    Registers = 1
) (
  input  logic                  clk_i,
  input  logic                  en_i,
  input  logic [Simd*XBits-1:0] x_i,
  output logic [Rows*Cols-1:0]  rows_o
);

  localparam `FINNR_UINT Left   = Simd % 6;
  localparam `FINNR_UINT Sixes  = Simd / 6 + ((Left >= 4) ? 1 : 0);  // counters of a column
  localparam `FINNR_UINT Adders = (Left == 2 || Left == 3) ? 1 : 0;  // of what is left
  localparam `FINNR_UINT Single = (Left == 1) ? 1 : 0;

  `FINNR_CHECK(gen_check_simd, Simd >= 1, "finnr_constant_rows: Simd must be at least 1")
  `FINNR_CHECK(gen_check_x, XKind <= 2 && (XKind != 2 || XBits == 1) && (XKind != 1 || XBits >= 2),
               "finnr_constant_rows: a bipolar input has one bit, a signed one at least two")

  /// Bits of column c behind the first counters.
  function automatic [11:0] height_of(input integer c);
    height_of = 12'd0;
    if (c < XBits) height_of = height_of + 12'(Sixes + Adders + Single);
    if (c >= 1 && c - 1 < XBits) height_of = height_of + 12'(Sixes + Adders);
    if (c >= 2 && c - 2 < XBits) height_of = height_of + 12'(Sixes);
  endfunction

  function automatic [Cols*12-1:0] heights(input integer unused);
    integer c;
    heights = '0;
    for (c = 0; c < Cols; c = c + 1) heights = heights | ((Cols*12)'(height_of(c)) << (12 * c));
  endfunction

  function automatic integer start_of(input integer c);
    integer b;
    start_of = 0;
    for (b = 0; b < c; b = b + 1) start_of = start_of + 32'(height_of(b));
  endfunction

  /// Sum (high half) and carry of three bits, each inverted where `invert` says so.
  function automatic [63:0] adder_table(input [2:0] invert, input [2:0] used);
    integer     i;
    logic [2:0] x;
    adder_table = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      x = (3'(i) ^ invert) & used;
      if ((x[0] & x[1]) | (x[0] & x[2]) | (x[1] & x[2])) adder_table = adder_table | (64'd1 << i);
      if (^x) adder_table = adder_table | (64'd1 << (i + 32));
    end
  endfunction

  localparam `FINNR_UINT Bits = start_of(Cols);

  logic [Bits-1:0] bits;

  for (genvar c = 0; c < XBits; c++) begin : gen_column
    if (c < Cols) begin : gen_used
      // Bits of this column, and what is to be inverted: the factor -1 inverts, and so does the sign of a two's complement.
      localparam bit [Simd-1:0]       Invert = (XKind == 1 && c == XBits - 1) ? Weights : ~Weights;
      localparam `FINNR_UINT          Full   = 6 * (Simd / 6 + 1);
      localparam bit [Full-1:0]       Padded = Full'(Invert);
      // verilator lint_off UNUSEDSIGNAL
      // Reason: what is left over may need no padding.
      logic [Full-1:0] x;
      // verilator lint_on UNUSEDSIGNAL
      for (genvar s = 0; s < Full; s++) begin : gen_bit
        if (s < Simd) begin : gen_input
          assign x[s] = x_i[s*XBits + c];
        end else begin : gen_none
          assign x[s] = 1'b0;
        end
      end

      for (genvar g = 0; g < Sixes; g++) begin : gen_six
        // verilator lint_off UNUSEDSIGNAL
        // Reason: the highest columns drop what leaves them.
        logic [1:0] sum;
        logic       top;
        // verilator lint_on UNUSEDSIGNAL
        finnr_counter #(.Pairs(1), .Invert(Padded[6*g +: 6])) u_counter (.x_i(x[6*g +: 6]), .ci_i(1'b0), .sum_o(sum), .co_o(top));
        assign bits[start_of(c) + g] = sum[0];
        if (c + 1 < Cols) begin : gen_second
          assign bits[start_of(c + 1) + ((c + 1 < XBits) ? Sixes + Adders + Single : 0) + g] = sum[1];
        end
        if (c + 2 < Cols) begin : gen_third
          assign bits[start_of(c + 2) + ((c + 2 < XBits) ? Sixes + Adders + Single : 0) + ((c + 1 < XBits) ? Sixes + Adders : 0) + g] = top;
        end
      end

      if (Adders != 0) begin : gen_adder
        // verilator lint_off UNUSEDSIGNAL
        // Reason: the highest column drops it.
        logic carry;
        // verilator lint_on UNUSEDSIGNAL
        finnr_lut2 #(.Init(adder_table(Padded[Simd-Left +: 3], (Left == 2) ? 3'd3 : 3'd7))) u_add (
          .i_i({3'b100, x[Simd-Left +: 3]}), .o5_o(carry), .o6_o(bits[start_of(c) + Sixes])
        );
        if (c + 1 < Cols) begin : gen_carry
          assign bits[start_of(c + 1) + ((c + 1 < XBits) ? Sixes + Adders + Single : 0) + Sixes] = carry;
        end
      end
      if (Single != 0) begin : gen_single
        assign bits[start_of(c) + Sixes] = x[Simd-1] ^ Invert[Simd-1];
      end
    end
  end

  finnr_heap #(
    .Cols(Cols), .Heights(heights(0)), .Bits(Bits), .Rows(Rows), .Chain(Chain), .Registers(Registers), .First(1)
  ) u_heap (
    .clk_i (clk_i),
    .en_i  (en_i),
    .bits_i(bits),
    .rows_o(rows_o)
  );

endmodule
