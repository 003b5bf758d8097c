// SPDX-License-Identifier: Apache-2.0
//
// finnr_threshold: activation by thresholds, per channel.
//
// Function   level = base + sum over k of (sign_k ? -1 : +1) * [x >= T_k]; the output is the low OutBits bits of level.
//            x and the thresholds are signed if XSigned, else unsigned; ThrBits may be larger than XBits, so that a
//            threshold can be beyond every x.
// Protocol   Stream of Pe lanes; Channels / Pe beats per vector, beat f carries channels f * Pe to f * Pe + Pe - 1.
//            s_ready_o depends combinationally on m_ready_i (one enable for the whole pipeline).
// Memory     File has Channels / Pe words, one per beat of a vector; a word is the entries of its Pe channels, lane 0 in
//            the low bits. An entry is, from the low bits: T_0 to T_{NumThresholds-1}; the signs (StepSigns 0: none,
//            1: one bit per threshold, 2: one bit for all thresholds of the channel; 1 means -1); the base of the
//            channel in OutBits bits if BaseInMem, else every channel has the base Base.
// Search     0: compares with all thresholds at once. 1: binary search in a pipeline of ceil(log2(NumThresholds + 1))
//            steps; the thresholds of a channel must ascend, StepSigns must be 0 or 2.
// Latency    Search 0: 2 cycles. Search 1: 1 cycle and one per step.
// Interval   1 cycle per beat, Channels / Pe per vector.
// Resources  Search 0: NumThresholds comparators per lane and their count; a comparator is a finnr_compare, but an operator
//            with one beat per vector, whose thresholds are constants. Search 1: per lane and step one comparator and a
//            choice among the thresholds of the step.
// Reset      Valid bits and the beat counter only.

`include "finnr_assert.svh"

module finnr_threshold #(
  parameter `FINNR_UINT Channels      = 4,
  parameter `FINNR_UINT Pe            = 2,
  parameter `FINNR_UINT XBits         = 8,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         XSigned       = 1'b1,
  parameter `FINNR_UINT OutBits       = 2,
  parameter `FINNR_UINT NumThresholds = 3,
  parameter `FINNR_UINT ThrBits       = 9,
  parameter bit         Search        = 1'b0,
  parameter `FINNR_UINT StepSigns     = 0,
  parameter bit         BaseInMem     = 1'b0,
  // verilator lint_on WIDTH
  parameter int         Base          = 0,
  parameter `FINNR_UINT MemStyle      = 0,
  parameter             File          = ""
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  s_valid_i,
  output logic                  s_ready_o,
  input  logic [Pe*XBits-1:0]   s_data_i,
  output logic                  m_valid_o,
  input  logic                  m_ready_i,
  output logic [Pe*OutBits-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT Folds     = Channels / Pe;
  localparam `FINNR_UINT FoldBits  = (Folds > 1) ? $clog2(Folds) : 1;
  localparam `FINNR_UINT SignBits  = (StepSigns == 1) ? NumThresholds : (StepSigns == 2) ? 1 : 0;
  localparam `FINNR_UINT SignAt    = NumThresholds * ThrBits;
  localparam `FINNR_UINT EntryBits = SignAt + SignBits + (BaseInMem ? OutBits : 0);
  localparam `FINNR_UINT WordBits  = Pe * EntryBits;

  `FINNR_CHECK(gen_check_channels, Pe >= 1 && Channels >= 1 && Channels % Pe == 0,
               "finnr_threshold: Pe must divide Channels")
  `FINNR_CHECK(gen_check_bits, XBits >= 1 && XBits <= 63 && ThrBits >= 1 && ThrBits <= 63,
               "finnr_threshold: XBits and ThrBits must be 1 to 63")
  `FINNR_CHECK(gen_check_out, OutBits >= 1 && OutBits <= 32, "finnr_threshold: OutBits must be 1 to 32")
  `FINNR_CHECK(gen_check_thresholds, NumThresholds >= 1, "finnr_threshold: NumThresholds must be at least 1")
  `FINNR_CHECK(gen_check_signs, StepSigns <= 2 && !(Search && StepSigns == 1),
               "finnr_threshold: StepSigns must be 0 to 2; not 1 with Search")

  logic                enable;
  logic [FoldBits-1:0] fold_q;  // fold of the next input beat

  assign s_ready_o = enable;

  if (Folds > 1) begin : gen_count
    always_ff @(posedge clk_i) begin
      if (rst) fold_q <= '0;
      else if (s_valid_i && enable) fold_q <= (fold_q == FoldBits'(Folds - 1)) ? '0 : fold_q + 1'b1;
    end
  end else begin : gen_no_count
    assign fold_q = '0;
  end

  if (!Search) begin : gen_parallel
    localparam `FINNR_UINT MinBits   = ((XBits > ThrBits) ? XBits : ThrBits) + (XSigned ? 0 : 1);
