// SPDX-License-Identifier: Apache-2.0
//
// Models of the primitives that the compute cores are made of, from their data sheets, for simulation without a vendor's
// library: the sweep runs the cores of a family on them.

module INV (
  input  logic I,
  output logic O
);
  assign O = !I;
endmodule

module LUT6_2 #(
  parameter bit [63:0] INIT = 64'h0
) (
  input  logic I0,
  input  logic I1,
  input  logic I2,
  input  logic I3,
  input  logic I4,
  input  logic I5,
  output logic O5,
  output logic O6
);
  // Chosen bit by bit, so that an unknown input does not matter where both values of it give the same.
  wire [31:0] high = I4 ? {INIT[63:48], INIT[31:16]} : {INIT[47:32], INIT[15:0]};  // for I5 1 and 0
  wire [15:0] by3  = I3 ? {high[31:24], high[15:8]} : {high[23:16], high[7:0]};
  wire [7:0]  by2  = I2 ? {by3[15:12], by3[7:4]} : {by3[11:8], by3[3:0]};
  wire [3:0]  by1  = I1 ? {by2[7:6], by2[3:2]} : {by2[5:4], by2[1:0]};
  wire [1:0]  by0  = I0 ? {by1[3], by1[1]} : {by1[2], by1[0]};
  assign O5 = by0[0];
  assign O6 = I5 ? by0[1] : by0[0];
endmodule

module CARRY4 (
  input  logic       CI,
  input  logic       CYINIT,
  input  logic [3:0] S,
  input  logic [3:0] DI,
  output logic [3:0] O,
  output logic [3:0] CO
);
  logic [4:0] carry;
  assign carry[0] = CI | CYINIT;
  for (genvar k = 0; k < 4; k++) begin : gen_position
    assign carry[k+1] = S[k] ? carry[k] : DI[k];
  end
  assign O  = S ^ carry[3:0];
  assign CO = carry[4:1];
endmodule

module CARRY8 (
  input  logic       CI,
  input  logic       CI_TOP,
  input  logic [7:0] S,
  input  logic [7:0] DI,
  output logic [7:0] O,
  output logic [7:0] CO
);
  logic [8:0] carry;
  assign carry[0] = CI | (CI_TOP & 1'b0);  // the second carry in belongs to a split chain
  for (genvar k = 0; k < 8; k++) begin : gen_position
    assign carry[k+1] = S[k] ? carry[k] : DI[k];
  end
  assign O  = S ^ carry[7:0];
  assign CO = carry[8:1];
endmodule

/// A slice as finnr_dsp configures it: (D - A) * B, registers behind the multiplier and at the output.
module DSP48E1 #(
  parameter USE_DPORT = "FALSE", USE_MULT = "MULTIPLY",
  parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1, CARRYINREG = 1, CARRYINSELREG = 1, CREG = 1,
    DREG = 1, INMODEREG = 1, MREG = 1, OPMODEREG = 1, PREG = 1
) (
  input  logic CLK, CEM, CEP, CARRYIN, CARRYCASCIN, MULTSIGNIN, CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE,
    RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP,
  input  logic [29:0] A, ACIN,
  input  logic [17:0] B, BCIN,
  input  logic [24:0] D,
  input  logic [47:0] C, PCIN,
  input  logic [6:0]  OPMODE,
  input  logic [4:0]  INMODE,
  input  logic [3:0]  ALUMODE,
  input  logic [2:0]  CARRYINSEL,
  output logic [47:0] P
);
  finnr_slice #(.ABits(25), .MReg(MREG), .PReg(PREG)) u_slice (.CLK(CLK), .CEM(CEM), .CEP(CEP), .A(A[24:0]), .B(B), .D(D), .P(P));
`ifndef YOSYS
  initial if (USE_DPORT != "TRUE" || AREG + BREG + DREG + ADREG != 0 || OPMODE !== 7'b0000101 || INMODE !== 5'b01100) #1 $fatal(1, "DSP48E1 in a form that has no model");
`endif
endmodule

module DSP48E2 #(
  parameter AMULTSEL = "A", BMULTSEL = "B", USE_MULT = "MULTIPLY",
  parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1, CARRYINREG = 1, CARRYINSELREG = 1, CREG = 1,
    DREG = 1, INMODEREG = 1, MREG = 1, OPMODEREG = 1, PREG = 1
) (
  input  logic CLK, CEM, CEP, CARRYIN, CARRYCASCIN, MULTSIGNIN, CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE,
    RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP,
  input  logic [29:0] A, ACIN,
  input  logic [17:0] B, BCIN,
  input  logic [26:0] D,
  input  logic [47:0] C, PCIN,
  input  logic [8:0]  OPMODE,
  input  logic [4:0]  INMODE,
  input  logic [3:0]  ALUMODE,
  input  logic [2:0]  CARRYINSEL,
  output logic [47:0] P
);
  finnr_slice #(.ABits(27), .MReg(MREG), .PReg(PREG)) u_slice (.CLK(CLK), .CEM(CEM), .CEP(CEP), .A(A[26:0]), .B(B), .D(D), .P(P));
`ifndef YOSYS
  initial if (AMULTSEL != "AD" || AREG + BREG + DREG + ADREG != 0 || OPMODE !== 9'b000000101 || INMODE !== 5'b01100) #1 $fatal(1, "DSP48E2 in a form that has no model");
`endif
endmodule

module finnr_slice #(
  parameter integer ABits = 25, MReg = 0, PReg = 0
) (
  input  logic             CLK, CEM, CEP,
  input  logic [ABits-1:0] A, D,
  input  logic [17:0]      B,
  output logic [47:0]      P
);
  wire signed [ABits-1:0] ad = D - A;
  wire signed [47:0]      product = ad * $signed(B);
  logic [47:0]            m_q;
  logic [47:0]            p_q;
  wire [47:0]             m = (MReg != 0) ? m_q : product;
  always_ff @(posedge CLK) begin
    if (CEM) m_q <= product;
    if (CEP) p_q <= m;
  end
  assign P = (PReg != 0) ? p_q : m;
endmodule

module SRL16E (
  input  logic CLK,
  input  logic CE,
  input  logic D,
  input  logic A0,
  input  logic A1,
  input  logic A2,
  input  logic A3,
  output logic Q
);
  logic [15:0] bits_q;
  assign Q = bits_q[{A3, A2, A1, A0}];
  always_ff @(posedge CLK) if (CE) bits_q <= {bits_q[14:0], D};
endmodule

module SRLC32E (
  input  logic       CLK,
  input  logic       CE,
  input  logic       D,
  input  logic [4:0] A,
  output logic       Q,
  output logic       Q31
);
  logic [31:0] bits_q;
  assign Q   = bits_q[A];
  assign Q31 = bits_q[31];
  always_ff @(posedge CLK) if (CE) bits_q <= {bits_q[30:0], D};
endmodule
