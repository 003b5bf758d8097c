// SPDX-License-Identifier: Apache-2.0
//
// finnr_last: marks the last beat of every frame of a stream.
//
// Function   last_o is 1 while beat Beats-1 of a frame is offered; beats are counted at handshakes.
// Protocol   Observes a stream; drives nothing of it.
// Latency    None: last_o belongs to the beat on the stream now.
// Resources  A counter of clog2(Beats) bits.
// Reset      The counter.

`include "finnr_assert.svh"

module finnr_last #(
  parameter `FINNR_UINT Beats = 4
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic valid_i,
  input  logic ready_i,
  output logic last_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  `FINNR_CHECK(gen_check_beats, Beats >= 1, "finnr_last: Beats must be at least 1")

  localparam `FINNR_UINT CountBits = (Beats > 1) ? $clog2(Beats) : 1;

  logic [CountBits-1:0] count_q;

  assign last_o = (count_q == CountBits'(Beats - 1));

  always_ff @(posedge clk_i) begin
    if (rst) count_q <= '0;
    else if (valid_i && ready_i) count_q <= last_o ? '0 : count_q + 1'b1;
  end

endmodule
