// SPDX-License-Identifier: Apache-2.0
//
// finnr_delay: registers one behind the other.
//
// Function   q_o is d_i of Cycles enabled clock edges ago.
// Latency    Cycles; 0 is a wire.
// Resources  Cycles * Width flip-flops, or shift registers where the tool finds that best.
// Reset      None.

`include "finnr_assert.svh"

module finnr_delay #(
  parameter `FINNR_UINT Width  = 8,
  parameter `FINNR_UINT Cycles = 1
) (
  input  logic             clk_i,
  input  logic             en_i,
  input  logic [Width-1:0] d_i,
  output logic [Width-1:0] q_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_delay: Width must be at least 1")

  if (Cycles == 0) begin : gen_wire
    assign q_o = d_i;

    // verilator lint_off UNUSEDSIGNAL
    // Reason: a wire has no clock.
    logic unused;
    assign unused = clk_i ^ en_i;
    // verilator lint_on UNUSEDSIGNAL
  end else if (Cycles == 1) begin : gen_register
    logic [Width-1:0] stage_q;

    assign q_o = stage_q;

    always_ff @(posedge clk_i) if (en_i) stage_q <= d_i;
  end else begin : gen_registers
    logic [Cycles*Width-1:0] stage_q;

    assign q_o = stage_q[(Cycles-1)*Width +: Width];

    always_ff @(posedge clk_i) if (en_i) stage_q <= (Cycles*Width)'({stage_q, d_i});
  end

endmodule
