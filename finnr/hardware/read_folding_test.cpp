// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "finnr/base/files.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

/// A part with thresholds in front, two matrices and a top-k.
HardwarePart classifier() { return part_of(integer_chain({12, 9, 10}, 3, 1, 2, 1)); }

struct Reading {
  Result<Folding> folding;
  Diagnostics diagnostics;
};

Reading read_text(const std::string& text, const std::string& variant = "", const HardwarePart& part = classifier()) {
  const Result<ScratchFolder> folder = ScratchFolder::make();
  EXPECT_TRUE(folder.ok());
  const std::filesystem::path path = folder->path() / "folding.json";
  EXPECT_TRUE(write_file(path, text).ok());
  Diagnostics diagnostics;
  Result<Folding> folding = read_folding(part, path.string(), variant, diagnostics);
  return {std::move(folding), std::move(diagnostics)};
}

void expect_refused(const std::string& text, Code code, const std::string& words, const std::string& variant = "") {
  const Reading reading = read_text(text, variant);
  ASSERT_FALSE(reading.folding.ok()) << text;
  EXPECT_EQ(reading.folding.error().code, code) << text;
  EXPECT_NE(to_text(reading.folding.error()).find(words), std::string::npos) << to_text(reading.folding.error());
}

TEST(ReadFolding, OwnFormByName) {
  const Reading reading = read_text(
      R"({"layers": {"fc1": {"pe": 5, "simd": 3, "store": "block"}, "thr0": {"pe": 4}, "top_k": {"pe": 2}, "fc0": {"pe": 2, "simd": 5, "pad": true}}})");
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  const Folding& folding = *reading.folding;
  ASSERT_EQ(folding.size(), 4U);
  EXPECT_EQ(folding[0].pe, 4);
  EXPECT_EQ(folding[1].pe, 2);
  EXPECT_EQ(folding[1].simd, 5);
  EXPECT_TRUE(folding[1].pad);
  EXPECT_EQ(folding[1].weight_store, std::nullopt);
  EXPECT_EQ(folding[2].pe, 5);
  EXPECT_EQ(folding[2].simd, 3);
  EXPECT_EQ(folding[2].weight_store, Store::kBlock);
  EXPECT_EQ(folding[3].pe, 2);
}

TEST(ReadFolding, OwnFormChoosesCores) {
  const Reading reading = read_text(R"({"layers": {"fc0": {"core": "operators", "pipeline": 3}, "fc1": {"core": "auto"}}})");
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  EXPECT_EQ((*reading.folding)[1].core, Core::kOperators);
  EXPECT_EQ((*reading.folding)[1].pipeline, 3);
  EXPECT_EQ((*reading.folding)[2].core, std::nullopt);
  EXPECT_EQ((*reading.folding)[2].pipeline, 0);
}

TEST(ReadFolding, OwnFormKeepsDefaultsForTheRest) {
  const Reading reading = read_text(R"({"layers": {"fc1": {"pe": 10}}})");
  ASSERT_TRUE(reading.folding.ok());
  EXPECT_EQ((*reading.folding)[2].pe, 10);
  EXPECT_EQ((*reading.folding)[2].simd, 1);
  EXPECT_EQ((*reading.folding)[0].pe, 0) << "as wide as the neighbour";
  EXPECT_EQ((*reading.folding)[1].pe, default_folding(classifier())[1].pe);
}

