// SPDX-License-Identifier: Apache-2.0
//
// Shared macros of the library. No macro here produces hardware.
//
// FINNR_UINT
//   The type of size parameters: `int unsigned`. Icarus 11 does not parse `unsigned` in a parameter list and gets the
//   equivalent packed type.
// FINNR_CHECK(Label, Condition, Message)
//   Parameter check at elaboration: an error when Condition, a constant expression, is false. Label must start with
//   `gen_`. Icarus 11 has no elaboration-time $error and stops at time 0 instead.
// FINNR_STREAM(Label, Valid, Ready, Data)
//   Protocol of one stream, sampled on clk_i outside reset: Valid stays and Data is stable until Ready; Valid and Ready
//   are never X. Used on input streams (a promise of the neighbour) and on output streams (a promise of the module).
// FINNR_ASSERT(Label, Condition)
//   Condition holds on every clock edge outside reset.
// FINNR_SIM_TWIN
//   Defined where a module shall use the form of a block that simulates fastest instead of the form that synthesises
//   best. Both forms are cycle- and bit-exact twins. Verilator uses the twins unless FINNR_NO_SIM_TWIN is defined.
// FINNR_XILINX7, FINNR_ULTRASCALE
//   Defined by whoever synthesises for a family: 7-series and Zynq-7000, UltraScale and UltraScale+. The compute cores are
//   then built from its primitives (finnr_lut2, finnr_carry, finnr_dsp); without one of them from plain logic. Both have
//   the same function in every cycle.
//
// Assertions exist in Verilator (active with --assert) and wherever FINNR_ASSERT_ON is defined, nowhere else.

`ifndef FINNR_ASSERT_SVH
`define FINNR_ASSERT_SVH

`ifdef __ICARUS__
  `define FINNR_UINT bit [31:0]
`else
  `define FINNR_UINT int unsigned
`endif

`ifdef __ICARUS__
  `define FINNR_CHECK(Label, Condition, Message) \
    if (!(Condition)) begin : Label \
      initial $fatal(1, Message); \
    end
`else
  `define FINNR_CHECK(Label, Condition, Message) \
    if (!(Condition)) begin : Label \
      $error(Message); \
    end
`endif

`ifdef VERILATOR
  `define FINNR_ASSERT_ON
  `ifndef FINNR_NO_SIM_TWIN
    `define FINNR_SIM_TWIN
  `endif
`endif

`ifdef FINNR_XILINX7
  `define FINNR_XILINX
`elsif FINNR_ULTRASCALE
  `define FINNR_XILINX
`endif

`ifdef FINNR_ASSERT_ON
  `define FINNR_ASSERT(Label, Condition) \
    Label: assert property (@(posedge clk_i) disable iff (!rst_ni) (Condition)) \
      else $error("%m: violated");
  `define FINNR_STREAM(Label, Valid, Ready, Data) \
    Label``_stable: assert property (@(posedge clk_i) disable iff (!rst_ni) \
      ((Valid) && !(Ready)) |=> ((Valid) && $stable(Data))) \
      else $error("%m: beat changed or withdrawn before it was taken"); \
    Label``_known: assert property (@(posedge clk_i) disable iff (!rst_ni) \
      !$isunknown({(Valid), (Ready)})) \
      else $error("%m: unknown value on control");
`else
  `define FINNR_ASSERT(Label, Condition)
  `define FINNR_STREAM(Label, Valid, Ready, Data)
`endif

`endif
