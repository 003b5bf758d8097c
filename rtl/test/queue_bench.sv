// SPDX-License-Identifier: Apache-2.0
//
// Drives one finnr_fifo with random words at random times, at first seldom read and then seldom written, and compares what it accepts
// and gives in every cycle with a list of words. For a simulator that takes time delays (cores.sh).

module queue_bench #(
  parameter int Width  = 8,
  parameter int Depth  = 4,
  parameter int Style  = 0,
  parameter int Cycles = 2000
);

  logic             clk;
  logic             rst_n;
  logic             s_valid;
  wire              s_ready;
  logic [Width-1:0] s_data;
  wire              m_valid;
  logic             m_ready;
  wire [Width-1:0]  m_data;
  logic [Width-1:0] words [0:Cycles-1];
  integer           written;
  integer           read;
  integer           cycle;
  integer           errors;
  integer           odds;

  finnr_fifo #(.Width(Width), .Depth(Depth), .Style(Style)) u_fifo (
    .clk_i(clk), .rst_ni(rst_n), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data),
    .m_valid_o(m_valid), .m_ready_i(m_ready), .m_data_o(m_data)
  );

  initial begin
    clk     = 0;
    rst_n   = 0;
    s_valid = 0;
    s_data  = 0;
    m_ready = 0;
    written = 0;
    read    = 0;
    errors  = 0;
    #5 clk = 1;
    #5 clk = 0;
    rst_n = 1;
    for (cycle = 0; cycle < Cycles; cycle = cycle + 1) begin
      odds = (cycle / 100) % 3;  // fuller, emptier, as it comes
      // A word that is offered stays.
      if (!s_valid) begin
        s_valid = (odds == 1) ? ($random & 3) == 0 : ($random & 3) != 0;
        s_data  = $random;
      end
      m_ready = (odds == 0) ? ($random & 3) == 0 : ($random & 3) != 0;
      #1;
      if (s_ready !== (written - read < Depth) || m_valid !== (written != read)) errors = errors + 1;
      if (m_valid && m_data !== words[read]) errors = errors + 1;
      #4 clk = 1;
      if (m_valid && m_ready) read = read + 1;
      if (s_valid && s_ready) begin
        words[written] = s_data;
        written = written + 1;
        #1 s_valid = 0;
      end else begin
        #1;
      end
      #4 clk = 0;
    end
    if (errors == 0 && written > Depth) $display("equal: %0d words", written);
    else $display("different: %0d errors, %0d words", errors, written);
    $finish;
  end

endmodule
