// SPDX-License-Identifier: Apache-2.0
//
// finnr_shift: a shift register that is read at any place.
//
// Function   On an edge with en_i all words move one place up and d_i takes place 0; q_o is the word of place addr_i.
// Latency    q_o follows addr_i at once.
// Resources  One SRL16E a bit for up to 16 words, one SRLC32E for up to 32, where FINNR_XILINX7 or FINNR_ULTRASCALE is defined;
//            else registers and a multiplexer.
// Reset      None.

`include "finnr_assert.svh"

module finnr_shift #(
  parameter `FINNR_UINT Width = 8,
  parameter `FINNR_UINT Depth = 16
) (
  input  logic                     clk_i,
  input  logic                     en_i,
  input  logic [Width-1:0]         d_i,
  input  logic [$clog2(Depth)-1:0] addr_i,
  output logic [Width-1:0]         q_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_shift: Width must be at least 1")
  `FINNR_CHECK(gen_check_depth, Depth >= 2 && Depth <= 32, "finnr_shift: Depth must be 2 to 32")

`ifdef FINNR_XILINX
  logic [4:0] addr;
  assign addr = 5'(addr_i);

  for (genvar b = 0; b < Width; b++) begin : gen_bit
    if (Depth <= 16) begin : gen_short
      SRL16E u_bit (
        .CLK(clk_i), .CE(en_i), .D(d_i[b]), .A0(addr[0]), .A1(addr[1]), .A2(addr[2]), .A3(addr[3]), .Q(q_o[b])
      );
    end else begin : gen_long
      SRLC32E u_bit (.CLK(clk_i), .CE(en_i), .D(d_i[b]), .A(addr), .Q(q_o[b]), .Q31());
    end
  end
`else
  logic [Depth*Width-1:0] words_q;

  assign q_o = Width'(words_q >> (32'(addr_i) * 32'(Width)));

  always_ff @(posedge clk_i) if (en_i) words_q <= (Depth*Width)'({words_q, d_i});
`endif

endmodule
