// SPDX-License-Identifier: Apache-2.0
//
// finnr_concat: takes turns between several streams: so many beats of input 0, so many of input 1, and so on, again and
// again.
//
// Turns      32 bits an input, input 0 in the low bits: its beats in a turn, at least 1. Written as a sized number or as a
//            concatenation of 32-bit numbers, input 0 last.
// Protocol   s_valid_i and s_ready_o have one bit an input, s_data_i Width bits, input 0 in the low bits. The stream passes
//            combinationally: m_valid_o and m_data_o are those of the input whose turn it is, whose ready is m_ready_i; the
//            other inputs wait.
// Latency    0. Interval: the sum of all turns per round, no bubble between turns.
// Resources  A multiplexer, a counter of beats and a counter of inputs.
// Reset      The counters.

`include "finnr_assert.svh"

module finnr_concat #(
  parameter `FINNR_UINT          Width  = 8,
  parameter `FINNR_UINT          Inputs = 2,
  parameter logic [Inputs*32-1:0] Turns = {Inputs{32'd1}}
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [Inputs-1:0]       s_valid_i,
  output logic [Inputs-1:0]       s_ready_o,
  input  logic [Inputs*Width-1:0] s_data_i,
  output logic                    m_valid_o,
  input  logic                    m_ready_i,
  output logic [Width-1:0]        m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  // Bits that hold the last beat of every turn.
  function automatic `FINNR_UINT count_bits(input logic [Inputs*32-1:0] turns);
    count_bits = 1;
    for (int i = 0; i < Inputs; i++) begin
      if ($clog2(turns[i*32 +: 32]) > count_bits) count_bits = $clog2(turns[i*32 +: 32]);
    end
  endfunction

  localparam `FINNR_UINT InputBits = (Inputs > 1) ? $clog2(Inputs) : 1;
  localparam `FINNR_UINT CountBits = count_bits(Turns);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_concat: Width must be at least 1")
  `FINNR_CHECK(gen_check_inputs, Inputs >= 1, "finnr_concat: Inputs must be at least 1")

  logic [InputBits-1:0] input_q;
  logic [CountBits-1:0] count_q;
  logic [Inputs-1:0]    last;     // of each input: this beat would be the last of its turn

  assign m_valid_o = s_valid_i[input_q];

  // One comparison an input: an indexed part select of any width would become a shifter.
  always_comb begin : choose
    s_ready_o          = '0;
    s_ready_o[input_q] = m_ready_i;
    m_data_o           = s_data_i[Width-1:0];
    for (int i = 1; i < Inputs; i++) begin
      if (input_q == InputBits'(i)) m_data_o = s_data_i[i*Width +: Width];
    end
  end

  for (genvar i = 0; i < Inputs; i++) begin : gen_input
    `FINNR_CHECK(gen_check_turn, Turns[i*32 +: 32] != 32'd0, "finnr_concat: a turn must have a beat")
    assign last[i] = (count_q == CountBits'(Turns[i*32 +: 32] - 32'd1));
    `FINNR_STREAM(s_stream, s_valid_i[i], s_ready_o[i], s_data_i[i*Width +: Width])
  end

  always_ff @(posedge clk_i) begin
    if (rst) begin
      input_q <= '0;
      count_q <= '0;
    end else if (m_valid_o && m_ready_i) begin
      count_q <= last[input_q] ? '0 : count_q + 1'b1;
      if (last[input_q]) input_q <= (input_q == InputBits'(Inputs - 1)) ? '0 : input_q + 1'b1;
    end
  end

  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
