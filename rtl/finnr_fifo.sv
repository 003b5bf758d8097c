// SPDX-License-Identifier: Apache-2.0
//
// finnr_fifo: first-in first-out buffer of one stream.
//
// Protocol   One stream in, the same stream out. Both directions are cut: there is no combinational path from s_* to
//            m_* and none from m_ready_i to s_ready_o.
// Capacity   Depth words; Depth + 1 with Style 2 and 3 and Depth >= 2 (the output register of the memory counts).
// Latency    1 cycle from a word's entry to m_valid_o; 2 cycles with Style 2 and 3 and Depth >= 2.
// Interval   1 cycle per word for Depth >= 2, 2 cycles for Depth 1.
// Resources  Style 0: up to 32 words in shift registers (finnr_shift) and a place to read where FINNR_XILINX7 or FINNR_ULTRASCALE is
//            defined; else, as in every other style, a ring buffer of any depth. 0: the tool chooses its memory, 1: LUT RAM, both
//            read asynchronously; 2: block RAM, 3: ultra RAM, both read synchronously into an output register. Depth 1 is
//            one register in every style.
// Reset      Pointers, places and counters only; the memory and the data registers keep their contents.

`include "finnr_assert.svh"

module finnr_fifo #(
  parameter `FINNR_UINT Width = 8,
  parameter `FINNR_UINT Depth = 2,
  parameter `FINNR_UINT Style = 0
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

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_fifo: Width must be at least 1")
  `FINNR_CHECK(gen_check_depth, Depth >= 1, "finnr_fifo: Depth must be at least 1")
  `FINNR_CHECK(gen_check_style, Style <= 3, "finnr_fifo: Style must be 0 to 3")

`ifdef FINNR_SIM_TWIN
  localparam bit Shifts = 1'b0;
`elsif FINNR_XILINX
  localparam bit Shifts = Style == 0 && Depth <= 32;
`else
  localparam bit Shifts = 1'b0;
`endif

  if (Depth == 1) begin : gen_one
    logic             full_q;
    logic [Width-1:0] data_q;

    assign s_ready_o = !full_q;
    assign m_valid_o = full_q;
    assign m_data_o  = data_q;

    always_ff @(posedge clk_i) begin
      if (rst) full_q <= 1'b0;
      else full_q <= full_q ? !m_ready_i : s_valid_i;
      if (!full_q) data_q <= s_data_i;
    end
  end else if (Shifts) begin : gen_shift
    localparam `FINNR_UINT AddrBits = $clog2(Depth);

    // The newest word is in place 0, the oldest one in place last_q, which moves up when a word enters and down when one leaves.
    logic                valid_q;
    logic [AddrBits-1:0] last_q;
    logic [AddrBits-1:0] turn;     // of last_q: its bits that change
    logic                push;
    logic                single;   // no more than one word

    assign s_ready_o = (last_q != AddrBits'(Depth - 1));
    assign m_valid_o = valid_q;
    assign push      = s_valid_i && s_ready_o;
    assign single    = (last_q == '0);

    assign turn[0] = 1'b1;
    for (genvar k = 1; k < AddrBits; k++) begin : gen_turn
      assign turn[k] = m_ready_i ? (last_q[k-1:0] == '0) : (last_q[k-1:0] == '1);
    end

    always_ff @(posedge clk_i) begin
      if (rst) valid_q <= 1'b0;
      else if (push || m_ready_i) valid_q <= push || !single;
      if (rst) last_q <= '0;
      else if (valid_q && (m_ready_i ? !push && !single : push)) last_q <= last_q ^ turn;
    end

    finnr_shift #(.Width(Width), .Depth(Depth)) u_words (
      .clk_i(clk_i), .en_i(push), .d_i(s_data_i), .addr_i(last_q), .q_o(m_data_o)
    );
  end else begin : gen_ring
    localparam `FINNR_UINT AddrBits  = $clog2(Depth);
    localparam `FINNR_UINT CountBits = $clog2(Depth + 1);
    localparam bit         Wraps     = Depth != (1 << AddrBits);  // before the pointers do

    logic [AddrBits-1:0]  wr_q;
    logic [AddrBits-1:0]  rd_q;
    logic [CountBits-1:0] count_q;  // words in the memory
    logic                 push;
    logic                 pop;      // a word leaves the memory

    assign s_ready_o = (count_q != CountBits'(Depth));
    assign push      = s_valid_i && s_ready_o;

    always_ff @(posedge clk_i) begin
      if (rst || (Wraps && push && wr_q == AddrBits'(Depth - 1))) wr_q <= '0;
      else if (push) wr_q <= wr_q + 1'b1;
      if (rst || (Wraps && pop && rd_q == AddrBits'(Depth - 1))) rd_q <= '0;
      else if (pop) rd_q <= rd_q + 1'b1;
      if (rst) count_q <= '0;
      else if (push != pop) count_q <= count_q + CountBits'($signed({pop, 1'b1}));  // by 1 or -1
    end

    // No word is read and written in one cycle, so that memories need not say what would be read.
    `FINNR_ASSERT(apart, !(push && pop && wr_q == rd_q))

    if (Style <= 1) begin : gen_async
      assign m_valid_o = (count_q != '0);
      assign pop       = m_valid_o && m_ready_i;

      if (Style == 0) begin : gen_auto
        logic [Width-1:0] mem [0:Depth-1];
        always_ff @(posedge clk_i) if (push) mem[wr_q] <= s_data_i;
        assign m_data_o = mem[rd_q];
      end else begin : gen_lutram
        (* ram_style = "distributed" *) logic [Width-1:0] mem [0:Depth-1];
        always_ff @(posedge clk_i) if (push) mem[wr_q] <= s_data_i;
        assign m_data_o = mem[rd_q];
      end
    end else begin : gen_sync
      logic             valid_q;
      logic [Width-1:0] data_q;

      assign m_valid_o = valid_q;
      assign m_data_o  = data_q;
      assign pop       = (count_q != '0) && (!valid_q || m_ready_i);

      always_ff @(posedge clk_i) begin
        if (rst) valid_q <= 1'b0;
        else if (!valid_q || m_ready_i) valid_q <= (count_q != '0);
      end

      if (Style == 2) begin : gen_block
        (* ram_style = "block", no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
        always_ff @(posedge clk_i) begin
          if (push) mem[wr_q] <= s_data_i;
          if (pop) data_q <= mem[rd_q];
        end
      end else begin : gen_ultra
        (* ram_style = "ultra", no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
        always_ff @(posedge clk_i) begin
          if (push) mem[wr_q] <= s_data_i;
          if (pop) data_q <= mem[rd_q];
        end
      end
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
