// SPDX-License-Identifier: Apache-2.0
//
// finnr_dsp: one multiplier slice: the difference of two numbers times a third.
//
// Function   p_o = (d_i - a_i) * b_i; d_i and a_i are unsigned, their difference must fit in ABits bits, b_i is signed.
// ABits      25, 27: what the family's multiplier takes (finnr_dsp_rows asks for no more).
// Latency    Registers cycles, 0 to 2; en_i enables them.
// Resources  One DSP48E1 where FINNR_XILINX7 is defined (ABits at most 25), one DSP48E2 where FINNR_ULTRASCALE is (at most 27);
//            else a multiplication. Registers are inside: first that behind the multiplier, then that of the output.
// Reset      None.

`include "finnr_assert.svh"

module finnr_dsp #(
  parameter `FINNR_UINT ABits     = 25,
  parameter `FINNR_UINT BBits     = 18,
  parameter `FINNR_UINT Registers = 0
) (
  input  logic             clk_i,
  input  logic             en_i,
  input  logic [ABits-1:0] d_i,
  input  logic [ABits-1:0] a_i,
  input  logic [BBits-1:0] b_i,
  output logic [47:0]      p_o
);

  `FINNR_CHECK(gen_check_a, ABits >= 2 && ABits <= 27, "finnr_dsp: ABits must be 2 to 27")
  `FINNR_CHECK(gen_check_b, BBits >= 1 && BBits <= 18, "finnr_dsp: BBits must be 1 to 18")
  `FINNR_CHECK(gen_check_registers, Registers <= 2, "finnr_dsp: Registers must be 0 to 2")

`ifdef FINNR_XILINX
  `ifdef FINNR_XILINX7
  localparam `FINNR_UINT DBits = 25;
  `else
  localparam `FINNR_UINT DBits = 27;
  `endif
  localparam `FINNR_UINT MReg = (Registers >= 1) ? 1 : 0;
  localparam `FINNR_UINT PReg = (Registers >= 2) ? 1 : 0;

  `FINNR_CHECK(gen_check_family, ABits <= DBits, "finnr_dsp: the family's multiplier takes no more than 25 bits")

  logic [29:0]      a;
  logic [17:0]      b;
  logic [DBits-1:0] d;

  assign a = 30'(a_i);
  for (genvar k = 0; k < 18; k++) begin : gen_b
    assign b[k] = b_i[(k < BBits) ? k : BBits - 1];
  end
  assign d = DBits'(d_i);

  // D - A, no pipeline in front of the multiplier, product to the output.
  `ifdef FINNR_XILINX7
  DSP48E1 #(
    .USE_DPORT("TRUE"), .USE_MULT("MULTIPLY"), .ACASCREG(0), .ADREG(0), .ALUMODEREG(0), .AREG(0), .BCASCREG(0), .BREG(0),
    .CARRYINREG(0), .CARRYINSELREG(0), .CREG(0), .DREG(0), .INMODEREG(0), .MREG(MReg), .OPMODEREG(0), .PREG(PReg)
  ) u_dsp (
    .CLK(clk_i), .CEM(en_i), .CEP(en_i), .A(a), .B(b), .D(d), .P(p_o),
    .OPMODE(7'b0000101), .INMODE(5'b01100), .ALUMODE(4'd0), .CARRYINSEL(3'd0), .CARRYIN(1'b0), .C(48'd0), .ACIN(30'd0), .BCIN(18'd0),
    .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0), .CEA1(1'b0), .CEA2(1'b0), .CEAD(1'b0), .CEALUMODE(1'b0), .CEB1(1'b0),
    .CEB2(1'b0), .CEC(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0), .RSTA(1'b0), .RSTALLCARRYIN(1'b0),
    .RSTALUMODE(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0), .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0)
  );
  `else
  DSP48E2 #(
    .AMULTSEL("AD"), .BMULTSEL("B"), .USE_MULT("MULTIPLY"), .ACASCREG(0), .ADREG(0), .ALUMODEREG(0), .AREG(0), .BCASCREG(0), .BREG(0),
    .CARRYINREG(0), .CARRYINSELREG(0), .CREG(0), .DREG(0), .INMODEREG(0), .MREG(MReg), .OPMODEREG(0), .PREG(PReg)
  ) u_dsp (
    .CLK(clk_i), .CEM(en_i), .CEP(en_i), .A(a), .B(b), .D(d), .P(p_o),
    .OPMODE(9'b000000101), .INMODE(5'b01100), .ALUMODE(4'd0), .CARRYINSEL(3'd0), .CARRYIN(1'b0), .C(48'd0), .ACIN(30'd0), .BCIN(18'd0),
    .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0), .CEA1(1'b0), .CEA2(1'b0), .CEAD(1'b0), .CEALUMODE(1'b0), .CEB1(1'b0),
    .CEB2(1'b0), .CEC(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CED(1'b0), .CEINMODE(1'b0), .RSTA(1'b0), .RSTALLCARRYIN(1'b0),
    .RSTALUMODE(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTCTRL(1'b0), .RSTD(1'b0), .RSTINMODE(1'b0), .RSTM(1'b0), .RSTP(1'b0)
  );
  `endif
`else
  logic [ABits-1:0]   ad;
  logic signed [47:0] a;
  logic signed [47:0] b;
  logic signed [47:0] product;

  assign ad      = d_i - a_i;
  assign a       = {{(48-ABits){ad[ABits-1]}}, ad};
  assign b       = {{(48-BBits){b_i[BBits-1]}}, b_i};
  assign product = a * b;

  finnr_delay #(.Width(48), .Cycles(Registers)) u_delay (.clk_i(clk_i), .en_i(en_i), .d_i(product), .q_o(p_o));
`endif

endmodule
