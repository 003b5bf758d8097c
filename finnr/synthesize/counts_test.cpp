// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "finnr/base/files.h"
#include "finnr/synthesize/pins.h"
#include "finnr/synthesize/place.h"
#include "finnr/synthesize/store.h"
#include "finnr/synthesize/yosys.h"

namespace finnr {
namespace {

using testing::HasSubstr;

TEST(SynthesisCounts, FollowTheRule) {
  EXPECT_EQ(count({{"LUT6", 10}, {"LUT1", 2}, {"INV", 1}, {"CARRY4", 7}, {"MUXF7", 3}, {"FDRE", 5}, {"FDSE", 1}}), (Resources{13, 6}));
  EXPECT_EQ(count({{"RAM32M", 2}, {"RAM64X1D", 3}, {"SRL16E", 4}, {"SRLC32E", 1}}), (Resources{8 + 6 + 5}));
  EXPECT_EQ(count({{"RAMB18E1", 3}, {"RAMB36E1", 2}, {"RAMB36E2", 1}, {"URAM288", 4}, {"DSP48E2", 5}}), (Resources{0, 0, 9, 0, 4, 5}));
  EXPECT_EQ(count({{"LUT4", 3}, {"CCU2C", 2}, {"TRELLIS_DPR16X4", 1}, {"TRELLIS_FF", 8}, {"DP16KD", 2}, {"PFUMX", 9}}),
            (Resources{13, 8, 2}));
  EXPECT_EQ(count({{"SB_LUT4", 3}, {"SB_CARRY", 2}, {"SB_DFFESR", 4}, {"SB_DFF", 1}, {"SB_RAM40_4K", 6}}), (Resources{3, 5, 0, 6}));
  Resources sum = {1, 2, 3, 4, 5, 6};
  sum += {10, 20, 30, 40, 50, 60};
  EXPECT_EQ(sum, (Resources{11, 22, 33, 44, 55, 66}));
}

TEST(SynthesisCounts, FamiliesByName) {
  for (const char* name : {"xilinx", "ultrascale", "ecp5", "ice40"}) {
    const auto family = find_family(name);
    ASSERT_TRUE(family) << name;
    EXPECT_EQ(info(*family).name, name);
    EXPECT_FALSE(counting_rule(*family).empty());
  }
  EXPECT_FALSE(find_family("asic"));
}

TEST(SynthesisCounts, SmallestDevice) {
  EXPECT_EQ(smallest_device(Family::kIce40, {100, 100})->name, "iCE40HX1K");
  EXPECT_EQ(smallest_device(Family::kIce40, {100, 2000})->name, "iCE40HX8K");
  EXPECT_EQ(smallest_device(Family::kIce40, {100, 100, 0, 33}), nullptr);
  EXPECT_EQ(smallest_device(Family::kEcp5, {20000, 1000, 60})->name, "LFE5U-45F");
  EXPECT_EQ(smallest_device(Family::kXilinx, {1, 1}), nullptr) << "no open router";
}

TEST(SynthesisCounts, VersionsOfYosys) {
  EXPECT_EQ(yosys_version("Yosys 0.23 (git sha1 7ce5011c24b)"), (std::pair{0, 23}));
  EXPECT_GT(yosys_version("Yosys 0.101+3"), yosys_version("Yosys 0.23"));
  EXPECT_EQ(yosys_version("none"), (std::pair{0, 0}));
}

constexpr std::string_view kModule = R"(
attribute \keep 1
module \top
  wire width 12 $inner
  wire input 1 \clk_i
  wire input 2 \rst_ni
  wire width 49 input 3 \s_data_i
  wire width 16 output 4 \m_data_o
  wire width 8 \net
  cell $reduce_xor $reduce_xor$rtl/model.sv:237$184
  end
  cell $paramod$3d38\finnr_mvu \u_fc0
  end
end
)";

TEST(SynthesisCounts, ModulesAsYosysWritesThem) {
  const RtlilModule module = parse_rtlil_module(kModule);
  ASSERT_EQ(module.ports.size(), 4U);
  EXPECT_EQ(module.ports[2].name, "s_data_i");
  EXPECT_EQ(module.ports[2].width, 49);
  EXPECT_TRUE(module.ports[2].is_input);
  EXPECT_FALSE(module.ports[3].is_input);
  EXPECT_EQ(module.ports[0].width, 1);
  ASSERT_EQ(module.cells.size(), 1U);
  EXPECT_EQ(module.cells[0].type, "$paramod$3d38\\finnr_mvu");
  EXPECT_EQ(module.cells[0].name, "u_fc0");

  const std::string pins = pins_module("pins", "top", module);
  EXPECT_THAT(pins, HasSubstr(".s_data_i(in_q[48:0])"));
  EXPECT_THAT(pins, HasSubstr(".m_data_o(result[15:0])"));
  EXPECT_THAT(pins, HasSubstr(".rst_ni(reset_q)"));
}

TEST(SynthesisCounts, ReportOfTheRouter) {
  RoutedDesign routed;
  EXPECT_TRUE(read_router_report(R"({"fmax": {"a": {"achieved": 150.5, "constraint": 100}, "b": {"achieved": 120.25}},
    "utilization": {"LUT": {"used": 7, "available": 9}, "PLL": {"used": 0, "available": 2}}})",
                                 routed));
  EXPECT_EQ(routed.fmax_mhz, 120.25);
  ASSERT_EQ(routed.used.size(), 1U);
  EXPECT_EQ(routed.used["LUT"], (std::pair<std::int64_t, std::int64_t>{7, 9}));
  EXPECT_FALSE(read_router_report("{}", routed));
  EXPECT_FALSE(read_router_report("no JSON", routed));
}

TEST(SynthesisCounts, StoredUnderTheirKey) {
  const auto folder = ScratchFolder::make();
  ASSERT_TRUE(folder.ok());
  const auto file = folder->path() / "synth" / "ecp5.json";
  const SynthesisStore store{
      "key", {{"$paramod\\a", {{"LUT4", 3}}}}, {{"", {"LFE5U-25F", "router", 151.5, 200, "x.bit", {{"FF", {1, 2}}}}}}};
  ASSERT_TRUE(save_store(file, store).ok());
  const SynthesisStore read = load_store(file, "key");
  EXPECT_EQ(read.modules, store.modules);
  EXPECT_EQ(read.placements, store.placements);
  EXPECT_TRUE(load_store(file, "other").modules.empty());
  ASSERT_TRUE(write_file(file, R"({"key": "key", "modules": 3})").ok());
  EXPECT_TRUE(load_store(file, "key").modules.empty());
}

}  // namespace
}  // namespace finnr
