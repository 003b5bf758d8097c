// SPDX-License-Identifier: Apache-2.0
//
// finnr_signed_rows: a dot product with a bipolar operand as two numbers that are to be taken away, out of adders.
//
// Function   The sum of rows_o (two numbers of Cols bits, row 0 in the low bits) less Simd * 2^(Bits-1) is minus the sum of a_i[k]
//            where b_i[k] is 1, of -a_i[k] where it is 0, modulo 2^Cols. Bits are those of a with its sign: ABits of a signed
//            operand, one more of an unsigned one.
// Method     Minus a product is a xor b, and one more where b is 1; its sign counts as -2^(Bits-1) + 2^(Bits-1) * !sign. Two products
//            are added by one chain, whose LUTs have room for both exclusive-ors, with one of the two ones as its carry in; sums and
//            the other ones go to a finnr_heap.
// Latency    Registers cycles.
// Resources  Bits finnr_lut2 and a finnr_carry for two products, half as many for a last single one; finnr_heap.
// Reset      None.

`include "finnr_assert.svh"

module finnr_signed_rows #(
  parameter `FINNR_UINT Simd      = 4,
  parameter `FINNR_UINT ABits     = 8,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         ASigned   = 1'b0,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT Cols      = 11,
  parameter `FINNR_UINT Chain     = 2,
  parameter `FINNR_UINT Registers = 1
) (
  input  logic                  clk_i,
  input  logic                  en_i,
  input  logic [Simd*ABits-1:0] a_i,
  input  logic [Simd-1:0]       b_i,
  output logic [2*Cols-1:0]     rows_o
);

  localparam `FINNR_UINT Bits      = ABits + (ASigned ? 0 : 1);
  localparam `FINNR_UINT Pairs     = Simd / 2;
  localparam `FINNR_UINT Single    = Simd % 2;
  localparam `FINNR_UINT TableBits = Cols * 12;

  `FINNR_CHECK(gen_check_bits, Bits >= 2, "finnr_signed_rows: a signed operand needs two bits")

  /// Bits of column c: sums of pairs with their carries out, a single product, ones that no chain takes in.
  function automatic int height_of(input int c);
    height_of = ((c <= 32'(Bits)) ? 32'(Pairs) : 0) + ((c < 32'(Bits)) ? 32'(Single) : 0) +
                ((c == 0) ? 32'(Pairs) + 32'(Single) : 0);
  endfunction

  function automatic int start_of(input int c);
    int b;
    start_of = 0;
    for (b = 0; b < c; b = b + 1) start_of = start_of + height_of(b);
  endfunction

  function automatic [TableBits-1:0] heights(input int unused);
    int c;
    heights = '0;
    for (c = 0; c < 32'(Cols); c = c + 1) heights = heights | (TableBits'(height_of(c)) << (12 * c));
  endfunction

  /// High half: parity of {b1, a1, b0, a0}. Low half: a0 xor b0. The sign is counted where it is 0.
  function automatic [63:0] pair_table(input sign);
    int i;
    pair_table = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      if (1'(i) ^ 1'(i >> 1) ^ sign) pair_table = pair_table | (64'd1 << i);
      if (^(4'(i))) pair_table = pair_table | (64'd1 << (i + 32));
    end
  endfunction

  /// High half: a1 xor b of {a1, b, a0}. Low half: a0 xor b.
  function automatic [63:0] single_table(input sign0, input sign1);
    int i;
    single_table = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      if (1'(i) ^ 1'(i >> 1) ^ sign0) single_table = single_table | (64'd1 << i);
      if (1'(i >> 2) ^ 1'(i >> 1) ^ sign1) single_table = single_table | (64'd1 << (i + 32));
    end
  endfunction

  localparam `FINNR_UINT Total = start_of(32'(Cols));

  logic [Simd*Bits-1:0] a;     // with signs
  logic [Total-1:0]     bits;  // of the heap

  for (genvar s = 0; s < Simd; s++) begin : gen_operand
    assign a[s*Bits +: Bits] = Bits'(a_i[s*ABits +: ABits]);
  end

  for (genvar g = 0; g < Pairs; g++) begin : gen_pair
    logic [Bits-1:0] half;
    logic [Bits-1:0] one;
    // verilator lint_off UNUSEDSIGNAL
    // Reason: columns from Cols on are dropped.
    logic [Bits-1:0] sum;
    logic            carry;
    // verilator lint_on UNUSEDSIGNAL

    for (genvar k = 0; k < Bits; k++) begin : gen_bit
      finnr_lut2 #(.Init(pair_table(1'(k == Bits - 1)))) u_lut (
        .i_i ({2'b10, b_i[2*g+1], a[(2*g+1)*Bits + k], b_i[2*g], a[2*g*Bits + k]}),
        .o5_o(one[k]),
        .o6_o(half[k])
      );
    end
    finnr_carry #(.Width(Bits)) u_carry (.ci_i(b_i[2*g]), .s_i(half), .d_i(one), .o_o(sum), .co_o(carry));

    for (genvar c = 0; c <= Bits; c++) begin : gen_column
      if (c < Cols && c < Bits) begin : gen_sum
        assign bits[start_of(c) + g] = sum[c];
      end else if (c < Cols) begin : gen_carry
        assign bits[start_of(c) + g] = carry;
      end
    end
    assign bits[Pairs + Single + g] = b_i[2*g+1];
  end

  if (Single != 0) begin : gen_single
    localparam `FINNR_UINT Last = Simd - 1;

    // verilator lint_off UNUSEDSIGNAL
    // Reason: columns from Cols on are dropped, and a LUT has two outputs.
    logic [Bits:0] product;
    // verilator lint_on UNUSEDSIGNAL
    for (genvar k = 0; k < Bits; k = k + 2) begin : gen_two
      localparam `FINNR_UINT Upper = (k + 1 < Bits) ? k + 1 : k;
      finnr_lut2 #(.Init(single_table(1'(k == Bits - 1), 1'(Upper == Bits - 1)))) u_lut (
        .i_i ({3'b100, a[Last*Bits + Upper], b_i[Last], a[Last*Bits + k]}),
        .o5_o(product[k]),
        .o6_o(product[k+1])
      );
    end
    for (genvar c = 0; c < Bits; c++) begin : gen_column
      if (c < Cols) begin : gen_kept
        assign bits[start_of(c) + Pairs] = product[c];
      end
    end
    assign bits[2*Pairs + Single] = b_i[Last];
  end

  finnr_heap #(
    .Cols(Cols), .Heights(heights(0)), .Bits(Total), .Rows(2), .Chain(Chain), .Registers(Registers), .First(1)
  ) u_heap (
    .clk_i (clk_i),
    .en_i  (en_i),
    .bits_i(bits),
    .rows_o(rows_o)
  );

endmodule
