// SPDX-License-Identifier: Apache-2.0
//
// finnr_pool: maximum or sum of beats, lane by lane: pooling behind a window (Inner = 1, Count = beats of the window, each of
// Simd of its elements) or over a whole map straight from its stream (Inner = beats per pixel, Count = pixels).
//
// Function   Output beat i of a frame is the maximum or the sum over n of input beat n * Inner + i, for Count n, and over the
//            Simd elements of a beat: lane s * Lanes + l is element s of lane l. Simd > 1 needs Inner = 1.
//            Function 0: maximum; OutBits equals XBits. Function 1: sum, low OutBits bits; a bipolar element counts +1 or
//            -1.
// Kinds      0 unsigned, 1 signed two's complement, 2 bipolar (one bit; 1 is +1 and 0 is -1). Lane 0 in the low bits.
// Protocol   Frames of Count * Inner beats in, of Inner beats out. s_ready_o depends combinationally on m_ready_i (one
//            common enable).
// Latency    From input beat (Count - 1) * Inner + i to output beat i, without stalls: 1 cycle, 2 cycles if Inner > 1 or
//            Simd > 1.
// Interval   Count * Inner cycles per frame, sustained: a frame's results leave while the next frame enters.
// Resources  Simd * Lanes comparators (finnr_compare, and finnr_choose behind them but for a number that a register keeps
//            or takes) or adders and an output register; if Simd > 1 a register behind the tree over Simd; if Inner > 1 a
//            memory of Inner words of Style (see finnr_ram) and an input register. A word of the memory is read again Inner
//            beats after it was read, that is after it was written: nothing is forwarded.
// Reset      Valid bits and counters only.

`include "finnr_assert.svh"

module finnr_pool #(
  parameter `FINNR_UINT Lanes    = 2,
  parameter `FINNR_UINT Simd     = 1,
  parameter `FINNR_UINT XBits    = 4,
  parameter `FINNR_UINT XKind    = 0,
  parameter `FINNR_UINT OutBits  = 4,
  parameter `FINNR_UINT Count    = 4,
  parameter `FINNR_UINT Inner    = 1,
  parameter `FINNR_UINT Function = 0,
  // verilator lint_off UNUSEDPARAM
  // Reason: no memory with Inner 1.
  parameter `FINNR_UINT Style    = 0
  // verilator lint_on UNUSEDPARAM
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  logic                        s_valid_i,
  output logic                        s_ready_o,
  input  logic [Simd*Lanes*XBits-1:0] s_data_i,
  output logic                        m_valid_o,
  input  logic                        m_ready_i,
  output logic [Lanes*OutBits-1:0]    m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  localparam `FINNR_UINT CountBits = (Count > 1) ? $clog2(Count) : 1;

  `FINNR_CHECK(gen_check_lanes, Lanes >= 1, "finnr_pool: Lanes must be at least 1")
  `FINNR_CHECK(gen_check_simd, Simd >= 1 && (Simd == 1 || Inner == 1), "finnr_pool: Simd must be at least 1, and 1 if Inner is more")
  `FINNR_CHECK(gen_check_bits, XBits >= 1 && XBits <= 64 && OutBits >= 1 && OutBits <= 64,
               "finnr_pool: XBits and OutBits must be 1 to 64")
  `FINNR_CHECK(gen_check_kind, XKind <= 2 && (XKind != 2 || XBits == 1), "finnr_pool: XKind must be 0 to 2; bipolar has one bit")
  `FINNR_CHECK(gen_check_count, Count >= 1 && Inner >= 1, "finnr_pool: Count and Inner must be at least 1")
  `FINNR_CHECK(gen_check_function, Function <= 1, "finnr_pool: Function must be 0 or 1")
  `FINNR_CHECK(gen_check_out, Function == 1 || OutBits == XBits, "finnr_pool: a maximum has the bits of its inputs")

  // verilator lint_off UNUSEDSIGNAL
  // Reason: a sum may have fewer bits than an element.
  function automatic logic [OutBits-1:0] extend(input logic [XBits-1:0] x);
    if (XKind == 1) extend = OutBits'($signed(x));
    else if (XKind == 2 && Function == 1) extend = x[0] ? OutBits'(1) : '1;
    else extend = OutBits'(x);
  endfunction
  // verilator lint_on UNUSEDSIGNAL
  function automatic logic [OutBits-1:0] combine(input logic [OutBits-1:0] a, input logic [OutBits-1:0] b);
    if (Function == 1) combine = a + b;
    else if (XKind == 1) combine = ($signed(a) > $signed(b)) ? a : b;
    else combine = (a > b) ? a : b;
  endfunction

`ifdef FINNR_SIM_TWIN
  localparam bit Cells = 1'b0;
`else
  localparam bit Cells = Function == 0 && XBits > 1;  // one bit is an or
