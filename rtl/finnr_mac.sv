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
//            NumThresholds > 0: the output is finnr_threshold of acc_p, of Channels channels.
// Protocol   One stream in, one stream out; s_ready_o depends combinationally on m_ready_i (one common enable).
// Memory     WeightFile has Channels / Pe * Beats words, used one after the other, each for one input beat; weight s of
//            channel p is number p * Simd + s from the low bits.
// Latency    From the last input beat of a result to the result, without stalls: 3 cycles (2 if Beats is 1), and those of
//            finnr_threshold.
// Interval   1 cycle per input beat.
// Resources  Weight memory of WeightStyle, Pe finnr_dot, Pe accumulators (none if Beats is 1), threshold memory of
//            ThresholdStyle. Pipeline: input and weight registers, dot products, accumulators, thresholds.
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
  // verilator lint_on WIDTH
  parameter int         Base           = 0,
  parameter `FINNR_UINT WeightStyle    = 0,
  parameter `FINNR_UINT ThresholdStyle = 0,
  parameter             WeightFile     = "",
  parameter             ThresholdFile  = ""
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

  localparam `FINNR_UINT InBits   = (PerLane ? Pe : 1) * Simd * XBits;
  localparam `FINNR_UINT RowBits  = PerLane ? Simd * XBits : 0;  // from the inputs of one channel to those of the next
  localparam `FINNR_UINT Depth    = Channels / Pe * Beats;
  localparam `FINNR_UINT AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam `FINNR_UINT WordBits = Pe * Simd * WBits;
  localparam bit          Xnor     = (XKind == 2) && (WKind == 2);
  // Bits that hold every dot product of one beat; never more than the accumulator, which works modulo 2^AccBits.
  localparam `FINNR_UINT NeedBits = Xnor ? $clog2(Simd + 1) : XBits + WBits + 1 + $clog2(Simd);
  localparam `FINNR_UINT DotBits  = (NeedBits < AccBits) ? NeedBits : AccBits;

  `FINNR_CHECK(gen_check_pe, Pe >= 1 && Channels >= 1 && Channels % Pe == 0, "finnr_mac: Pe must divide Channels")
  `FINNR_CHECK(gen_check_beats, Simd >= 1 && Beats >= 1, "finnr_mac: Simd and Beats must be at least 1")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && WKind <= 2, "finnr_mac: kinds must be 0 to 2")
  `FINNR_CHECK(gen_check_acc, AccBits >= 1 && AccBits <= 48, "finnr_mac: AccBits must be 1 to 48")
  `FINNR_CHECK(gen_check_out, OutBits >= 1 && OutBits <= 64, "finnr_mac: OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_real, Real <= Simd * Beats, "finnr_mac: Real must not exceed Simd * Beats")
  `FINNR_CHECK(gen_check_xnor, !Xnor || !AccSigned, "finnr_mac: a count of equal pairs is unsigned")

  logic                   enable;
  logic                   push;      // a beat enters the pipeline
  logic [AddrBits-1:0]    addr_q;
  logic                   x_valid_q;
  logic [InBits-1:0]      x_q;
  logic [InBits-1:0]      x;         // x_q, the inputs of a channel side by side
  logic [WordBits-1:0]    w;
  logic [Pe*DotBits-1:0]  dot;
  logic                   dot_valid_q;
  logic [Pe*DotBits-1:0]  dot_q;
  logic                   acc_valid;
  logic                   acc_ready;
  logic [Pe*AccBits-1:0]  acc;

  assign s_ready_o = enable;

  // Weights: the word of the beat that enters now is read along with it.
  assign push = s_valid_i && enable;

  if (Depth > 1) begin : gen_addr
    always_ff @(posedge clk_i) begin
      if (!rst_ni) addr_q <= '0;
      else if (push) addr_q <= (addr_q == AddrBits'(Depth - 1)) ? '0 : addr_q + 1'b1;
    end
  end else begin : gen_no_addr
    assign addr_q = '0;
  end

  finnr_rom #(.Width(WordBits), .Depth(Depth), .Style(WeightStyle), .File(WeightFile)) u_weights (
    .clk_i (clk_i),
    .en_i  (push),
    .addr_i(addr_q),
    .data_o(w)
  );

  // Dot products.
  if (PerLane && Simd > 1 && Pe > 1) begin : gen_order
    always_comb begin : order
      for (int p = 0; p < Pe; p++) begin
        for (int s = 0; s < Simd; s++) x[(p*Simd + s)*XBits +: XBits] = x_q[(s*Pe + p)*XBits +: XBits];
      end
    end
  end else begin : gen_in_order
    assign x = x_q;
  end

  for (genvar p = 0; p < Pe; p++) begin : gen_row
    finnr_dot #(
      .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .OutBits(DotBits)
    ) u_dot (
      .x_i(x[p*RowBits +: Simd*XBits]),
      .w_i(w[p*Simd*WBits +: Simd*WBits]),
      .y_o(dot[p*DotBits +: DotBits])
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_valid_q   <= 1'b0;
      dot_valid_q <= 1'b0;
    end else if (enable) begin
      x_valid_q   <= s_valid_i;
      dot_valid_q <= x_valid_q;
    end
    if (push) x_q <= s_data_i;
    if (enable) dot_q <= dot;
  end

  // Accumulators.
  logic [Pe*AccBits-1:0] term;  // dot_q in AccBits bits

  for (genvar p = 0; p < Pe; p++) begin : gen_term
    if (Xnor) begin : gen_count
      assign term[p*AccBits +: AccBits] = AccBits'(dot_q[p*DotBits +: DotBits]);
    end else begin : gen_sum
      assign term[p*AccBits +: AccBits] = AccBits'($signed(dot_q[p*DotBits +: DotBits]));
    end
  end

  if (Beats == 1) begin : gen_single
    assign acc_valid = dot_valid_q;
    assign acc       = term;
  end else begin : gen_accumulate
    localparam `FINNR_UINT BeatBits = $clog2(Beats);

    logic [BeatBits-1:0]    beat_q;
    logic                  first;
    logic                  last;
    logic                  acc_valid_q;
    logic [Pe*AccBits-1:0] acc_q;

    assign first     = (beat_q == '0);
    assign last      = (beat_q == BeatBits'(Beats - 1));
    assign acc_valid = acc_valid_q;
    assign acc       = acc_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        beat_q       <= '0;
        acc_valid_q <= 1'b0;
      end else if (enable) begin
        acc_valid_q <= dot_valid_q && last;
        if (dot_valid_q) beat_q <= last ? '0 : beat_q + 1'b1;
      end
      if (enable && dot_valid_q) begin
        for (int p = 0; p < Pe; p++) begin
          acc_q[p*AccBits +: AccBits] <= (first ? '0 : acc_q[p*AccBits +: AccBits]) + term[p*AccBits +: AccBits];
        end
      end
    end
  end

  assign enable = !acc_valid || acc_ready;

  // Activation.
  if (NumThresholds > 0) begin : gen_threshold
    finnr_threshold #(
      .Channels(Channels),
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
