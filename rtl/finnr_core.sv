// SPDX-License-Identifier: Apache-2.0
//
// finnr_core: multiplies and accumulates for Pe channels. Not meant to be used alone: finnr_mac gives it its control.
//
// Function   dot_p = finnr_dot of the Simd inputs of channel p (those of all channels for PerLane 0) and its Simd weights, in
//            AccBits bits. Beats 1: acc_o is dot_p. Else acc_p becomes dot_p on an edge with take_i and first_i, and acc_p +
//            dot_p on one with take_i alone. With Preset every result is less by less_i, which belongs to the beat with first_i
//            (for Beats 1 to dot_p).
// Latency    Registers cycles to dot_p, and one to acc_p unless Beats is 1; en_i enables all registers.
// Core       0: the operators of the language, which the tool maps as it likes. 1: gates and counters, where the family has a
//            finnr_lut2 and a finnr_carry; else trees of adders, and operators where Registers is 1. 2: multiplier slices where the
//            family has a finnr_dsp, of several channels each; else as 0.
// Constants  With Unrolled the weights are Weights, whatever w_i is; both must be the same. It needs bipolar weights.
//            With Merge weights come from a few constant words, with which gates can be merged.
//            With Unrolled channels that see the same inputs of several bits share sums of 2 to 4 of them (finnr_shared_sums), as
//            many as cost the least by the LUTs of those sums and seven tenths of a LUT for each bit that a channel adds.
// Resources  Core 1: finnr_rows (finnr_signed_rows with one bipolar operand, finnr_constant_rows with Unrolled), core 2:
//            finnr_dsp_rows; both with a finnr_add3 a channel, which adds the last two rows and the accumulator at once.
// Reset      None.
//
// In simulation the sum is formed by finnr_dot (FINNR_SIM_TWIN).

`include "finnr_assert.svh"

module finnr_core #(
  parameter `FINNR_UINT Pe        = 2,
  parameter `FINNR_UINT Simd      = 4,
  parameter `FINNR_UINT XBits     = 4,
  parameter `FINNR_UINT XKind     = 0,
  parameter `FINNR_UINT WBits     = 4,
  parameter `FINNR_UINT WKind     = 1,
  parameter `FINNR_UINT AccBits   = 12,
  parameter `FINNR_UINT Beats     = 2,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         PerLane   = 1'b0,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT Core      = 1,
  parameter `FINNR_UINT Registers = 1,
  // verilator lint_off WIDTH
  // Reason: as above.
  parameter bit         Preset    = 1'b0,
  parameter bit         Unrolled  = 1'b0,
  parameter bit         Merge     = 1'b0,
  // verilator lint_on WIDTH
  // verilator lint_off UNUSEDPARAM
  // Reason: the simulation twin has one form.
  parameter bit [Pe*Simd*WBits-1:0] Weights = '0
  // verilator lint_on UNUSEDPARAM
) (
  input  logic                                     clk_i,
  input  logic                                     en_i,
  input  logic                                     take_i,
  input  logic                                     first_i,
  input  logic [(PerLane ? Pe : 1)*Simd*XBits-1:0] x_i,
  input  logic [Pe*Simd*WBits-1:0]                 w_i,
  input  logic [Pe*AccBits-1:0]                    less_i,
  output logic [Pe*AccBits-1:0]                    acc_o
);

  localparam bit         Xnor    = XKind == 2 && WKind == 2;
  localparam `FINNR_UINT RowBits = PerLane ? Simd * XBits : 0;  // from the inputs of one channel to those of the next

  `FINNR_CHECK(gen_check_core, Core <= 2, "finnr_core: Core must be 0 to 2")
  `FINNR_CHECK(gen_check_registers, Registers >= 1, "finnr_core: Registers must be at least 1")
  `FINNR_CHECK(gen_check_unrolled, !Unrolled || WKind == 2, "finnr_core: Unrolled needs bipolar weights")
  `FINNR_CHECK(gen_check_preset, !Preset || Xnor, "finnr_core: Preset needs two bipolar operands")

  // How the rows are made: 0 no rows, 1 gates, 2 constants, 3 slices. A sign alone is no operand of gates.
`ifdef FINNR_SIM_TWIN
  localparam `FINNR_UINT Form   = 0;
`elsif FINNR_XILINX
  `ifdef FINNR_XILINX7
  localparam `FINNR_UINT Wide   = 25;  // bits of a multiplier
  `else
  localparam `FINNR_UINT Wide   = 27;
  `endif
  localparam bit         Sign   = (XKind == 1 && XBits == 1) || (WKind == 1 && WBits == 1);
  localparam bit         Slices = Core == 2 && WKind == 1 && XKind != 2 && XBits >= 2 && XBits <= 17 && WBits >= 2 && WBits < Wide;
  localparam bit         Gates  = Core == 1 && !(Sign && (XKind == 2 || WKind == 2));
  localparam `FINNR_UINT Form   = Slices ? 3 : !Gates ? 0 : Unrolled ? 2 : 1;
