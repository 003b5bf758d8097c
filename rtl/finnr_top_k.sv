// SPDX-License-Identifier: Apache-2.0
//
// finnr_top_k: the indices of the K largest of Labels values, in descending order of value, equal values in ascending
// order of index.
//
// Protocol   Frames of Labels / Lanes beats of Lanes values in, frames of K beats of one index out. Only the last beat of
//            an input frame can be held back by the output; s_ready_o then depends combinationally on m_ready_i.
// Latency    1 cycle from the last input beat to the first index.
// Interval   max(Labels / Lanes, K) per frame, sustained: a frame's indices leave while the next frame enters.
// Resources  Sorted list of K values and indices, K comparators per lane (the lanes of a beat are inserted one after the
//            other in one cycle, a chain of Lanes compare-and-move levels), and K index registers for the output.
// Reset      Counters only.

`include "finnr_assert.svh"

module finnr_top_k #(
  parameter `FINNR_UINT Labels    = 10,
  parameter `FINNR_UINT Lanes     = 1,
  parameter `FINNR_UINT XBits     = 8,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         XSigned   = 1'b1,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT K         = 1,
  parameter `FINNR_UINT IndexBits = 4
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   s_valid_i,
  output logic                   s_ready_o,
  input  logic [Lanes*XBits-1:0] s_data_i,
  output logic                   m_valid_o,
  input  logic                   m_ready_i,
  output logic [IndexBits-1:0]   m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT LabelBits = (Labels > 1) ? $clog2(Labels) : 1;
  localparam `FINNR_UINT CountBits = $clog2(K + 1);
  // A key is the value made unsigned, under a leading 1; an empty place is 0 and so loses against every value.
  localparam `FINNR_UINT KeyBits   = XBits + 1;
  localparam int         Last      = K - 1;  // signed: counted down to 0

  `FINNR_CHECK(gen_check_lanes, Lanes >= 1 && Labels >= 1 && Labels % Lanes == 0,
               "finnr_top_k: Lanes must divide Labels")
  `FINNR_CHECK(gen_check_k, K >= 1 && K <= Labels, "finnr_top_k: K must be 1 to Labels")
  `FINNR_CHECK(gen_check_bits, XBits >= 1, "finnr_top_k: XBits must be at least 1")
  `FINNR_CHECK(gen_check_index, IndexBits <= 31 && (1 << IndexBits) >= Labels,
               "finnr_top_k: IndexBits cannot hold an index")

  logic [LabelBits-1:0]   next_q;   // index of the next beat's lane 0
  logic [CountBits-1:0]   count_q;  // indices left to send
  logic [K*KeyBits-1:0]   key_q;    // sorted list, the largest in the low bits
  logic [K*KeyBits-1:0]   key_d;
  logic [K*LabelBits-1:0] index_q;
  logic [K*LabelBits-1:0] index_d;
  logic [K*LabelBits-1:0] out_q;
  logic                   first;
  logic                   last;
  logic                   push;

  assign first     = (next_q == '0);
  assign last      = (next_q == LabelBits'(Labels - Lanes));
  assign s_ready_o = !last || (count_q == '0) || (count_q == CountBits'(1) && m_ready_i);
  assign push      = s_valid_i && s_ready_o;
  assign m_valid_o = (count_q != '0);
  assign m_data_o  = IndexBits'(out_q[LabelBits-1:0]);

  always_comb begin : insert
    logic [KeyBits-1:0]   key;
    logic [LabelBits-1:0] index;
    key_d   = first ? '0 : key_q;
    index_d = index_q;
    key     = '0;
    index   = '0;
    for (int l = 0; l < Lanes; l++) begin
      key   = {1'b1, s_data_i[l*XBits +: XBits]};
      index = next_q + LabelBits'(l);
      if (XSigned) key[XBits-1] = !key[XBits-1];
      // From the smallest place up: a smaller entry moves down one place, the new one takes the last place it wins.
      for (int k = Last; k >= 0; k--) begin
        if (key > key_d[k*KeyBits +: KeyBits]) begin
          if (k < Last) begin
            key_d[(k+1)%K*KeyBits +: KeyBits]       = key_d[k*KeyBits +: KeyBits];
            index_d[(k+1)%K*LabelBits +: LabelBits] = index_d[k*LabelBits +: LabelBits];
          end
          key_d[k*KeyBits +: KeyBits]       = key;
          index_d[k*LabelBits +: LabelBits] = index;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst) begin
      next_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) next_q <= last ? '0 : next_q + LabelBits'(Lanes);
      if (push && last) count_q <= CountBits'(K);
      else if (m_valid_o && m_ready_i) count_q <= count_q - 1'b1;
    end
    if (push) begin
      key_q   <= key_d;
      index_q <= index_d;
    end
    if (push && last) out_q <= index_d;
    else if (m_ready_i) out_q <= out_q >> LabelBits;
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
