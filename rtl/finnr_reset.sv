// SPDX-License-Identifier: Apache-2.0
//
// finnr_reset: the reset of a module's registers, which families have active high. Not meant to be used alone.
//
// Function   rst_o = !rst_ni.
// Latency    0: combinational, no clock.
// Resources  One inverter where FINNR_XILINX7 or FINNR_ULTRASCALE is defined. Written as plain logic it would be one for every
//            register there, because synthesis gives each register an inverter of its own.

`include "finnr_assert.svh"

module finnr_reset (
  input  logic rst_ni,
  output logic rst_o
);

`ifdef FINNR_XILINX
  INV u_inverter (.I(rst_ni), .O(rst_o));
`else
  assign rst_o = !rst_ni;
`endif

endmodule
