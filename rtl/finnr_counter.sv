// SPDX-License-Identifier: Apache-2.0
//
// finnr_counter: counts bits on a carry chain.
//
// Function   sum_o + co_o * 4^Pairs = ci_i + sum over k of 4^k * (number of ones among the six bits of pair k), where the
//            bits of pair k are x_i[6k+5:6k], each inverted where Invert has a 1.
// Latency    0: combinational, no clock and no reset.
// Resources  Two finnr_lut2 a pair and one finnr_carry of 2 * Pairs positions: with Pairs 2, thirteen bits become five in
//            four LUTs. Position 0 of a pair adds x0 ^ ... ^ x4, x5 and the carry; position 1 adds [x0 + ... + x4 >= 2] and
//            [x0 + ... + x4 >= 4]. The first also has x0 ^ ... ^ x4 on the second output of its LUT, for the chain. That
//            needs an x5 that is not inverted, so another bit takes its place where there is one, and else an inverter.

`include "finnr_assert.svh"

module finnr_counter #(
  parameter `FINNR_UINT         Pairs  = 2,
  parameter bit [6*Pairs-1:0]   Invert = '0
) (
  input  logic [6*Pairs-1:0] x_i,
  input  logic               ci_i,
  output logic [2*Pairs-1:0] sum_o,
  output logic               co_o
);

  `FINNR_CHECK(gen_check_pairs, Pairs >= 1, "finnr_counter: Pairs must be at least 1")

  /// Number of ones among the low `count` bits.
  function automatic [3:0] ones(input [5:0] six, input [3:0] count);
    int k;
    ones = 4'd0;
    for (k = 0; k < 6; k = k + 1) if (k < 32'(count) && six[k]) ones = ones + 4'd1;
  endfunction

  /// Parity of six bits; the low half, where the sixth is 0, is that of five.
  function automatic [63:0] parity_table(input [5:0] invert);
    int i;
    parity_table = 64'd0;
    for (i = 0; i < 64; i = i + 1) parity_table = parity_table | (64'(^(6'(i) ^ invert)) << i);
  endfunction

  /// High half: exactly two or three of five. Low half: at least four.
  function automatic [63:0] upper_table(input [5:0] invert);
    int i;
    logic [3:0] n;
    upper_table = 64'd0;
    for (i = 0; i < 32; i = i + 1) begin
      n = ones(6'(i) ^ invert, 4'd5);
      upper_table = upper_table | (64'(n >= 4'd4) << i) | (64'(n == 4'd2 || n == 4'd3) << (i + 32));
    end
  endfunction

  /// The highest bit that is not inverted, 6 where all are.
  function automatic [2:0] plain_bit(input [5:0] invert);
    int k;
    plain_bit = 3'd6;
    for (k = 0; k < 6; k = k + 1) if (!invert[k]) plain_bit = 3'(k);
  endfunction

  logic [2*Pairs-1:0] s;
  logic [2*Pairs-1:0] d;

  for (genvar k = 0; k < Pairs; k++) begin : gen_pair
    localparam bit [5:0] Given = Invert[6*k +: 6];
    localparam bit [2:0] Plain = plain_bit(Given);
    localparam bit [2:0] Last  = (Plain == 3'd6) ? 3'd5 : Plain;  // takes the place of x5
    localparam bit [5:0] Swap  = 6'd1 << Last;
    // What is inverted in the LUTs, in the order of x.
    localparam bit [5:0] Inner = (Last == 3'd5) ? {1'b0, Given[4:0]} : ((Given & ~Swap) | (Given[5] ? Swap : 6'd0)) & 6'h1f;

    logic [5:0] x;
    for (genvar b = 0; b < 5; b++) begin : gen_bit
      assign x[b] = (Last == b) ? x_i[6*k + 5] : x_i[6*k + b];
    end
    if (Plain == 3'd6) begin : gen_inverted
      assign x[5] = !x_i[6*k + 5];
    end else begin : gen_plain
      assign x[5] = x_i[6*k + Last];
    end

    finnr_lut2 #(.Init(parity_table(Inner))) u_parity (
      .i_i (x),
      .o5_o(d[2*k]),
      .o6_o(s[2*k])
    );
    finnr_lut2 #(.Init(upper_table(Inner))) u_upper (
      .i_i ({1'b1, x[4:0]}),
      .o5_o(d[2*k+1]),
      .o6_o(s[2*k+1])
    );
  end

  finnr_carry #(.Width(2*Pairs)) u_carry (
    .ci_i(ci_i),
    .s_i (s),
    .d_i (d),
    .o_o (sum_o),
    .co_o(co_o)
  );

endmodule
