// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/synthesize.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/base/process.h"
#include "finnr/simulate/hand_written_for_test.h"

namespace finnr {
namespace {

using testing::HasSubstr;

// Two adders of one form, another one, a gate that is a primitive where the family is known, and a memory of `Words` words of 4 bits.
constexpr std::string_view kTop = R"(
module finnr_sum #(parameter Bits = 8) (input logic clk_i, input logic rst_ni, input logic [Bits-1:0] s_i, output logic [Bits-1:0] m_o);
  always_ff @(posedge clk_i) m_o <= rst_ni ? m_o + s_i : '0;
endmodule
module finnr_words #(parameter Words = 256) (
  input logic clk_i, input logic rst_ni, input logic [3:0] s_i, input logic [15:0] at_i, output logic [3:0] m_o
);
  (* ram_style = "block" *) logic [3:0] mem [0:Words-1];
  always_ff @(posedge clk_i) begin
    if (rst_ni) mem[at_i[$clog2(Words)-1:0]] <= s_i;
    m_o <= mem[at_i[$clog2(Words)-1:0] ^ 1'b1];
  end
endmodule
module finnr_gate (input logic clk_i, input logic rst_ni, input logic [2:0] s_i, output logic [1:0] m_o);
`ifdef FINNR_XILINX7
  LUT6_2 #(.INIT(64'h96969696_e8e8e8e8)) u_lut (
    .I0(s_i[0]), .I1(s_i[1]), .I2(s_i[2]), .I3(1'b1), .I4(1'b1), .I5(1'b1), .O5(m_o[1]), .O6(m_o[0])
  );
`else
  assign m_o = 2'(s_i[0]) + 2'(s_i[1]) + 2'(s_i[2]);
`endif
endmodule
module sums (input logic clk_i, input logic rst_ni, input logic [15:0] s_i, output logic [15:0] a_o, output logic [15:0] b_o,
             output logic [7:0] c_o, output logic [3:0] d_o, output logic [1:0] e_o);
  finnr_gate u_e (.clk_i(clk_i), .rst_ni(rst_ni), .s_i(s_i[2:0]), .m_o(e_o));
  finnr_sum #(.Bits(16)) u_a (.clk_i(clk_i), .rst_ni(rst_ni), .s_i(s_i), .m_o(a_o));
  finnr_sum #(.Bits(16)) u_b (.clk_i(clk_i), .rst_ni(rst_ni), .s_i(s_i), .m_o(b_o));
  finnr_sum #(.Bits(8)) u_c (.clk_i(clk_i), .rst_ni(rst_ni), .s_i(s_i[7:0]), .m_o(c_o));
  finnr_words #(.Words(WORDS)) u_d (.clk_i(clk_i), .rst_ni(rst_ni), .s_i(s_i[3:0]), .at_i(s_i), .m_o(d_o));
endmodule
)";

class SynthesisRun : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("yosys")) GTEST_SKIP() << "no Yosys";
    bundle_ = hand_written("sums", 1);
    for (const char* name : {"a", "b", "c", "d", "e"}) bundle_.units.push_back({name, "sum", 0, 0, 0, {}});
    make(256);
  }

  void make(int words) {
    std::string text(kTop);
    text.replace(text.find("WORDS"), 5, std::to_string(words));
    folder_.emplace(folder_of(bundle_, text));
  }

  Result<Synthesis> run(const SynthesisOptions& options) { return synthesize(folder_->path(), bundle_, options, diagnostics_); }

  Bundle bundle_;
  std::optional<ScratchFolder> folder_;
  Diagnostics diagnostics_;
};

TEST_F(SynthesisRun, CountsUnitsAndKeepsTheResult) {
  SynthesisOptions options;
  const auto first = run(options);
  ASSERT_TRUE(first.ok()) << to_text(first.error());
  ASSERT_EQ(first->units.size(), 5U);
  EXPECT_FALSE(first->stored);
  EXPECT_EQ(first->units[0].kind, "sum");
  EXPECT_EQ(first->units[0].resources, first->units[1].resources);
  EXPECT_EQ(first->units[0].resources.ff, 16);
  EXPECT_EQ(first->units[2].resources.ff, 8);
  EXPECT_GE(first->units[0].resources.lut, 16);
  EXPECT_EQ(first->units[3].resources.bram18, 1);
  EXPECT_EQ(first->units[4].name, "e");
  EXPECT_EQ(first->units[4].resources, Resources{1}) << "one LUT6_2, a primitive of the family";
  EXPECT_EQ(first->totals.ff, 40 + first->units[3].resources.ff);
  EXPECT_FALSE(first->placement);

  const auto second = run(options);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->stored);
  EXPECT_EQ(second->totals, first->totals);
  options.unit = "c";
  const auto unit = run(options);
  ASSERT_TRUE(unit.ok());
  EXPECT_TRUE(unit->stored);
  EXPECT_EQ(unit->totals, first->units[2].resources);

  const auto json = nlohmann::json::parse(to_json(*first));
  EXPECT_EQ(json["totals"]["ff"], first->totals.ff);
  EXPECT_EQ(json["units"].size(), 5U);
  EXPECT_TRUE(json["fmax_mhz"].is_null());

  const std::string source = folder_->path() / bundle_.sources[0];
  std::string text = *read_file(source);
  ASSERT_TRUE(write_file(source, text.replace(text.find("m_o + s_i"), 9, "m_o ^ s_i")).ok());
  const auto changed = run(options);
  ASSERT_TRUE(changed.ok());
  EXPECT_FALSE(changed->stored) << "the sources are others";
}

TEST_F(SynthesisRun, PlacesWhereTheToolsAre) {
  if (!find_program("nextpnr-ice40") || !find_program("icepack")) GTEST_SKIP() << "no nextpnr-ice40";
  SynthesisOptions options;
  options.family = Family::kIce40;
  options.unit = "a";
  const auto routed = run(options);
  ASSERT_TRUE(routed.ok()) << to_text(routed.error());
  ASSERT_TRUE(routed->placement);
  EXPECT_EQ(routed->placement->device, "iCE40HX1K");
  EXPECT_GT(routed->placement->fmax_mhz, 20);
  EXPECT_GT(std::filesystem::file_size(folder_->path() / routed->placement->bitstream), 1000U);
  EXPECT_EQ(nlohmann::json::parse(to_json(*routed))["fmax_mhz"], routed->placement->fmax_mhz);
  EXPECT_TRUE(run(options)->stored);
}

TEST_F(SynthesisRun, WhatFitsNoDeviceIsCountedAllTheSame) {
  if (!find_program("nextpnr-ice40") || !find_program("icepack")) GTEST_SKIP() << "no nextpnr-ice40";
  make(65536);
  SynthesisOptions options;
  options.family = Family::kIce40;
  options.unit = "d";
  const auto counted = run(options);
  ASSERT_TRUE(counted.ok()) << to_text(counted.error());
  EXPECT_GE(counted->totals.bram4, 64);
  EXPECT_FALSE(counted->placement);
  ASSERT_EQ(diagnostics_.list().size(), 1U);
  EXPECT_EQ(diagnostics_.list()[0].code, Code::kDoesNotFit);
  EXPECT_EQ(diagnostics_.list()[0].severity, Severity::kWarning);
}

TEST_F(SynthesisRun, ErrorsOfTheToolAndTheUser) {
  SynthesisOptions options;
  options.unit = "nothing";
  const auto no_unit = run(options);
  ASSERT_FALSE(no_unit.ok());
  EXPECT_EQ(no_unit.error().code, Code::kBadOption);
  EXPECT_THAT(no_unit.error().way_out, HasSubstr("a, b, c, d, e"));

  ASSERT_TRUE(write_file(folder_->path() / bundle_.sources[0], "module sums (input a); no_such u_x (.a(a)); endmodule\n").ok());
  const auto failed = run({});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::kToolFailed);
  EXPECT_THAT(failed.error().cause, HasSubstr("no_such"));

  bundle_.memories = {"mem/gone.hex"};
  const auto incomplete = run({});
  ASSERT_FALSE(incomplete.ok());
  EXPECT_EQ(incomplete.error().code, Code::kNotABundle);
}

}  // namespace
}  // namespace finnr
