// SPDX-License-Identifier: Apache-2.0
//
// finnr_permute: any rearrangement of the beats of a frame: transposition, depth to space, shuffle, reversal, selection,
// repetition.
//
// Function   Output beat j of a frame is input beat Index[j] of that frame.
// Protocol   Frames of InBeats beats in, of OutBeats beats out. Both directions are cut by registers.
// Contents   File: one hexadecimal word per output beat, Index[j], less than InBeats.
// Latency    2 cycles from a frame's last input beat to its first output beat.
// Interval   max(InBeats, OutBeats) cycles per frame, sustained, no bubble: a frame is sent while the next one enters.
// Resources  Two frame buffers in one memory of 2 * InBeats words of Style (see finnr_ram), a read-only memory of OutBeats
//            words of IndexStyle (see finnr_rom), counters.
// Reset      Valid bits and counters only.

`include "finnr_assert.svh"

module finnr_permute #(
  parameter `FINNR_UINT Width      = 8,
  parameter `FINNR_UINT InBeats    = 4,
  parameter `FINNR_UINT OutBeats   = 4,
  parameter `FINNR_UINT Style      = 0,
  parameter `FINNR_UINT IndexStyle = 0,
  parameter             File       = ""
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

  localparam `FINNR_UINT IndexBits = (InBeats > 1) ? $clog2(InBeats) : 1;
  localparam `FINNR_UINT OutBits   = (OutBeats > 1) ? $clog2(OutBeats) : 1;
  localparam `FINNR_UINT AddrBits  = $clog2(2 * InBeats);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_permute: Width must be at least 1")
  `FINNR_CHECK(gen_check_beats, InBeats >= 1 && OutBeats >= 1, "finnr_permute: InBeats and OutBeats must be at least 1")

  logic [AddrBits-1:0]  wr_q;
  logic [IndexBits-1:0] in_q;          // beat of the frame that enters
  logic                 push;
  logic                 filled;        // a frame is complete
  logic [1:0]           full_q;        // complete frames that are not sent yet
  logic [OutBits-1:0]   next_q;        // place in the index of the word read next
  logic                 index_valid_q;
  logic [IndexBits-1:0] index;         // read ahead: the index does not depend on the frame
  logic                 index_read;
  logic [OutBits-1:0]   out_q;         // beat of the frame that leaves
  logic                 upper_q;       // it is in the upper buffer
  logic                 read;
  logic                 emptied;
  logic                 valid_q;

  assign s_ready_o = (full_q != 2'd2);
  assign push      = s_valid_i && s_ready_o;
  assign filled    = push && (in_q == IndexBits'(InBeats - 1));

  assign read       = index_valid_q && (full_q != 2'd0) && (!valid_q || m_ready_i);
  assign emptied    = read && (out_q == OutBits'(OutBeats - 1));
  assign index_read = read || !index_valid_q;
  assign m_valid_o  = valid_q;

  always_ff @(posedge clk_i) begin
    if (rst) begin
      wr_q          <= '0;
      in_q          <= '0;
      full_q        <= '0;
      next_q        <= '0;
      index_valid_q <= 1'b0;
      out_q         <= '0;
      upper_q       <= 1'b0;
      valid_q       <= 1'b0;
    end else begin
      if (push) begin
        wr_q <= (wr_q == AddrBits'(2 * InBeats - 1)) ? '0 : wr_q + 1'b1;
        in_q <= filled ? '0 : in_q + 1'b1;
      end
      if (filled && !emptied) full_q <= full_q + 1'b1;
      if (emptied && !filled) full_q <= full_q - 1'b1;
      index_valid_q <= 1'b1;
      if (index_read) next_q <= (next_q == OutBits'(OutBeats - 1)) ? '0 : next_q + 1'b1;
      if (read) out_q <= emptied ? '0 : out_q + 1'b1;
      if (emptied) upper_q <= !upper_q;
      if (!valid_q || m_ready_i) valid_q <= read;
    end
  end

  finnr_rom #(.Width(IndexBits), .Depth(OutBeats), .Style(IndexStyle), .File(File)) u_index (
    .clk_i (clk_i),
    .en_i  (index_read),
    .addr_i(next_q),
    .data_o(index)
  );

  finnr_ram #(.Width(Width), .Depth(2*InBeats), .Style(Style)) u_frames (
    .clk_i    (clk_i),
    .wr_en_i  (push),
    .wr_addr_i(wr_q),
    .wr_data_i(s_data_i),
    .rd_en_i  (read),
    .rd_addr_i(upper_q ? AddrBits'(index) + AddrBits'(InBeats) : AddrBits'(index)),
    .rd_data_o(m_data_o)
  );

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
