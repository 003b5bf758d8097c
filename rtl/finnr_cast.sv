// SPDX-License-Identifier: Apache-2.0
//
// finnr_cast: the numbers of one stream in the encoding of a wider type.
//
// Function   Each element keeps its value: unsigned numbers are extended with zeros, signed ones with their sign, bipolar
//            ones become two's complement +1 and -1. OutBits must hold every value.
// Kinds      0 unsigned, 1 signed two's complement, 2 bipolar (one bit; 1 is +1 and 0 is -1).
// Protocol   Plain wires in both directions.
// Latency    0. Interval 1 cycle per beat.
// Resources  None, or an inverted copy of a bit for bipolar elements.
// Reset      Nothing.

`include "finnr_assert.svh"

module finnr_cast #(
  parameter `FINNR_UINT Lanes   = 1,
  parameter `FINNR_UINT InBits  = 1,
  parameter `FINNR_UINT InKind  = 2,
  parameter `FINNR_UINT OutBits = 2
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     s_valid_i,
  output logic                     s_ready_o,
  input  logic [Lanes*InBits-1:0]  s_data_i,
  output logic                     m_valid_o,
  input  logic                     m_ready_i,
  output logic [Lanes*OutBits-1:0] m_data_o
);

  `FINNR_CHECK(gen_check_lanes, Lanes >= 1, "finnr_cast: Lanes must be at least 1")
  `FINNR_CHECK(gen_check_kind, InKind <= 2 && (InKind != 2 || (InBits == 1 && OutBits >= 2)), "finnr_cast: a bipolar input has one bit and becomes two or more")
  `FINNR_CHECK(gen_check_bits, InBits >= 1 && OutBits >= InBits, "finnr_cast: OutBits must be at least InBits")

  assign s_ready_o = m_ready_i;
  assign m_valid_o = s_valid_i;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [InBits-1:0] x;
    assign x = s_data_i[l*InBits +: InBits];
    if (InKind == 2) begin : gen_bipolar
      assign m_data_o[l*OutBits +: OutBits] = {{(OutBits-1){!x[0]}}, 1'b1};
    end else if (InKind == 1) begin : gen_signed
      assign m_data_o[l*OutBits +: OutBits] = OutBits'($signed(x));
    end else begin : gen_unsigned
      assign m_data_o[l*OutBits +: OutBits] = OutBits'(x);
    end
  end

  // verilator lint_off UNUSEDSIGNAL
  // Reason: wires have no state; clock and reset serve the assertions only.
  logic unused;
  assign unused = clk_i ^ rst_ni;
  // verilator lint_on UNUSEDSIGNAL

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
