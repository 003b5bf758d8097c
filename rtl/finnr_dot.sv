// SPDX-License-Identifier: Apache-2.0
//
// finnr_dot: dot product of Simd inputs and Simd weights.
//
// Function   y_o = sum of x_i[k] * w_i[k], two's complement, modulo 2^OutBits. Where both operands are bipolar y_o is
//            instead the number of equal bits, unsigned (the dot product is twice that number minus Simd).
// Kinds      0 unsigned, 1 signed two's complement, 2 bipolar (one bit; 1 is +1 and 0 is -1). Lane 0 in the low bits.
// Latency    0: combinational, no clock and no reset.
// Resources  Bipolar by bipolar: exclusive-nor and a population count; one operand bipolar: adders and subtracters; else
//            Simd multipliers and adders.
//
// In simulation the sum is formed in whole machine words (FINNR_SIM_TWIN); the result modulo 2^OutBits is the same.

`include "finnr_assert.svh"

module finnr_dot #(
  parameter `FINNR_UINT Simd    = 4,
  parameter `FINNR_UINT XBits   = 4,
  parameter `FINNR_UINT XKind   = 0,
  parameter `FINNR_UINT WBits   = 4,
  parameter `FINNR_UINT WKind   = 1,
  parameter `FINNR_UINT OutBits = 12
) (
  input  logic [Simd*XBits-1:0] x_i,
  input  logic [Simd*WBits-1:0] w_i,
  output logic [OutBits-1:0]    y_o
);

  `FINNR_CHECK(gen_check_simd, Simd >= 1, "finnr_dot: Simd must be at least 1")
  `FINNR_CHECK(gen_check_x, XBits >= 1 && XBits <= 32, "finnr_dot: XBits must be 1 to 32")
  `FINNR_CHECK(gen_check_w, WBits >= 1 && WBits <= 32, "finnr_dot: WBits must be 1 to 32")
  `FINNR_CHECK(gen_check_out, OutBits >= 1 && OutBits <= 64, "finnr_dot: OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && WKind <= 2, "finnr_dot: kinds must be 0 to 2")
  `FINNR_CHECK(gen_check_x_bipolar, XKind != 2 || XBits == 1, "finnr_dot: a bipolar input has one bit")
  `FINNR_CHECK(gen_check_w_bipolar, WKind != 2 || WBits == 1, "finnr_dot: a bipolar weight has one bit")

`ifdef FINNR_SIM_TWIN
  localparam `FINNR_UINT SumBits = (OutBits <= 32) ? 32 : 64;
`else
  localparam `FINNR_UINT SumBits = OutBits;
`endif

  if (XKind == 2 && WKind == 2) begin : gen_xnor
    assign y_o = OutBits'($countones(~(x_i ^ w_i)));
  end else begin : gen_sum
    logic signed [SumBits-1:0] sum;

    if (WKind == 2) begin : gen_w_bipolar
      always_comb begin : add
        logic signed [SumBits-1:0] x;
        sum = '0;
        x   = '0;
        for (int k = 0; k < Simd; k++) begin
          if (XKind == 1) x = SumBits'($signed(x_i[k*XBits +: XBits]));
          else x = SumBits'(x_i[k*XBits +: XBits]);
          sum = w_i[k] ? sum + x : sum - x;
        end
      end
    end else if (XKind == 2) begin : gen_x_bipolar
      always_comb begin : add
        logic signed [SumBits-1:0] w;
        sum = '0;
        w   = '0;
        for (int k = 0; k < Simd; k++) begin
          if (WKind == 1) w = SumBits'($signed(w_i[k*WBits +: WBits]));
          else w = SumBits'(w_i[k*WBits +: WBits]);
          sum = x_i[k] ? sum + w : sum - w;
        end
      end
    end else begin : gen_product
      always_comb begin : add
        logic signed [SumBits-1:0] x;
        logic signed [SumBits-1:0] w;
        sum = '0;
        x   = '0;
        w   = '0;
        for (int k = 0; k < Simd; k++) begin
          if (XKind == 1) x = SumBits'($signed(x_i[k*XBits +: XBits]));
          else x = SumBits'(x_i[k*XBits +: XBits]);
          if (WKind == 1) w = SumBits'($signed(w_i[k*WBits +: WBits]));
          else w = SumBits'(w_i[k*WBits +: WBits]);
          sum = sum + x * w;
        end
      end
    end

    assign y_o = OutBits'(sum);
  end

endmodule
