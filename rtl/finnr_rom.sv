// SPDX-License-Identifier: Apache-2.0
//
// finnr_rom: read-only memory with one synchronous read port.
//
// Protocol   While en_i, data_o takes the word at addr_i on the clock edge; otherwise data_o keeps its value. Addresses
//            of Depth and above are not allowed while en_i.
// Latency    1 cycle. Interval 1 cycle.
// Contents   File, one hexadecimal word per line (no prefix), Depth lines; undefined when File is empty.
// Resources  Style 0: constants in LUTs where the tool finds that best, 1: LUTs, 2: block RAM, 3: ultra RAM (only on
//            devices whose ultra RAM has initial contents), 4: block RAM for the bits and words that fill whole blocks
//            well, LUTs for the others, as the rule split() says.
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
  `FINNR_CHECK(gen_check_style, Style <= 4, "finnr_rom: Style must be 0 to 4")

  // LUTs of `words` constants of `bits` bits, as finnr/hardware/memory_cost.h has them.
  function automatic integer luts(input integer words, input integer bits);
    integer leaves;
    integer columns;
    leaves  = (words + 63) / 64;
    columns = (words <= 4 && bits > (1 << words)) ? 1 << words : bits;
    luts    = (words <= 1) ? 0 : columns * (leaves + ((leaves + 3) / 4 + 1) / 3);
  endfunction

  localparam integer Bits  = Width;
  localparam integer Words = Depth;

  // Words (of_words) or bits of a word that lie in block RAM: the cheapest whole number of blocks of one shape with LUTs for
  // the rest, where a block of 18 Kbit is worth 190 LUTs.
  function automatic integer split(input bit of_words);
    integer best;
    integer cost;
    integer columns;
    integer rows;
    integer bits;
    integer words;
    integer shape;
    best  = 0;
    split = 0;
    for (shape = 0; shape < 24; shape = shape + 1) begin
      bits    = (shape < 12) ? 1 << (shape / 4) : 9 << (shape / 4 - 3);
      words   = 16384 >> (shape / 4);
      columns = (Bits + ((shape % 4 < 2) ? 0 : bits - 1)) / bits;
      rows    = (Words + ((shape % 2 < 1) ? 0 : words - 1)) / words;
      cost    = 190 * columns * rows;
      bits    = (columns * bits < Bits) ? columns * bits : Bits;
      words   = (rows * words < Words) ? rows * words : Words;
      cost    = cost + luts(Words, Bits - bits);
      if (words < Words) cost = cost + luts(Words - words, bits) + bits;
      if (columns > 0 && rows > 0 && (best == 0 || cost < best)) begin
        best  = cost;
        split = of_words ? words : bits;
      end
    end
  endfunction

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
  end else if (Style == 3) begin : gen_ultra
    (* rom_style = "ultra", ram_style = "ultra" *) logic [Width-1:0] mem [0:Depth-1];
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
  end else begin : gen_split
`ifdef FINNR_SIM_TWIN
    logic [Width-1:0] mem [0:Depth-1];
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
    end
    always_ff @(posedge clk_i) if (en_i) data_o <= mem[addr_i];
`else
    localparam `FINNR_UINT AddrBits   = (Depth > 1) ? $clog2(Depth) : 1;
    localparam `FINNR_UINT BlockBits  = split(1'b0);
    localparam `FINNR_UINT BlockWords = split(1'b1);
`ifdef VERILATOR
    localparam `FINNR_UINT Held = Depth;  // it does not read a file in part
`else
    localparam `FINNR_UINT Held = BlockWords;
`endif
    localparam `FINNR_UINT HeldBits = (Held > 1) ? $clog2(Held) : 1;

    // Each memory has whole words; synthesis keeps the columns that are used.
    // verilator lint_off UNUSEDSIGNAL
    // Reason: the columns and words of the other memory.
    (* rom_style = "block", ram_style = "block" *) logic [Width-1:0] mem [0:Held-1];
`ifdef YOSYS
    (* rom_style = "logic" *) logic [Width-1:0] rest [0:Depth-1];
`else
    (* rom_style = "distributed", ram_style = "distributed" *) logic [Width-1:0] rest [0:Depth-1];
`endif
    if (File != "") begin : gen_init
      initial $readmemh(File, mem);
      initial $readmemh(File, rest);
    end

    logic [Width-1:0] block_q;
    logic [Width-1:0] side_q;
    logic [Width-1:0] tail_q;
    // verilator lint_on UNUSEDSIGNAL
    always_ff @(posedge clk_i) if (en_i) block_q <= mem[addr_i[HeldBits-1:0]];

    if (BlockBits < Width) begin : gen_side
      always_ff @(posedge clk_i) if (en_i) side_q <= rest[addr_i];
      assign data_o[Width-1:BlockBits] = side_q[Width-1:BlockBits];
    end else begin : gen_no_side
      assign side_q = '0;
    end

    // The words behind are fewer than those of a block, so that their addresses differ in low bits alone.
    if (BlockWords < Depth) begin : gen_tail
      localparam `FINNR_UINT     TailWords = 1 << $clog2(Depth - BlockWords);
      localparam [AddrBits-1:0] Low        = AddrBits'(TailWords - 1);
      logic in_tail_q;
      always_ff @(posedge clk_i) begin
        if (en_i) begin
          in_tail_q <= (addr_i >= AddrBits'(BlockWords));
          tail_q    <= rest[AddrBits'(BlockWords) | (addr_i & Low)];
        end
      end
      assign data_o[BlockBits-1:0] = in_tail_q ? tail_q[BlockBits-1:0] : block_q[BlockBits-1:0];
    end else begin : gen_no_tail
      assign tail_q                = '0;
      assign data_o[BlockBits-1:0] = block_q[BlockBits-1:0];
    end
`endif
  end
  // verilator lint_on UNDRIVEN

endmodule
