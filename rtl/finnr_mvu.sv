// SPDX-License-Identifier: Apache-2.0
//
// finnr_mvu: matrix-vector unit with optional fused activation; with Groups > 1 for grouped convolution.
//
// Function   acc_c = sum over i of x_i * w_ci for the Mh rows (channels) c and Mw inputs i; for bipolar inputs and weights
//            acc_c is the number of equal pairs, unsigned. Vector v (counted from reset) is multiplied by matrix v modulo
//            Groups; Mw and Mh are those of one matrix. Accumulators have AccBits bits, signed if AccSigned; final
//            values must fit, intermediate ones may wrap.
//            NumThresholds 0: the output is acc_c, or 2 * acc_c - MwReal for bipolar inputs and weights (MwReal: inputs
//            that are not padding; a pair of padding must be unequal), low OutBits bits, sign- or zero-extended.
//            NumThresholds > 0: the output is finnr_threshold of acc_c (Channels = Groups * Mh, or Pe with
//            SharedSteps, where the first Pe channels' thresholds serve all; see there for the memory); of the number of equal
//            pairs for bipolar inputs and weights.
// Protocol   Input beats of Simd lanes of XBits, Mw / Simd per vector; output beats of Pe lanes of OutBits, Mh / Pe per
//            vector. s_ready_o does not depend on m_ready_i, except when Mh == Pe (no replay buffer, one common enable).
// Memory     WeightFile has Groups * Mh / Pe * Mw / Simd words; word ((g * Mh / Pe + nf) * Mw / Simd + sf) holds the weights
//            of matrix g, rows nf * Pe + p and inputs sf * Simd + s: row p = 0 in the low bits, within a row input s = 0 in
//            the low bits.
// Latency    From the last input beat of a vector to its last output beat, without stalls: 3 cycles (2 if Mw == Simd), and
//            those of finnr_replay and finnr_threshold; with a Pipeline some more (finnr_mac).
// Interval   Mh / Pe * Mw / Simd cycles per vector, sustained, no bubble between vectors; Groups times that per pixel of
//            Groups vectors.
// Resources  finnr_replay and finnr_mac.
// Reset      Valid bits and counters only.

`include "finnr_assert.svh"

module finnr_mvu #(
  parameter `FINNR_UINT Mw             = 8,
  parameter `FINNR_UINT Mh             = 4,
  parameter `FINNR_UINT Pe             = 2,
  parameter `FINNR_UINT Simd           = 4,
  parameter `FINNR_UINT XBits          = 4,
  parameter `FINNR_UINT XKind          = 0,
  parameter `FINNR_UINT WBits          = 4,
  parameter `FINNR_UINT WKind          = 1,
  parameter `FINNR_UINT AccBits        = 12,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         AccSigned      = 1'b1,
  parameter `FINNR_UINT OutBits        = 12,
  parameter `FINNR_UINT MwReal         = Mw,
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
  parameter `FINNR_UINT Groups         = 1,
  parameter `FINNR_UINT Core           = 1,
  parameter `FINNR_UINT Pipeline       = 0,
  // verilator lint_off WIDTH
  // Reason: as above.
  parameter bit         Unrolled       = 1'b0,
  // verilator lint_on WIDTH
  parameter bit [Pe*Simd*WBits-1:0] Weights = '0
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  s_valid_i,
  output logic                  s_ready_o,
  input  logic [Simd*XBits-1:0] s_data_i,
  output logic                  m_valid_o,
  input  logic                  m_ready_i,
  output logic [Pe*OutBits-1:0] m_data_o
);

  localparam `FINNR_UINT RowFolds = Mh / Pe;
  localparam `FINNR_UINT ColFolds = Mw / Simd;

  `FINNR_CHECK(gen_check_pe, Pe >= 1 && Mh >= 1 && Mh % Pe == 0, "finnr_mvu: Pe must divide Mh")
  `FINNR_CHECK(gen_check_simd, Simd >= 1 && Mw >= 1 && Mw % Simd == 0, "finnr_mvu: Simd must divide Mw")
  `FINNR_CHECK(gen_check_groups, Groups >= 1, "finnr_mvu: Groups must be at least 1")
  `FINNR_CHECK(gen_check_real, MwReal <= Mw, "finnr_mvu: MwReal must not exceed Mw")

  logic                  x_valid;
  logic                  x_ready;
  logic [Simd*XBits-1:0] x;

  finnr_replay #(.Width(Simd*XBits), .Words(ColFolds), .Passes(RowFolds)) u_replay (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready_o),
    .s_data_i (s_data_i),
    .m_valid_o(x_valid),
    .m_ready_i(x_ready),
    .m_data_o (x)
  );

  finnr_mac #(
    .Channels(Groups*Mh),
    .Pe(Pe),
    .Simd(Simd),
    .Beats(ColFolds),
    .XBits(XBits),
    .XKind(XKind),
    .WBits(WBits),
    .WKind(WKind),
    .AccBits(AccBits),
    .PerLane(1'b0),
    .AccSigned(AccSigned),
    .OutBits(OutBits),
    .Real(MwReal),
    .NumThresholds(NumThresholds),
    .ThrBits(ThrBits),
    .Search(Search),
    .StepSigns(StepSigns),
    .BaseInMem(BaseInMem),
    .SharedSteps(SharedSteps),
    .Base(Base),
    .WeightStyle(WeightStyle),
    .ThresholdStyle(ThresholdStyle),
    .WeightFile(WeightFile),
    .ThresholdFile(ThresholdFile),
    .Core(Core),
    .Pipeline(Pipeline),
    .Unrolled(Unrolled),
    .Weights(Weights)
  ) u_mac (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_valid_i(x_valid),
    .s_ready_o(x_ready),
    .s_data_i (x),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i),
    .m_data_o (m_data_o)
  );

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
