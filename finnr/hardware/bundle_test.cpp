// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/bundle.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "finnr/base/files.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

Bundle example() {
  Bundle bundle;
  bundle.name = "odd \"name\" ü";
  bundle.top = "odd_name";
  bundle.model = "dir/model.onnx";
  bundle.clock_mhz = 166.5;
  bundle.interval = 1234567890123;
  bundle.sources = {"rtl/a.sv", "rtl/b.v"};
  bundle.memories = {"mem/w.hex"};
  bundle.inputs = {{"s_axis_0", ValueId{3}, IntType{-8, 7}, true, 4, 2, 7, 8, 16, {}},
                   {"s_axis_1", ValueId{4}, IntType{-8, 7}, false, 1, 6, 2, 2, 8, {{{3, 2}, {1, 3}, {6, 2}}}}};
  bundle.outputs = {{"m_axis", ValueId{9}, IntType::bipolar_type(), false, 1, 1, 3, 3, 8, {}}};
  bundle.taps = {{"fc0", "fc0_s", "MatMul_0", ValueId{5}, IntType{0, 1}, 2, 1, 5, 6, {}},
                 {"window0", "window0_s", "Conv_0", ValueId{}, IntType{0, 1}, 2, 9, 6, 6, {}}};
  bundle.units = {{"fc0", "mvu", 2, 4, 6, {{"ecp5", {12, 7, 1, 0, 2}}, {"xilinx", {9, 7, 2, 1, 3}}}}, {"fifo_out", "fifo", 1, 0, 3, {}}};
  return bundle;
}

TEST(Bundle, RoundTrip) {
  const Bundle bundle = example();
  const Result<Bundle> back = bundle_from_json(to_json(bundle));
  ASSERT_TRUE(back.ok()) << to_text(back.error());
  EXPECT_EQ(back->name, bundle.name);
  EXPECT_EQ(back->clock_mhz, bundle.clock_mhz);
  EXPECT_EQ(back->interval, bundle.interval);
  EXPECT_EQ(back->sources, bundle.sources);
  EXPECT_EQ(back->memories, bundle.memories);
  ASSERT_EQ(back->inputs.size(), 2U);
  EXPECT_EQ(back->inputs[0].element, bundle.inputs[0].element);
  EXPECT_TRUE(back->inputs[0].is_float);
  EXPECT_EQ(back->inputs[0].padded, 8);
  EXPECT_EQ(back->inputs[0].beats(), 4);
  EXPECT_TRUE(back->inputs[0].layout.is_row_major());
  EXPECT_EQ(back->inputs[1].layout, bundle.inputs[1].layout);
  ASSERT_EQ(back->outputs.size(), 1U);
  EXPECT_EQ(back->outputs[0].element, IntType::bipolar_type());
  ASSERT_EQ(back->taps.size(), 2U);
  EXPECT_EQ(back->taps[0].signal, "fc0_s");
  EXPECT_EQ(back->taps[0].value, ValueId{5});
  EXPECT_FALSE(back->taps[1].value.valid());
  ASSERT_EQ(back->units.size(), 2U);
  EXPECT_EQ(back->units[1].kind, "fifo");
  EXPECT_EQ(back->units[0].predicted.at("xilinx").lut, 9);
  EXPECT_TRUE(back->units[1].predicted.empty());
  EXPECT_EQ(to_json(*back), to_json(bundle));
}

TEST(Bundle, NamesThatAreNoTextStayPrintable) {
  Bundle bundle = example();
  bundle.model = "\xFF\xFE.onnx";
  EXPECT_TRUE(bundle_from_json(to_json(bundle)).ok());
}

void expect_none(const std::string& text) {
  const Result<Bundle> bundle = bundle_from_json(text);
  ASSERT_FALSE(bundle.ok()) << text;
  EXPECT_EQ(bundle.error().code, Code::kNotABundle);
}

TEST(Bundle, EveryMissingOrMistypedMemberIsFound) {
  const Json good = Json::parse(to_json(example()));
  for (const char* key : {"format", "name", "top", "model", "clock_mhz", "interval", "latency", "sources", "memories", "inputs", "outputs",
                          "streams", "units"}) {
    Json broken = good;
    broken.erase(key);
    expect_none(broken.dump());
    broken[key] = Json::object({{"wrong", true}});
    expect_none(broken.dump());
  }
  for (const char* path : {"/inputs/1", "/inputs/0/element", "/inputs/0/element/lo", "/inputs/0/value", "/outputs/0/lanes",
                           "/inputs/1/layout", "/streams/0/signal", "/units/1/kind", "/units/0/interval"}) {
    Json broken = good;
    broken[Json::json_pointer(path)] = nullptr;
    expect_none(broken.dump());
  }
}

TEST(Bundle, ImpossibleLayoutsAndNamesAreFound) {
  const Json good = Json::parse(to_json(example()));
  for (const char* layout : {"[[3,2],[1,3],[6,3]]", "[[3,2],[1,3]]", "[[4,2],[1,3],[6,2]]", "[[1,12],[12,1]]", "[[-3,2],[1,3],[6,2]]",
                             "[[3]]", "[[1,11]]", "[[3,4000000000000],[1,3],[6,4000000000000]]"}) {
    Json broken = good;
    broken["inputs"][1]["layout"] = Json::parse(layout);
    expect_none(broken.dump());
  }
  for (const char* path : {"/inputs/0/name", "/outputs/0/name", "/streams/0/signal", "/top"}) {
    Json broken = good;
    broken[Json::json_pointer(path)] = "a; $finish";
    expect_none(broken.dump());
  }
  for (const char* list : {"inputs", "outputs"}) {
    Json broken = good;
    broken[list] = Json::array();
    expect_none(broken.dump());
  }
  Json twice = good;
  twice["inputs"][1]["name"] = "s_axis_0";
  expect_none(twice.dump());
}

TEST(Bundle, SeveralPortsAreNumbered) {
  EXPECT_EQ(port_name(kInputName, 0, 1), "s_axis");
  EXPECT_EQ(port_name(kOutputName, 2, 3), "m_axis_2");
}

TEST(Bundle, OtherTextsAndFormats) {
  for (const char* text : {"", "{}", "[]", "null", "{\"format\":", "3"}) expect_none(text);
  Json newer = Json::parse(to_json(example()));
  newer["format"] = Bundle::kFormat + 1;
  expect_none(newer.dump());
}

TEST(Bundle, FoldersWithoutOne) {
  const Result<ScratchFolder> folder = ScratchFolder::make();
  ASSERT_TRUE(folder.ok());
  const Result<Bundle> none = load_bundle(folder->path());
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kNotABundle);
  ASSERT_TRUE(write_file(folder->path() / kBundleFile, to_json(example())).ok());
  EXPECT_TRUE(load_bundle(folder->path()).ok());
}

}  // namespace
}  // namespace finnr
