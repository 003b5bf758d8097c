// SPDX-License-Identifier: Apache-2.0
//
// finnr_ram: memory with one write port and one synchronous read port.
//
// Protocol   While wr_en_i, the word at wr_addr_i takes wr_data_i on the clock edge. While rd_en_i, rd_data_o takes the
//            word at rd_addr_i on the clock edge; otherwise it keeps its value. A word must not be read on the edge that
//            writes it; addresses of Depth and above are not allowed.
// Latency    1 cycle from rd_addr_i to rd_data_o, and from a write to the first edge that may read the word. Interval 1.
// Resources  Style 0: the tool chooses, 1: LUT RAM, 2: block RAM, 3: ultra RAM.
// Reset      None.

`include "finnr_assert.svh"

module finnr_ram #(
  parameter `FINNR_UINT Width = 8,
  parameter `FINNR_UINT Depth = 2,
  parameter `FINNR_UINT Style = 0
) (
  input  logic                                         clk_i,
  input  logic                                         wr_en_i,
  input  logic [((Depth > 1) ? $clog2(Depth) : 1)-1:0] wr_addr_i,
  input  logic [Width-1:0]                             wr_data_i,
  input  logic                                         rd_en_i,
  input  logic [((Depth > 1) ? $clog2(Depth) : 1)-1:0] rd_addr_i,
  output logic [Width-1:0]                             rd_data_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_ram: Width must be at least 1")
  `FINNR_CHECK(gen_check_depth, Depth >= 1, "finnr_ram: Depth must be at least 1")
  `FINNR_CHECK(gen_check_style, Style <= 3, "finnr_ram: Style must be 0 to 3")

  if (Style == 0) begin : gen_auto
    logic [Width-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (wr_en_i) mem[wr_addr_i] <= wr_data_i;
      if (rd_en_i) rd_data_o <= mem[rd_addr_i];
    end
  end else if (Style == 1) begin : gen_lutram
    (* ram_style = "distributed" *) logic [Width-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (wr_en_i) mem[wr_addr_i] <= wr_data_i;
      if (rd_en_i) rd_data_o <= mem[rd_addr_i];
    end
  end else if (Style == 2) begin : gen_block
    (* ram_style = "block" *) logic [Width-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (wr_en_i) mem[wr_addr_i] <= wr_data_i;
      if (rd_en_i) rd_data_o <= mem[rd_addr_i];
    end
  end else begin : gen_ultra
    (* ram_style = "ultra" *) logic [Width-1:0] mem [0:Depth-1];
    always_ff @(posedge clk_i) begin
      if (wr_en_i) mem[wr_addr_i] <= wr_data_i;
      if (rd_en_i) rd_data_o <= mem[rd_addr_i];
    end
  end

endmodule
