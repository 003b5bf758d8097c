// SPDX-License-Identifier: Apache-2.0
//
// finnr_mac: multiplies, accumulates and activates; what finnr_mvu and finnr_vvu have in common. Not meant to be used
// alone: it has no stream assertions, its users have them.
//
// Function   Result r (counted from reset, modulo Channels / Pe) of Pe channels is made of Beats input beats: acc_p = sum
//            over the beats and s of x * w. PerLane 0: all Pe channels see the same Simd inputs. PerLane 1: each has its
//            own, input s of channel p is lane s * Pe + p. For bipolar inputs and weights acc_p is the number of equal
//            pairs, unsigned. Accumulators have AccBits bits, signed if AccSigned; final values must fit, intermediate
//            ones may wrap.
//            NumThresholds 0: the output is acc_p, or 2 * acc_p - Real for bipolar inputs and weights, low OutBits bits,
//            sign- or zero-extended.
//            NumThresholds > 0: the output is finnr_threshold of acc_p, of Channels channels; with SharedSteps the thresholds of the
//            first Pe channels serve all others too. One threshold with one bit of output on
//            a number of equal pairs needs none: such an accumulator starts at minus the threshold.
// Protocol   One stream in, one stream out; s_ready_o depends combinationally on m_ready_i (one common enable).
// Memory     WeightFile has Channels / Pe * Beats words, used one after the other, each for one input beat; weight s of
//            channel p is number p * Simd + s from the low bits.
// Core       See finnr_core.
// Pipeline   0: the dot product takes one cycle. Else registers stand behind the memory and in the tree, with at most so many
//            levels of a tree of adders between them.
// Unrolled   The one word of weights is also Weights, of bipolar weights; cores may be built for it.
// Constants  A LUT has room for three inputs and three bits of an address: up to 8 words of WeightStyle 0 for two bipolar operands
//            need no memory, where gates are LUTs.
// Latency    From the last input beat of a result to the result, without stalls: 3 cycles (2 if Beats is 1), and those of
//            finnr_threshold where there is one. With a Pipeline ceil((1 + clog2(Simd)) / Pipeline) cycles more.
// Interval   1 cycle per input beat.
// Resources  Weight memory of WeightStyle, finnr_core, threshold memory of ThresholdStyle. Registers: input and weights, dot
//            products, accumulators, thresholds.
// Reset      Valid bits and counters only.