`endif

  logic                     enable;
  logic                     push;
  logic                     wrap;      // the last beat of a round of Inner beats
  logic [CountBits-1:0]     round_q;
  logic                     first;     // of the beat that enters: its round is the first
  logic                     last;
  logic                     op_valid;  // operands of the reduction
  logic                     op_first;
  logic                     op_last;
  logic [Lanes*OutBits-1:0] op_x;
  logic [Lanes*OutBits-1:0] op_old;
  logic [Lanes*OutBits-1:0] result;
  logic                     valid_q;
  logic [Lanes*OutBits-1:0] result_q;

  assign enable    = !valid_q || m_ready_i;
  assign push      = s_valid_i && enable;
  assign s_ready_o = enable;
  assign m_valid_o = valid_q;
  assign m_data_o  = result_q;
  assign first     = (round_q == '0);
  assign last      = (round_q == CountBits'(Count - 1));

  always_ff @(posedge clk_i) begin
    if (rst) round_q <= '0;
    else if (push && wrap) round_q <= last ? '0 : round_q + 1'b1;
  end

  // The first and the last beat of a result, with the operands: behind a register but for plain beats.
  if (Inner == 1 && Simd == 1) begin : gen_direct
    assign op_valid = s_valid_i;
    assign op_first = first;
    assign op_last  = last;
  end else begin : gen_registered
    logic x_valid_q;
    logic x_first_q;
    logic x_last_q;

    assign op_valid = x_valid_q;
    assign op_first = x_first_q;
    assign op_last  = x_last_q;
    always_ff @(posedge clk_i) begin
      if (rst) x_valid_q <= 1'b0;
      else if (enable) x_valid_q <= s_valid_i;
      if (push) begin
        x_first_q <= first;
        x_last_q  <= last;
      end
    end
  end

  if (Inner == 1) begin : gen_register
    assign wrap   = 1'b1;
    assign op_old = result_q;
    if (Simd == 1) begin : gen_element
      for (genvar l = 0; l < Lanes; l++) begin : gen_lane
        assign op_x[l*OutBits +: OutBits] = extend(s_data_i[l*XBits +: XBits]);
      end
    end else begin : gen_tree
      localparam int Elements = Simd;
      localparam int Stride   = Lanes;

      logic [Lanes*OutBits-1:0] x;
      logic [Lanes*OutBits-1:0] x_q;

      // Node n of a balanced tree has the children 2n + 1 and 2n + 2; the elements are its leaves.
      if (Cells) begin : gen_cells
        for (genvar l = 0; l < Stride; l++) begin : gen_lane
          logic [(2*Elements-1)*OutBits-1:0] node;
          for (genvar s = 0; s < Elements; s++) begin : gen_leaf
            assign node[(Elements-1+s)*OutBits +: OutBits] = s_data_i[(s*Stride+l)*XBits +: XBits];
          end
          for (genvar n = 0; n < Elements - 1; n++) begin : gen_node
            logic second;
            finnr_compare #(.Width(OutBits), .Signed(XKind == 1)) u_compare (
              .a_i (node[(2*n+2)*OutBits +: OutBits]),
              .b_i (node[(2*n+1)*OutBits +: OutBits]),
              .ge_o(second)
            );
            finnr_choose #(.Width(OutBits)) u_choose (
              .choose_i(second),
              .a_i     (node[(2*n+1)*OutBits +: OutBits]),
              .b_i     (node[(2*n+2)*OutBits +: OutBits]),
              .y_o     (node[n*OutBits +: OutBits])
            );
          end
          assign x[l*OutBits +: OutBits] = node[OutBits-1:0];
        end
      end else begin : gen_operators
        always_comb begin : tree
          logic [(2*Simd-1)*OutBits-1:0] node;
          for (int l = 0; l < Stride; l++) begin
            for (int s = 0; s < Elements; s++) begin
              node[(Elements-1+s)*OutBits +: OutBits] = extend(s_data_i[(s*Stride+l)*XBits +: XBits]);
            end
            for (int n = Elements - 2; n >= 0; n--) begin
              node[n*OutBits +: OutBits] = combine(node[(2*n+1)*OutBits +: OutBits], node[(2*n+2)*OutBits +: OutBits]);
            end
            x[l*OutBits +: OutBits] = node[OutBits-1:0];
          end
        end
      end

      assign op_x = x_q;
      always_ff @(posedge clk_i) if (push) x_q <= x;
    end
  end else begin : gen_memory
    localparam `FINNR_UINT InnerBits = $clog2(Inner);

    logic [InnerBits-1:0]   beat_q;
    logic [InnerBits-1:0]   x_beat_q;
    logic [Lanes*XBits-1:0] x_q;

    assign wrap = (beat_q == InnerBits'(Inner - 1));
    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      assign op_x[l*OutBits +: OutBits] = extend(x_q[l*XBits +: XBits]);
    end

    always_ff @(posedge clk_i) begin
      if (rst) beat_q <= '0;
      else if (push) beat_q <= wrap ? '0 : beat_q + 1'b1;
      if (push) begin
        x_beat_q <= beat_q;
        x_q      <= s_data_i;
      end
    end

    finnr_ram #(.Width(Lanes*OutBits), .Depth(Inner), .Style(Style)) u_ram (
      .clk_i    (clk_i),
      .wr_en_i  (op_valid && enable),
      .wr_addr_i(x_beat_q),
      .wr_data_i(result),
      .rd_en_i  (push),
      .rd_addr_i(beat_q),
      .rd_data_o(op_old)
    );
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_reduce
    logic [OutBits-1:0] now;
    logic [OutBits-1:0] old;
    assign now = op_x[l*OutBits +: OutBits];
    assign old = op_old[l*OutBits +: OutBits];
    if (Function == 1) begin : gen_sum
      assign result[l*OutBits +: OutBits] = now + (op_first ? '0 : old);
    end else if (Cells) begin : gen_larger
      logic greater;
      logic taken;
      finnr_compare #(.Width(OutBits), .Signed(XKind == 1)) u_compare (.a_i(now), .b_i(old), .ge_o(greater));
      assign taken = op_first || greater;
      if (Inner == 1) begin : gen_kept
        assign result[l*OutBits +: OutBits] = taken ? now : old;
      end else begin : gen_chosen
        finnr_choose #(.Width(OutBits)) u_choose (
          .choose_i(taken), .a_i(old), .b_i(now), .y_o(result[l*OutBits +: OutBits])
        );
      end
    end else begin : gen_maximum
      assign result[l*OutBits +: OutBits] = op_first ? now : combine(now, old);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst) valid_q <= 1'b0;
    else if (enable) valid_q <= op_valid && op_last;
    if (enable && op_valid) result_q <= result;
  end

  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