`ifdef FINNR_SIM_TWIN
    // Whole machine words simulate fastest; the level is the same modulo 2^OutBits.
    localparam `FINNR_UINT CmpBits   = (MinBits <= 32) ? 32 : 64;
    localparam `FINNR_UINT LevelBits = 32;
    localparam bit         Cells     = 1'b0;
`else
    localparam `FINNR_UINT CmpBits   = MinBits;
    localparam `FINNR_UINT LevelBits = OutBits;
    localparam bit         Cells     = Folds > 1;  // of constants the tool makes less
`endif
    localparam `FINNR_UINT Wide = (XBits > ThrBits) ? XBits : ThrBits;

    logic                  push;
    logic                  x_valid_q;
    logic [Pe*XBits-1:0]   x_q;
    logic [WordBits-1:0]   word;
    logic [Pe*OutBits-1:0] level;
    // verilator lint_off UNUSEDSIGNAL
    // Reason: only comparators of cells have it.
    logic [Pe*NumThresholds-1:0] hits;
    // verilator lint_on UNUSEDSIGNAL
    logic                  valid_q;
    logic [Pe*OutBits-1:0] data_q;

    finnr_rom #(.Width(WordBits), .Depth(Folds), .Style(MemStyle), .File(File)) u_rom (
      .clk_i (clk_i),
      .en_i  (push),
      .addr_i(fold_q),
      .data_o(word)
    );

    if (Cells) begin : gen_cells
      for (genvar p = 0; p < Pe; p++) begin : gen_lane
        for (genvar k = 0; k < NumThresholds; k++) begin : gen_threshold
          logic [Wide-1:0] a;
          logic [Wide-1:0] b;
          if (XSigned) begin : gen_signed
            assign a = Wide'($signed(x_q[p*XBits +: XBits]));
            assign b = Wide'($signed(word[p*EntryBits + k*ThrBits +: ThrBits]));
          end else begin : gen_unsigned
            assign a = Wide'(x_q[p*XBits +: XBits]);
            assign b = Wide'(word[p*EntryBits + k*ThrBits +: ThrBits]);
          end
          finnr_compare #(.Width(Wide), .Signed(XSigned)) u_compare (.a_i(a), .b_i(b), .ge_o(hits[p*NumThresholds + k]));
        end
      end
    end else begin : gen_operators
      assign hits = '0;
    end

    // With one sign for all thresholds a level that falls is ~(~base + hits).
    always_comb begin : count
      logic signed [CmpBits-1:0]  x;
      logic signed [CmpBits-1:0]  thr;
      logic        [LevelBits-1:0] sum;
      logic        [LevelBits-1:0] hit;
      logic        [LevelBits-1:0] turn;
      level = '0;
      x     = '0;
      thr   = '0;
      hit   = '0;
      sum   = '0;
      turn  = '0;
      for (int p = 0; p < Pe; p++) begin
        if (XSigned) x = CmpBits'($signed(x_q[p*XBits +: XBits]));
        else x = CmpBits'(x_q[p*XBits +: XBits]);
        if (BaseInMem) sum = LevelBits'(word[p*EntryBits + EntryBits - OutBits +: OutBits]);
        else sum = LevelBits'($unsigned(Base));
        if (StepSigns == 2) turn = {LevelBits{word[p*EntryBits + SignAt % EntryBits]}};
        sum = sum ^ turn;
        for (int k = 0; k < NumThresholds; k++) begin
          if (XSigned) thr = CmpBits'($signed(word[p*EntryBits + k*ThrBits +: ThrBits]));
          else thr = CmpBits'(word[p*EntryBits + k*ThrBits +: ThrBits]);
          hit = Cells ? LevelBits'(hits[p*NumThresholds + k]) : LevelBits'(x >= thr);
          if (StepSigns == 1) sum = word[p*EntryBits + (SignAt + k) % EntryBits] ? sum - hit : sum + hit;
          else sum = sum + hit;
        end
        level[p*OutBits +: OutBits] = OutBits'(sum ^ turn);
      end
    end

    assign enable    = !valid_q || m_ready_i;
    assign push      = s_valid_i && enable;
    assign m_valid_o = valid_q;
    assign m_data_o  = data_q;

    always_ff @(posedge clk_i) begin
      if (rst) begin
        x_valid_q <= 1'b0;
        valid_q   <= 1'b0;
      end else if (enable) begin
        x_valid_q <= s_valid_i;
        valid_q   <= x_valid_q;
      end
      if (push) x_q <= s_data_i;
      if (enable) data_q <= level;
    end
  end else begin : gen_binary
    localparam `FINNR_UINT Steps = $clog2(NumThresholds + 1);

    // Inputs of step s are slice s; slice Steps is the result.
    logic [Steps:0]              valid;
    logic [(Steps+1)*FoldBits-1:0] fold;
    logic [(Steps+1)*Pe*XBits-1:0] x;
    logic [(Steps+1)*Pe*Steps-1:0] n;

    logic                valid_q;
    logic [Pe*Steps-1:0] n_q;

    assign valid[0]                = s_valid_i;
    assign fold[FoldBits-1:0]      = fold_q;
    assign x[Pe*XBits-1:0]         = s_data_i;
    assign n[Pe*Steps-1:0]         = '0;

    for (genvar s = 0; s < Steps; s++) begin : gen_step
      finnr_threshold_step #(
        .Folds(Folds),
        .Pe(Pe),
        .XBits(XBits),
        .XSigned(XSigned),
        .NumThresholds(NumThresholds),
        .ThrBits(ThrBits),
        .EntryBits(EntryBits),
        .CountBits(Steps),
        .Step(1 << (Steps - 1 - s)),
        .MemStyle(MemStyle),
        .File(File)
      ) u_step (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (enable),
        .valid_i(valid[s]),
        .fold_i (fold[s*FoldBits +: FoldBits]),
        .x_i    (x[s*Pe*XBits +: Pe*XBits]),
        .n_i    (n[s*Pe*Steps +: Pe*Steps]),
        .valid_o(valid[s+1]),
        .fold_o (fold[(s+1)*FoldBits +: FoldBits]),
        .x_o    (x[(s+1)*Pe*XBits +: Pe*XBits]),
        .n_o    (n[(s+1)*Pe*Steps +: Pe*Steps])
      );
    end

    assign enable    = !valid_q || m_ready_i;
    assign m_valid_o = valid_q;

    always_ff @(posedge clk_i) begin
      if (rst) valid_q <= 1'b0;
      else if (enable) valid_q <= valid[Steps];
      if (enable) n_q <= n[Steps*Pe*Steps +: Pe*Steps];
    end

    if (SignBits == 0 && !BaseInMem) begin : gen_plain
      for (genvar p = 0; p < Pe; p++) begin : gen_lane
        assign m_data_o[p*OutBits +: OutBits] = OutBits'($unsigned(Base)) + OutBits'(n_q[p*Steps +: Steps]);
      end
      // verilator lint_off UNUSEDSIGNAL
      // Reason: the last fold and element serve only the signs and bases of a memory.
      logic unused;
      assign unused = ^{fold[Steps*FoldBits +: FoldBits], x[Steps*Pe*XBits +: Pe*XBits]};
      // verilator lint_on UNUSEDSIGNAL
    end else begin : gen_entry
      // Sign and base of each lane, for the beat in n_q.
      localparam `FINNR_UINT TailBits = EntryBits - SignAt;
      logic [Pe*TailBits-1:0] tail;