`include "finnr_assert.svh"

module finnr_mac #(
  parameter `FINNR_UINT Channels       = 4,
  parameter `FINNR_UINT Pe             = 2,
  parameter `FINNR_UINT Simd           = 4,
  parameter `FINNR_UINT Beats          = 2,
  parameter `FINNR_UINT XBits          = 4,
  parameter `FINNR_UINT XKind          = 0,
  parameter `FINNR_UINT WBits          = 4,
  parameter `FINNR_UINT WKind          = 1,
  parameter `FINNR_UINT AccBits        = 12,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         PerLane        = 1'b0,
  parameter bit         AccSigned      = 1'b1,
  parameter `FINNR_UINT OutBits        = 12,
  parameter `FINNR_UINT Real           = Simd * Beats,
  parameter `FINNR_UINT NumThresholds  = 0,
  parameter `FINNR_UINT ThrBits        = 13,
  parameter bit         Search         = 1'b0,
  parameter `FINNR_UINT StepSigns      = 0,
  parameter bit         BaseInMem      = 1'b0,
  parameter bit         SharedSteps    = 1'b0,
  // verilator lint_on WIDTH
  parameter int         Base           = 0,
  parameter `FINNR_UINT WeightStyle    = 0,
  parameter `FINNR_UINT ThresholdStyle = 0,
  parameter             WeightFile     = "",
  parameter             ThresholdFile  = "",
  parameter `FINNR_UINT Core           = 1,
  parameter `FINNR_UINT Pipeline       = 0,
  // verilator lint_off WIDTH
  // Reason: as above.
  parameter bit         Unrolled       = 1'b0,
  // verilator lint_on WIDTH
  parameter bit [Pe*Simd*WBits-1:0] Weights = '0
) (
  input  logic                                      clk_i,
  input  logic                                      rst_ni,
  input  logic                                      s_valid_i,
  output logic                                      s_ready_o,
  input  logic [(PerLane ? Pe : 1)*Simd*XBits-1:0]  s_data_i,
  output logic                                      m_valid_o,
  input  logic                                      m_ready_i,
  output logic [Pe*OutBits-1:0]                     m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT InBits   = (PerLane ? Pe : 1) * Simd * XBits;
  localparam `FINNR_UINT Depth    = Channels / Pe * Beats;
  localparam `FINNR_UINT AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam `FINNR_UINT WordBits = Pe * Simd * WBits;
  localparam `FINNR_UINT StepChannels = SharedSteps ? Pe : Channels;  // with thresholds of their own
  localparam bit          Xnor     = (XKind == 2) && (WKind == 2);

  // One threshold of one bit on a number of equal pairs: accumulators start at minus the threshold, and their sign is the answer.
  localparam bit          Preset   = Xnor && NumThresholds == 1 && OutBits == 1 && !Search;
  localparam `FINNR_UINT SumBits  = !Preset ? AccBits : 1 + ((AccBits > ThrBits) ? AccBits : ThrBits);

  `FINNR_CHECK(gen_check_unrolled, !Unrolled || Depth == 1, "finnr_mac: Unrolled needs one word of weights")
  `FINNR_CHECK(gen_check_pe, Pe >= 1 && Channels >= 1 && Channels % Pe == 0, "finnr_mac: Pe must divide Channels")
  `FINNR_CHECK(gen_check_beats, Simd >= 1 && Beats >= 1, "finnr_mac: Simd and Beats must be at least 1")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && WKind <= 2, "finnr_mac: kinds must be 0 to 2")
  `FINNR_CHECK(gen_check_acc, AccBits >= 1 && AccBits <= 48, "finnr_mac: AccBits must be 1 to 48")
  `FINNR_CHECK(gen_check_out, OutBits >= 1 && OutBits <= 64, "finnr_mac: OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_real, Real <= Simd * Beats, "finnr_mac: Real must not exceed Simd * Beats")
  `FINNR_CHECK(gen_check_xnor, !Xnor || !AccSigned, "finnr_mac: a count of equal pairs is unsigned")

  // Registers between the products and their sum: Pipeline levels of a tree of adders at most between two of them.
  localparam `FINNR_UINT Levels    = 1 + $clog2(Simd);
  localparam `FINNR_UINT Registers = (Pipeline == 0) ? 1 : (Levels + Pipeline - 1) / Pipeline;
  localparam `FINNR_UINT ReadRegs  = (Pipeline == 0) ? 0 : 1;  // behind the weight memory, which may be slow
  localparam `FINNR_UINT Stages    = 1 + ReadRegs + Registers;  // from s_data_i to the dot product

  logic                  enable;
  logic                  push;      // a beat enters the pipeline
  logic [AddrBits-1:0]   addr_q;
  logic [InBits-1:0]     x_q;
  logic [InBits-1:0]     x_lanes;   // the inputs of a channel side by side
  logic [InBits-1:0]     x;
  logic [WordBits-1:0]   word;
  logic [WordBits-1:0]   w;
  logic [Stages-1:0]     valid_q;   // of the stages up to the dot product
  logic                  first;     // the dot product is the first one of a result
  // verilator lint_off UNUSEDSIGNAL
  // Reason: only thresholds in the accumulator ask for it, one stage early.
  logic [Stages-1:0]     ended;     // of the stages: the beat is the last one of a result
  // verilator lint_on UNUSEDSIGNAL
  logic                  acc_valid;
  logic                  acc_ready;
  logic [Pe*SumBits-1:0] acc;
  logic [Pe*SumBits-1:0] less;      // thresholds that the accumulators start below

  assign s_ready_o = enable;

  // Weights: the word of the beat that enters now is read along with it.
  assign push = s_valid_i && enable;

  if (Depth > 1) begin : gen_addr
    always_ff @(posedge clk_i) begin
      if (rst || (push && addr_q == AddrBits'(Depth - 1))) addr_q <= '0;  // as in a reset, which needs no logic of its own
      else if (push) addr_q <= addr_q + 1'b1;
    end
  end else begin : gen_no_addr
    assign addr_q = '0;
  end

  // A few constant words are part of the gates they feed: three inputs and three bits of the address fit into a LUT.
`ifdef FINNR_SIM_TWIN
  localparam bit Merge = 1'b0;
`elsif FINNR_XILINX
  localparam bit Merge = Xnor && Core == 1 && WeightStyle == 0 && Depth > 1 && Depth <= 8;
`else
  localparam bit Merge = 1'b0;
`endif
  if (Merge) begin : gen_constants
    finnr_constants #(.Width(WordBits), .Depth(Depth), .Delay(ReadRegs), .File(WeightFile)) u_weights (
      .clk_i  (clk_i),
      .push_i (push),
      .en_i   (enable),
      .addr_i (addr_q),
      .data_o (w)
    );
    assign word = '0;
  end else begin : gen_memory
    finnr_rom #(.Width(WordBits), .Depth(Depth), .Style(WeightStyle), .File(WeightFile)) u_weights (
      .clk_i (clk_i),
      .en_i  (push),
      .addr_i(addr_q),
      .data_o(word)
    );
    finnr_delay #(.Width(WordBits), .Cycles(ReadRegs)) u_read (.clk_i(clk_i), .en_i(enable), .d_i(word), .q_o(w));
  end

  if (PerLane && Simd > 1 && Pe > 1) begin : gen_order
    always_comb begin : order
      for (int p = 0; p < Pe; p++) begin
        for (int s = 0; s < Simd; s++) x_lanes[(p*Simd + s)*XBits +: XBits] = x_q[(s*Pe + p)*XBits +: XBits];
      end
    end
  end else begin : gen_in_order
    assign x_lanes = x_q;
  end

  finnr_delay #(.Width(InBits), .Cycles(ReadRegs)) u_input_read (.clk_i(clk_i), .en_i(enable), .d_i(x_lanes), .q_o(x));

  always_ff @(posedge clk_i) begin
    if (rst) valid_q <= '0;
    else if (enable) valid_q <= Stages'({valid_q, s_valid_i});
    if (push) x_q <= s_data_i;
  end

  finnr_core #(
    .Pe(Pe), .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .AccBits(SumBits), .Beats(Beats),
    .PerLane(PerLane), .Core(Core), .Registers(Registers), .Preset(Preset), .Unrolled(Unrolled), .Merge(Merge),
    .Weights(Weights)
  ) u_core (
    .clk_i  (clk_i),
    .en_i   (enable),
    .take_i (valid_q[Stages-1]),
    .first_i(first),
    .x_i    (x),
    .w_i    (w),
    .less_i (less),
    .acc_o  (acc)
  );

  // Beats are counted where they enter; what is the first and the last of a result goes along with them.
  if (Beats == 1) begin : gen_single
    assign first     = 1'b1;
    assign ended     = '1;
    assign acc_valid = valid_q[Stages-1];
  end else begin : gen_accumulate
    localparam `FINNR_UINT BeatBits = $clog2(Beats);

    logic [BeatBits-1:0] beat_q;
    logic                last;
    logic                begins_q;  // the next beat is the first of a result
    logic [Stages-1:0]   first_q;   // of the beats in the stages
    logic [Stages-1:0]   last_q;
    logic                acc_valid_q;

    assign last      = (beat_q == BeatBits'(Beats - 1));
    assign first     = first_q[Stages-1];
    assign ended     = last_q;
    assign acc_valid = acc_valid_q;

    always_ff @(posedge clk_i) begin
      if (rst || (push && last)) beat_q <= '0;
      else if (push) beat_q <= beat_q + 1'b1;
      if (rst) begin
        begins_q    <= 1'b1;
        acc_valid_q <= 1'b0;
      end else begin
        if (push) begins_q <= last;
        if (enable) acc_valid_q <= valid_q[Stages-1] && last_q[Stages-1];
      end
      if (enable) begin
        first_q <= Stages'({first_q, begins_q});
        last_q  <= Stages'({last_q, last});
      end
    end
  end

  assign enable = !acc_valid || acc_ready;

  // Activation.
  if (Preset) begin : gen_preset
    localparam `FINNR_UINT SignBits = (StepSigns == 0) ? 0 : 1;
    localparam `FINNR_UINT Entry    = ThrBits + SignBits + (BaseInMem ? 1 : 0);
    localparam `FINNR_UINT Folds    = StepChannels / Pe;
    localparam `FINNR_UINT FoldBits = (Folds > 1) ? $clog2(Folds) : 1;

    // The thresholds of a beat are read when it enters the last stage in front of the accumulators.
    logic [FoldBits-1:0] fold_q;
    logic                next;      // a beat enters that stage
    logic                turned;    // it is the last one of its result
    // verilator lint_off UNUSEDSIGNAL
    // Reason: signs do not matter to one bit.
    logic [Pe*Entry-1:0] entry;
    // verilator lint_on UNUSEDSIGNAL
    logic [Pe-1:0]       base;

    assign next   = enable && valid_q[Stages-2];
    assign turned = ended[Stages-2];

    always_ff @(posedge clk_i) begin
      if (rst || (next && turned && fold_q == FoldBits'(Folds - 1))) fold_q <= '0;
      else if (next && turned) fold_q <= fold_q + 1'b1;
    end

    finnr_rom #(.Width(Pe*Entry), .Depth(Folds), .Style(ThresholdStyle), .File(ThresholdFile)) u_thresholds (
      .clk_i (clk_i),
      .en_i  (next),
      .addr_i(fold_q),
      .data_o(entry)
    );

    // A level is the base and perhaps one more or less: its low bit is their exclusive-or.
    if (Beats == 1 || !BaseInMem) begin : gen_base_now
      for (genvar p = 0; p < Pe; p++) begin : gen_row
        assign base[p] = BaseInMem ? entry[p*Entry + Entry - 1] : 1'(Base);
      end
    end else begin : gen_base
      logic [Pe-1:0] base_q;
      always_ff @(posedge clk_i) begin
        if (enable) for (int p = 0; p < Pe; p++) base_q[p] <= entry[p*Entry + Entry - 1];
      end
      assign base = base_q;
    end

    for (genvar p = 0; p < Pe; p++) begin : gen_row
      assign less[p*SumBits +: SumBits] = SumBits'(entry[p*Entry +: ThrBits]);
      assign m_data_o[p] = !acc[p*SumBits + SumBits - 1] ^ base[p];
    end
    assign acc_ready = m_ready_i;
    assign m_valid_o = acc_valid;
  end else if (NumThresholds > 0) begin : gen_threshold
    assign less = '0;
    finnr_threshold #(
      .Channels(StepChannels),
      .Pe(Pe),
      .XBits(AccBits),
      .XSigned(AccSigned),
      .OutBits(OutBits),
      .NumThresholds(NumThresholds),
      .ThrBits(ThrBits),
      .Search(Search),
      .StepSigns(StepSigns),
      .BaseInMem(BaseInMem),
      .Base(Base),
      .MemStyle(ThresholdStyle),
      .File(ThresholdFile)
    ) u_threshold (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .s_valid_i(acc_valid),
      .s_ready_o(acc_ready),
      .s_data_i (acc),
      .m_valid_o(m_valid_o),
      .m_ready_i(m_ready_i),
      .m_data_o (m_data_o)
    );
  end else begin : gen_plain
    assign less      = '0;
    assign acc_ready = m_ready_i;
    assign m_valid_o = acc_valid;
    for (genvar p = 0; p < Pe; p++) begin : gen_out
      if (Xnor) begin : gen_xnor
        assign m_data_o[p*OutBits +: OutBits] =
          OutBits'({acc[p*AccBits +: AccBits], 1'b0}) - OutBits'(Real);
      end else if (AccSigned) begin : gen_signed
        assign m_data_o[p*OutBits +: OutBits] = OutBits'($signed(acc[p*AccBits +: AccBits]));
      end else begin : gen_unsigned
        assign m_data_o[p*OutBits +: OutBits] = OutBits'(acc[p*AccBits +: AccBits]);
      end
    end
  end

endmodule
