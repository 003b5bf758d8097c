// SPDX-License-Identifier: Apache-2.0
//
// finnr_sum: dot product of Simd inputs and Simd weights in a tree of adders with registers between its levels.
//
// Function   y_o = finnr_dot of x_i and w_i.
// Levels     Products (of two bipolar operands: pairs of them), then sums of two.
// Latency    Registers cycles, spread over the levels; the last one stands behind the last level.
// Resources  Multipliers, or gates for two bipolar operands; adders as wide as their sums.
// Reset      None.

`include "finnr_assert.svh"

module finnr_sum #(
  parameter `FINNR_UINT Simd      = 4,
  parameter `FINNR_UINT XBits     = 4,
  parameter `FINNR_UINT XKind     = 0,
  parameter `FINNR_UINT WBits     = 4,
  parameter `FINNR_UINT WKind     = 1,
  parameter `FINNR_UINT OutBits   = 12,
  parameter `FINNR_UINT Registers = 1
) (
  input  logic                  clk_i,
  input  logic                  en_i,
  input  logic [Simd*XBits-1:0] x_i,
  input  logic [Simd*WBits-1:0] w_i,
  output logic [OutBits-1:0]    y_o
);

  localparam bit          Xnor   = XKind == 2 && WKind == 2;
  localparam `FINNR_UINT  Leaf   = Xnor ? 2 : 1;                         // products of a value of the first level
  localparam `FINNR_UINT  Values = (Simd + Leaf - 1) / Leaf;
  localparam `FINNR_UINT  Width  = Xnor ? 2 : XBits + WBits + 1;         // of a value of the first level
  localparam `FINNR_UINT  Levels = (Values > 1) ? $clog2(Values) + 1 : 1;

  `FINNR_CHECK(gen_check_simd, Simd >= 1, "finnr_sum: Simd must be at least 1")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && WKind <= 2, "finnr_sum: kinds must be 0 to 2")

  for (genvar l = 0; l < Levels; l++) begin : gen_level
    // A value of the level has Bits bits; they are exact, or the low ones of what is.
    localparam `FINNR_UINT Count = (Values + (1 << l) - 1) >> l;
    localparam `FINNR_UINT Need  = Width + l;
    localparam `FINNR_UINT Bits  = (Need < OutBits) ? Need : OutBits;

    logic [Count*Bits-1:0] value;
    logic [Count*Bits-1:0] value_q;

    if (l == 0) begin : gen_products
      for (genvar k = 0; k < Count; k++) begin : gen_value
        if (Xnor && 2 * k + 1 < Simd) begin : gen_pair
          logic sum;
          logic carry;
          finnr_gates #(.Gates(2), .Ops(9'd0)) u_gates (.a_i(x_i[2*k +: 2]), .b_i(w_i[2*k +: 2]), .sum_o(sum), .carry_o(carry));
          assign value[k*Bits +: Bits] = Bits'({carry, sum});
        end else begin : gen_product
          finnr_dot #(
            .Simd(1), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .OutBits(Bits)
          ) u_dot (
            .x_i(x_i[Leaf*k*XBits +: XBits]), .w_i(w_i[Leaf*k*WBits +: WBits]), .y_o(value[k*Bits +: Bits])
          );
        end
      end
    end else begin : gen_sums
      localparam `FINNR_UINT BelowCount = (Values + (1 << (l - 1)) - 1) >> (l - 1);
      localparam `FINNR_UINT BelowNeed  = Width + l - 1;
      localparam `FINNR_UINT BelowBits  = (BelowNeed < OutBits) ? BelowNeed : OutBits;

      for (genvar k = 0; k < Count; k++) begin : gen_value
        logic [Bits-1:0] a;
        logic [Bits-1:0] b;
        if (Xnor) begin : gen_unsigned
          assign a = Bits'(gen_level[l-1].value_q[2*k*BelowBits +: BelowBits]);
        end else begin : gen_signed
          assign a = Bits'($signed(gen_level[l-1].value_q[2*k*BelowBits +: BelowBits]));
        end
        if (2 * k + 1 >= BelowCount) begin : gen_single
          assign b = '0;
        end else if (Xnor) begin : gen_second
          assign b = Bits'(gen_level[l-1].value_q[(2*k+1)*BelowBits +: BelowBits]);
        end else begin : gen_signed_second
          assign b = Bits'($signed(gen_level[l-1].value_q[(2*k+1)*BelowBits +: BelowBits]));
        end
        assign value[k*Bits +: Bits] = a + b;
      end
    end

    finnr_delay #(.Width(Count*Bits), .Cycles((l + 1) * Registers / Levels - l * Registers / Levels)) u_delay (
      .clk_i(clk_i), .en_i(en_i), .d_i(value), .q_o(value_q)
    );

    if (l == Levels - 1) begin : gen_last
      if (Xnor) begin : gen_unsigned
        assign y_o = OutBits'(value_q);
      end else begin : gen_signed
        assign y_o = OutBits'($signed(value_q));
      end
    end
  end

endmodule
