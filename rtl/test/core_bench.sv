// SPDX-License-Identifier: Apache-2.0
//
// Drives one finnr_core with random and extreme operands, one result after the other without a pause, and compares every
// accumulator with the sum of products by definition, in the very cycle in which finnr_core promises it. For a simulator that
// takes time delays (cores.sh).

module core_bench #(
  parameter int Pe        = 2,
  parameter int Simd      = 16,
  parameter int XBits     = 1,
  parameter int XKind     = 2,
  parameter int WBits     = 1,
  parameter int WKind     = 2,
  parameter int AccBits   = 12,
  parameter int Beats     = 2,
  parameter int PerLane   = 0,
  parameter int Core      = 1,
  parameter int Registers = 1,
  parameter int Preset    = 0,
  parameter int Unrolled  = 0,
  parameter int Merge     = 0,
  parameter int Results   = 60
);

  localparam int Lanes = (PerLane != 0) ? Pe : 1;
  // From the edge that takes the last operands of a result to the accumulator.
  localparam int Latency = Registers + ((Beats > 1) ? 1 : 0);

  logic                         clk;
  logic [Lanes*Simd*XBits-1:0]  x;
  logic [Pe*Simd*WBits-1:0]     w;
  logic [Pe*AccBits-1:0]        acc;
  logic [Pe*AccBits-1:0]        less [0:Registers];       // of the beats on their way
  logic [Pe*AccBits-1:0]        sum;                      // of the beats so far
  logic [Pe*AccBits-1:0]        wanted [0:Results-1];
  integer                       cycle;
  integer                       beat;
  integer                       errors;
  integer                       i;
  integer                       p;
  integer                       form;
  integer                       a;
  integer                       b;

  // Weights of a unit whose weights are constants: any pattern without a period.
  function automatic [Pe*Simd*WBits-1:0] pattern(input integer unused);
    integer k;
    pattern = 0;
    for (k = 0; k < Pe*Simd*WBits; k = k + 1) pattern = (pattern << 1) | ((k * k / 3 + k / 5) % 2);
  endfunction

  localparam bit [Pe*Simd*WBits-1:0] Weights = pattern(0);

  // Beats enter one a cycle, so the beat at the accumulator is the one that entered Registers cycles ago.
  wire [31:0] at = cycle - Registers;

  finnr_core #(
    .Pe(Pe), .Simd(Simd), .XBits(XBits), .XKind(XKind), .WBits(WBits), .WKind(WKind), .AccBits(AccBits), .Beats(Beats),
    .PerLane(PerLane != 0), .Core(Core), .Registers(Registers), .Preset(Preset != 0), .Unrolled(Unrolled != 0), .Merge(Merge != 0), .Weights(Weights)
  ) u_core (
    .clk_i  (clk),
    .en_i   (1'b1),
    .take_i (cycle >= Registers),
    .first_i(at % Beats == 0),
    .x_i    (x),
    .w_i    (w),
    .less_i (less[Registers]),
    .acc_o  (acc)
  );

  function automatic integer value(input [31:0] raw, input integer bits, input integer kind);
    value = (kind == 2) ? (raw[0] ? 1 : -1) : (kind == 1 && raw[bits-1]) ? raw - (1 << bits) : raw;
  endfunction

  initial begin
    errors = 0;
    clk    = 1'b0;
    cycle  = 0;
    for (cycle = 0; cycle < Results * Beats + Latency; cycle = cycle) begin
      // Operands of this cycle.
      form = $urandom % 5;
      for (i = 0; i < Lanes * Simd; i = i + 1) x[i*XBits +: XBits] = (form == 1) ? {XBits{1'b1}} : (form == 2) ? 0 : $urandom;
      form = $urandom % 5;
      for (i = 0; i < Pe * Simd; i = i + 1) w[i*WBits +: WBits] = (form == 1) ? {WBits{1'b1}} : (form == 2) ? 0 : $urandom;
      if (Unrolled != 0) w = Weights;
      beat = cycle % Beats;
      if (beat == 0) begin
        for (p = 0; p < Pe; p = p + 1) less[0][p*AccBits +: AccBits] = (Preset != 0) ? $urandom : 0;
        sum = 0;
        for (p = 0; p < Pe; p = p + 1) sum[p*AccBits +: AccBits] = -less[0][p*AccBits +: AccBits];
      end
      for (p = 0; p < Pe; p = p + 1) begin
        for (i = 0; i < Simd; i = i + 1) begin
          a = value(x[((Lanes > 1 ? p : 0)*Simd + i)*XBits +: XBits], XBits, XKind);
          b = value(w[(p*Simd + i)*WBits +: WBits], WBits, WKind);
          sum[p*AccBits +: AccBits] = sum[p*AccBits +: AccBits] + ((XKind == 2 && WKind == 2) ? (a == b) : a * b);
        end
      end
      if (beat == Beats - 1 && cycle / Beats < Results) wanted[cycle / Beats] = sum;
      for (i = Registers; i > 0; i = i - 1) less[i] = less[i-1];
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      cycle = cycle + 1;
      #1;
      if (cycle >= Latency + Beats - 1 && (cycle - Latency + 1) % Beats == 0 && (cycle - Latency + 1) / Beats <= Results) begin
        if (acc !== wanted[(cycle - Latency + 1) / Beats - 1]) begin
          errors = errors + 1;
          if (errors == 1) $display("result %0d is %h, not %h", (cycle - Latency + 1) / Beats - 1, acc, wanted[(cycle - Latency + 1) / Beats - 1]);
        end
      end
    end
    if (errors == 0) $display("equal: %0d results", Results);
    else $display("DIFFERENT: %0d of %0d results", errors, Results);
    $finish(0);
  end

endmodule
