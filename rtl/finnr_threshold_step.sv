// SPDX-License-Identifier: Apache-2.0
//
// finnr_threshold_step: one step of the binary search of finnr_threshold. Not meant to be used alone.
//
// Function   With n_i thresholds known to be reached (a multiple of 2 * Step), looks whether threshold n_i + Step - 1 is
//            reached too; then the count is n_i + Step. Thresholds at NumThresholds and above count as never reached.
// Latency    1 cycle: the inputs are registered while en_i; n_o follows combinationally from these registers.
// Memory     The file of finnr_threshold. A step reads the thresholds at Step - 1 modulo 2 * Step only, so that synthesis
//            keeps just these columns; over all steps every threshold is stored once.
// Reset      valid_o only.

`include "finnr_assert.svh"

module finnr_threshold_step #(
  parameter `FINNR_UINT Folds         = 1,
  parameter `FINNR_UINT Pe            = 1,
  parameter `FINNR_UINT XBits         = 8,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         XSigned       = 1'b1,
  // verilator lint_on WIDTH
  parameter `FINNR_UINT NumThresholds = 3,
  parameter `FINNR_UINT ThrBits       = 9,
  parameter `FINNR_UINT EntryBits     = 27,
  parameter `FINNR_UINT CountBits     = 2,
  parameter `FINNR_UINT Step          = 2,
  // verilator lint_off UNUSEDPARAM
  // Reason: the simulation twin has no memory style.
  parameter `FINNR_UINT MemStyle      = 0,
  // verilator lint_on UNUSEDPARAM
  parameter             File          = ""
) (
  input  logic                                         clk_i,
  input  logic                                         rst_ni,
  input  logic                                         en_i,
  input  logic                                         valid_i,
  input  logic [((Folds > 1) ? $clog2(Folds) : 1)-1:0] fold_i,
  input  logic [Pe*XBits-1:0]                          x_i,
  input  logic [Pe*CountBits-1:0]                      n_i,
  output logic                                         valid_o,
  output logic [((Folds > 1) ? $clog2(Folds) : 1)-1:0] fold_o,
  output logic [Pe*XBits-1:0]                          x_o,
  output logic [Pe*CountBits-1:0]                      n_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT WordBits = Pe * EntryBits;
  // The counts n_i after which there is a threshold to look at: 0, 2 * Step, 4 * Step, ...
  localparam `FINNR_UINT Choices  = (NumThresholds - Step) / (2 * Step) + 1;
  // Whether there is a threshold for each of these counts that are a multiple of 2 * Step.
  localparam bit         Whole    = (NumThresholds + 1) % (2 * Step) == 0;
  localparam `FINNR_UINT Wide     = (XBits > ThrBits) ? XBits : ThrBits;
`ifdef FINNR_SIM_TWIN
  localparam `FINNR_UINT AtBits   = (Folds * Pe * Choices > 1) ? $clog2(Folds * Pe * Choices) : 1;
  localparam `FINNR_UINT CmpBits  = (Wide + (XSigned ? 0 : 1) <= 32) ? 32 : 64;
  localparam bit         Cells    = 1'b0;
`else
  localparam bit         Cells    = Folds > 1;  // of constants the tool makes less
  localparam `FINNR_UINT CmpBits  = Wide + ((XSigned || Cells) ? 0 : 1);
  localparam `FINNR_UINT Leaves   = 1 << $clog2(Choices);
`endif

  `FINNR_CHECK(gen_check_step, Step >= 1 && Step <= NumThresholds, "finnr_threshold_step: bad Step")

  logic [Pe*CountBits-1:0] n_q;

  always_ff @(posedge clk_i) begin
    if (rst) valid_o <= 1'b0;
    else if (en_i) valid_o <= valid_i;
    if (en_i) begin
      fold_o <= fold_i;
      x_o    <= x_i;
      n_q    <= n_i;
    end
  end

`ifdef FINNR_SIM_TWIN
  // The thresholds of this step, one per word: a simulator copies the whole word of a memory to take a slice of it.
  logic [WordBits-1:0] image [0:Folds-1];
  logic [ThrBits-1:0]  table_q [0:Folds*Pe*Choices-1];
  initial begin
    if (File != "") $readmemh(File, image);
    for (int f = 0; f < Folds; f++) begin
      for (int p = 0; p < Pe; p++) begin
        for (int c = 0; c < Choices; c++) begin
          table_q[(f*Pe + p)*Choices + c] = image[f][p*EntryBits + (c*2*Step + Step - 1)*ThrBits +: ThrBits];
        end
      end
    end
  end
`else
  logic [WordBits-1:0] word;
  finnr_rom #(.Width(WordBits), .Depth(Folds), .Style(MemStyle), .File(File)) u_rom (
    .clk_i (clk_i),
    .en_i  (en_i),
    .addr_i(fold_i),
    .data_o(word)
  );
`endif

  for (genvar p = 0; p < Pe; p++) begin : gen_lane
    logic signed [CmpBits-1:0] x;
    logic signed [CmpBits-1:0] thr;
    logic [ThrBits-1:0]        raw;
    logic [CountBits-1:0]      n;
    logic                      reached;
    logic                      hit;

    assign n = n_q[p*CountBits +: CountBits];

`ifdef FINNR_SIM_TWIN
    logic [AtBits-1:0] at;
    assign at  = AtBits'((32'(fold_o) * Pe + p) * Choices + ((32'(n) < NumThresholds - Step + 1) ? 32'(n) / (2 * Step) : 0));
    assign raw = table_q[at];
`else
    // Halves the choices with each bit of n above those that the step finds; columns of the word that no step reads disappear.
    always_comb begin : choose
      logic [Leaves*ThrBits-1:0] left;
      for (int c = 0; c < Leaves; c++) begin
        left[c*ThrBits +: ThrBits] =
          word[p*EntryBits + (((c < Choices) ? c : Choices - 1)*2*Step + Step - 1)*ThrBits +: ThrBits];
      end
      for (int b = 0; b < $clog2(Leaves); b++) begin
        for (int c = 0; c < (Leaves >> (b + 1)); c++) begin
          left[c*ThrBits +: ThrBits] =
            n[($clog2(2*Step) + b) % CountBits] ? left[(2*c + 1)*ThrBits +: ThrBits] : left[2*c*ThrBits +: ThrBits];
        end
      end
      raw = left[ThrBits-1:0];
    end
`endif

    if (XSigned) begin : gen_signed
      assign x   = CmpBits'($signed(x_o[p*XBits +: XBits]));
      assign thr = CmpBits'($signed(raw));
    end else begin : gen_unsigned
      assign x   = CmpBits'(x_o[p*XBits +: XBits]);
      assign thr = CmpBits'(raw);
    end
    if (Cells) begin : gen_cells
      finnr_compare #(.Width(CmpBits), .Signed(XSigned)) u_compare (.a_i(x), .b_i(thr), .ge_o(reached));
    end else begin : gen_operator
      assign reached = x >= thr;
    end

    // The bit that the step finds is 0 in n.
    assign hit = (Whole || 32'(n) < NumThresholds - Step + 1) && reached;
    assign n_o[p*CountBits +: CountBits] = hit ? n | CountBits'(Step) : n;
  end

endmodule
