// SPDX-License-Identifier: Apache-2.0
//
// finnr_replay: sends each input frame of Words beats Passes times, in order; a matrix unit reads its input vector once
// per group of rows through it.
//
// Protocol   Input frames of Words beats, output frames of Words * Passes beats. Both directions are cut by registers
//            for Passes > 1; Passes == 1 is plain wires.
// Buffer     Ring of F = max(2, ceil(8 / Words)) frames, word-granular: a word can leave as soon as it was written, and
//            its slot is free as soon as its last pass was read. Capacity Words * F words, and the output register.
// Latency    2 cycles from a word's entry to its first m_valid_o (0 for Passes == 1).
// Interval   Words * Passes cycles per frame, sustained, no bubble between passes or frames, while the input keeps up.
// Resources  Simple dual-port RAM of Words * F words, read synchronously (LUT RAM or block RAM, chosen by the tool);
//            three addresses and four counters.
// Reset      Pointers, counters and the output's valid only.

`include "finnr_assert.svh"

module finnr_replay #(
  parameter `FINNR_UINT Width  = 8,
  parameter `FINNR_UINT Words  = 4,
  parameter `FINNR_UINT Passes = 2
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

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_replay: Width must be at least 1")
  `FINNR_CHECK(gen_check_words, Words >= 1, "finnr_replay: Words must be at least 1")
  `FINNR_CHECK(gen_check_passes, Passes >= 1, "finnr_replay: Passes must be at least 1")

  if (Passes == 1) begin : gen_wire
    assign s_ready_o = m_ready_i;
    assign m_valid_o = s_valid_i;
    assign m_data_o  = s_data_i;

    // verilator lint_off UNUSEDSIGNAL
    // Reason: the plain wire has no state; clock and reset serve the assertions only.
    logic unused;
    assign unused = clk_i ^ rst_ni;
    // verilator lint_on UNUSEDSIGNAL
  end else begin : gen_ring
    localparam `FINNR_UINT Frames    = (Words >= 4) ? 2 : (Words == 3) ? 3 : (Words == 2) ? 4 : 8;
    localparam `FINNR_UINT Slots     = Words * Frames;
    localparam `FINNR_UINT AddrBits  = $clog2(Slots);
    localparam `FINNR_UINT CountBits = $clog2(Slots + 1);
    localparam `FINNR_UINT WordBits  = (Words > 1) ? $clog2(Words) : 1;
    localparam `FINNR_UINT PassBits  = $clog2(Passes);

    logic [Width-1:0]     mem [0:Slots-1];
    logic [AddrBits-1:0]  wr_q;
    logic [AddrBits-1:0]  rd_q;
    logic [AddrBits-1:0]  rd_next;
    logic [AddrBits-1:0]  base_q;   // first slot of the frame being sent
    logic [CountBits-1:0] used_q;   // slots written and not yet free
    logic [CountBits-1:0] ahead_q;  // words written and not yet read in a first pass
    logic [WordBits-1:0]  word_q;
    logic [PassBits-1:0]  pass_q;
    logic                 valid_q;
    logic [Width-1:0]     data_q;
    logic                 push;
    logic                 available;
    logic                 read;
    logic                 first;
    logic                 last;
    logic                 wrap;     // last word of a pass

    assign s_ready_o = (used_q != CountBits'(Slots));
    assign m_valid_o = valid_q;
    assign m_data_o  = data_q;

    assign push      = s_valid_i && s_ready_o;
    assign first     = (pass_q == '0);
    assign last      = (pass_q == PassBits'(Passes - 1));
    assign wrap      = (word_q == WordBits'(Words - 1));
    assign available = !first || (ahead_q != '0);
    assign read      = available && (!valid_q || m_ready_i);
    assign rd_next   = (rd_q == AddrBits'(Slots - 1)) ? '0 : rd_q + 1'b1;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        wr_q    <= '0;
        rd_q    <= '0;
        base_q  <= '0;
        used_q  <= '0;
        ahead_q <= '0;
        word_q  <= '0;
        pass_q  <= '0;
        valid_q <= 1'b0;
      end else begin
        if (!valid_q || m_ready_i) valid_q <= available;
        if (push) wr_q <= (wr_q == AddrBits'(Slots - 1)) ? '0 : wr_q + 1'b1;
        if (read) begin
          rd_q   <= (wrap && !last) ? base_q : rd_next;
          word_q <= wrap ? '0 : word_q + 1'b1;
          if (wrap) begin
            pass_q <= last ? '0 : pass_q + 1'b1;
            if (last) base_q <= rd_next;
          end
        end
        used_q  <= used_q + CountBits'(push) - CountBits'(read && last);
        ahead_q <= ahead_q + CountBits'(push) - CountBits'(read && first);
      end
      if (push) mem[wr_q] <= s_data_i;
      if (read) data_q <= mem[rd_q];
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
