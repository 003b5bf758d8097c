// SPDX-License-Identifier: Apache-2.0
//
// finnr_join: adds or multiplies two streams, lane by lane.
//
// Function   Function 0: MulA * a + MulB * b; 1: a * b; the low OutBits bits of the exact result.
// Kinds      0 unsigned, 1 signed two's complement, 2 bipolar (one bit; 1 is +1 and 0 is -1). Lane 0 in the low bits.
// Protocol   A beat passes when both inputs have one. The ready of an input depends on the valid of the other and on
//            m_ready_i, combinationally; m_valid_o comes from a register.
// Latency    1 cycle. Interval 1 cycle per beat.
// Resources  An output register; per lane an adder, with multipliers by constants unless MulA and MulB are 1 or -1, or a
//            multiplier.
// Reset      The output's valid only.

`include "finnr_assert.svh"

module finnr_join #(
  parameter `FINNR_UINT Lanes    = 2,
  parameter `FINNR_UINT ABits    = 4,
  parameter `FINNR_UINT AKind    = 0,
  parameter `FINNR_UINT BBits    = 4,
  parameter `FINNR_UINT BKind    = 0,
  parameter `FINNR_UINT OutBits  = 5,
  parameter `FINNR_UINT Function = 0,
  parameter int         MulA     = 1,
  parameter int         MulB     = 1
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     a_valid_i,
  output logic                     a_ready_o,
  input  logic [Lanes*ABits-1:0]   a_data_i,
  input  logic                     b_valid_i,
  output logic                     b_ready_o,
  input  logic [Lanes*BBits-1:0]   b_data_i,
  output logic                     m_valid_o,
  input  logic                     m_ready_i,
  output logic [Lanes*OutBits-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  `FINNR_CHECK(gen_check_lanes, Lanes >= 1, "finnr_join: Lanes must be at least 1")
  `FINNR_CHECK(gen_check_bits, ABits >= 1 && ABits <= 64 && BBits >= 1 && BBits <= 64 && OutBits >= 1 && OutBits <= 64,
               "finnr_join: ABits, BBits and OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_a, AKind <= 2 && (AKind != 2 || ABits == 1), "finnr_join: AKind must be 0 to 2; bipolar has one bit")
  `FINNR_CHECK(gen_check_b, BKind <= 2 && (BKind != 2 || BBits == 1), "finnr_join: BKind must be 0 to 2; bipolar has one bit")
  `FINNR_CHECK(gen_check_function, Function <= 1, "finnr_join: Function must be 0 or 1")

  logic                     enable;
  logic                     valid_q;
  logic [Lanes*OutBits-1:0] data_q;
  logic [Lanes*OutBits-1:0] result;

  assign enable    = !valid_q || m_ready_i;
  assign a_ready_o = enable && b_valid_i;
  assign b_ready_o = enable && a_valid_i;
  assign m_valid_o = valid_q;
  assign m_data_o  = data_q;

  // Modulo 2^OutBits throughout.
  always_comb begin : combine
    logic [OutBits-1:0] a;
    logic [OutBits-1:0] b;
    result = '0;
    a      = '0;
    b      = '0;
    for (int l = 0; l < Lanes; l++) begin
      if (AKind == 2) a = a_data_i[l] ? OutBits'(1) : '1;
      else if (AKind == 1) a = OutBits'($signed(a_data_i[l*ABits +: ABits]));
      else a = OutBits'(a_data_i[l*ABits +: ABits]);
      if (BKind == 2) b = b_data_i[l] ? OutBits'(1) : '1;
      else if (BKind == 1) b = OutBits'($signed(b_data_i[l*BBits +: BBits]));
      else b = OutBits'(b_data_i[l*BBits +: BBits]);
      if (Function == 1) begin
        result[l*OutBits +: OutBits] = a * b;
      end else begin
        if (MulA == -1) a = -a;
        else if (MulA != 1) a = a * OutBits'(MulA);
        if (MulB == -1) result[l*OutBits +: OutBits] = a - b;
        else if (MulB == 1) result[l*OutBits +: OutBits] = a + b;
        else result[l*OutBits +: OutBits] = a + b * OutBits'(MulB);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst) valid_q <= 1'b0;
    else if (enable) valid_q <= a_valid_i && b_valid_i;
    if (enable) data_q <= result;
  end

  `FINNR_STREAM(a_stream, a_valid_i, a_ready_o, a_data_i)
  `FINNR_STREAM(b_stream, b_valid_i, b_ready_o, b_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