TEST(ReadFolding, OwnFormRefusals) {
  expect_refused(R"({"layers": {"fc7": {"pe": 1}}})", Code::kUnknownLayer, "the layers are thr0, fc0, fc1, top_k");
  expect_refused(R"({"layers": {"fc0": {"pe": 4, "simd": 1}}})", Code::kIllegalFolding, "take one of 1, 3, 9, or set");
  expect_refused(R"({"layers": {"fc0": {"pe": 1, "simd": 5}}})", Code::kIllegalFolding, "take one of 1, 2, 3, 4, 6, 12");
  expect_refused(R"({"layers": {"fc0": {"pe": 10, "simd": 1, "pad": true}}})", Code::kIllegalFolding, "PE 10");
  expect_refused(R"({"layers": {"fc0": {"pe": 0}}})", Code::kIllegalFolding, "PE 0");
  expect_refused(R"({"layers": {"fc0": {"pe": -3}}})", Code::kIllegalFolding, "PE -3");
  expect_refused(R"({"layers": {"thr0": {"pe": 5}}})", Code::kIllegalFolding, "take one of 1, 2, 3, 4, 6, 12");
  expect_refused(R"({"layers": {"top_k": {"pe": 3}}})", Code::kIllegalFolding, "take one of 1, 2, 5, 10");
  expect_refused(R"({"layers": {"fc0": {"pe": 4294967299}}})", Code::kIllegalFolding, "4294967299");
  expect_refused(R"({"layers": {"fc0": {"pad": 19}}})", Code::kBadFoldingFile, "more than twice its 9");
  expect_refused(R"({"layers": {"fc0": {"pad": 0}}})", Code::kBadFoldingFile, "'pad' of 'fc0'");
  expect_refused(R"({"layers": {"fc0": {"PE": 3}}})", Code::kBadFoldingFile, "'PE' of 'fc0'");
  expect_refused(R"({"layers": {"fc0": {"pe": "3"}}})", Code::kBadFoldingFile, "'pe' of 'fc0'");
  expect_refused(R"({"layers": {"fc0": {"store": "paper"}}})", Code::kBadFoldingFile, "'store'");
  expect_refused(R"({"layers": {"fc0": {"core": "relay"}}})", Code::kBadFoldingFile, "'core'");
  expect_refused(R"({"layers": {"fc0": {"pipeline": -1}}})", Code::kBadFoldingFile, "'pipeline'");
  expect_refused(R"({"layers": {"fc0": {"pipeline": 33}}})", Code::kBadFoldingFile, "'pipeline'");
  expect_refused(R"({"layers": {"fc0": 3}})", Code::kBadFoldingFile, "not an object");
  expect_refused(R"({"layers": []})", Code::kBadFoldingFile, "not an object");
}

TEST(ReadFolding, FinnFormInOrder) {
  const Reading reading = read_text(R"({
    "Defaults": {}, "Thresholding_rtl_0": {"PE": 6}, "MVAU_hls_0": {"PE": 3, "SIMD": 4, "ram_style": "distributed"},
    "StreamingDataWidthConverter_0": {"impl_style": "hls"}, "MatrixVectorActivation_1": {"PE": 10, "SIMD": 9}, "LabelSelect_hls_0": {"PE": 5}})");
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  const Folding& folding = *reading.folding;
  EXPECT_EQ(folding[0].pe, 6);
  EXPECT_EQ(folding[1].pe, 3);
  EXPECT_EQ(folding[1].simd, 4);
  EXPECT_EQ(folding[1].weight_store, Store::kLutRam);
  EXPECT_EQ(folding[2].simd, 9);
  EXPECT_EQ(folding[3].pe, 5);
  ASSERT_EQ(reading.diagnostics.list().size(), 1U);
  EXPECT_EQ(reading.diagnostics.list()[0].code, Code::kFoldingEntriesIgnored);
  EXPECT_EQ(reading.diagnostics.list()[0].severity, Severity::kNote);
  EXPECT_NE(reading.diagnostics.list()[0].message.find("StreamingDataWidthConverter_0"), std::string::npos);
}

TEST(ReadFolding, FinnFormRefusals) {
  expect_refused(R"({"MVAU_0": {"PE": 3, "SIMD": 4}})", Code::kBadFoldingFile, "folds 1 matrix layers, the network has 2");
  expect_refused(R"({"MVAU_0": {"PE": 3, "SIMD": 5}, "MVAU_1": {"PE": 1, "SIMD": 1}})", Code::kIllegalFolding, "entry 'MVAU_0'");
  expect_refused(R"({"Thresholding_0": {"PE": 3}})", Code::kBadFoldingFile, "no matrix layer");
  expect_refused(R"({"MVAU_0": {"PE": 3, "SIMD": 4}, "MVAU_1": {}})", Code::kBadFoldingFile, "variants", "slow");
}

constexpr std::string_view kPublished = R"({"name": "x", "folding": [
    {"node": "a", "unit": "threshold", "PE": 4}, {"node": "m0", "unit": "mvau", "PE": 9, "SIMD": 12},
    {"node": "m1", "unit": "mvau", "PE": 1, "SIMD": 3, "ram_style": "block"}, {"node": "p", "unit": "swg"}, {"node": "l", "unit": "labelselect", "PE": 1}],
  "variants": [{"name": "slow", "folding": [{"unit": "mvau", "PE": 1, "SIMD": 1}, {"unit": "mvau", "PE": 2, "SIMD": 1}]}, {"name": "empty"}]})";

