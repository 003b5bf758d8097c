// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/description.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

/// A convolution with thresholds, a pool, two branches and a classifier.
Json small() {
  return Json::parse(R"({
    "name": "small", "input": {"shape": [6, 6, 2], "type": "uint2"},
    "network": [
      {"name": "conv0", "kind": "conv", "inputs": ["input"], "out_shape": [6, 6, 4], "kernel": [3, 3], "padding": [1, 1, 1, 1],
       "weight_type": "int2", "act_out_type": "int8"},
      {"name": "thr0", "kind": "threshold", "inputs": ["conv0"], "out_shape": [6, 6, 4], "act_out_type": "uint2", "steps": 3},
      {"name": "fork0", "kind": "fork", "inputs": ["thr0"], "out_shape": [6, 6, 4], "act_out_type": "uint2"},
      {"name": "dw1", "kind": "depthwise", "inputs": ["fork0"], "out_shape": [6, 6, 4], "kernel": [3, 3], "padding": [1, 1, 1, 1],
       "weight_type": "int2", "act_out_type": "int7"},
      {"name": "thr1", "kind": "threshold", "inputs": ["dw1"], "out_shape": [6, 6, 4], "act_out_type": "uint2", "steps": 3},
      {"name": "add2", "kind": "add", "inputs": ["thr1", "fork0"], "out_shape": [6, 6, 4], "act_out_type": "uint3"},
      {"name": "pool3", "kind": "maxpool", "inputs": ["add2"], "out_shape": [3, 3, 4], "kernel": [2, 2], "stride": [2, 2],
       "act_out_type": "uint3"},
      {"name": "thr3", "kind": "threshold", "inputs": ["pool3"], "out_shape": [3, 3, 4], "act_out_type": "uint5", "steps": 31},
      {"name": "mean4", "kind": "avgpool", "inputs": ["thr3"], "out_shape": [1, 1, 4], "kernel": [3, 3], "act_out_type": "uint4"},
      {"name": "fc5", "kind": "fc", "inputs": ["mean4"], "out_shape": [1, 1, 10], "weight_type": "int4", "weight_narrow_range": true,
       "act_out_type": "int9"},
      {"name": "bias", "kind": "channelwise", "inputs": ["fc5"], "out_shape": [1, 1, 10], "act_out_type": "int10"},
      {"name": "top", "kind": "topk", "inputs": ["bias"], "out_shape": [1, 1, 1], "act_out_type": "uint8", "k": 1}]})");
}

std::filesystem::path written(const ScratchFolder& folder, const Json& json) {
  const std::filesystem::path path = folder.path() / "net.json";
  EXPECT_TRUE(write_file(path, json.dump()).ok());
  return path;
}

Result<NetworkDescription> described(const Json& json) {
  const Result<ScratchFolder> folder = ScratchFolder::make();
  return read_description(written(*folder, json).string());
}

TEST(Description, BecomesLayersOfTheSameNames) {
  const Result<NetworkDescription> description = described(small());
  ASSERT_TRUE(description.ok()) << to_text(description.error());
  const Result<HardwarePart> part = hardware_of(*description);
  ASSERT_TRUE(part.ok());
  std::string names;
  for (const Layer& layer : part->layers) names += layer.name + " ";
  EXPECT_EQ(names, "conv0 dw1 add2 pool3 thr3 mean4_sum mean4 fc5 top ");
  const auto& conv = std::get<MatrixLayer>(part->layers[0].kind);
  EXPECT_EQ(conv.inputs, 18);
  EXPECT_EQ(conv.steps->count(), 3);
  EXPECT_EQ(conv.steps->rows(), 4);
  EXPECT_EQ(conv.accumulator.bits(), 8);
  const auto& fc = std::get<MatrixLayer>(part->layers[7].kind);
  EXPECT_EQ(fc.w, (IntType{-7, 7, false}));
  EXPECT_FALSE(fc.steps.has_value());
  EXPECT_FALSE(std::get<PoolLayer>(part->layers[5].kind).windows.has_value()) << "a whole image";
  EXPECT_EQ(part->outputs.size(), 1U);
}

TEST(Description, GivesTheUnitsOfTheNetworkItDescribes) {
  SmallNetwork net;
  const IntType w{-2, 1, false};
  ValueId x = net.thresholds(net.conv(net.input({1, 2, 6, 6}), 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}, w));
  const ValueId y = net.thresholds(net.conv(x, 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 4}, w));
  x = net.add(Join{JoinFunction::kAdd, 1, 1}, {y, x});
  x = net.pool(x, {.kernel = {2, 2}, .stride = {2, 2}});
  const Graph graph = net.done({net.thresholds(x, 31)});
  Json json = small();
  json["network"].erase(json["network"].begin() + 8, json["network"].end());
  const HardwarePart real = part_of(graph);
  const HardwarePart other = *hardware_of(*described(json));
  ASSERT_EQ(real.layers.size(), other.layers.size());
  for (const std::int64_t cycles : {1, 40, 200, 100'000}) {
    const Design a = *lower(real, balance(real, cycles), "net");
    const Design b = *lower(other, balance(other, cycles), "net");
    EXPECT_EQ(interval(a), interval(b));
    ASSERT_EQ(a.units.size(), b.units.size());
    for (std::size_t i = 0; i < a.units.size(); ++i) {
      EXPECT_EQ(kind_name(a.units[i]), kind_name(b.units[i]));
      EXPECT_EQ(interval(a, a.units[i]), interval(b, b.units[i]));
      const auto* m = std::get_if<Mvu>(&a.units[i].kind);
      if (m != nullptr) {
        EXPECT_EQ(m->steps->rows(), std::get<Mvu>(b.units[i].kind).steps->rows());
      }
    }
    for (std::size_t i = 0; i < a.streams.size(); ++i) {
      EXPECT_EQ(a.streams[i].lanes, b.streams[i].lanes) << a.streams[i].name;
      EXPECT_EQ(a.streams[i].beats(), b.streams[i].beats()) << a.streams[i].name;
    }
  }
}

