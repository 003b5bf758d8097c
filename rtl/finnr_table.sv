// SPDX-License-Identifier: Apache-2.0
//
// finnr_table: maps every element through a table indexed by the element's raw bits; for functions of few input bits
// that thresholds do not express.
//
// Protocol   Stream of Pe lanes; Channels / Pe beats per vector, beat f carries channels f * Pe to f * Pe + Pe - 1.
//            s_ready_o depends combinationally on m_ready_i.
// Contents   PerChannel 0: 2^XBits words of OutBits, one table for all channels. PerChannel 1: Channels / Pe * 2^XBits
//            words; word (f << XBits | x) holds the entries of the Pe channels of beat f, lane 0 in the low bits.
// Latency    1 cycle. Interval 1 cycle per beat, Channels / Pe per vector.
// Resources  One memory with a read port per lane, of the lane's own column.
// Reset      The output's valid and the beat counter only.

`include "finnr_assert.svh"

module finnr_table #(
  parameter `FINNR_UINT Channels   = 1,
  parameter `FINNR_UINT Pe         = 1,
  parameter `FINNR_UINT XBits      = 4,
  parameter `FINNR_UINT OutBits    = 4,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         PerChannel = 1'b0,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT MemStyle   = 0,
  parameter             File       = ""
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  s_valid_i,
  output logic                  s_ready_o,
  input  logic [Pe*XBits-1:0]   s_data_i,
  output logic                  m_valid_o,
  input  logic                  m_ready_i,
  output logic [Pe*OutBits-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT Folds    = PerChannel ? Channels / Pe : 1;
  localparam `FINNR_UINT FoldBits = (Folds > 1) ? $clog2(Folds) : 1;
  localparam `FINNR_UINT Depth    = Folds << XBits;
  localparam `FINNR_UINT AddrBits = $clog2(Depth);
  localparam `FINNR_UINT WordBits = PerChannel ? Pe * OutBits : OutBits;

  `FINNR_CHECK(gen_check_channels, Pe >= 1 && Channels >= 1 && Channels % Pe == 0,
               "finnr_table: Pe must divide Channels")
  `FINNR_CHECK(gen_check_bits, XBits >= 1 && XBits <= 20, "finnr_table: XBits must be 1 to 20")
  `FINNR_CHECK(gen_check_out, OutBits >= 1, "finnr_table: OutBits must be at least 1")

  logic valid_q;
  logic enable;
  logic push;
  logic [FoldBits-1:0] fold_q;

  assign enable    = !valid_q || m_ready_i;
  assign s_ready_o = enable;
  assign push      = s_valid_i && enable;
  assign m_valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (rst) valid_q <= 1'b0;
    else if (enable) valid_q <= s_valid_i;
  end

  if (Folds > 1) begin : gen_count
    always_ff @(posedge clk_i) begin
      if (rst) fold_q <= '0;
      else if (push) fold_q <= (fold_q == FoldBits'(Folds - 1)) ? '0 : fold_q + 1'b1;
    end
  end else begin : gen_no_count
    assign fold_q = '0;
  end

  for (genvar p = 0; p < Pe; p++) begin : gen_lane
    logic [AddrBits-1:0] addr;
    logic [WordBits-1:0] word;

    finnr_rom #(.Width(WordBits), .Depth(Depth), .Style(MemStyle), .File(File)) u_rom (
      .clk_i,
      .en_i  (push),
      .addr_i(addr),
      .data_o(word)
    );

    // With one fold the cast drops the fold, a constant zero.
    assign addr = AddrBits'({fold_q, s_data_i[p*XBits +: XBits]});

    if (WordBits == OutBits) begin : gen_whole
      assign m_data_o[p*OutBits +: OutBits] = word;
    end else begin : gen_slice
      assign m_data_o[p*OutBits +: OutBits] = word[p*OutBits +: OutBits];
      // verilator lint_off UNUSEDSIGNAL
      // Reason: each lane reads the word of its own element and uses its own column of it.
      logic unused;
      assign unused = ^word;
      // verilator lint_on UNUSEDSIGNAL
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
