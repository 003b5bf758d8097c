// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/sv.h"

#include <gtest/gtest.h>

#include <set>

namespace finnr::sv {
namespace {

TEST(Names, OddCharacters) {
  EXPECT_EQ(Names().legal("fc0"), "fc0");
  EXPECT_EQ(Names().legal("my-net.v2"), "my_net_v2");
  EXPECT_EQ(Names().legal("a--b"), "a_b") << "no double underscore";
  EXPECT_EQ(Names().legal("_a_"), "a");
  EXPECT_EQ(Names().legal("7seg"), "n_7seg");
  EXPECT_EQ(Names().legal(""), "n_");
  EXPECT_EQ(Names().legal("\xC3\xBC"), "n_");
  EXPECT_EQ(Names().legal("a;endmodule"), "a_endmodule");
  EXPECT_EQ(Names().legal(std::string(200, 'x')).size(), 48U);
}

TEST(Names, Keywords) {
  for (const char* word : {"module", "logic", "table", "reg", "xor", "accept_on", "design"})
    EXPECT_EQ(Names().legal(word), std::string(word) + "_n");
  EXPECT_EQ(Names().legal("Module"), "Module");
  EXPECT_EQ(Names().legal("modules"), "modules");
}

TEST(Names, NeverTwice) {
  Names names;
  EXPECT_EQ(names.legal("a"), "a");
  EXPECT_EQ(names.legal("a"), "a_2");
  EXPECT_EQ(names.legal("a_2"), "a_2_2");
  EXPECT_EQ(names.legal("a"), "a_3");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(names.legal(i % 2 == 0 ? "-" : std::string(60, 'y'))).second);
}

TEST(LowBits, OneManyAll) {
  EXPECT_EQ(low_bits("x", 8, 8), "x");
  EXPECT_EQ(low_bits("x", 1, 8), "x[0]");
  EXPECT_EQ(low_bits("x", 3, 8), "x[2:0]");
}

Module example() {
  return {"An example\nof two lines.",
          "top",
          {{Direction::kInput, 1, "clk_i"}, {Direction::kOutput, 8, "y_o"}},
          {{1, "a"}, {4, "b"}},
          {{"y_o", "{4'd0, b}"}},
          {{"finnr_x", "u_x", {{"N", 3}, {"File", std::string("mem/w.hex")}}, {{"clk_i", "clk_i"}, {"q", "b"}}},
           {"bare", "u_bare", {}, {{"a", "a"}}}},
          {"clk_i"}};
}

TEST(SvPrint, BothDialects) {
  const std::string text = R"(// An example
// of two lines.

module top (
  input  logic clk_i,
  output logic [7:0] y_o
);

  logic a;
  logic [3:0] b;

  assign y_o = {4'd0, b};

  finnr_x #(
    .N(3),
    .File("mem/w.hex")
  ) u_x (
    .clk_i(clk_i),
    .q(b)
  );

  bare u_bare (
    .a(a)
  );

  // verilator lint_off UNUSED
  // Reason: the accelerator counts beats itself; padding bits carry nothing.
  logic unused;
  assign unused = ^{clk_i};
  // verilator lint_on UNUSED

endmodule
)";
  EXPECT_EQ(print(example(), Dialect::kSystemVerilog), text);
  std::string plain = text;
  for (std::size_t at = 0; (at = plain.find("logic", at)) != std::string::npos;) plain.replace(at, 5, "wire");
  EXPECT_EQ(print(example(), Dialect::kVerilog2001), plain);
}

}  // namespace
}  // namespace finnr::sv