`ifdef FINNR_SIM_TWIN
      // Cut out of the memory once: a simulator copies the whole word of a memory to take a slice of it.
      logic [WordBits-1:0]    image [0:Folds-1];
      logic [Pe*TailBits-1:0] table_q [0:Folds-1];
      logic [FoldBits-1:0]    last_q;
      initial begin
        if (File != "") $readmemh(File, image);
        for (int f = 0; f < Folds; f++) begin
          for (int p = 0; p < Pe; p++) table_q[f][p*TailBits +: TailBits] = image[f][p*EntryBits + SignAt +: TailBits];
        end
      end
      always_ff @(posedge clk_i) if (enable) last_q <= fold[Steps*FoldBits +: FoldBits];
      assign tail = table_q[last_q];
`else
      logic [WordBits-1:0] word;
      finnr_rom #(.Width(WordBits), .Depth(Folds), .Style(MemStyle), .File(File)) u_rom (
        .clk_i (clk_i),
        .en_i  (enable),
        .addr_i(fold[Steps*FoldBits +: FoldBits]),
        .data_o(word)
      );
      for (genvar p = 0; p < Pe; p++) begin : gen_tail
        assign tail[p*TailBits +: TailBits] = word[p*EntryBits + SignAt +: TailBits];
      end
      // verilator lint_off UNUSEDSIGNAL
      // Reason: the thresholds of the word belong to the steps.
      logic unused_word;
      assign unused_word = ^word;
      // verilator lint_on UNUSEDSIGNAL
`endif

      for (genvar p = 0; p < Pe; p++) begin : gen_lane
        logic [OutBits-1:0] base;
        logic [OutBits-1:0] count;
        assign count = OutBits'(n_q[p*Steps +: Steps]);
        if (BaseInMem) begin : gen_base
          assign base = tail[p*TailBits + SignBits +: OutBits];
        end else begin : gen_common_base
          assign base = OutBits'($unsigned(Base));
        end
        if (SignBits != 0) begin : gen_sign
          assign m_data_o[p*OutBits +: OutBits] = tail[p*TailBits] ? base - count : base + count;
        end else begin : gen_no_sign
          assign m_data_o[p*OutBits +: OutBits] = base + count;
        end
      end
      // verilator lint_off UNUSEDSIGNAL
      // Reason: the last element is not used, the count says all.
      logic unused;
      assign unused = ^x[Steps*Pe*XBits +: Pe*XBits];
      // verilator lint_on UNUSEDSIGNAL
    end
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
