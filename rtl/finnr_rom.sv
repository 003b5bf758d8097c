// SPDX-License-Identifier: Apache-2.0
//
// finnr_rom: read-only memory with one synchronous read port.
//
// Protocol   While en_i, data_o takes the word at addr_i on the clock edge; otherwise data_o keeps its value. Addresses
//            of Depth and above are not allowed while en_i.
// Latency    1 cycle. Interval 1 cycle.
// Contents   File, one hexadecimal word per line (no prefix), Depth lines; undefined when File is empty.
// Resources  Style 0: constants in LUTs where the tool finds that best, 1: LUT RAM, 2: block RAM, 3: ultra RAM (only on
//            devices whose ultra RAM has initial contents).
// Reset      None.

`include "finnr_assert.svh"

module finnr_rom #(
  parameter `FINNR_UINT Width = 8,
  parameter `FINNR_UINT Depth = 2,
  parameter `FINNR_UINT Style = 0,
  parameter             File  = ""
) (
  input  logic                                        clk_i,
  input  logic                                        en_i,
  input  logic [((Depth > 1) ? $clog2(Depth) : 1)-1:0] addr_i,
  output logic [Width-1:0]                            data_o
);

  `FINNR_CHECK(gen_check_width, Width >= 1, "finnr_rom: Width must be at least 1")
  `FINNR_CHECK(gen_check_depth, Depth >= 1, "finnr_rom: Depth must be at least 1")
  `FINNR_CHECK(gen_check_style, Style <= 3, "finnr_rom: Style must be 0 to 3")

  // verilator lint_off UNDRIVEN
  // Reason: a read-only memory is driven by its file alone, and by nothing when File is empty.
  if (Style == 0) begin : gen_constant
    logic [Width-1:0] mem [0:Depth-1];
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
  end else if (Style == 1) begin : gen_lutram
`ifdef YOSYS
    // It calls constants in LUTs logic; its distributed memories have a write port.
    (* rom_style = "logic" *) logic [Width-1:0] mem [0:Depth-1];
`else
    (* rom_style = "distributed", ram_style = "distributed" *) logic [Width-1:0] mem [0:Depth-1];
`endif
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
  end else if (Style == 2) begin : gen_block
    (* rom_style = "block", ram_style = "block" *) logic [Width-1:0] mem [0:Depth-1];
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
  end else begin : gen_ultra
    (* rom_style = "ultra", ram_style = "ultra" *) logic [Width-1:0] mem [0:Depth-1];
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
  end
  // verilator lint_on UNDRIVEN

endmodule
