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
  bundle.input = {"s_axis", ValueId{3}, IntType{-8, 7}, true, 4, 2, 7, 8, 16};
  bundle.output = {"m_axis", ValueId{9}, IntType::bipolar_type(), false, 1, 1, 3, 3, 8};
  bundle.taps = {{"fc0", "fc0_s", "MatMul_0", ValueId{5}, IntType{0, 1}, 2, 1, 5, 6}};
  bundle.units = {{"fc0", "mvu", 2, 4, 6}, {"fifo_out", "fifo", 1, 0, 3}};
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
  EXPECT_EQ(back->input.element, bundle.input.element);
  EXPECT_TRUE(back->input.is_float);
  EXPECT_EQ(back->input.padded, 8);
  EXPECT_EQ(back->input.beats(), 4);
  EXPECT_EQ(back->output.element, IntType::bipolar_type());
  ASSERT_EQ(back->taps.size(), 1U);
  EXPECT_EQ(back->taps[0].signal, "fc0_s");
  EXPECT_EQ(back->taps[0].value, ValueId{5});
  ASSERT_EQ(back->units.size(), 2U);
  EXPECT_EQ(back->units[1].kind, "fifo");
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
  for (const char* key : {"format", "name", "top", "model", "clock_mhz", "interval", "sources", "memories", "ports", "streams", "units"}) {
    Json broken = good;
    broken.erase(key);
    expect_none(broken.dump());
    broken[key] = Json::object({{"wrong", true}});
    expect_none(broken.dump());
  }
  for (const char* path : {"/ports/1", "/ports/0/element", "/ports/0/element/lo", "/ports/1/lanes", "/streams/0/signal", "/streams/0/value",
                           "/units/1/kind", "/units/0/interval"}) {
    Json broken = good;
    broken[Json::json_pointer(path)] = nullptr;
    expect_none(broken.dump());
  }
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
