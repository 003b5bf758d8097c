// SPDX-License-Identifier: Apache-2.0
//
// finnr_take: passes Count beats of every Period beats, from beat First on, and drops the others.
//
// Protocol   The stream passes combinationally. A dropped beat is taken at once; whether a beat passes depends on a
//            counter only.
// Latency    0. Interval 1 cycle per input beat, Period per frame.
// Resources  A counter of clog2(Period) bits.
// Reset      The counter.

`include "finnr_assert.svh"

module finnr_take #(
  parameter `FINNR_UINT Width  = 8,
  parameter `FINNR_UINT Period = 4,
  parameter `FINNR_UINT First  = 0,
  parameter `FINNR_UINT Count  = 2
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             s_valid_i,
  output logic             s_ready_o,
  input  logic [Width-1:0] s_data_i,
  output logic             m_valid_o,
  input  logic             m_ready_i,
  output logic [Width-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT CountBits = (Period > 1) ? $clog2(Period) : 1;

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_take: Width must be at least 1")
  `FINNR_CHECK(gen_check_count, Count >= 1 && First + Count <= Period, "finnr_take: the beats taken must be within Period")

  logic [CountBits-1:0] count_q;
  logic [CountBits-1:0] offset;   // beats since beat First, modulo 2^CountBits
  logic                 take;

  // One comparison; the beats before First have offsets of at least 2^CountBits - First, and so of Count.
  assign offset    = count_q - CountBits'(First);
  assign take      = (32'(offset) < Count);
  assign s_ready_o = !take || m_ready_i;
  assign m_valid_o = take && s_valid_i;
  assign m_data_o  = s_data_i;

  always_ff @(posedge clk_i) begin
    if (rst) count_q <= '0;
    else if (s_valid_i && s_ready_o) count_q <= (count_q == CountBits'(Period - 1)) ? '0 : count_q + 1'b1;
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
