// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/fpga.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "finnr/base/files.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

TEST(Fpga, ElevenComeWithFinnr) {
  const std::vector<Fpga> devices = known_devices();
  ASSERT_EQ(devices.size(), 11U);
  EXPECT_EQ(devices.front().name, "ice40-hx8k");
  EXPECT_EQ(devices.back().name, "u250");
  for (const Fpga& device : devices) {
    EXPECT_FALSE(device.boards.empty()) << device.name;
    EXPECT_GT(device.total.lut, 0) << device.name;
    EXPECT_TRUE(device.usable().fits(device.total)) << device.name;
    EXPECT_EQ(device.total.dsp > 0, device.multiplier_a > 0) << device.name;
  }
}

TEST(Fpga, FoundByNameByBoardAndByFile) {
  EXPECT_EQ(find_device("PYNQ-Z2")->name, "pynq-z1");
  EXPECT_EQ(find_device("zcu104")->total, (Cost{230400, 460800, 624, 96, 1728}));
  EXPECT_EQ(find_device("KV260")->family, LogicFamily::kXcup);
  const Result<ScratchFolder> folder = ScratchFolder::make();
  Json mine = Json::parse(device_files()[0].text);
  mine["name"] = "mine";
  mine["lut"]["value"] = 1234;
  const std::string path = (folder->path() / "mine.json").string();
  ASSERT_TRUE(write_file(path, mine.dump()).ok());
  const Result<Fpga> device = find_device(path);
  ASSERT_TRUE(device.ok()) << to_text(device.error());
  EXPECT_EQ(device->total.lut, 1234);
}

TEST(Fpga, RegionsLoseWhatTheShellTakes) {
  const Result<Fpga> f1 = find_device("aws-f1");
  EXPECT_EQ(f1->regions(), 3);
  EXPECT_EQ(f1->region(0).dsp, 2280);
  EXPECT_EQ(f1->region(1).dsp, 1368) << "60 % of a third";
  EXPECT_EQ(f1->usable().dsp, 2280 + 1368 + 1824);
}

TEST(Fpga, ProductsSideBySideInAMultiplier) {
  const Fpga zynq = *find_device("pynq-z1");  // 25 x 18
  const Fpga ultra = *find_device("zcu104");  // 27 x 18
  const Fpga ice = *find_device("ice40-hx8k");
  EXPECT_EQ(products_per_dsp(zynq, 4, 4), 4);   // 1 + 21 / 7
  EXPECT_EQ(products_per_dsp(ultra, 4, 4), 4);  // 1 + 23 / 7
  EXPECT_EQ(products_per_dsp(zynq, 8, 8), 2);   // 1 + 17 / 15
  EXPECT_EQ(products_per_dsp(ultra, 8, 8), 2);
  EXPECT_EQ(products_per_dsp(ultra, 16, 16), 1);
  EXPECT_EQ(products_per_dsp(ultra, 24, 24), 0) << "neither side fits the 18 bits";
  EXPECT_EQ(products_per_dsp(ice, 1, 1), 0);
}

TEST(Fpga, Roofs) {
  const Fpga device = *find_device("pynq-z1");
  // 53200 / 0.29 operations in LUTs, 2 * 220 * 25 in DSP blocks, at 100 MHz.
  EXPECT_NEAR(peak_tops(device, 1, 1), (53200 / 0.29 + 2 * 220 * 25) * 100e-6, 1e-9);
  const Work binary{1e9, 1, 1};
  EXPECT_NEAR(attainable_tops(device, {&binary, 1}, 1e8), 0.021, 1e-9) << "10 operations a byte at 2.1 GB/s";
  EXPECT_NEAR(attainable_tops(device, {&binary, 1}, 1), peak_tops(device, 1, 1), 1e-9);
  const std::vector<Work> mixed = {binary, {1e9, 8, 8}};
  EXPECT_NEAR(peak_tops(device, mixed), 2 / (1 / peak_tops(device, 1, 1) + 1 / peak_tops(device, 8, 8)), 1e-9);
  EXPECT_EQ(peak_tops(device, std::span<const Work>()), 0) << "nothing to multiply";
}

TEST(Fpga, RefusesBadFiles) {
  const Result<Fpga> unknown = find_device("no-such-board");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::kBadDevice);
  EXPECT_NE(unknown.error().way_out.find("pynq-z1"), std::string::npos);
  const Result<ScratchFolder> folder = ScratchFolder::make();
  const std::string path = (folder->path() / "bad.json").string();
  const auto refused = [&](const std::string& text, const std::string& words) {
    ASSERT_TRUE(write_file(path, text).ok());
    const Result<Fpga> device = find_device(path);
    ASSERT_FALSE(device.ok()) << words;
    EXPECT_EQ(device.error().code, Code::kBadDevice);
    EXPECT_NE(to_text(device.error()).find(words), std::string::npos) << to_text(device.error());
  };
  refused("[", "not a JSON object");
  const Json good = Json::parse(device_files()[0].text);
  for (const char* key : {"name", "family", "lut", "uram", "regions", "multiplier", "clock_mhz"}) {
    Json bad = good;
    bad.erase(key);
    refused(bad.dump(), key);
  }
  Json bad = good;
  bad["lut"]["source"] = "";
  refused(bad.dump(), "no figure with a value and a source");
  bad = good;
  bad["family"] = "max10";
  refused(bad.dump(), "none of the families");
  bad = good;
  bad["regions"]["shell_share"] = {2};
  refused(bad.dump(), "shell");
  bad = good;
  bad["dsp"]["value"] = -1;
  refused(bad.dump(), "not between");
  bad = good;
  bad["bram_bits"] = "many";
  refused(bad.dump(), "bram_bits");
}

}  // namespace
}  // namespace finnr
