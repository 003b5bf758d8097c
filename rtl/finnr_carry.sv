// SPDX-License-Identifier: Apache-2.0
//
// finnr_carry: a carry chain.
//
// Function   carry[0] = ci_i, carry[k+1] = s_i[k] ? carry[k] : d_i[k]; o_o[k] = s_i[k] ^ carry[k]; co_o = carry[Width].
// Latency    0: combinational, no clock and no reset.
// Resources  ceil(Width / 4) CARRY4 where FINNR_XILINX7 is defined, ceil(Width / 8) CARRY8 where FINNR_ULTRASCALE is; else
//            logic of the same function.

`include "finnr_assert.svh"

module finnr_carry #(
  parameter `FINNR_UINT Width = 4
) (
  input  logic             ci_i,
  input  logic [Width-1:0] s_i,
  input  logic [Width-1:0] d_i,
  output logic [Width-1:0] o_o,
  output logic             co_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_carry: Width must be at least 1")

`ifdef FINNR_XILINX
  `ifdef FINNR_XILINX7
  localparam `FINNR_UINT Block  = 4;
  `else
  localparam `FINNR_UINT Block  = 8;
  `endif
  localparam `FINNR_UINT Blocks = (Width + Block - 1) / Block;
  localparam `FINNR_UINT Full   = Blocks * Block;

  logic [Full-1:0] s;
  logic [Full-1:0] d;
  logic [Full-1:0] o;
  logic [Full-1:0] co;

  assign s    = Full'(s_i);
  assign d    = Full'(d_i);
  assign o_o  = o[Width-1:0];
  assign co_o = co[Width-1];

  for (genvar n = 0; n < Blocks; n++) begin : gen_block
    localparam `FINNR_UINT At = n * Block;
    logic             ci;      // from the block below
    logic             start;   // into the first block
    logic [Block-1:0] block_o;
    logic [Block-1:0] block_co;

    assign o[At +: Block]  = block_o;
    assign co[At +: Block] = block_co;
    if (n == 0) begin : gen_first
      assign ci    = 1'b0;
      assign start = ci_i;
    end else begin : gen_next
      assign ci    = co[At-1];
      assign start = 1'b0;
    end
  `ifdef FINNR_XILINX7
    CARRY4 u_carry (
      .CI    (ci),
      .CYINIT(start),
      .S     (s[At +: Block]),
      .DI    (d[At +: Block]),
      .O     (block_o),
      .CO    (block_co)
    );
  `else
    CARRY8 u_carry (
      .CI    (ci | start),
      .CI_TOP(1'b0),
      .S     (s[At +: Block]),
      .DI    (d[At +: Block]),
      .O     (block_o),
      .CO    (block_co)
    );
  `endif
  end
`else
  always_comb begin : chain
    logic carry;
    carry = ci_i;
    for (int k = 0; k < Width; k++) begin
      o_o[k] = s_i[k] ^ carry;
      carry  = s_i[k] ? carry : d_i[k];
    end
    co_o = carry;
  end
`endif

endmodule
