// SPDX-License-Identifier: Apache-2.0
//
// finnr_shared_sums: sums and differences of a few inputs, for many channels with constant bipolar weights to choose from.
//
// Function   Inputs stand in groups of Group, the last one filled up with zeros. u_j is input j of a group, counted from its lowest
//            value. Sum m of a group is the sum of u_0 and, for j of 1 and more, of u_j where bit j - 1 of m is 1, of 2^XBits - 1 - u_j
//            where it is 0; and one more where Group is 4 and bit 1 of m is 0. The other signs are those of minus a sum.
// Order      Sum m of group g is number g * 2^(Group-1) + m from the low bits, XBits + clog2(Group) bits wide.
// Latency    Registers cycles: 1 stands behind the sums, of 2 the first behind those of two inputs.
// Resources  Group 2: 2 * XBits LUTs a group, 3: 6 * XBits + 4, 4: 12 * XBits + 8; less what nobody reads.
// Reset      None.

`include "finnr_assert.svh"

module finnr_shared_sums #(
  parameter `FINNR_UINT Simd      = 7,
  parameter `FINNR_UINT XBits     = 4,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         XSigned   = 1'b0,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT Group     = 4,
  parameter `FINNR_UINT Registers = 0
) (
  input  logic                                                                             clk_i,
  input  logic                                                                             en_i,
  input  logic [Simd*XBits-1:0]                                                            x_i,
  output logic [(Simd+Group-1)/Group*(1<<(Group-1))*(XBits+((Group > 2) ? 2 : 1))-1:0] y_o
);

  localparam `FINNR_UINT Groups = (Simd + Group - 1) / Group;
  localparam `FINNR_UINT Sums   = 1 << (Group - 1);
  localparam `FINNR_UINT YBits  = XBits + ((Group > 2) ? 2 : 1);
  localparam `FINNR_UINT Halves = (Group + 1) / 2;  // of two inputs, or a last one alone
  localparam `FINNR_UINT PBits  = XBits + 1;

  `FINNR_CHECK(gen_check_group, Group >= 2 && Group <= 4, "finnr_shared_sums: Group must be 2 to 4")
  `FINNR_CHECK(gen_check_registers, Registers <= 2, "finnr_shared_sums: Registers must be 0 to 2")

  /// High half: parity of {b, a}, each inverted where asked. Low half: a.
  function automatic [63:0] adder_table(input invert_a, input invert_b);
    int i;
    adder_table = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      if (1'(i) ^ invert_a) adder_table = adder_table | (64'd1 << i);
      if (1'(i) ^ 1'(i >> 1) ^ invert_a ^ invert_b) adder_table = adder_table | (64'd1 << (i + 32));
    end
  endfunction

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    logic [2*Halves*XBits-1:0] u;
    for (genvar j = 0; j < 2 * Halves; j++) begin : gen_input
      if (j < Group && g * Group + j < Simd) begin : gen_there
        assign u[j*XBits +: XBits] = x_i[(g*Group + j)*XBits +: XBits];
      end else begin : gen_none
        assign u[j*XBits +: XBits] = XSigned ? {1'b1, {(XBits-1){1'b0}}} : '0;  // the lowest value
      end
    end

    // Sum and difference of two inputs; of a last one alone what is added.
    logic [2*Halves*PBits-1:0] pair;
    logic [2*Halves*PBits-1:0] pair_q;
    for (genvar h = 0; h < Halves; h++) begin : gen_half
      for (genvar d = 0; d < 2; d++) begin : gen_sum
        if (2 * h + 1 < Group) begin : gen_two
          logic [XBits-1:0] s;
          logic [XBits-1:0] a;
          for (genvar k = 0; k < XBits; k++) begin : gen_bit
            localparam bit Sign = XSigned && k == XBits - 1;  // counts from the lowest value where it is inverted
            finnr_lut2 #(.Init(adder_table(Sign, Sign ^ (d == 0)))) u_lut (
              .i_i ({4'b1000, u[(2*h + 1)*XBits + k], u[2*h*XBits + k]}), .o5_o(a[k]), .o6_o(s[k])
            );
          end
          finnr_carry #(.Width(XBits)) u_carry (
            .ci_i(1'b0), .s_i(s), .d_i(a), .o_o(pair[(2*h + d)*PBits +: XBits]), .co_o(pair[(2*h + d)*PBits + XBits])
          );
        end else begin : gen_one
          assign pair[(2*h + d)*PBits +: PBits] = {1'b0, u[2*h*XBits +: XBits] ^ (XSigned ? XBits'(1 << (XBits - 1)) : '0)};
        end
      end
    end
    finnr_delay #(.Width(2*Halves*PBits), .Cycles((Registers == 2) ? 1 : 0)) u_pairs (
      .clk_i(clk_i), .en_i(en_i), .d_i(pair), .q_o(pair_q)
    );

    logic [Sums*YBits-1:0] sums;
    for (genvar m = 0; m < Sums; m++) begin : gen_of
      if (Halves == 1) begin : gen_pair
        assign sums[m*YBits +: YBits] = pair_q[m*PBits +: PBits];
      end else begin : gen_both
        // The other half is added, or its complement; in a pair the second sign counts against the first one.
        localparam bit         Plus  = 1'(m >> 1);
        localparam bit         Equal = (Group == 3) || (Plus == 1'(m >> 2));
        localparam `FINNR_UINT ABits = (Group == 3) ? XBits : PBits;  // of the other half
        localparam `FINNR_UINT First = (m % 2) * PBits;
        localparam `FINNR_UINT Other = (2 + 32'(Equal)) * PBits;

        logic [PBits-1:0] s;
        logic [PBits-1:0] a;
        for (genvar k = 0; k < PBits; k++) begin : gen_bit
          finnr_lut2 #(.Init(adder_table(1'b0, !Plus && k < ABits))) u_lut (
            .i_i ({4'b1000, pair_q[Other + k], pair_q[First + k]}), .o5_o(a[k]), .o6_o(s[k])
          );
        end
        finnr_carry #(.Width(PBits)) u_carry (
          .ci_i(1'b0), .s_i(s), .d_i(a), .o_o(sums[m*YBits +: PBits]), .co_o(sums[m*YBits + PBits])
        );
      end
    end
    finnr_delay #(.Width(Sums*YBits), .Cycles((Registers == 0) ? 0 : 1)) u_sums (
      .clk_i(clk_i), .en_i(en_i), .d_i(sums), .q_o(y_o[g*Sums*YBits +: Sums*YBits])
    );
  end

endmodule
