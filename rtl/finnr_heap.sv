// SPDX-License-Identifier: Apache-2.0
//
// finnr_heap: adds bits of many weights until at most Rows of each weight are left.
//
// Function   The sum of rows_o (Rows numbers of Cols bits, row 0 in the low bits) is the sum of the heap, modulo 2^Cols. Column
//            c of the heap has as many bits as entry c of Heights (12 bits an entry, entry 0 in the low bits) says, each of
//            weight 2^c; the columns stand one after the other in bits_i, column 0 in the low bits.
// Levels     While a column has six bits or more, every six bits of a column are a pair of a finnr_counter; pairs two columns
//            apart share its chain, up to Chain of them, and a bit that is left over is its carry in. Then columns of up
//            to five bits lose theirs to full and half adders.
// Latency    Level k of the L levels (First and those before it belong to somebody else) is followed by
//            floor((k+1) * Registers / Total) - floor(k * Registers / Total) registers, Total levels in all, of which the
//            first First are not here; the registers behind levels of Total that this heap does not have are here too.
// Resources  finnr_counter and finnr_lut2, and the registers.
// Reset      None.

`include "finnr_assert.svh"

module finnr_heap #(
  parameter `FINNR_UINT          Cols      = 4,
  parameter bit [Cols*12-1:0]    Heights   = 48'h000_000_00b_00b,
  parameter `FINNR_UINT          Bits      = 22,
  parameter `FINNR_UINT          Rows      = 2,
  parameter `FINNR_UINT          Chain     = 2,
  parameter `FINNR_UINT          Registers = 0,
  parameter `FINNR_UINT          First     = 1
) (
  input  logic                 clk_i,
  input  logic                 en_i,
  input  logic [Bits-1:0]      bits_i,
  output logic [Rows*Cols-1:0] rows_o
);

  // A table has an entry of 12 bits for each column.
  localparam `FINNR_UINT TableBits = Cols * 12;

  function automatic [11:0] at(input [TableBits-1:0] t, input int c);
    at = (c < 0 || c >= 32'(Cols)) ? 12'd0 : 12'(t >> (12 * c));
  endfunction

  function automatic [TableBits-1:0] entry(input [11:0] value, input int c);
    entry = (c < 32'(Cols)) ? TableBits'(value) << (12 * c) : '0;
  endfunction

  function automatic [11:0] tallest(input [TableBits-1:0] h);
    int c;
    tallest = 12'd0;
    for (c = 0; c < 32'(Cols); c = c + 1) if (at(h, c) > tallest) tallest = at(h, c);
  endfunction

  /// Pairs of each column.
  function automatic [TableBits-1:0] pairs_of(input [TableBits-1:0] h);
    int c;
    pairs_of = '0;
    for (c = 0; c < 32'(Cols); c = c + 1) pairs_of = pairs_of | entry(at(h, c) / 12'd6, c);
  endfunction

  /// Place of pair k of column c in its chain.
  function automatic int place_of(input [TableBits-1:0] pairs, input int c, input int k);
    int d;
    place_of = 0;
    for (d = 2; d <= c; d = d + 2) begin
      if (place_of == (d - 2) / 2 && 32'(at(pairs, c - d)) > k) place_of = d / 2;
    end
    place_of = place_of % 32'(Chain);
  endfunction

  /// Pairs in the chain that starts with pair k of column c.
  function automatic int length_of(input [TableBits-1:0] pairs, input int c, input int k);
    int d;
    length_of = 1;
    for (d = 1; d < 32'(Chain); d = d + 1) begin
      if (length_of == d && 32'(at(pairs, c + 2*d)) > k) length_of = d + 1;
    end
  endfunction

  function automatic bit is_last(input [TableBits-1:0] pairs, input int c, input int k);
    is_last = place_of(pairs, c, k) == 32'(Chain) - 1 || 32'(at(pairs, c + 2)) <= k;
  endfunction

  /// Chains among the first `count` pairs of column c that start (`start`) or end there.
  function automatic [11:0] chains(input [TableBits-1:0] pairs, input int c, input int count, input bit start);
    int k;
    chains = 12'd0;
    for (k = 0; k < count; k = k + 1) begin
      if (start ? place_of(pairs, c, k) == 0 : is_last(pairs, c, k)) chains = chains + 12'd1;
    end
  endfunction

  function automatic [TableBits-1:0] ends_of(input [TableBits-1:0] pairs);
    int c;
    ends_of = '0;
    for (c = 0; c < 32'(Cols); c = c + 1) ends_of = ends_of | entry(chains(pairs, c, 32'(at(pairs, c)), 1'b0), c);
  endfunction

  /// Bits of each column that are the carry in of a chain.
  function automatic [TableBits-1:0] carries_of(input [TableBits-1:0] h, input [TableBits-1:0] pairs);
    int c;
    logic [11:0] starts;
    logic [11:0] left;
    carries_of = '0;
    for (c = 0; c < 32'(Cols); c = c + 1) begin
      starts     = chains(pairs, c, 32'(at(pairs, c)), 1'b1);
      left       = at(h, c) % 12'd6;
      carries_of = carries_of | entry((starts < left) ? starts : left, c);
    end
  endfunction

  /// Full adders (`full`) or half adders of each column, where no column has six bits.
  function automatic [TableBits-1:0] adders_of(input [TableBits-1:0] h, input bit full);
    int c;
    logic [11:0] left;
    logic [11:0] total;
    logic [11:0] carries;
    logic        f;
    logic        g;
    adders_of = '0;
    carries   = 12'd0;
    if (tallest(h) < 12'd6) begin
      for (c = 0; c < 32'(Cols); c = c + 1) begin
        left      = at(h, c);
        total     = left + carries;
        f         = left >= 12'd3 && total > 12'(Rows);
        left      = f ? left - 12'd3 : left;
        total     = f ? total - 12'd2 : total;
        g         = left >= 12'd2 && total > 12'(Rows);
        carries   = 12'(f) + 12'(g);
        if (full ? f : g) adders_of = adders_of | entry(12'd1, c);
      end
    end
  endfunction

  /// Heights after a level.
  function automatic [TableBits-1:0] next_of(input [TableBits-1:0] h);
    int c;
    logic [TableBits-1:0] p;
    logic [TableBits-1:0] e;
    logic [TableBits-1:0] s;
    logic [TableBits-1:0] f;
    logic [TableBits-1:0] g;
    p = pairs_of(h);
    e = ends_of(p);
    s = carries_of(h, p);
    f = adders_of(h, 1'b1);
    g = adders_of(h, 1'b0);
    next_of = '0;
    for (c = 0; c < 32'(Cols); c = c + 1) begin
      next_of = next_of | entry(at(p, c) + at(p, c-1) + at(e, c-2) + at(f, c) + at(f, c-1) + at(g, c) + at(g, c-1) +
                                (at(h, c) - 12'd6 * at(p, c) - at(s, c) - 12'd3 * at(f, c) - 12'd2 * at(g, c)), c);
    end
  endfunction

  function automatic int count_levels(input int unused);
    int l;
    logic [TableBits-1:0] h;
    h            = Heights;
    count_levels = 0;
    for (l = 0; l < 24; l = l + 1) begin
      if (tallest(h) > 12'(Rows)) begin
        h            = next_of(h);
        count_levels = count_levels + 1;
      end
    end
  endfunction

  /// Heights of all levels, one table after the other.
  localparam `FINNR_UINT Levels = count_levels(0);

  function automatic [(Levels+1)*TableBits-1:0] all_heights(input int unused);
    int l;
    logic [TableBits-1:0] h;
    h           = Heights;
    all_heights = '0;
    for (l = 0; l <= 32'(Levels); l = l + 1) begin
      all_heights = all_heights | (((Levels+1)*TableBits)'(h) << (32'(TableBits) * l));
      h           = next_of(h);
    end
  endfunction

  /// Bit of a level where column c begins.
  function automatic int start_of(input [TableBits-1:0] h, input int c);
    int b;
    start_of = 0;
    for (b = 0; b < c; b = b + 1) start_of = start_of + 32'(at(h, b));
  endfunction

  localparam bit [(Levels+1)*TableBits-1:0] All   = all_heights(0);
  localparam `FINNR_UINT                    Total = First + Levels;

  `FINNR_CHECK(gen_check_rows, Rows == 2 || Rows == 3, "finnr_heap: Rows must be 2 or 3")
  `FINNR_CHECK(gen_check_bits, Bits == start_of(Heights, 32'(Cols)), "finnr_heap: Bits must be the sum of Heights")

  logic [(Levels+1)*Bits-1:0] level;

  finnr_delay #(.Width(Bits), .Cycles(First * Registers / Total)) u_first (
    .clk_i(clk_i), .en_i(en_i), .d_i(bits_i), .q_o(level[Bits-1:0])
  );

  for (genvar l = 0; l < Levels; l++) begin : gen_level
    localparam bit [TableBits-1:0] H     = All[l*TableBits +: TableBits];
    localparam bit [TableBits-1:0] N     = All[(l+1)*TableBits +: TableBits];
    localparam bit [TableBits-1:0] P     = pairs_of(H);
    localparam bit [TableBits-1:0] E     = ends_of(P);
    localparam bit [TableBits-1:0] S     = carries_of(H, P);
    localparam bit [TableBits-1:0] F     = adders_of(H, 1'b1);
    localparam bit [TableBits-1:0] G     = adders_of(H, 1'b0);
    localparam `FINNR_UINT         Index = First + l;

    logic [Bits-1:0] x;
    logic [Bits-1:0] y;
    assign x = level[l*Bits +: Bits];

    for (genvar c = 0; c < Cols; c++) begin : gen_column
      localparam `FINNR_UINT In     = start_of(H, c);
      localparam `FINNR_UINT Out    = start_of(N, c);
      localparam `FINNR_UINT Up     = start_of(N, c + 1);  // where the next column begins
      localparam `FINNR_UINT Pairs  = 32'(at(P, c));
      localparam `FINNR_UINT Fulls  = 32'(at(F, c));
      localparam `FINNR_UINT Halves = 32'(at(G, c));
      localparam `FINNR_UINT Used   = 6 * Pairs + 32'(at(S, c)) + 3 * Fulls + 2 * Halves;
      // Bits of the next level's column behind those of pairs, and of the one above.
      localparam `FINNR_UINT Adds   = Out + Pairs + 32'(at(P, c-1)) + 32'(at(E, c-2));
      localparam `FINNR_UINT AddsUp = Up + 32'(at(P, c+1)) + Pairs + 32'(at(E, c-1));
      localparam `FINNR_UINT Passed = Adds + Fulls + 32'(at(F, c-1)) + Halves + 32'(at(G, c-1));

      for (genvar k = 0; k < Pairs; k++) begin : gen_pair
        if (place_of(P, c, k) == 0) begin : gen_chain
          localparam `FINNR_UINT Length = length_of(P, c, k);
          localparam `FINNR_UINT Order  = 32'(chains(P, c, k, 1'b1));  // among the chains that start here
          localparam `FINNR_UINT Top    = c + 2 * Length;              // column of the carry out

          logic [6*Length-1:0] in;
          logic                ci;
          // verilator lint_off UNUSEDSIGNAL
          // Reason: the highest columns drop what leaves them.
          logic [2*Length-1:0] sum;
          logic                co;
          // verilator lint_on UNUSEDSIGNAL
          for (genvar j = 0; j < Length; j++) begin : gen_link
            assign in[6*j +: 6] = x[start_of(H, c + 2*j) + 6*k +: 6];
            assign y[start_of(N, c + 2*j) + k] = sum[2*j];
            if (c + 2*j + 1 < Cols) begin : gen_upper
              assign y[start_of(N, c + 2*j + 1) + 32'(at(P, c + 2*j + 1)) + k] = sum[2*j+1];
            end
          end
          if (Order < 32'(at(S, c))) begin : gen_carry
            assign ci = x[In + 6 * Pairs + Order];
          end else begin : gen_no_carry
            assign ci = 1'b0;
          end
          finnr_counter #(.Pairs(Length)) u_counter (.x_i(in), .ci_i(ci), .sum_o(sum), .co_o(co));
          if (Top < Cols) begin : gen_top
            assign y[start_of(N, Top) + 32'(at(P, Top)) + 32'(at(P, Top - 1)) + 32'(chains(P, Top - 2, k, 1'b0))] = co;
          end
        end
      end

      for (genvar k = 0; k < Fulls; k++) begin : gen_full
        // verilator lint_off UNUSEDSIGNAL
        // Reason: the highest column drops it.
        logic carry;
        // verilator lint_on UNUSEDSIGNAL
        finnr_lut2 #(.Init(64'h00000096_000000e8)) u_full (
          .i_i ({3'b100, x[In + 6 * Pairs + 32'(at(S, c)) + 3*k +: 3]}),
          .o5_o(carry),
          .o6_o(y[Adds + k])
        );
        if (c + 1 < Cols) begin : gen_up
          assign y[AddsUp + 32'(at(F, c+1)) + k] = carry;
        end
      end

      for (genvar k = 0; k < Halves; k++) begin : gen_half
        // verilator lint_off UNUSEDSIGNAL
        // Reason: the highest column drops it.
        logic carry;
        // verilator lint_on UNUSEDSIGNAL
        finnr_lut2 #(.Init(64'h00000006_00000008)) u_half (
          .i_i ({4'b1000, x[In + 6 * Pairs + 32'(at(S, c)) + 3 * Fulls + 2*k +: 2]}),
          .o5_o(carry),
          .o6_o(y[Adds + Fulls + 32'(at(F, c-1)) + k])
        );
        if (c + 1 < Cols) begin : gen_up
          assign y[AddsUp + 32'(at(F, c+1)) + Fulls + 32'(at(G, c+1)) + k] = carry;
        end
      end

      if (32'(at(H, c)) > Used) begin : gen_pass
        assign y[Passed +: 32'(at(H, c)) - Used] = x[In + Used +: 32'(at(H, c)) - Used];
      end
    end

    if (start_of(N, 32'(Cols)) < 32'(Bits)) begin : gen_rest
      assign y[Bits-1:start_of(N, 32'(Cols))] = '0;
    end

    finnr_delay #(.Width(Bits), .Cycles((Index + 1) * Registers / Total - Index * Registers / Total)) u_delay (
      .clk_i(clk_i), .en_i(en_i), .d_i(y), .q_o(level[(l+1)*Bits +: Bits])
    );
  end

  // The rows.
  localparam bit [TableBits-1:0] Left = All[Levels*TableBits +: TableBits];
  for (genvar c = 0; c < Cols; c++) begin : gen_row
    for (genvar r = 0; r < Rows; r++) begin : gen_bit
      if (r < 32'(at(Left, c))) begin : gen_left
        assign rows_o[r*Cols + c] = level[Levels*Bits + start_of(Left, c) + r];
      end else begin : gen_none
        assign rows_o[r*Cols + c] = 1'b0;
      end
    end
  end

endmodule