TEST(ReadFolding, PublishedFormAndItsVariants) {
  const Reading reading = read_text(std::string(kPublished));
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  EXPECT_EQ((*reading.folding)[0].pe, 4);
  EXPECT_EQ((*reading.folding)[1].simd, 12);
  EXPECT_EQ((*reading.folding)[2].weight_store, Store::kBlock);
  ASSERT_EQ(reading.diagnostics.list().size(), 1U);
  EXPECT_NE(reading.diagnostics.list()[0].message.find(": p"), std::string::npos);

  const Reading slow = read_text(std::string(kPublished), "slow");
  ASSERT_TRUE(slow.folding.ok()) << to_text(slow.folding.error());
  EXPECT_EQ((*slow.folding)[2].pe, 2);
  expect_refused(std::string(kPublished), Code::kBadFoldingFile, "there are: slow, empty", "quick");
  expect_refused(std::string(kPublished), Code::kBadFoldingFile, "not a list", "empty");
  expect_refused(R"({"folding": [3]})", Code::kBadFoldingFile, "not an object");
  expect_refused(R"({"folding": {}})", Code::kBadFoldingFile, "not a list");
}

/// A convolution, a depthwise one, a pool, a concatenation and a matrix.
HardwarePart convolutional() {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 4, 6, 6}), 6, {3, 3}));
  x = net.thresholds(net.conv(x, 6, {3, 3}, {.groups = 6}));
  x = net.pool(x, {.kernel = {2, 2}});
  x = net.add(Concat{1}, {x, x});
  return part_of(net.done({net.matmul(net.add(Reshape{{1, 12}}, {x}), 4)}));
}

TEST(ReadFolding, ConvolutionsByName) {
  const Reading reading = read_text(
      R"({"layers": {"conv0": {"pe": 3, "simd": 18}, "dw0": {"pe": 2, "simd": 3, "store": "block"}, "pool0": {"pe": 6},
          "concat0": {"pe": 2}, "fc0": {"pe": 4}}})",
      "", convolutional());
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  const Folding& folding = *reading.folding;
  ASSERT_EQ(folding.size(), 5U);
  EXPECT_EQ(folding[0].simd, 18) << "two pixels of the window in every second beat: legal, as it divides 36";
  EXPECT_EQ(folding[1].pe, 2);
  EXPECT_EQ(folding[1].simd, 3);
  EXPECT_EQ(folding[1].weight_store, Store::kBlock);
  EXPECT_EQ(folding[2].pe, 6);
  EXPECT_EQ(folding[3].pe, 2);
}

TEST(ReadFolding, PaddedToANumber) {
  const Reading reading =
      read_text(R"({"layers": {"conv0": {"pe": 8, "simd": 8, "pad": 8}, "dw0": {"pe": 4, "pad": true}, "pool0": {"pe": 4, "pad": true}}})",
                "", convolutional());
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  EXPECT_EQ((*reading.folding)[0].padded, 8);
  EXPECT_TRUE((*reading.folding)[0].pad);
  EXPECT_EQ((*reading.folding)[1].padded, 0);
  EXPECT_TRUE((*reading.folding)[2].pad);
}

TEST(ReadFolding, ConvolutionsRefusals) {
  const auto refused = [](const std::string& text, const std::string& words) {
    const Reading reading = read_text(text, "", convolutional());
    ASSERT_FALSE(reading.folding.ok()) << text;
    EXPECT_EQ(reading.folding.error().code, Code::kIllegalFolding) << text;
    EXPECT_NE(to_text(reading.folding.error()).find(words), std::string::npos) << to_text(reading.folding.error());
  };
  refused(R"({"layers": {"conv0": {"pe": 4}}})", "PE 4 of layer conv0 does not divide its 6 outputs");
  refused(R"({"layers": {"conv0": {"simd": 8}}})", "SIMD 8 of layer conv0 does not divide its 36 inputs");
  refused(R"({"layers": {"conv0": {"simd": 73, "pad": true}}})", "SIMD 73");
  refused(R"({"layers": {"dw0": {"pe": 4}}})", "take one of 1, 2, 3, 6, or set \"pad\"");
  refused(R"({"layers": {"dw0": {"pe": 7, "pad": true}}})", "PE 7");
  refused(R"({"layers": {"concat0": {"pe": 4, "pad": true}}})", "take one of 1, 2, 3, 6\n");
  refused(R"({"layers": {"dw0": {"simd": 2}}})", "does not divide its 9 window elements");
  refused(R"({"layers": {"pool0": {"pe": 5}}})", "take one of 1, 2, 3, 6");
  refused(R"({"layers": {"concat0": {"pe": 4}}})", "take one of 1, 2, 3, 6");
}

