// SPDX-License-Identifier: Apache-2.0
//
// finnr_fork: copies one stream to several. Each output gets each beat exactly once.
//
// Protocol   An output's valid depends on the input's valid and on whether this output has already taken the beat, never
//            on the ready of any output. The input beat is taken when every output has taken it. m_data_o is shared.
//            s_ready_o and m_valid_o are combinational.
// Latency    0. Interval 1 cycle per beat while every output is ready.
// Resources  One register bit per output.
// Reset      Those bits.

`include "finnr_assert.svh"

module finnr_fork #(
  parameter `FINNR_UINT Width   = 8,
  parameter `FINNR_UINT Outputs = 2
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               s_valid_i,
  output logic               s_ready_o,
  input  logic [Width-1:0]   s_data_i,
  output logic [Outputs-1:0] m_valid_o,
  input  logic [Outputs-1:0] m_ready_i,
  output logic [Width-1:0]   m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_fork: Width must be at least 1")
  `FINNR_CHECK(gen_check_outputs, Outputs >= 1, "finnr_fork: Outputs must be at least 1")

  logic [Outputs-1:0] done_q;  // outputs that have taken the present beat

  assign s_ready_o = &(done_q | m_ready_i);
  assign m_valid_o = {Outputs{s_valid_i}} & ~done_q;
  assign m_data_o  = s_data_i;

  always_ff @(posedge clk_i) begin
    if (rst || s_ready_o) done_q <= '0;
    else if (s_valid_i) done_q <= done_q | m_ready_i;
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  for (genvar o = 0; o < Outputs; o++) begin : gen_output
    `FINNR_STREAM(m_stream, m_valid_o[o], m_ready_i[o], m_data_o)
  end

endmodule
