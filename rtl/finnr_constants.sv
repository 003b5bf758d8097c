// SPDX-License-Identifier: Apache-2.0
//
// finnr_constants: a few constant words, read by a registered address, so that a tool can merge them with the logic behind.
//
// Protocol   While push_i, addr_i is taken on the clock edge; Delay edges with en_i later data_o is its word. Addresses of Depth and
//            above are not allowed while push_i. The same as finnr_rom with a finnr_delay, but those register the word.
// Latency    1 + Delay cycles. Interval 1 cycle.
// Contents   File, one hexadecimal word per line (no prefix), Depth lines; undefined when File is empty.
// Resources  clog2(Depth) flip-flops, and a look-up table of as many inputs a bit, unless the logic behind has inputs to spare.
// Reset      None.

`include "finnr_assert.svh"

module finnr_constants #(
  parameter `FINNR_UINT Width = 8,
  parameter `FINNR_UINT Depth = 4,
  parameter `FINNR_UINT Delay = 0,
  parameter             File  = ""
) (
  input  logic                                         clk_i,
  input  logic                                         push_i,
  input  logic                                         en_i,
  input  logic [((Depth > 1) ? $clog2(Depth) : 1)-1:0] addr_i,
  output logic [Width-1:0]                             data_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_constants: Width must be at least 1")
  `FINNR_CHECK(gen_check_depth, Depth >= 1, "finnr_constants: Depth must be at least 1")

  localparam `FINNR_UINT AddrBits = (Depth > 1) ? $clog2(Depth) : 1;

  logic [AddrBits-1:0] addr_q;
  logic [AddrBits-1:0] addr;

  // verilator lint_off UNDRIVEN
  // Reason: constants are driven by their file alone, and by nothing when File is empty.
  (* mem2reg *) logic [Width-1:0] mem [0:Depth-1];
  if (File != "") begin : gen_init
    initial $readmemh(File, mem);
  end
  // verilator lint_on UNDRIVEN

  always_ff @(posedge clk_i) if (push_i) addr_q <= addr_i;

  finnr_delay #(.Width(AddrBits), .Cycles(Delay)) u_delay (.clk_i(clk_i), .en_i(en_i), .d_i(addr_q), .q_o(addr));

  assign data_o = mem[addr];

endmodule
