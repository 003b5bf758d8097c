// SPDX-License-Identifier: Apache-2.0
//
// finnr_width: changes the number of lanes per beat by an integer ratio, in either direction. Lane order is kept:
// lane 0 of the first beat is the first element.
//
// Protocol   One stream in, one stream out. m_valid_o and m_data_o come from registers. s_ready_o depends
//            combinationally on m_ready_i (a new beat may enter while the last one leaves). Equal lanes: plain wires.
// Latency    Narrow to wide: 1 cycle after the last narrow beat. Wide to narrow: 1 cycle. Equal: 0.
// Interval   max(input beats, output beats) per wide beat, sustained: one narrow beat every cycle.
// Resources  One register of the wider side and a beat counter with its flags.
// Reset      The counter and its flags only.

`include "finnr_assert.svh"

module finnr_width #(
  parameter `FINNR_UINT ElementBits = 8,
  parameter `FINNR_UINT InLanes     = 1,
  parameter `FINNR_UINT OutLanes    = 2
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  input  logic                            s_valid_i,
  output logic                            s_ready_o,
  input  logic [InLanes*ElementBits-1:0]  s_data_i,
  output logic                            m_valid_o,
  input  logic                            m_ready_i,
  output logic [OutLanes*ElementBits-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT InBits  = InLanes * ElementBits;
  localparam `FINNR_UINT OutBits = OutLanes * ElementBits;

  `FINNR_CHECK(gen_check_bits, ElementBits >= 1, "finnr_width: ElementBits must be at least 1")
  `FINNR_CHECK(gen_check_lanes, InLanes >= 1 && OutLanes >= 1, "finnr_width: lanes must be at least 1")
  `FINNR_CHECK(gen_check_ratio, InLanes % OutLanes == 0 || OutLanes % InLanes == 0,
               "finnr_width: the ratio of lanes must be an integer")

  if (InLanes == OutLanes) begin : gen_wire
    assign s_ready_o = m_ready_i;
    assign m_valid_o = s_valid_i;
    assign m_data_o  = s_data_i;

    // verilator lint_off UNUSEDSIGNAL
    // Reason: the plain wire has no state; clock and reset serve the assertions only.
    logic unused;
    assign unused = clk_i ^ rst;
    // verilator lint_on UNUSEDSIGNAL
  end else if (InLanes < OutLanes) begin : gen_up
    // Beats shift in from the top, so that the first one ends in the lowest lanes.
    localparam `FINNR_UINT Ratio     = OutLanes / InLanes;
    localparam `FINNR_UINT CountBits = $clog2(Ratio);

    logic                 full_q;
    logic [CountBits-1:0] count_q;  // beats of the wide beat under construction
    logic [OutBits-1:0]   data_q;
    logic                 push;

    assign s_ready_o = !full_q || m_ready_i;
    assign push      = s_valid_i && s_ready_o;
    assign m_valid_o = full_q;
    assign m_data_o  = data_q;

    always_ff @(posedge clk_i) begin
      if (rst) begin
        full_q  <= 1'b0;
        count_q <= '0;
      end else begin
        if (push) count_q <= (count_q == CountBits'(Ratio - 1)) ? '0 : count_q + 1'b1;
        if (s_ready_o) full_q <= s_valid_i && (count_q == CountBits'(Ratio - 1));
      end
      if (push) data_q <= {s_data_i, data_q[OutBits-1:InBits]};
    end
  end else begin : gen_down
    localparam `FINNR_UINT Ratio     = InLanes / OutLanes;
    localparam `FINNR_UINT CountBits = $clog2(Ratio + 1);

    logic                 valid_q;
    logic                 last_q;   // one narrow beat is left
    logic [CountBits-1:0] count_q;  // narrow beats left
    logic [InBits-1:0]    data_q;
    logic                 push;

    assign s_ready_o = !valid_q || (last_q && m_ready_i);
    assign push      = s_valid_i && s_ready_o;
    assign m_valid_o = valid_q;
    assign m_data_o  = data_q[OutBits-1:0];

    always_ff @(posedge clk_i) begin
      if (rst) begin
        valid_q <= 1'b0;
        last_q  <= 1'b0;
        count_q <= '0;
      end else if (s_ready_o) begin
        valid_q <= s_valid_i;
        last_q  <= 1'b0;
        count_q <= CountBits'(Ratio);
      end else if (m_ready_i) begin
        last_q  <= (count_q == CountBits'(2));
        count_q <= count_q - 1'b1;
      end
      if (push) data_q <= s_data_i;
      else if (m_ready_i) data_q <= {data_q[InBits-1:InBits-OutBits], data_q[InBits-1:OutBits]};
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
