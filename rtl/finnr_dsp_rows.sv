// SPDX-License-Identifier: Apache-2.0
//
// finnr_dsp_rows: dot products of Lanes channels with the same inputs, several products in a multiplier slice, each as two or
// three numbers whose sum it is.
//
// Function   For each channel p the sum of its rows (Rows numbers of Cols bits, those of channel 0 in the low bits) and of
//            -Simd * 2^Step is the sum of x_i[k] * w_i[p][k], modulo 2^Cols. Weights are signed; XKind 0 or 1 as in finnr_dot.
//            Step = XBits + WBits - 1.
// Method     The weights of the channels stand Step bits apart in one factor: their low bits side by side less their signs, which the
//            slice subtracts, so that this costs nothing. Products need Step + 1 bits, one more than there is room: with P the
//            slice's result, channel p is P[p * Step +: Step] - 2^Step * c[p+1] + c[p], where c[p] = P[p * Step] ^ (x[0] & w[p][0])
//            tells whether the channels below p are together negative, for the lowest bit of a product is known. c[0] is 0.
// Lanes      Lanes * Step + WBits - Step must be less than the bits of the family's multiplier, 25 or 27: four channels of 4 by 4
//            bits fit into 27.
// Latency    Registers cycles; up to two of them in the slices.
// Resources  Simd finnr_dsp, at most two LUTs a product for the signs, and Lanes finnr_heap.
// Reset      None.

`include "finnr_assert.svh"

module finnr_dsp_rows #(
  parameter `FINNR_UINT Lanes     = 3,
  parameter `FINNR_UINT Simd      = 4,
  parameter `FINNR_UINT XBits     = 4,
  parameter `FINNR_UINT XKind     = 0,
  parameter `FINNR_UINT WBits     = 4,
  parameter `FINNR_UINT Cols      = 10,
  parameter `FINNR_UINT Rows      = 2,
  parameter `FINNR_UINT Chain     = 2,
  parameter `FINNR_UINT Registers = 1
) (
  input  logic                        clk_i,
  input  logic                        en_i,
  input  logic [Simd*XBits-1:0]       x_i,
  input  logic [Lanes*Simd*WBits-1:0] w_i,
  output logic [Lanes*Rows*Cols-1:0]  rows_o
);

  localparam `FINNR_UINT Step    = XBits + WBits - 1;
  localparam `FINNR_UINT ABits   = (Lanes - 1) * Step + WBits + 1;
  localparam `FINNR_UINT BBits   = XBits + ((XKind == 0) ? 1 : 0);
  localparam `FINNR_UINT Inside  = (Registers > 2) ? 2 : Registers - 1;  // registers of the slices

  `FINNR_CHECK(gen_check_lanes, Lanes >= 1 && ABits <= 27, "finnr_dsp_rows: Lanes do not fit into a multiplier")
  `FINNR_CHECK(gen_check_bits, XBits >= 2 && WBits >= 2 && BBits <= 18, "finnr_dsp_rows: XBits must be 2 to 17, WBits at least 2")
  `FINNR_CHECK(gen_check_x, XKind <= 1, "finnr_dsp_rows: XKind must be 0 or 1")

  /// Bits in column c of a channel behind the slices: a field, the carry of its lowest bit and c[p] (not in channel 0), a sign.
  function automatic [11:0] height_of(input integer c, input integer lane);
    height_of = 12'd0;
    if (c < Step) height_of = 12'(Simd);
    if (c == 1 && lane > 0) height_of = height_of + 12'(Simd);
    if (c == Step) height_of = height_of + 12'(Simd);
  endfunction

  function automatic [Cols*12-1:0] heights(input integer lane);
    integer c;
    heights = '0;
    for (c = 0; c < Cols; c = c + 1) heights = heights | ((Cols*12)'(height_of(c, lane)) << (12 * c));
  endfunction

  function automatic integer start_of(input integer c, input integer lane);
    integer b;
    start_of = 0;
    for (b = 0; b < c; b = b + 1) start_of = start_of + 32'(height_of(b, lane));
  endfunction

  logic [Simd*48-1:0]    product;
  // verilator lint_off UNUSEDSIGNAL
  // Reason: those of the lowest channel are not asked for.
  logic [Simd*Lanes-1:0] low;      // the lowest bit of every product
  // verilator lint_on UNUSEDSIGNAL
  logic [Simd*Lanes-1:0] low_now;

  for (genvar s = 0; s < Simd; s++) begin : gen_slice
    logic [ABits-1:0] d;
    logic [ABits-1:0] a;
    logic [BBits-1:0] b;

    for (genvar p = 0; p < Lanes; p++) begin : gen_weight
      localparam `FINNR_UINT From = (p * Simd + s) * WBits;
      assign d[p*Step +: WBits-1] = w_i[From +: WBits-1];
      assign a[p*Step +: WBits-1] = '0;
      assign d[p*Step+WBits-1]    = 1'b0;
      assign a[p*Step+WBits-1]    = w_i[From+WBits-1];
      if (p < Lanes - 1) begin : gen_gap
        assign d[p*Step+WBits +: Step-WBits] = '0;
        assign a[p*Step+WBits +: Step-WBits] = '0;
      end
      assign low_now[s*Lanes + p] = x_i[s*XBits] & w_i[From];
    end
    assign d[ABits-1] = 1'b0;
    assign a[ABits-1] = 1'b0;
    assign b          = BBits'(x_i[s*XBits +: XBits]);

    finnr_dsp #(.ABits(ABits), .BBits(BBits), .Registers(Inside)) u_dsp (
      .clk_i(clk_i), .en_i(en_i), .d_i(d), .a_i(a), .b_i(b), .p_o(product[s*48 +: 48])
    );
  end

  finnr_delay #(.Width(Simd*Lanes), .Cycles(Inside)) u_low (.clk_i(clk_i), .en_i(en_i), .d_i(low_now), .q_o(low));

  for (genvar p = 0; p < Lanes; p++) begin : gen_lane
    localparam `FINNR_UINT Bits  = start_of(Cols, p);
    localparam `FINNR_UINT Carry = start_of(1, p) + Simd;        // where the carries of the lowest bits begin
    localparam `FINNR_UINT Sign  = start_of(Step, p);

    logic [Bits-1:0] bits;
    for (genvar s = 0; s < Simd; s++) begin : gen_product
      localparam `FINNR_UINT At = s * 48 + p * Step;
      for (genvar c = 1; c < Step; c++) begin : gen_bit
        if (c < Cols) begin : gen_used
          assign bits[start_of(c, p) + s] = product[At + c];
        end
      end
      if (p == 0) begin : gen_lowest
        assign bits[s] = product[At];
      end else begin : gen_above
        // P + (P ^ low) is low and a carry.
        assign bits[s] = low[s*Lanes + p];
        if (Cols > 1) begin : gen_carry
          assign bits[Carry + s] = product[At] & !low[s*Lanes + p];
        end
      end
      if (Cols > Step) begin : gen_sign
        if (p == Lanes - 1) begin : gen_top
          assign bits[Sign + s] = !product[At + Step];
        end else begin : gen_below
          assign bits[Sign + s] = !(product[At + Step] ^ low[s*Lanes + p + 1]);
        end
      end
    end

    finnr_heap #(
      .Cols(Cols), .Heights(heights(p)), .Bits(Bits), .Rows(Rows), .Chain(Chain), .Registers(Registers - Inside), .First(1)
    ) u_heap (
      .clk_i (clk_i),
      .en_i  (en_i),
      .bits_i(bits),
      .rows_o(rows_o[p*Rows*Cols +: Rows*Cols])
    );
  end

endmodule
