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
// Resources  Simple dual-port RAM of Words * F words, read synchronously (LUT RAM or block RAM, chosen by the tool), or some more
//            where that simplifies the addresses and takes no more LUT RAM; counters of words, frames and passes.
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

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

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
    assign unused = clk_i ^ rst;
    // verilator lint_on UNUSEDSIGNAL
  end else begin : gen_ring
    localparam `FINNR_UINT Frames    = (Words >= 4) ? 2 : (Words == 3) ? 3 : (Words == 2) ? 4 : 8;
    localparam `FINNR_UINT FrameBits = $clog2(Frames);
    localparam `FINNR_UINT WordBits  = (Words > 1) ? $clog2(Words) : 1;
    localparam `FINNR_UINT PassBits  = $clog2(Passes);
    // Frames lie at powers of two, so that frame and word are the address, unless that takes more LUT RAM.
    localparam `FINNR_UINT Spread    = ((32'd1 << FrameBits) - 1) * (32'd1 << $clog2(Words)) + Words;
    localparam bit         Apart     = (Spread + 63) / 64 == (Words * Frames + 63) / 64;
    localparam `FINNR_UINT Slots     = Apart ? Spread : Words * Frames;
    localparam `FINNR_UINT AddrBits  = $clog2(Slots);

    (* no_rw_check *) logic [Width-1:0] mem [0:Slots-1];  // no slot is read and written in one cycle
    // Where writing and reading are: frames are counted with one bit more than tells them apart, so that their difference is known.
    logic [FrameBits:0]  wr_frame_q;
    logic [FrameBits:0]  rd_frame_q;
    logic [WordBits-1:0] wr_word_q;
    logic [WordBits-1:0] rd_word_q;
    logic [AddrBits-1:0] wr_addr;
    logic [AddrBits-1:0] rd_addr;
    logic [PassBits-1:0] pass_q;
    logic                valid_q;
    logic [Width-1:0]    data_q;
    logic                push;
    logic                available;
    logic                read;
    logic                ahead;    // writing is as many frames ahead as there is room for
    logic                same;     // words
    logic                last;     // pass
    logic                wr_wrap;  // last word of the frame
    logic                wrap;     // last word of a pass
    logic                wr_turn;
    logic                rd_turn;

    // In the last pass a word is free as soon as it was read; before, the whole frame is kept.
    assign same      = (wr_word_q == rd_word_q);
    assign s_ready_o = !ahead || !(last ? same : wr_word_q == '0);
    assign m_valid_o = valid_q;
    assign m_data_o  = data_q;

    assign push      = s_valid_i && s_ready_o;
    assign last      = (pass_q == PassBits'(Passes - 1));
    assign wr_wrap   = (wr_word_q == WordBits'(Words - 1));
    assign wrap      = (rd_word_q == WordBits'(Words - 1));
    assign available = (pass_q != '0) || (wr_frame_q != rd_frame_q) || !same;
    assign read      = available && (!valid_q || m_ready_i);

    // Counters go back to 0 as in a reset, which needs no logic in front of their registers.
    assign wr_turn = push && wr_wrap;
    assign rd_turn = read && wrap;
    always_ff @(posedge clk_i) begin
      if (rst) begin
        wr_frame_q <= '0;
        rd_frame_q <= '0;
        valid_q    <= 1'b0;
      end else begin
        if (!valid_q || m_ready_i) valid_q <= available;
        if (wr_turn) wr_frame_q <= wr_frame_q + 1'b1;
        if (rd_turn && last) rd_frame_q <= rd_frame_q + 1'b1;
      end
      if (rst || wr_turn) wr_word_q <= '0;
      else if (push) wr_word_q <= wr_word_q + 1'b1;
      if (rst || rd_turn) rd_word_q <= '0;
      else if (read) rd_word_q <= rd_word_q + 1'b1;
      if (rst || (rd_turn && last)) pass_q <= '0;
      else if (rd_turn) pass_q <= pass_q + 1'b1;
      if (push) mem[wr_addr] <= s_data_i;
      if (read) data_q <= mem[rd_addr];
    end

    `FINNR_ASSERT(apart, !(push && read && wr_addr == rd_addr))

    // A subtraction of few bits is large.
    if (Frames == 3) begin : gen_three
      assign ahead = ((FrameBits+1)'(wr_frame_q - rd_frame_q) == (FrameBits+1)'(Frames));
    end else begin : gen_power
      assign ahead = ((wr_frame_q ^ rd_frame_q) == (FrameBits+1)'(Frames));
    end

    if (Apart && Words == 1) begin : gen_frame
      assign wr_addr = wr_frame_q[FrameBits-1:0];
      assign rd_addr = rd_frame_q[FrameBits-1:0];
    end else if (Apart) begin : gen_apart
      assign wr_addr = {wr_frame_q[FrameBits-1:0], wr_word_q};
      assign rd_addr = {rd_frame_q[FrameBits-1:0], rd_word_q};
    end else begin : gen_dense
      logic [AddrBits-1:0] wr_q;
      logic [AddrBits-1:0] rd_q;
      logic [AddrBits-1:0] rd_next;
      logic [AddrBits-1:0] base_q;  // first slot of the frame being sent

      assign wr_addr = wr_q;
      assign rd_addr = rd_q;
      assign rd_next = (rd_q == AddrBits'(Slots - 1)) ? '0 : rd_q + 1'b1;

      always_ff @(posedge clk_i) begin
        if (rst) begin
          wr_q   <= '0;
          rd_q   <= '0;
          base_q <= '0;
        end else begin
          if (push) wr_q <= (wr_q == AddrBits'(Slots - 1)) ? '0 : wr_q + 1'b1;
          if (read) rd_q <= (wrap && !last) ? base_q : rd_next;
          if (rd_turn && last) base_q <= rd_next;
        end
      end
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
