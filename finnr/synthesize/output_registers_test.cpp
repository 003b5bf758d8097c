// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/output_registers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace finnr {
namespace {

using Json = nlohmann::json;

/// A block whose outputs 10 and 11 go to flip-flops with outputs 20 and 21, which a LUT reads.
Json netlist() {
  const auto flip_flop = [](int input, int output) {
    return Json{{"type", "TRELLIS_FF"},
                {"parameters", {{"CEMUX", "CE"}, {"CLKMUX", "CLK"}}},
                {"port_directions", {{"CLK", "input"}, {"CE", "input"}, {"LSR", "input"}, {"DI", "input"}, {"Q", "output"}}},
                {"connections", {{"CLK", {2}}, {"CE", {3}}, {"LSR", {"0"}}, {"DI", {input}}, {"Q", {output}}}}};
  };
  const Json block{{"type", "DP16KD"},
                   {"parameters", {{"DATA_WIDTH_A", "00000000000000000000000000100100"}, {"REGMODE_A", "NOREG"}, {"REGMODE_B", "NOREG"}}},
                   {"port_directions", {{"CLKB", "input"}, {"OCEB", "input"}, {"DOA0", "output"}, {"DOA1", "output"}, {"DOB0", "output"}}},
                   {"connections", {{"CLKB", {2}}, {"OCEB", {"1"}}, {"DOA0", {10}}, {"DOA1", {12}}, {"DOB0", {11}}}}};
  const Json lut{{"type", "LUT4"},
                 {"port_directions", {{"A", "input"}, {"B", "input"}, {"Z", "output"}}},
                 {"connections", {{"A", {20}}, {"B", {21}}, {"Z", {30}}}}};
  const Json port{{"direction", "output"}, {"bits", {30}}};
  return {{"modules",
           {{"top",
             {{"ports", {{"o", port}}},
              {"cells", {{"block", block}, {"ff0", flip_flop(10, 20)}, {"ff1", flip_flop(11, 21)}, {"lut", lut}}}}}}}};
}

Json absorbed(const Json& before) {
  const Result<std::string> text = absorb_output_registers(before.dump());
  EXPECT_TRUE(text.ok());
  return text.ok() ? Json::parse(*text) : Json();
}

TEST(OutputRegisters, GoIntoTheBlock) {
  const Json cells = absorbed(netlist())["modules"]["top"]["cells"];
  ASSERT_EQ(cells.size(), 2U) << "the block and the LUT";
  const Json& block = cells["block"];
  EXPECT_EQ(block["parameters"]["REGMODE_A"], "OUTREG");
  EXPECT_EQ(block["parameters"]["REGMODE_B"], "OUTREG");
  EXPECT_EQ(block["connections"]["OCEB"], Json({3})) << "the enable of the flip-flops";
  EXPECT_EQ(block["connections"]["DOA0"], Json({20}));
  EXPECT_EQ(block["connections"]["DOB0"], Json({21}));
  EXPECT_EQ(block["connections"]["DOA1"], Json({12})) << "nobody reads it";
}

TEST(OutputRegisters, StayWhereSomethingElseDependsOnThem) {
  const auto stays = [](void (*change)(Json & cells)) {
    Json before = netlist();
    change(before["modules"]["top"]["cells"]);
    return absorbed(before) == before;
  };
  EXPECT_TRUE(stays([](Json& cells) { cells["lut"]["connections"]["A"] = {10}; })) << "the output has another reader";
  EXPECT_TRUE(stays([](Json& cells) { cells["ff1"]["connections"]["CE"] = {4}; })) << "two enables";
  EXPECT_TRUE(stays([](Json& cells) { cells["ff0"]["parameters"]["CEMUX"] = "1 "; })) << "one without an enable";
  EXPECT_TRUE(stays([](Json& cells) { cells["ff0"]["connections"]["LSR"] = {5}; })) << "a reset";
  EXPECT_TRUE(stays([](Json& cells) { cells["ff0"]["connections"]["CLK"] = {6}; })) << "another clock";
  EXPECT_TRUE(stays([](Json& cells) { cells["block"]["parameters"]["DATA_WIDTH_A"] = "00000000000000000000000000010010"; }))
      << "two ports of their own";
  Json port = netlist();
  port["modules"]["top"]["ports"]["o"]["bits"] = {10};
  EXPECT_EQ(absorbed(port), port) << "the output leaves the design";
}

TEST(OutputRegisters, RefuseWhatIsNoNetlist) { EXPECT_FALSE(absorb_output_registers("no netlist").ok()); }

}  // namespace
}  // namespace finnr
