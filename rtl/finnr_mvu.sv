// SPDX-License-Identifier: Apache-2.0
//
// finnr_mvu: matrix-vector unit with optional fused activation.
//
// Function   acc_c = sum over i of x_i * w_ci for the Mh rows (channels) c and Mw inputs i; for bipolar inputs and weights
//            acc_c is the number of equal pairs, unsigned. Accumulators have AccBits bits, signed if AccSigned; final
//            values must fit, intermediate ones may wrap.
//            NumThresholds 0: the output is acc_c, or 2 * acc_c - MwReal for bipolar inputs and weights (MwReal: inputs
//            that are not padding; a pair of padding must be unequal), low OutBits bits, sign- or zero-extended.
//            NumThresholds > 0: the output is finnr_threshold of acc_c (Channels = Mh; see there for the memory); of the
//            number of equal pairs for bipolar inputs and weights.
// Protocol   Input beats of Simd lanes of XBits, Mw / Simd per vector; output beats of Pe lanes of OutBits, Mh / Pe per
//            vector. s_ready_o does not depend on m_ready_i, except when Mh == Pe (no replay buffer, one common enable).
// Memory     WeightFile has Mh / Pe * Mw / Simd words; word (nf * Mw / Simd + sf) holds the weights of rows nf * Pe + p and
//            inputs sf * Simd + s: row p = 0 in the low bits, within a row input s = 0 in the low bits.
// Latency    From the last input beat of a vector to its last output beat, without stalls: 3 cycles (2 if Mw == Simd), and
//            those of finnr_replay and finnr_threshold.
// Interval   Mh / Pe * Mw / Simd cycles per vector, sustained, no bubble between vectors.
// Resources  finnr_replay, weight memory of WeightStyle, Pe finnr_dot, Pe accumulators, threshold memory of
//            ThresholdStyle. Pipeline: input and weight registers, dot products, accumulators, thresholds.
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
  // verilator lint_on WIDTH
  parameter int         Base           = 0,
  parameter `FINNR_UINT WeightStyle    = 0,
  parameter `FINNR_UINT ThresholdStyle = 0,
  parameter             WeightFile     = "",
  parameter             ThresholdFile  = ""
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
  localparam `FINNR_UINT Depth    = RowFolds * ColFolds;
  localparam `FINNR_UINT AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam `FINNR_UINT WordBits = Pe * Simd * WBits;
  localparam bit          Xnor     = (XKind == 2) && (WKind == 2);
  // Bits that hold every dot product of one beat; never more than the accumulator, which works modulo 2^AccBits.
  localparam `FINNR_UINT NeedBits = Xnor ? $clog2(Simd + 1) : XBits + WBits + 1 + $clog2(Simd);
  localparam `FINNR_UINT DotBits  = (NeedBits < AccBits) ? NeedBits : AccBits;

  `FINNR_CHECK(gen_check_pe, Pe >= 1 && Mh >= 1 && Mh % Pe == 0, "finnr_mvu: Pe must divide Mh")
  `FINNR_CHECK(gen_check_simd, Simd >= 1 && Mw >= 1 && Mw % Simd == 0, "finnr_mvu: Simd must divide Mw")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && WKind <= 2, "finnr_mvu: kinds must be 0 to 2")
  `FINNR_CHECK(gen_check_acc, AccBits >= 1 && AccBits <= 48, "finnr_mvu: AccBits must be 1 to 48")
  `FINNR_CHECK(gen_check_out, OutBits >= 1 && OutBits <= 64, "finnr_mvu: OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_real, MwReal <= Mw, "finnr_mvu: MwReal must not exceed Mw")
  `FINNR_CHECK(gen_check_xnor, !Xnor || !AccSigned, "finnr_mvu: a count of equal pairs is unsigned")

  logic                   enable;
  logic                   x_valid;
  logic [Simd*XBits-1:0]  x;
  logic                   push;      // a beat enters the pipeline
  logic [AddrBits-1:0]    addr_q;
  logic                   x_valid_q;
  logic [Simd*XBits-1:0]  x_q;
  logic [WordBits-1:0]    w;
  logic [Pe*DotBits-1:0]  dot;
  logic                   dot_valid_q;
  logic [Pe*DotBits-1:0]  dot_q;
  logic                   acc_valid;
  logic                   acc_ready;
  logic [Pe*AccBits-1:0]  acc;

  finnr_replay #(.Width(Simd*XBits), .Words(ColFolds), .Passes(RowFolds)) u_replay (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready_o),
    .s_data_i (s_data_i),
    .m_valid_o(x_valid),
    .m_ready_i(enable),
    .m_data_o (x)
  );

  // Weights: the word of the beat that enters now is read along with it.
  assign push = x_valid && enable;

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
  for (genvar p = 0; p < Pe; p++) begin : gen_row
    finnr_dot #(
      .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .OutBits(DotBits)
    ) u_dot (
      .x_i(x_q),
      .w_i(w[p*Simd*WBits +: Simd*WBits]),
      .y_o(dot[p*DotBits +: DotBits])
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_valid_q   <= 1'b0;
      dot_valid_q <= 1'b0;
    end else if (enable) begin
      x_valid_q   <= x_valid;
      dot_valid_q <= x_valid_q;
    end
    if (push) x_q <= x;
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

  if (ColFolds == 1) begin : gen_single
    assign acc_valid = dot_valid_q;
    assign acc       = term;
  end else begin : gen_accumulate
    localparam `FINNR_UINT ColBits = $clog2(ColFolds);

    logic [ColBits-1:0]    col_q;
    logic                  first;
    logic                  last;
    logic                  acc_valid_q;
    logic [Pe*AccBits-1:0] acc_q;

    assign first     = (col_q == '0);
    assign last      = (col_q == ColBits'(ColFolds - 1));
    assign acc_valid = acc_valid_q;
    assign acc       = acc_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        col_q       <= '0;
        acc_valid_q <= 1'b0;
      end else if (enable) begin
        acc_valid_q <= dot_valid_q && last;
        if (dot_valid_q) col_q <= last ? '0 : col_q + 1'b1;
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
      .Channels(Mh),
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
          OutBits'({acc[p*AccBits +: AccBits], 1'b0}) - OutBits'(MwReal);
      end else if (AccSigned) begin : gen_signed
        assign m_data_o[p*OutBits +: OutBits] = OutBits'($signed(acc[p*AccBits +: AccBits]));
      end else begin : gen_unsigned
        assign m_data_o[p*OutBits +: OutBits] = OutBits'(acc[p*AccBits +: AccBits]);
      end
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