TEST(Description, RefusesWhatDisagrees) {
  struct Case {
    std::string words;
    std::function<void(Json&)> spoil;
  };
  const std::vector<Case> cases = {
      {"no list 'network'", [](Json& j) { j.erase("network"); }},
      {"'network' is empty", [](Json& j) { j["network"] = Json::array(); }},
      {"it has no 'input'", [](Json& j) { j.erase("input"); }},
      {"there is no kind 'lstm'", [](Json& j) { j["network"][0]["kind"] = "lstm"; }},
      {"another node has this name", [](Json& j) { j["network"][1]["name"] = "conv0"; }},
      {"letters, digits and _", [](Json& j) { j["network"][0]["name"] = "a b"; }},
      {"is no node before it", [](Json& j) { j["network"][0]["inputs"][0] = "thr0"; }},
      {"wrong number of inputs", [](Json& j) { j["network"][5]["inputs"].erase(1); }},
      {"should be [6, 6, 4]",
       [](Json& j) {
         j["network"][0]["out_shape"] = {5, 6, 4};
       }},
      {"not the shape of 'input'",
       [](Json& j) {
         j["network"][0]["in_shape"] = {6, 6, 3};
       }},
      {"not the type of 'input'", [](Json& j) { j["network"][0]["act_in_type"] = "uint3"; }},
      {"is no type like", [](Json& j) { j["network"][0]["weight_type"] = "float32"; }},
      {"is no type like", [](Json& j) { j["network"][0]["weight_type"] = "int99"; }},
      {"'kernel' is not a list of 2", [](Json& j) { j["network"][0]["kernel"] = {3}; }},
      {"kernel is larger",
       [](Json& j) {
         j["network"][6]["kernel"] = {7, 2};
       }},
      {"groups do not divide", [](Json& j) { j["network"][0]["groups"] = 3; }},
      {"'steps' is not between", [](Json& j) { j["network"][1]["steps"] = 0; }},
      {"entry that is no number",
       [](Json& j) {
         j["network"][0]["stride"] = {0, 1};
       }},
      {"a node has no name", [](Json& j) { j["network"][3] = 7; }},
  };
  for (const Case& c : cases) {
    Json json = small();
    c.spoil(json);
    const Result<NetworkDescription> description = described(json);
    ASSERT_FALSE(description.ok()) << c.words;
    EXPECT_EQ(description.error().code, Code::kBadDescription);
    EXPECT_NE(to_text(description.error()).find(c.words), std::string::npos) << to_text(description.error());
  }
  const Result<ScratchFolder> folder = ScratchFolder::make();
  ASSERT_TRUE(write_file(folder->path() / "x.json", "{").ok());
  EXPECT_FALSE(read_description((folder->path() / "x.json").string()).ok());
  EXPECT_FALSE(is_description((folder->path() / "x.json").string()));
  EXPECT_TRUE(is_description(written(*folder, small()).string()));
}

TEST(Description, NothingForHardware) {
  Json json = small();
  json["network"] = {{{"name", "f"}, {"kind", "fork"}, {"inputs", {"input"}}, {"out_shape", {6, 6, 2}}, {"act_out_type", "uint2"}}};
  const Result<HardwarePart> part = hardware_of(*described(json));
  ASSERT_FALSE(part.ok());
  EXPECT_EQ(part.error().code, Code::kBadDescription);
}

/// Beside the repository; the test is skipped where it is not.
const std::filesystem::path kPublished = std::filesystem::path(FINNR_SOURCE_DIR) / ".." / "shared" / "data" / "foldings";

TEST(Description, EveryPublishedNetworkIsOneAndTakesItsFolding) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << "no published foldings";
  const std::map<std::string, std::int64_t> slowest = {{"tfc-w1a1", 64}, {"cnv-w1a2", 115'200}, {"resnet50-w1a2-u250", 903'168}};
  for (const auto& file : std::filesystem::directory_iterator(kPublished)) {
    if (file.path().extension() != ".json") continue;
    const Result<NetworkDescription> description = read_description(file.path().string());
    ASSERT_TRUE(description.ok()) << to_text(description.error());
    const Result<HardwarePart> part = hardware_of(*description);
    ASSERT_TRUE(part.ok()) << to_text(part.error());
    if (description->name.find("2018") != std::string::npos) continue;  // foldings that divide nothing
    Diagnostics diagnostics;
    const Result<Folding> folding = read_folding(*part, file.path().string(), "", diagnostics);
    ASSERT_TRUE(folding.ok()) << to_text(folding.error());
    const Result<Design> design = lower(*part, *folding, description->name);
    ASSERT_TRUE(design.ok()) << description->name << to_text(design.error());
    if (slowest.contains(description->name)) {
      EXPECT_EQ(interval(*design), slowest.at(description->name)) << description->name;
    }
  }
}

}  // namespace
}  // namespace finnr