`else
  localparam `FINNR_UINT Form   = 0;
`endif

  /// Twelve times the price of an input where groups of so many share sums, in tenths of a LUT.
  function automatic int price_of(input int group);
    int sums;
    sums     = (group == 2) ? 2 * 32'(XBits) : (group == 3) ? 6 * 32'(XBits) + 4 : (group == 4) ? 12 * 32'(XBits) + 8 : 0;
    price_of = (10 * sums + 7 * 32'(Pe) * (32'(XBits) + $clog2(group))) * (12 / group);
  endfunction

  function automatic int best_group(input int unused);
    int g;
    best_group = 1;
    for (g = 2; g <= 4; g = g + 1) if (g <= 32'(Simd) && price_of(g) < price_of(best_group)) best_group = g;
  endfunction

  // Constant weights: inputs that share sums, which then are unsigned inputs of more bits.
  localparam `FINNR_UINT Group  = (Form == 2 && !Xnor && !PerLane) ? best_group(0) : 1;
  localparam `FINNR_UINT Groups = (Simd + Group - 1) / Group;
  localparam `FINNR_UINT GBits  = XBits + $clog2(Group);
  localparam `FINNR_UINT GKind  = (Group > 1) ? 0 : XKind;

  if (Form != 0) begin : gen_rows
  `ifdef FINNR_ULTRASCALE
    localparam `FINNR_UINT Chain  = 4;
    localparam `FINNR_UINT Factor = 27;
  `else
    localparam `FINNR_UINT Chain  = 2;
    localparam `FINNR_UINT Factor = 25;
  `endif
    // One product: the most that its bits are together, and what is to be added to them. Of one bipolar operand the rows are minus
    // the product, and both lack a one when they are inverted.
    localparam bit         Signed = Form == 1 && (XKind == 2) != (WKind == 2);
    localparam `FINNR_UINT ABits  = (XKind == 2) ? WBits : XBits;
    localparam bit         ASign  = ((XKind == 2) ? WKind : XKind) == 1;
    localparam bit [63:0]  Half   = 64'd1 << (ASign ? ABits - 1 : ABits);
    localparam bit [63:0]  XOnes  = (64'd1 << XBits) - 64'd1;
    localparam bit [63:0]  WOnes  = (64'd1 << WBits) - 64'd1;
    localparam bit [63:0]  XSign  = (XKind == 1) ? 64'd1 << (XBits - 1) : 64'd0;
    localparam bit [63:0]  WSign  = (WKind == 1) ? 64'd1 << (WBits - 1) : 64'd0;
    localparam `FINNR_UINT Step   = XBits + WBits - 1;
    localparam bit [63:0]  Most   = Xnor ? 64'd1 : (Form == 3) ? (64'd2 << Step) + 64'd1
                                  : Signed ? 64'd2 * Half : XOnes * WOnes;
    localparam bit [63:0]  Offset = Xnor ? 64'd0 : (Form == 3) ? -(64'd1 << Step)
                                  : Signed ? Half
                                  : -(XSign * (WOnes - WSign) + WSign * (XOnes - XSign));
    localparam bit [63:0]  All    = (Form == 2 && !Xnor) ? 64'(Groups) * ((64'd1 << GBits) - 64'd1) : 64'(Simd) * Most;
    localparam `FINNR_UINT Need   = $clog2(All + 64'd1);
    localparam `FINNR_UINT Cols   = (Need < AccBits) ? Need : AccBits;
    localparam bit [63:0]  Init   = 64'(Beats) * (64'(Simd) * Offset + (Signed ? 64'd2 : 64'd0));
    localparam bit         Three  = Beats == 1 && Xnor && !Preset;  // nothing else is to be added
    localparam `FINNR_UINT Rows   = Three ? 3 : 2;

    /// What the rows of a channel lack with constant weights: those of finnr_constant_rows, and of each sum that is shared what its
    /// inputs count from and what its complements are too much, with the sign of the group.
    function automatic [63:0] constant_offset(input [Simd-1:0] weights);
      int          g;
      int          j;
      logic        plus;   // sign of the group, that of its first weight
      logic [63:0] lacks;
      constant_offset = 64'd0;
      for (g = 0; g < 32'(Groups); g = g + 1) begin
        plus  = weights[g*Group];
        lacks = 64'd0;
        if (Group > 1) begin
          for (j = 0; j < 32'(Group); j = j + 1) begin
            if (g * 32'(Group) + j < 32'(Simd)) lacks = lacks + ((weights[g*Group + j] == plus) ? -XSign : XSign - XOnes);
          end
          if (Group == 4 && !sign_of(weights, g, 2)) lacks = lacks - 64'd1;
        end
        constant_offset = constant_offset + (plus ? lacks : -lacks);
        if (!Xnor && GKind == 1) constant_offset = constant_offset - (64'd1 << (GBits - 1));
        if (!Xnor && !plus) constant_offset = constant_offset + 64'd1;
        if (!Xnor && GKind != 1 && !plus) constant_offset = constant_offset - (64'd1 << GBits);
      end
    endfunction

    /// Sign of input j of a group beside that of the group; inputs that are not there have the same.
    function automatic logic sign_of(input [Simd-1:0] weights, input int g, input int j);
      int at;
      at      = g * 32'(Group) + j;
      sign_of = (at < 32'(Simd)) ? (weights[at] == weights[g*Group]) : 1'b1;
    endfunction

    logic [Pe*Rows*Cols-1:0] rows;

    if (Form == 3) begin : gen_slices
      // Channels of one slice.
      localparam `FINNR_UINT Room   = (Factor - 1 - WBits) / Step + 1;
      localparam `FINNR_UINT Lanes  = PerLane ? 1 : (Room < Pe) ? Room : Pe;
      localparam `FINNR_UINT Sets   = (Pe + Lanes - 1) / Lanes;
      for (genvar g = 0; g < Sets; g++) begin : gen_group
        localparam `FINNR_UINT Here = ((g + 1) * Lanes > Pe) ? Pe - g * Lanes : Lanes;
        finnr_dsp_rows #(
          .Lanes(Here), .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .Cols(Cols), .Rows(Rows), .Chain(Chain),
          .Registers(Registers)
        ) u_rows (
          .clk_i (clk_i),
          .en_i  (en_i),
          .x_i   (x_i[g*RowBits +: Simd*XBits]),
          .w_i   (w_i[g*Lanes*Simd*WBits +: Here*Simd*WBits]),
          .rows_o(rows[g*Lanes*Rows*Cols +: Here*Rows*Cols])
        );
      end
    end

    // Sums that channels with constant weights share; the cores behind them have the other registers.
    localparam `FINNR_UINT GLevels = $clog2(Group);
    localparam `FINNR_UINT GRegs   = (Registers / 2 < GLevels) ? Registers / 2 : GLevels;
    localparam `FINNR_UINT GSums   = 1 << (Group - 1);
    logic [Groups*GSums*GBits-1:0] shared;
    if (Group > 1) begin : gen_shared
      finnr_shared_sums #(.Simd(Simd), .XBits(XBits), .XSigned(XKind == 1), .Group(Group), .Registers(GRegs)) u_sums (
        .clk_i(clk_i), .en_i(en_i), .x_i(x_i), .y_o(shared)
      );
    end else begin : gen_no_shared
      assign shared = '0;
    end

    for (genvar p = 0; p < Pe; p++) begin : gen_row
      localparam bit [63:0] Start = (Form == 2) ? constant_offset(Weights[p*Simd*WBits +: Simd]) : Init;

      logic [AccBits-1:0] third;
      logic [AccBits-1:0] sum;

      if (Form == 2) begin : gen_constants
        localparam bit [Simd-1:0] Own = Weights[p*Simd*WBits +: Simd];

        function automatic [Groups-1:0] signs(input int unused);
          int g;
          for (g = 0; g < 32'(Groups); g = g + 1) signs[g] = Own[g*Group];
        endfunction

        logic [Groups*GBits-1:0] terms;
        if (Group > 1) begin : gen_chosen
          for (genvar g = 0; g < Groups; g++) begin : gen_group
            localparam `FINNR_UINT Sum = 32'({sign_of(Own, g, 3), sign_of(Own, g, 2), sign_of(Own, g, 1)}) % GSums;
            assign terms[g*GBits +: GBits] = shared[(g*GSums + Sum)*GBits +: GBits];
          end
        end else begin : gen_inputs
          assign terms = x_i[p*RowBits +: Simd*XBits];
        end
        finnr_constant_rows #(
          .Simd(Groups), .XBits(GBits), .XKind(GKind), .Weights(signs(0)), .Cols(Cols), .Rows(Rows), .Chain(Chain),
          .Registers(Registers - GRegs)
        ) u_rows (
          .clk_i (clk_i),
          .en_i  (en_i),
          .x_i   (terms),
          .rows_o(rows[p*Rows*Cols +: Rows*Cols])
        );
      end else if (Signed) begin : gen_signed
        logic [Simd*ABits-1:0] a;
        logic [Simd-1:0]       b;
        if (XKind == 2) begin : gen_swapped
          assign a = w_i[p*Simd*WBits +: Simd*WBits];
          assign b = x_i[p*RowBits +: Simd*XBits];
        end else begin : gen_straight
          assign a = x_i[p*RowBits +: Simd*XBits];
          assign b = w_i[p*Simd*WBits +: Simd*WBits];
        end
        finnr_signed_rows #(
          .Simd(Simd), .ABits(ABits), .ASigned(ASign), .Cols(Cols), .Chain(Chain), .Registers(Registers)
        ) u_rows (
          .clk_i (clk_i),
          .en_i  (en_i),
          .a_i   (a),
          .b_i   (b),
          .rows_o(rows[p*Rows*Cols +: Rows*Cols])
        );
      end else if (Form == 1) begin : gen_gates
        finnr_rows #(
          .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .Cols(Cols), .Rows(Rows), .Chain(Chain),
          .Registers(Registers), .Merge(Merge)
        ) u_rows (
          .clk_i (clk_i),
          .en_i  (en_i),
          .x_i   (x_i[p*RowBits +: Simd*XBits]),
          .w_i   (w_i[p*Simd*WBits +: Simd*WBits]),
          .rows_o(rows[p*Rows*Cols +: Rows*Cols])
        );
      end

      // The third number is the accumulator, or in front of it a constant or -less_i = ~less_i + 1.
      logic constant;
      logic plus;

      finnr_add3 #(.Width(AccBits), .Init(AccBits'(Start)), .Negate(Signed)) u_add (
        .a_i    (AccBits'(rows[p*Rows*Cols +: Cols])),
        .b_i    (AccBits'(rows[p*Rows*Cols + Cols +: Cols])),
        .c_i    (third),
        .first_i(constant),
        .plus_i (plus),
        .y_o    (sum)
      );

      if (Beats == 1) begin : gen_single
        assign acc_o[p*AccBits +: AccBits] = sum;
        assign plus     = Preset;
        assign constant = !Three && !Preset;
        if (Three) begin : gen_three
          assign third = AccBits'(rows[p*Rows*Cols + 2*Cols +: Cols]);
        end else if (Preset) begin : gen_less
          assign third = ~less_i[p*AccBits +: AccBits];
        end else begin : gen_none
          assign third = '0;
        end
      end else begin : gen_accumulate
        logic [AccBits-1:0] acc_q;
        always_ff @(posedge clk_i) if (en_i && take_i) acc_q <= sum;
        assign acc_o[p*AccBits +: AccBits] = acc_q;
        assign plus     = Preset && first_i;
        assign constant = !Preset && first_i;
        if (Preset) begin : gen_less
          finnr_choose #(.Width(AccBits), .Invert(1'b1)) u_third (
            .choose_i(first_i), .a_i(acc_q), .b_i(less_i[p*AccBits +: AccBits]), .y_o(third)
          );
        end else begin : gen_acc
          assign third = acc_q;
        end
      end
    end
  end else begin : gen_sum
    // Bits that hold every dot product of one beat; never more than the accumulator, which works modulo 2^AccBits.
    localparam `FINNR_UINT NeedBits = Xnor ? $clog2(Simd + 1) : XBits + WBits + 1 + $clog2(Simd);
    localparam `FINNR_UINT DotBits  = (NeedBits < AccBits) ? NeedBits : AccBits;

    logic [Pe*DotBits-1:0] dot;
    logic [Pe*AccBits-1:0] term;  // dot in AccBits bits

`ifdef FINNR_SIM_TWIN
    localparam bit Flat = 1'b1;
`else
    localparam bit Flat = Registers == 1;
`endif
    if (Flat) begin : gen_flat
      logic [Pe*DotBits-1:0] now;
      for (genvar p = 0; p < Pe; p++) begin : gen_row
        finnr_dot #(
          .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .OutBits(DotBits)
        ) u_dot (
          .x_i(x_i[p*RowBits +: Simd*XBits]),
          .w_i(w_i[p*Simd*WBits +: Simd*WBits]),
          .y_o(now[p*DotBits +: DotBits])
        );
      end
      finnr_delay #(.Width(Pe*DotBits), .Cycles(Registers)) u_delay (.clk_i(clk_i), .en_i(en_i), .d_i(now), .q_o(dot));
    end else begin : gen_tree
      for (genvar p = 0; p < Pe; p++) begin : gen_row
        finnr_sum #(
          .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .OutBits(DotBits), .Registers(Registers)
        ) u_sum (
          .clk_i(clk_i),
          .en_i (en_i),
          .x_i  (x_i[p*RowBits +: Simd*XBits]),
          .w_i  (w_i[p*Simd*WBits +: Simd*WBits]),
          .y_o  (dot[p*DotBits +: DotBits])
        );
      end
    end

    for (genvar p = 0; p < Pe; p++) begin : gen_term
      if (Xnor) begin : gen_count
        assign term[p*AccBits +: AccBits] = AccBits'(dot[p*DotBits +: DotBits]);
      end else begin : gen_signed
        assign term[p*AccBits +: AccBits] = AccBits'($signed(dot[p*DotBits +: DotBits]));
      end
    end

    if (Beats == 1 && !Preset) begin : gen_single
      assign acc_o = term;
    end else if (Beats == 1) begin : gen_single_less
      for (genvar p = 0; p < Pe; p++) begin : gen_row
        assign acc_o[p*AccBits +: AccBits] = term[p*AccBits +: AccBits] - less_i[p*AccBits +: AccBits];
      end
    end else begin : gen_accumulate
      logic [Pe*AccBits-1:0] acc_q;
      always_ff @(posedge clk_i) begin
        if (en_i && take_i) begin
          for (int p = 0; p < Pe; p++) begin
            if (first_i && Preset) acc_q[p*AccBits +: AccBits] <= term[p*AccBits +: AccBits] - less_i[p*AccBits +: AccBits];
            else acc_q[p*AccBits +: AccBits] <= (first_i ? '0 : acc_q[p*AccBits +: AccBits]) + term[p*AccBits +: AccBits];
          end
        end
      end
      assign acc_o = acc_q;
    end
  end

  // verilator lint_off UNUSEDSIGNAL
  // Reason: there may be nothing to accumulate, constant weights, and no preset.
  logic unused_input;
  assign unused_input = ^{take_i, first_i, less_i, w_i};
  // verilator lint_on UNUSEDSIGNAL

endmodule
