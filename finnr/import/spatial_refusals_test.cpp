// SPDX-License-Identifier: Apache-2.0
// Windows, reductions and moves of data that do not fit: a code, a place, a cause; never a crash or a large allocation.
#include <gtest/gtest.h>

#include <limits>

#include "finnr/import/import.h"
#include "finnr/import/model_builder_for_test.h"

namespace finnr {
namespace {

using namespace finnr::testing;

constexpr std::int64_t kHuge = std::int64_t{1} << 40;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

void expect(const ModelBuilder& model, const char* code, std::initializer_list<const char*> words) {
  const TestFolder folder;
  Diagnostics diagnostics;
  const std::optional<Model> imported = import_model(folder.write("m.onnx", model.bytes()), diagnostics);
  EXPECT_FALSE(imported) << code;
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.list()) text += to_text(diagnostic) + "\n";
  EXPECT_NE(text.find(code), std::string::npos) << code << " expected:\n" << text;
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << word << " expected:\n" << text;
}

/// Conv of [1,4,5,5] with weights [2,4,3,3] unless said otherwise.
ModelBuilder conv(const std::vector<Message>& attributes, const Sizes& weights = {2, 4, 3, 3}, std::string_view type = "Conv") {
  std::int64_t size = 1;
  for (const std::int64_t dim : weights) size *= dim;
  return around(node(type, {"x", "w"}, {"y"}, attributes), {floats("w", weights, std::vector<float>(static_cast<std::size_t>(size), 1))},
                {1, 4, 5, 5});
}

TEST(SpatialRefusals, ConvAttributes) {
  expect(conv({attribute("strides", Sizes{0, 1})}), "F0111", {"stride must be at least 1", "Conv_0", "'strides'"});
  expect(conv({attribute("dilations", Sizes{kLeast, 1})}), "F0111", {"dilation must be at least 1"});
  expect(conv({attribute("pads", Sizes{-1, 0, 0, 0})}), "F0111", {"pads of -1 are not valid"});
  expect(conv({attribute("pads", Sizes{1, 1})}), "F0111", {"2 numbers, not 4"});
  expect(conv({attribute("strides", "wrong")}), "F0111", {"'strides' has the wrong type"});
  expect(conv({attribute("auto_pad", "SAME")}), "F0111", {"auto_pad SAME does not exist"});
  expect(conv({attribute("kernel_shape", Sizes{5, 5})}), "F0111", {"kernel_shape 5x5 disagrees with the weights 3x3"});
  expect(conv({attribute("group", std::int64_t{0})}), "F0111", {"group must be at least 1"});
  expect(conv({attribute("group", std::int64_t{3})}), "F0115", {"group 3 does not divide 4 input channels"});
  expect(conv({attribute("group", std::int64_t{4})}, {2, 1, 3, 3}), "F0115", {"group 4 does not divide 2 output channels"});
  expect(conv({attribute("pads", Sizes{kHuge, 0, 0, 0})}), "F0117", {"output of 'Conv_0' is too large"});
  expect(conv({attribute("pads", Sizes{1 << 29, 1 << 29, 1 << 29, 1 << 29})}), "F0117", {"Conv_0"});
}

TEST(SpatialRefusals, ConvShapes) {
  expect(conv({}, {2, 3, 3, 3}), "F0115", {"input has 4 channels, weights expect 3"});
  expect(conv({}, {2, 4, 3}), "F0115", {"weights of shape [2,4,3]"});
  expect(conv({}, {2, 4, 6, 3}), "F0115", {"kernel 6x3 is larger than the padded image 5x5"});
  expect(conv({attribute("dilations", Sizes{3, 1})}), "F0115", {"kernel 7x3", "dilation"});
  expect(around(node("Conv", {"x", "w"}, {"y"}), {floats("w", {1, 4}, {1, 2, 3, 4})}), "F0115", {"spatial axis"});
  expect(around(node("Conv", {"x", "w", "w"}, {"y"}), {floats("w", {1, 1, 1}, {1})}, {1, 1, 4}), "F0115", {"a bias of shape [1,1,1]"});
  expect(around(node("Conv", {"x", "w"}, {"y"}, {}, "", "n"), {floats("w", {1, 1, 1}, {1})}, {1, 1, 4}, kInt8), "F0116",
         {"int8 tensor reaches 'n', which expects float"});
}

TEST(SpatialRefusals, ConvTranspose) {
  expect(conv({}, {3, 2, 3, 3}, "ConvTranspose"), "F0115", {"input has 4 channels, weights expect 3"});
  expect(conv({attribute("output_padding", Sizes{-1, 0})}, {4, 2, 3, 3}, "ConvTranspose"), "F0117", {"ConvTranspose_0"});
  expect(conv({attribute("output_shape", Sizes{kHuge, 1})}, {4, 2, 3, 3}, "ConvTranspose"), "F0117", {"ConvTranspose_0"});
  expect(conv({attribute("strides", Sizes{1 << 29, 1})}, {4, 2, 3, 3}, "ConvTranspose"), "F0115", {"ConvTranspose_0"});
}

ModelBuilder one(std::string_view type, const std::vector<Message>& attributes, const std::vector<Dim>& shape = {1, 1, 4},
                 const std::vector<Message>& constants = {}, const Names& inputs = {"x"}) {
  return around(node(type, inputs, {"y"}, attributes), constants, shape);
}

TEST(SpatialRefusals, Pools) {
  expect(one("MaxPool", {}), "F0111", {"'kernel_shape' is missing"});
  expect(one("AveragePool", {attribute("kernel_shape", Sizes{2, 2})}), "F0111", {"2 numbers, not 1"});
  expect(one("MaxPool", {attribute("kernel_shape", Sizes{5})}), "F0115", {"kernel 5 is larger than the padded image 4"});
  expect(one("MaxPool", {attribute("kernel_shape", Sizes{2}), attribute("pads", Sizes{2, 0})}), "F0111", {"in the padding alone"});
  expect(one("MaxPool", {attribute("kernel_shape", Sizes{1 << 29}), attribute("pads", Sizes{(1 << 29) - 1, (1 << 29) - 1})}), "F0117",
         {"MaxPool_0"});
  expect(one("MaxPool", {attribute("kernel_shape", Sizes{1})}, {1, 4}), "F0115", {"spatial axis"});
  ModelBuilder model = around(node("MaxPool", {"x"}, {"y", "i"}, {attribute("kernel_shape", Sizes{2})}), {}, {1, 1, 4});
  model.outputs.push_back(port("i"));
  expect(model, "F0110", {"output 1"});
  expect(one("LpPool", {attribute("kernel_shape", Sizes{2})}), "F0110", {"operator LpPool is not supported"});
}

TEST(SpatialRefusals, Reductions) {
  expect(one("ReduceMean", {attribute("axes", Sizes{3})}), "F0111", {"axis 3 does not exist"});
  expect(one("ReduceMax", {attribute("axes", Sizes{1, -2})}), "F0111", {"listed twice"});
  expect(one("ReduceProd", {}), "F0110", {"operator ReduceProd", "ReduceProd_0"});
  expect(one("ReduceLogSum", {}), "F0110", {"operator ReduceLogSum is not supported"});
}

TEST(SpatialRefusals, Moves) {
  expect(one("Gather", {}, {1, 4}, {ints("i", {1}, {1})}, {"x", "i"}), "F0115", {"index 1 of Gather"});
  expect(one("Gather", {}, {1, 4}, {}, {"x", "x"}), "F0113", {"the list of indices of Gather is not a constant"});
  expect(one("Concat", {attribute("axis", std::int64_t{0})}, {1, 4}, {floats("c", {1, 3}, {1, 2, 3})}, {"x", "c"}), "F0115",
         {"Concat of shapes [1,4] and [1,3]"});
  expect(one("Concat", {attribute("axis", std::int64_t{0})}, {1, 4}, {ints("c", {1, 4}, {1, 2, 3, 4})}, {"x", "c"}), "F0116",
         {"Concat of float32 and int64"});
  expect(one("Split", {attribute("axis", std::int64_t{2}), attribute("split", Sizes{3})}), "F0115",
         {"Split of 4 elements into parts of [3]"});
  expect(one("Tile", {}, {1, 4}, {ints("r", {2}, {1, kHuge})}, {"x", "r"}), "F0117", {"Tile_0"});
  expect(one("Tile", {}, {1, 4}, {ints("r", {2}, {1, 1 << 27})}, {"x", "r"}), "F0117", {"Tile_0"});
  expect(one("Expand", {}, {1, 4}, {ints("s", {1}, {3})}, {"x", "s"}), "F0115", {"Expand of [1,4] to [3]"});
  expect(one("Expand", {}, {1, 4}, {ints("s", {2}, {1 << 27, 4})}, {"x", "s"}), "F0117", {"Expand_0"});
  expect(one("DepthToSpace", {attribute("blocksize", std::int64_t{2})}, {1, 3, 1, 1}), "F0115", {"3 channels do not fill blocks of 2x2"});
  expect(one("DepthToSpace", {}, {1, 4, 1, 1}), "F0111", {"blocksize of 0"});
  expect(one("SpaceToDepth", {attribute("blocksize", std::int64_t{2})}, {1, 1, 3, 2}), "F0115", {"an image of 3x2"});
}

TEST(SpatialRefusals, ListsOfElementsAreNotMadeForHugeInputs) {
  const std::vector<Dim> shape = {1, std::int64_t{1} << 30};
  expect(one("Slice", {attribute("axes", Sizes{1}), attribute("starts", Sizes{1}), attribute("ends", Sizes{1 << 29})}, shape), "F0117",
         {"Slice_0"});
  expect(one("Split", {attribute("axis", std::int64_t{1})}, shape), "F0117", {"Split_0"});
}

TEST(SpatialRefusals, Padding) {
  const auto pad = [](const Sizes& pads, const char* mode = "constant", float value = 0) {
    return one("Pad", {attribute("mode", mode)}, {1, 4},
               {ints("p", {static_cast<std::int64_t>(pads.size())}, pads), floats("v", {}, {value})}, {"x", "p", "v"});
  };
  expect(pad({0, 1}), "F0115", {"2 numbers for 2 axes"});
  expect(pad({0, -3, 0, -3}), "F0115", {"removes more than axis 1 has"});
  expect(pad({0, kLeast, 0, 0}), "F0115", {"Pad_0"});
  expect(pad({0, kHuge, 0, 0}), "F0117", {"output of 'Pad_0' is too large"});
  expect(pad({0, 1 << 28, 0, 0}, "edge"), "F0117", {"Pad_0"});
  expect(pad({0, 1, 0, 1}, "mirror"), "F0111", {"Pad mode mirror does not exist"});
  expect(pad({0, 1, 0, 1}, "constant", -std::numeric_limits<float>::infinity()), "F0118", {"padding is not finite"});
}

TEST(SpatialRefusals, Resizing) {
  const auto resize = [](const std::vector<Message>& attributes, const std::vector<float>& scales) {
    return one("Resize", attributes, {1, 1, 4}, {floats("s", {static_cast<std::int64_t>(scales.size())}, scales)}, {"x", "", "s"});
  };
  expect(resize({attribute("mode", "linear")}, {1, 1, 2}), "F0111", {"Resize with mode linear", "Resize_0"});
  expect(resize({attribute("nearest_mode", "wrong")}, {1, 1, 2}), "F0111", {"nearest_mode wrong"});
  expect(resize({}, {1, 2}), "F0115", {"2 scales for 3 axes"});
  expect(resize({}, {1, 1, 0}), "F0111", {"a scale of 0"});
  expect(resize({}, {1, 1, std::numeric_limits<float>::quiet_NaN()}), "F0111", {"a scale of nan"});
  expect(resize({}, {1, 1, 1e30F}), "F0111", {"Resize_0"});
  expect(resize({}, {1, 1, 1e8F}), "F0117", {"Resize_0"});
  expect(one("Resize", {}), "F0112", {"neither scales nor sizes"});
  expect(one("Upsample", {attribute("mode", "bilinear")}, {1, 1, 4}, {floats("s", {3}, {1, 1, 2})}, {"x", "s"}), "F0111", {"bilinear"});
}

TEST(SpatialRefusals, Truncation) {
  const auto trunc = [](float scale, float out_scale, float bits) {
    return around(
        quant_node("Trunc", {"x", "s", "z", "i", "t", "o"}, {"y"}),
        {floats("s", {}, {scale}), floats("z", {}, {0}), floats("i", {}, {8}), floats("t", {}, {out_scale}), floats("o", {}, {bits})});
  };
  expect(trunc(0, 1, 4), "F0114", {"the scale of the quantizer is zero", "Trunc_0"});
  expect(trunc(1, -4, 4), "F0114", {"differ in sign"});
  expect(trunc(1, 4, 3.5F), "F0114", {"bit width 3.5"});
}

TEST(SpatialRefusals, QonnxOperators) {
  expect(around(quant_node("QuantAvgPool2d", {"x"}, {"y"}, {attribute("kernel", std::int64_t{2})}), {}, {1, 1, 2, 2}), "F0111",
         {"QuantAvgPool2d from 0"});
  expect(around(quant_node("Im2Col", {"x"}, {"y"}), {}, {1, 2, 2, 1}), "F0111", {"'kernel_size'"});
  expect(around(quant_node("FloatQuant", {"x"}, {"y"})), "F0110", {"operator", "FloatQuant", "integer quantizers"});
  expect(around(node("Softmax", {"x"}, {"y"}, {}, "qonnx.custom_op.channels_last")), "F0110", {"channels_last"});
}

TEST(SpatialRefusals, SamplesThatMeetAreObstaclesOnly) {
  const auto obstacles = [](const ModelBuilder& model) {
    const TestFolder folder;
    Diagnostics diagnostics;
    const std::optional<Model> imported = import_model(folder.write("m.onnx", model.bytes()), diagnostics);
    return imported ? imported->obstacles.size() : 99;
  };
  EXPECT_EQ(obstacles(one("ReduceMean", {attribute("axes", Sizes{0})}, {2, 1, 4})), 1U);
  EXPECT_EQ(obstacles(one("ReduceMean", {attribute("axes", Sizes{2})}, {2, 1, 4})), 0U);
  EXPECT_EQ(obstacles(one("ReduceMax", {attribute("axes", Sizes{2})}, {2, 1, 4})), 0U);
  EXPECT_EQ(obstacles(one("Gather", {}, {2, 4}, {ints("i", {1}, {1})}, {"x", "i"})), 1U);
}

TEST(SpatialRefusals, TheBatchIsFollowedThroughReductions) {
  for (const char* type : {"ReduceMean", "ReduceMin", "ReduceL2"}) {
    ModelBuilder model = around(node(type, {"x"}, {"r"}, {attribute("axes", Sizes{2}), attribute("keepdims", std::int64_t{0})}),
                                {ints("t", {2}, {1, -1})}, {2, 3, 4});
    model.nodes.push_back(node("Reshape", {"r", "t"}, {"y"}));
    const TestFolder folder;
    Diagnostics diagnostics;
    const std::optional<Model> imported = import_model(folder.write("m.onnx", model.bytes()), diagnostics);
    ASSERT_TRUE(imported) << type;
    ASSERT_EQ(imported->obstacles.size(), 1U) << type;
    EXPECT_EQ(imported->obstacles[0].code, Code::kBatchMixed) << type;
    EXPECT_EQ(imported->obstacles[0].places[0].node, "Reshape_1") << type;
  }
}

}  // namespace
}  // namespace finnr
