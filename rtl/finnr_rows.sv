// SPDX-License-Identifier: Apache-2.0
//
// finnr_rows: a dot product of narrow operands as two or three numbers whose sum it is, out of gates and counters. Both operands are
// bipolar or none is; where one is, there is finnr_signed_rows.
//
// Function   The sum of rows_o (Rows numbers of Cols bits, row 0 in the low bits) and Simd * Offset is the sum of
//            x_i[k] * w_i[k], modulo 2^Cols; for two bipolar operands the number of equal bits. Kinds as in finnr_dot.
//            Offset is 0 for two bipolar operands, else minus the sum of 2^(i+j) over the bits i and j of which one is a sign.
// Method     The and of every pair of bits, nand where one of them is a sign (Baugh and Wooley). Three gates of equal weight are
//            two bits (finnr_gates), and those go to a finnr_heap.
// Merge      As in finnr_gates.
// Latency    Registers cycles.
// Resources  finnr_gates, finnr_heap.
// Reset      None.

`include "finnr_assert.svh"

module finnr_rows #(
  parameter `FINNR_UINT Simd      = 4,
  parameter `FINNR_UINT XBits     = 1,
  parameter `FINNR_UINT XKind     = 2,
  parameter `FINNR_UINT WBits     = 1,
  parameter `FINNR_UINT WKind     = 2,
  parameter `FINNR_UINT Cols      = 3,
  parameter `FINNR_UINT Rows      = 2,
  parameter `FINNR_UINT Chain     = 2,
  parameter `FINNR_UINT Registers = 1,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         Merge     = 1'b0
  // verilator lint_on WIDTH
) (
  input  logic                  clk_i,
  input  logic                  en_i,
  input  logic [Simd*XBits-1:0] x_i,
  input  logic [Simd*WBits-1:0] w_i,
  output logic [Rows*Cols-1:0]  rows_o
);

  localparam bit          Xnor      = XKind == 2;
  localparam `FINNR_UINT  TableBits = Cols * 12;

  `FINNR_CHECK(gen_check_kind, (XKind == 2) == (WKind == 2), "finnr_rows: both operands must be bipolar, or none")

  /// Gates of one product in column c.
  function automatic int gates_of(input int c);
    int low;
    int high;
    if (Xnor) begin
      gates_of = (c == 0) ? 1 : 0;
    end else begin
      low      = (c >= 32'(WBits)) ? c - 32'(WBits) + 1 : 0;
      high     = (c >= 32'(XBits)) ? 32'(XBits) - 1 : c;
      gates_of = (high >= low) ? high - low + 1 : 0;
    end
  endfunction

  /// Bit of x in gate g of column c.
  function automatic int x_of(input int c, input int g);
    x_of = (Xnor || c < 32'(WBits)) ? g : c - 32'(WBits) + 1 + g;
  endfunction

  function automatic [2:0] op_of(input int c, input int g);
    int x;
    x = x_of(c, g);
    if (Xnor) op_of = 3'd0;
    else op_of = ((XKind == 1 && x == 32'(XBits) - 1) != (WKind == 1 && c - x == 32'(WBits) - 1)) ? 3'd4 : 3'd3;
  endfunction

  /// Gates of column c that are added together, group g of three.
  function automatic [8:0] ops_of(input int c, input int g);
    int k;
    ops_of = 9'd0;
    for (k = 0; k < 3; k = k + 1) ops_of = ops_of | (9'(op_of(c, (3*g + k) % gates_of(c))) << (3*k));
  endfunction

  /// Bits of column c behind the gates: sums and carries.
  function automatic int height_of(input int c);
    int n;
    int below;
    n         = 32'(Simd) * gates_of(c);
    below     = (c > 0) ? 32'(Simd) * gates_of(c - 1) : 0;
    height_of = (n + 2) / 3 + (below + 1) / 3;
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

  localparam `FINNR_UINT Bits = start_of(32'(Cols));

  logic [Bits-1:0] bits;

  for (genvar c = 0; c < Cols; c++) begin : gen_column
    localparam `FINNR_UINT PerLane = gates_of(c);
    localparam `FINNR_UINT Count   = Simd * PerLane;
    localparam `FINNR_UINT Groups  = (Count + 2) / 3;
    localparam `FINNR_UINT At      = start_of(c);
    localparam `FINNR_UINT UpAt    = start_of(c + 1) + (Simd * gates_of(c + 1) + 2) / 3;

    for (genvar g = 0; g < Groups; g++) begin : gen_group
      localparam `FINNR_UINT Gates = (Count - 3 * g > 3) ? 3 : Count - 3 * g;
      logic [Gates-1:0] p;
      logic [Gates-1:0] q;
      // verilator lint_off UNUSEDSIGNAL
      // Reason: one gate has no carry, and the highest column drops it.
      logic             carry;
      // verilator lint_on UNUSEDSIGNAL
      for (genvar k = 0; k < Gates; k++) begin : gen_gate
        localparam `FINNR_UINT Lane = (3 * g + k) / PerLane;
        localparam `FINNR_UINT X    = x_of(c, (3 * g + k) % PerLane);
        assign p[k] = x_i[Lane * XBits + X];
        assign q[k] = w_i[Lane * WBits + c - X];
      end
      finnr_gates #(.Gates(Gates), .Ops(ops_of(c, g)), .Merge(Merge)) u_gates (.a_i(p), .b_i(q), .sum_o(bits[At + g]), .carry_o(carry));
      if (Gates > 1 && c + 1 < Cols) begin : gen_carry
        assign bits[UpAt + g] = carry;
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
