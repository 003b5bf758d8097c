// SPDX-License-Identifier: Apache-2.0
//
// finnr_gates: adds up to three gates of two inputs each.
//
// Function   sum_o + 2 * carry_o = sum over k < Gates of Ops[k](a_i[k], b_i[k]).
// Ops        Three bits a gate, gate 0 in the low bits: 0 exclusive-nor, 1 exclusive-or, 2 nor, 3 and, 4 nand.
// Merge      1: plain logic, which the tool may merge with what makes the operands.
// Latency    0: combinational, no clock and no reset.
// Resources  Two finnr_lut2 for three gates, one for one or two. Several single gates share no LUT.

`include "finnr_assert.svh"

module finnr_gates #(
  parameter `FINNR_UINT Gates = 3,
  parameter bit [8:0]   Ops   = 9'd0,
  // verilator lint_off WIDTH
  // Reason: flags may be given as a plain 0 or 1 as well as 1'b0 or 1'b1.
  parameter bit         Merge = 1'b0
  // verilator lint_on WIDTH
) (
  input  logic [Gates-1:0] a_i,
  input  logic [Gates-1:0] b_i,
  output logic             sum_o,
  output logic             carry_o
);

  `FINNR_CHECK(gen_check_gates, Gates >= 1 && Gates <= 3, "finnr_gates: Gates must be 1 to 3")

  function automatic logic gate(input [2:0] op, input a, input b);
    case (op)
      3'd0:    gate = !(a ^ b);
      3'd1:    gate = a ^ b;
      3'd2:    gate = !(a | b);
      3'd3:    gate = a & b;
      default: gate = !(a & b);
    endcase
  endfunction

  /// The sum's bit 0 (`upper` 0) or 1 for all values of {b2, a2, b1, a1, b0, a0}.
  function automatic [63:0] table_of(input upper);
    int i;
    int k;
    logic [1:0] n;
    table_of = 64'd0;
    for (i = 0; i < 64; i = i + 1) begin
      n = 2'd0;
      for (k = 0; k < 3; k = k + 1) begin
        if (k < Gates) n = n + 2'(gate(Ops[3*k +: 3], 1'(i >> (2*k)), 1'(i >> (2*k + 1))));
      end
      if (n[upper]) table_of = table_of | (64'd1 << i);
    end
  endfunction

  localparam bit [63:0] SumTable   = table_of(1'b0);
  localparam bit [63:0] CarryTable = table_of(1'b1);

  logic [5:0] x;
  for (genvar k = 0; k < 3; k++) begin : gen_input
    if (k < Gates) begin : gen_gate
      assign x[2*k +: 2] = {b_i[k], a_i[k]};
    end else begin : gen_none
      assign x[2*k +: 2] = {1'(k == 2), 1'b0};
    end
  end

  // verilator lint_off UNUSEDSIGNAL
  // Reason: a LUT has two outputs, some give one.
  logic unused;
  // verilator lint_on UNUSEDSIGNAL
  if (Merge) begin : gen_merge
    logic [2:0] q;
    for (genvar k = 0; k < 3; k++) begin : gen_gate
      if (k < Gates) begin : gen_used
        assign q[k] = gate(Ops[3*k +: 3], a_i[k], b_i[k]);
      end else begin : gen_none
        assign q[k] = 1'b0;
      end
    end
    assign sum_o   = ^q;
    assign carry_o = (q[0] & q[1]) | (q[0] & q[2]) | (q[1] & q[2]);
    assign unused  = ^x;
  end else if (Gates == 3) begin : gen_three
    logic unused_carry;
    finnr_lut2 #(.Init(SumTable)) u_sum (.i_i(x), .o5_o(unused), .o6_o(sum_o));
    finnr_lut2 #(.Init(CarryTable)) u_carry (.i_i(x), .o5_o(unused_carry), .o6_o(carry_o));
  end else begin : gen_two
    finnr_lut2 #(.Init({SumTable[63:32], CarryTable[31:0]})) u_both (.i_i(x), .o5_o(carry_o), .o6_o(sum_o));
    assign unused = 1'b0;
  end

endmodule