TEST(ReadFolding, FinnFormOfAConvolutionalNetwork) {
  const Reading reading = read_text(R"({"ConvolutionInputGenerator_0": {"SIMD": 4}, "MVAU_hls_0": {"PE": 6, "SIMD": 4},
    "VVAU_hls_0": {"PE": 3, "SIMD": 1}, "StreamingMaxPool_0": {"PE": 1}, "MVAU_hls_1": {"PE": 1, "SIMD": 2}})",
                                    "", convolutional());
  ASSERT_TRUE(reading.folding.ok()) << to_text(reading.folding.error());
  EXPECT_EQ((*reading.folding)[0].pe, 6);
  EXPECT_EQ((*reading.folding)[1].pe, 3);
  EXPECT_EQ((*reading.folding)[2].pe, 0) << "left to the lanes around it";
  EXPECT_EQ((*reading.folding)[4].simd, 2);
  const Reading few = read_text(R"({"MVAU_0": {"PE": 1, "SIMD": 1}, "MVAU_1": {"PE": 1, "SIMD": 1}})", "", convolutional());
  ASSERT_FALSE(few.folding.ok());
  EXPECT_NE(few.folding.error().cause.find("0 depthwise layers, the network has 1"), std::string::npos) << few.folding.error().cause;
}

TEST(ReadFolding, DamagedFilesAreRefusedWithoutAnEnd) {
  for (const std::string text : {"", "{", "[]", "3", "{}", "\xFF\xFE", R"({"folding": [], "variants": 3})", R"({"folding": [{"unit": 3}]})",
                                 R"({"folding": [{"unit": "mvau", "node": 7}]})", R"({"folding": [], "variants": [3]})",
                                 R"({"folding": [], "variants": [{"name": 3}]})"}) {
    for (const char* variant : {"", "slow"}) {
      const Reading reading = read_text(text, variant);
      ASSERT_FALSE(reading.folding.ok()) << text;
      EXPECT_EQ(reading.folding.error().code, Code::kBadFoldingFile) << text;
    }
  }
  Diagnostics diagnostics;
  const Result<Folding> missing = read_folding(classifier(), "/nonexistent/folding.json", "", diagnostics);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kFileUnreadable);
}

TEST(ReadFolding, PublishedDesignsOfTheCollection) {
  const std::filesystem::path folder = std::filesystem::path(FINNR_SOURCE_DIR) / "../shared/data/foldings";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the collection of published foldings";
  struct Design {
    const char* file;
    std::vector<std::int64_t> sizes;
    std::int64_t top_k;
    std::int64_t cycles;
  };
  const Design kDesigns[] = {{"tfc-w1a1.json", {784, 64, 64, 64, 10}, 1, 64},
                             {"tfc-w2a2.json", {784, 64, 64, 64, 10}, 1, 64},
                             {"lfc-w1a1.json", {784, 1024, 1024, 1024, 10}, 1, 512},
                             {"cybsec-w2a2.json", {600, 64, 64, 64, 1}, 0, 64}};
  for (const Design& design : kDesigns) {
    const HardwarePart part = part_of(integer_chain(design.sizes, 3, 1, 1, design.top_k));
    Diagnostics diagnostics;
    const Result<Folding> folding = read_folding(part, (folder / design.file).string(), "", diagnostics);
    ASSERT_TRUE(folding.ok()) << design.file << ": " << to_text(folding.error());
    std::int64_t slowest = 0;
    for (std::size_t i = 0; i < folding->size(); ++i) {
      if (std::holds_alternative<MatrixLayer>(part.layers[i].kind))
        slowest = std::max(slowest, layer_interval(part.layers[i], (*folding)[i]));
    }
    EXPECT_EQ(slowest, design.cycles) << design.file;
  }
}

}  // namespace
}  // namespace finnr
