// SPDX-License-Identifier: Apache-2.0
//
// finnr_vvu: depthwise convolution: every channel has its own window of K elements and its own K weights; optional fused
// activation. K = 1 multiplies every channel by a constant.
//
// Function   acc_c = sum over k of x_ck * w_ck for the channels c; for bipolar inputs and weights acc_c is the number of
//            equal pairs, unsigned. Accumulators have AccBits bits, signed if AccSigned; final values must fit,
//            intermediate ones may wrap.
//            NumThresholds 0: the output is acc_c, or 2 * acc_c - KReal for bipolar inputs and weights (KReal: elements
//            that are not padding; a pair of padding must be unequal), low OutBits bits, sign- or zero-extended.
//            NumThresholds > 0: the output is finnr_threshold of acc_c (see there for the memory, of Pe channels with
//            SharedSteps, where theirs serve all); of the number of equal pairs for bipolar inputs and weights.
// Protocol   Input beats of Simd * Pe lanes of XBits, lane s * Pe + p is window element s of channel p: for each of the
//            Channels / Pe folds of channels K / Simd beats. Output beats of Pe lanes of OutBits, Channels / Pe per pixel.
//            s_ready_o depends combinationally on m_ready_i (one common enable).
// Memory     WeightFile has Channels / Pe * K / Simd words; word (fold * K / Simd + sf) holds the weights of channels
//            fold * Pe + p and elements sf * Simd + s: channel p = 0 in the low bits, within a channel element s = 0 in
//            the low bits.
// Latency    From the last input beat of a fold to its output beat, without stalls: 3 cycles (2 if K == Simd), and those
//            of finnr_threshold; with a Pipeline some more (finnr_mac).
// Interval   Channels / Pe * K / Simd cycles per pixel, sustained, no bubble between pixels.
// Resources  finnr_mac.
// Reset      Valid bits and counters only.

`include "finnr_assert.svh"

module finnr_vvu #(
  parameter `FINNR_UINT Channels       = 4,
  parameter `FINNR_UINT K              = 9,
  parameter `FINNR_UINT Pe             = 2,
  parameter `FINNR_UINT Simd           = 1,
  parameter `FINNR_UINT XBits          = 4,
  parameter `FINNR_UINT XKind          = 0,
  parameter `FINNR_UINT WBits          = 4,
  parameter `FINNR_UINT WKind          = 1,
  parameter `FINNR_UINT AccBits        = 12,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         AccSigned      = 1'b1,
  parameter `FINNR_UINT OutBits        = 12,
  parameter `FINNR_UINT KReal          = K,
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
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     s_valid_i,
  output logic                     s_ready_o,
  input  logic [Simd*Pe*XBits-1:0] s_data_i,
  output logic                     m_valid_o,
  input  logic                     m_ready_i,
  output logic [Pe*OutBits-1:0]    m_data_o
);

  `FINNR_CHECK(gen_check_pe, Pe >= 1 && Channels >= 1 && Channels % Pe == 0, "finnr_vvu: Pe must divide Channels")
  `FINNR_CHECK(gen_check_simd, Simd >= 1 && K >= 1 && K % Simd == 0, "finnr_vvu: Simd must divide K")
  `FINNR_CHECK(gen_check_real, KReal <= K, "finnr_vvu: KReal must not exceed K")

  finnr_mac #(
    .Channels(Channels),
    .Pe(Pe),
    .Simd(Simd),
    .Beats(K/Simd),
    .XBits(XBits),
    .XKind(XKind),
    .WBits(WBits),
    .WKind(WKind),
    .AccBits(AccBits),
    .PerLane(1'b1),
    .AccSigned(AccSigned),
    .OutBits(OutBits),
    .Real(KReal),
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
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready_o),
    .s_data_i (s_data_i),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i),
    .m_data_o (m_data_o)
  );

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
