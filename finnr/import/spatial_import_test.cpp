// SPDX-License-Identifier: Apache-2.0
// What operators over windows and axes compute once imported: small networks of one or a few nodes, run on numbers.
#include <gtest/gtest.h>

#include <limits>

#include "finnr/emulate/reference.h"
#include "finnr/graph/text.h"
#include "finnr/import/import.h"
#include "finnr/import/model_builder_for_test.h"

namespace finnr {
namespace {

using namespace finnr::testing;

constexpr std::int64_t kOne = 1;

Tensor numbers(const Shape& shape, const std::vector<float>& elements) { return {shape, elements}; }

std::optional<Model> import(const ModelBuilder& builder) {
  const TestFolder folder;
  Diagnostics diagnostics;
  std::optional<Model> model = import_model(folder.write("m.onnx", builder.bytes()), diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.list()) ADD_FAILURE() << to_text(diagnostic);
  if (model) {
    EXPECT_TRUE(verify(model->graph).ok());
  }
  return model;
}

/// All outputs of the network on x.
std::vector<Tensor> run(const ModelBuilder& builder, const Tensor& x) {
  const std::optional<Model> model = import(builder);
  if (!model) return {};
  Result<std::vector<Tensor>> results = Executor(model->graph).run({{model->graph.inputs()[0], x}}, model->graph.outputs());
  EXPECT_TRUE(results.ok());
  return results.ok() ? *results : std::vector<Tensor>();
}

/// The first output of one node "y" on x, with constants.
Tensor run_node(const Message& data_node, const Tensor& x, const std::vector<Message>& constants = {}, int opset = 13) {
  std::vector<Dim> dims;
  for (const std::int64_t size : x.shape()) dims.emplace_back(size);
  ModelBuilder model = around(data_node, constants, dims, x.is_float() ? kFloat : kInt32);
  model.opset = opset;
  const std::vector<Tensor> results = run(model, x);
  return results.empty() ? Tensor() : results[0];
}

const Tensor kFive = numbers({1, 1, 5}, {1, 2, 3, 4, 5});
const Tensor kFour = numbers({1, 1, 4}, {1, 2, 3, 4});

Tensor conv(const Tensor& x, const std::vector<Message>& attributes) {
  return run_node(node("Conv", {"x", "w"}, {"y"}, attributes), x, {floats("w", {1, 1, 3}, {1, 10, 100})});
}

TEST(SpatialImport, ConvWindows) {
  EXPECT_EQ(conv(kFive, {}), numbers({1, 1, 3}, {321, 432, 543}));
  EXPECT_EQ(conv(kFive, {attribute("pads", Sizes{1, 0}), attribute("strides", Sizes{2})}), numbers({1, 1, 2}, {210, 432}));
  EXPECT_EQ(conv(kFive, {attribute("dilations", Sizes{2}), attribute("kernel_shape", Sizes{3})}), numbers({1, 1, 1}, {531}));
  EXPECT_EQ(conv(kFive, {attribute("auto_pad", "VALID"), attribute("pads", Sizes{0, 0})}), numbers({1, 1, 3}, {321, 432, 543}));
}

TEST(SpatialImport, AutoPadPutsTheOddElementAtItsSide) {
  const Message stride = attribute("strides", Sizes{2});
  EXPECT_EQ(conv(kFive, {attribute("auto_pad", "SAME_UPPER"), stride}), numbers({1, 1, 3}, {210, 432, 54}));
  EXPECT_EQ(conv(kFour, {attribute("auto_pad", "SAME_UPPER"), stride}), numbers({1, 1, 2}, {321, 43}));
  EXPECT_EQ(conv(kFour, {attribute("auto_pad", "SAME_LOWER"), stride}), numbers({1, 1, 2}, {210, 432}));
  EXPECT_EQ(conv(kFive, {attribute("auto_pad", "SAME_UPPER"), attribute("strides", Sizes{4})}), numbers({1, 1, 2}, {321 - 300 + 189, 54}))
      << "(2 - 1) * 4 + 3 - 5 = 2 elements of padding";
}

TEST(SpatialImport, ConvInGroupsWithBias) {
  EXPECT_EQ(run_node(node("Conv", {"x", "w", "b"}, {"y"}, {attribute("group", std::int64_t{2})}), numbers({1, 2, 2}, {1, 2, 3, 4}),
                     {floats("w", {2, 1, 1}, {2, 3}), floats("b", {2}, {100, 200})}),
            numbers({1, 2, 2}, {102, 104, 209, 212}));
}

TEST(SpatialImport, ConvOfThreeAxes) {
  EXPECT_EQ(run_node(node("Conv", {"x", "w"}, {"y"}), numbers({1, 1, 2, 1, 2}, {1, 2, 3, 4}), {floats("w", {1, 1, 2, 1, 1}, {1, 10})}),
            numbers({1, 1, 1, 1, 2}, {31, 42}));
}

TEST(SpatialImport, ConvKeepsItsParametersInTheGraph) {
  const std::optional<Model> model = import(around(
      node("Conv", {"x", "w"}, {"y"}, {attribute("strides", Sizes{2, 1}), attribute("pads", Sizes{0, 1, 2, 3}), attribute("group", kOne)}),
      {floats("w", {1, 1, 1, 2}, {1, 2})}, {1, 1, 4, 4}));
  ASSERT_TRUE(model);
  EXPECT_NE(print(model->graph).find("{stride=[2,1], dilation=[1,1], begin=[0,1], end=[2,3], spacing=[1,1], groups=1, fill=0}"),
            std::string::npos)
      << print(model->graph);
}

Tensor transposed(const std::vector<Message>& attributes) {
  return run_node(node("ConvTranspose", {"x", "w"}, {"y"}, attributes), numbers({1, 1, 2}, {1, 2}), {floats("w", {1, 1, 3}, {1, 10, 100})});
}

TEST(SpatialImport, ConvTransposeSpreadsTheKernel) {
  const Message stride = attribute("strides", Sizes{2});
  EXPECT_EQ(transposed({stride}), numbers({1, 1, 5}, {1, 10, 102, 20, 200}));
  EXPECT_EQ(transposed({stride, attribute("pads", Sizes{1, 1})}), numbers({1, 1, 3}, {10, 102, 20}));
  EXPECT_EQ(transposed({stride, attribute("pads", Sizes{3, 0})}), numbers({1, 1, 2}, {20, 200})) << "padding that crops the image";
  EXPECT_EQ(transposed({stride, attribute("output_padding", Sizes{1})}), numbers({1, 1, 6}, {1, 10, 102, 20, 200, 0}));
  EXPECT_EQ(transposed({stride, attribute("output_shape", Sizes{4})}), numbers({1, 1, 4}, {10, 102, 20, 200}));
  EXPECT_EQ(transposed({stride, attribute("auto_pad", "SAME_UPPER")}), numbers({1, 1, 4}, {1, 10, 102, 20}));
  EXPECT_EQ(transposed({attribute("dilations", Sizes{2})}), numbers({1, 1, 6}, {1, 2, 10, 20, 100, 200}));
}

TEST(SpatialImport, ConvTransposeInGroups) {
  EXPECT_EQ(run_node(node("ConvTranspose", {"x", "w"}, {"y"}, {attribute("group", std::int64_t{2})}), numbers({1, 2, 1}, {1, 2}),
                     {floats("w", {2, 1, 2}, {1, 2, 3, 4})}),
            numbers({1, 2, 2}, {1, 2, 6, 8}));
  EXPECT_EQ(run_node(node("ConvTranspose", {"x", "w", "b"}, {"y"}), numbers({1, 2, 1}, {1, 2}),
                     {floats("w", {2, 2, 1}, {1, 2, 3, 4}), floats("b", {2}, {100, 200})}),
            numbers({1, 2, 1}, {107, 210}));
}

Tensor pooled(std::string_view type, const std::vector<float>& x, std::vector<Message> attributes) {
  return run_node(node(type, {"x"}, {"y"}, attributes), numbers({1, 1, static_cast<std::int64_t>(x.size())}, x));
}

TEST(SpatialImport, MaxPool) {
  const Message two = attribute("kernel_shape", Sizes{2});
  const Message stride = attribute("strides", Sizes{2});
  EXPECT_EQ(pooled("MaxPool", {1, 5, 2, 4, 3}, {two, stride}), numbers({1, 1, 2}, {5, 4}));
  EXPECT_EQ(pooled("MaxPool", {1, 5, 2, 4, 3}, {two, stride, attribute("ceil_mode", kOne)}), numbers({1, 1, 3}, {5, 4, 3}));
  EXPECT_EQ(pooled("MaxPool", {-1, -2}, {two, attribute("pads", Sizes{1, 0})}), numbers({1, 1, 2}, {-1, -1})) << "padding never wins";
  EXPECT_EQ(pooled("MaxPool", {1, 5, 2, 4, 3}, {two, attribute("dilations", Sizes{2})}), numbers({1, 1, 3}, {2, 5, 3}));
  EXPECT_EQ(
      pooled("MaxPool", {1, 2, 3, 4}, {two, attribute("strides", Sizes{3}), attribute("pads", Sizes{1, 1}), attribute("ceil_mode", kOne)}),
      numbers({1, 1, 2}, {1, 4}))
      << "the third window would start behind the image";
  EXPECT_EQ(pooled("GlobalMaxPool", {1, 5, 2, 4}, {}), numbers({1, 1, 1}, {5}));
}

TEST(SpatialImport, AveragePoolCountsWhatItAdds) {
  const Message two = attribute("kernel_shape", Sizes{2});
  const Message pads = attribute("pads", Sizes{1, 1});
  EXPECT_EQ(pooled("AveragePool", {2, 4}, {two, pads}), numbers({1, 1, 3}, {2, 3, 4}));
  EXPECT_EQ(pooled("AveragePool", {2, 4}, {two, pads, attribute("count_include_pad", kOne)}), numbers({1, 1, 3}, {1, 3, 2}));
  EXPECT_EQ(pooled("AveragePool", {2, 4, 6},
                   {two, attribute("strides", Sizes{2}), attribute("ceil_mode", kOne), attribute("count_include_pad", kOne)}),
            numbers({1, 1, 2}, {3, 6}))
      << "what ceil_mode adds behind the padding is not counted";
  EXPECT_EQ(pooled("GlobalAveragePool", {1, 5, 2, 4}, {}), numbers({1, 1, 1}, {3}));
}

TEST(SpatialImport, AveragePoolOfTwoAxesDividesByATable) {
  EXPECT_EQ(run_node(node("AveragePool", {"x"}, {"y"}, {attribute("kernel_shape", Sizes{2, 2}), attribute("pads", Sizes{1, 0, 0, 0})}),
                     numbers({1, 1, 2, 2}, {1, 3, 5, 7})),
            numbers({1, 1, 2, 1}, {2, 4}));
}

Tensor reduced(std::string_view type, const std::vector<Message>& attributes) {
  return run_node(node(type, {"x"}, {"y"}, attributes), numbers({2, 2}, {3, -4, 1, 2}), {}, 11);
}

TEST(SpatialImport, Reductions) {
  const Message rows = attribute("axes", Sizes{-1});
  const Message flat = attribute("keepdims", std::int64_t{0});
  EXPECT_EQ(reduced("ReduceMean", {rows}), numbers({2, 1}, {-0.5F, 1.5F}));
  EXPECT_EQ(reduced("ReduceSum", {attribute("axes", Sizes{0}), flat}), numbers({2}, {4, -2}));
  EXPECT_EQ(reduced("ReduceMax", {attribute("axes", Sizes{0})}), numbers({1, 2}, {3, 2}));
  EXPECT_EQ(reduced("ReduceMin", {rows, flat}), numbers({2}, {-4, 1}));
  EXPECT_EQ(reduced("ReduceMin", {}), numbers({1, 1}, {-4}));
  EXPECT_EQ(reduced("ReduceL1", {rows, flat}), numbers({2}, {7, 3}));
  EXPECT_EQ(reduced("ReduceL2", {attribute("axes", Sizes{1}), flat}).floats()[0], 5);
  EXPECT_EQ(reduced("ReduceSumSquare", {flat}), numbers({}, {30}));
  EXPECT_EQ(reduced("ReduceSum", {attribute("noop_with_empty_axes", kOne)}), numbers({2, 2}, {3, -4, 1, 2}));
  EXPECT_EQ(run_node(node("ReduceMean", {"x", "a"}, {"y"}), numbers({1, 2, 2}, {1, 3, 5, 7}), {ints("a", {2}, {1, 2})}, 18),
            numbers({1, 1, 1}, {4}));
  EXPECT_EQ(run_node(node("ReduceMin", {"x"}, {"y"}, {attribute("axes", Sizes{1})}), Tensor({1, 3}, Tensor::Ints{4, -7, 5}), {}, 11),
            Tensor({1, 1}, Tensor::Ints{-7}));
}

TEST(SpatialImport, ReductionsOfConstantsFold) {
  for (const char* type : {"ReduceProd", "ReduceSum", "ReduceMax"}) {
    ModelBuilder model = around(node("Shape", {"x"}, {"s"}), {}, {1, 2, 3});
    model.opset = 11;
    model.nodes.push_back(node(type, {"s"}, {"n"}));
    model.nodes.push_back(node("Div", {"n", "n"}, {"one"}));
    model.nodes.push_back(node("Mul", {"one", "minus"}, {"target"}));
    model.constants = {ints("minus", {1}, {-1})};
    model.nodes.push_back(node("Reshape", {"x", "target"}, {"y"}));
    const std::vector<Tensor> result = run(model, numbers({1, 2, 3}, {1, 2, 3, 4, 5, 6}));
    ASSERT_EQ(result.size(), 1U) << type;
    EXPECT_EQ(result[0], numbers({6}, {1, 2, 3, 4, 5, 6})) << type;
  }
}

TEST(SpatialImport, SlicesOfData) {
  const std::vector<Message> constants = {ints("from", {1}, {-1}), ints("to", {1}, {std::numeric_limits<std::int64_t>::min()}),
                                          ints("axes", {1}, {-1}), ints("steps", {1}, {-2})};
  EXPECT_EQ(run_node(node("Slice", {"x", "from", "to", "axes", "steps"}, {"y"}), kFive, constants), numbers({1, 1, 3}, {5, 3, 1}));
  EXPECT_EQ(
      run_node(node("Slice", {"x"}, {"y"}, {attribute("axes", Sizes{2}), attribute("starts", Sizes{1}), attribute("ends", Sizes{99})}),
               kFour, {}, 9),
      numbers({1, 1, 3}, {2, 3, 4}));
}

TEST(SpatialImport, GatherOfData) {
  const Message axis = attribute("axis", std::int64_t{2});
  EXPECT_EQ(run_node(node("Gather", {"x", "i"}, {"y"}, {axis}), kFour, {ints("i", {}, {-1})}), numbers({1, 1}, {4}));
  EXPECT_EQ(run_node(node("Gather", {"x", "i"}, {"y"}, {axis}), kFour, {ints("i", {2, 1}, {0, 2})}), numbers({1, 1, 2, 1}, {1, 3}));
}

TEST(SpatialImport, SplitsGiveEveryPart) {
  ModelBuilder model = around(
      node("Split", {"x"}, {"y", "z"}, {attribute("axis", std::int64_t{2}), attribute("num_outputs", std::int64_t{2})}), {}, {1, 1, 5});
  model.opset = 18;
  model.outputs.push_back(port("z"));
  std::vector<Tensor> parts = run(model, kFive);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0], numbers({1, 1, 3}, {1, 2, 3}));
  EXPECT_EQ(parts[1], numbers({1, 1, 2}, {4, 5}));
  model.nodes = {node("Split", {"x", "sizes"}, {"y", "z"}, {attribute("axis", std::int64_t{-1})})};
  model.constants = {ints("sizes", {2}, {1, 4})};
  parts = run(model, kFive);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1], numbers({1, 1, 4}, {2, 3, 4, 5}));
}

TEST(SpatialImport, ConcatOfDataAndConstants) {
  EXPECT_EQ(run_node(node("Concat", {"c", "x", "x"}, {"y"}, {attribute("axis", std::int64_t{-1})}), numbers({1, 2}, {1, 2}),
                     {floats("c", {1, 1}, {9})}),
            numbers({1, 5}, {9, 1, 2, 1, 2}));
}

TEST(SpatialImport, TileAndExpandRepeat) {
  EXPECT_EQ(run_node(node("Tile", {"x", "r"}, {"y"}), numbers({1, 2}, {1, 2}), {ints("r", {2}, {2, 2})}),
            numbers({2, 4}, {1, 2, 1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(run_node(node("Expand", {"x", "s"}, {"y"}), numbers({1, 2}, {1, 2}), {ints("s", {3}, {2, 2, 1})}),
            numbers({2, 2, 2}, {1, 2, 1, 2, 1, 2, 1, 2}));
}

Tensor padded(const char* mode, const Sizes& pads, const Tensor& x = kFour) {
  return run_node(node("Pad", {"x", "p", "", "a"}, {"y"}, {attribute("mode", mode)}), x, {ints("p", {2}, pads), ints("a", {1}, {-1})}, 19);
}

TEST(SpatialImport, PadModes) {
  EXPECT_EQ(padded("constant", {1, 2}), numbers({1, 1, 7}, {0, 1, 2, 3, 4, 0, 0}));
  EXPECT_EQ(padded("constant", {-1, 1}), numbers({1, 1, 4}, {2, 3, 4, 0}));
  EXPECT_EQ(padded("edge", {2, -1}), numbers({1, 1, 5}, {1, 1, 1, 2, 3}));
  EXPECT_EQ(padded("reflect", {2, 4}), numbers({1, 1, 10}, {3, 2, 1, 2, 3, 4, 3, 2, 1, 2}));
  EXPECT_EQ(padded("wrap", {1, 5}), numbers({1, 1, 10}, {4, 1, 2, 3, 4, 1, 2, 3, 4, 1}));
  EXPECT_EQ(run_node(node("Pad", {"x"}, {"y"}, {attribute("pads", Sizes{0, 0, 1, 0, 0, 0}), attribute("value", 7.0F)}), kFour, {}, 9),
            numbers({1, 1, 5}, {7, 1, 2, 3, 4}));
}

TEST(SpatialImport, TheIdiomOfTracedPaddingFolds) {
  ModelBuilder model =
      around(node("ConstantOfShape", {"four"}, {"zeros"}, {attribute("value", ints("", {1}, {0}))}),
             {ints("four", {1}, {4}), ints("sides", {4}, {0, 1, 0, 1}), ints("pairs", {2}, {-1, 2}), ints("minus", {1}, {-1}),
              ints("first", {1}, {0}), ints("before", {1}, {std::numeric_limits<std::int64_t>::min() + 1}), floats("low", {}, {-8})},
             {1, 1, 2, 2});
  model.nodes.push_back(node("Concat", {"sides", "zeros"}, {"all"}, {attribute("axis", std::int64_t{0})}));
  model.nodes.push_back(node("Reshape", {"all", "pairs"}, {"table"}));
  model.nodes.push_back(node("Slice", {"table", "minus", "before", "first", "minus"}, {"turned"}));
  model.nodes.push_back(node("Transpose", {"turned"}, {"across"}, {attribute("perm", Sizes{1, 0})}));
  model.nodes.push_back(node("Reshape", {"across", "minus"}, {"list"}));
  model.nodes.push_back(node("Cast", {"list"}, {"pads"}, {attribute("to", std::int64_t{kInt64})}));
  model.nodes.push_back(node("Pad", {"x", "pads", "low"}, {"p"}));
  model.nodes.push_back(node("MaxPool", {"p"}, {"y"}, {attribute("kernel_shape", Sizes{2, 2})}));
  const std::vector<Tensor> result = run(model, numbers({1, 1, 2, 2}, {-1, -2, -3, -4}));
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0], numbers({1, 1, 2, 2}, {-1, -2, -3, -4}));
}

Tensor resized(const std::vector<Message>& attributes, float scale, const Tensor& x = kFour) {
  return run_node(node("Resize", {"x", "", "s"}, {"y"}, attributes), x, {floats("s", {3}, {1, 1, scale})});
}

TEST(SpatialImport, ResizeTakesTheNearest) {
  EXPECT_EQ(resized({}, 2), numbers({1, 1, 8}, {1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(resized({attribute("coordinate_transformation_mode", "asymmetric"), attribute("nearest_mode", "floor")}, 1.5F),
            numbers({1, 1, 6}, {1, 1, 2, 3, 3, 4}));
  EXPECT_EQ(resized({attribute("coordinate_transformation_mode", "asymmetric"), attribute("nearest_mode", "ceil")}, 2),
            numbers({1, 1, 8}, {1, 2, 2, 3, 3, 4, 4, 4}));
  EXPECT_EQ(resized({attribute("coordinate_transformation_mode", "align_corners")}, 0.5F), numbers({1, 1, 2}, {1, 4}));
  EXPECT_EQ(resized({attribute("coordinate_transformation_mode", "pytorch_half_pixel")}, 0.25F), numbers({1, 1, 1}, {1}));
  EXPECT_EQ(run_node(node("Resize", {"x", "", "", "n"}, {"y"}, {attribute("axes", Sizes{-1})}), kFour, {ints("n", {1}, {2})}, 18),
            numbers({1, 1, 2}, {1, 3}));
  EXPECT_EQ(run_node(node("Resize", {"x", "s"}, {"y"}), kFour, {floats("s", {3}, {1, 1, 2})}, 10),
            numbers({1, 1, 8}, {1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(run_node(node("Upsample", {"x", "s"}, {"y"}, {attribute("mode", "nearest")}), kFour, {floats("s", {3}, {1, 1, 2})}, 9),
            numbers({1, 1, 8}, {1, 1, 2, 2, 3, 3, 4, 4}));
}

TEST(SpatialImport, BlocksBetweenDepthAndSpace) {
  const Message block = attribute("blocksize", std::int64_t{2});
  const Tensor deep = numbers({1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(run_node(node("DepthToSpace", {"x"}, {"y"}, {block}), deep), numbers({1, 2, 2, 2}, {0, 2, 4, 6, 1, 3, 5, 7}));
  EXPECT_EQ(run_node(node("DepthToSpace", {"x"}, {"y"}, {block, attribute("mode", "CRD")}), deep),
            numbers({1, 2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(run_node(node("SpaceToDepth", {"x"}, {"y"}, {block}), numbers({1, 1, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7})),
            numbers({1, 4, 1, 2}, {0, 2, 1, 3, 4, 6, 5, 7}));
}

Message scalar(std::string_view name, float value) { return floats(name, {}, {value}); }

TEST(SpatialImport, TruncDropsBits) {
  const Tensor x = numbers({1, 6}, {-17, -1, 15, 16, 100, 255});
  const std::vector<Message> constants = {scalar("s", 1), scalar("z", 0), scalar("i", 8), scalar("o", 4), scalar("t", 16), scalar("e", 8)};
  EXPECT_EQ(run_node(quant_node("Trunc", {"x", "s", "z", "i", "o"}, {"y"}), x, constants), numbers({1, 6}, {-2, -1, 0, 1, 6, 15}));
  EXPECT_EQ(run_node(quant_node("Trunc", {"x", "s", "z", "i", "t", "o"}, {"y"}), x, constants),
            numbers({1, 6}, {-32, -16, 0, 16, 96, 112}));
  EXPECT_EQ(run_node(quant_node("TruncQuant", {"x", "s", "z", "i", "t", "o"}, {"y"}, {attribute("rounding_mode", "CEIL")}), x, constants),
            numbers({1, 6}, {-16, 0, 16, 16, 112, 112}));
  EXPECT_EQ(run_node(quant_node("Trunc", {"x", "s", "e", "i", "t", "o"}, {"y"}), numbers({1, 2}, {0, 9}), constants),
            numbers({1, 2}, {-8, 8}))
      << "a zero point of 8/16 is no code";
}

TEST(SpatialImport, QuantAvgPoolShiftsTheSum) {
  const std::vector<Message> attributes = {attribute("kernel", std::int64_t{2}), attribute("stride", std::int64_t{2}),
                                           attribute("ibits", std::int64_t{4}), attribute("obits", std::int64_t{4})};
  EXPECT_EQ(run_node(quant_node("QuantAvgPool2d", {"x"}, {"y"}, attributes), numbers({1, 1, 2, 2}, {1, 2, 3, 5})),
            numbers({1, 1, 1, 1}, {2}));
}

TEST(SpatialImport, ChannelsLast) {
  EXPECT_EQ(run_node(node("Conv", {"x", "w", "b"}, {"y"}, {}, "qonnx.custom_op.channels_last"), numbers({1, 2, 2}, {1, 2, 3, 4}),
                     {floats("w", {1, 1, 2}, {1, 10}), floats("b", {1}, {100})}),
            numbers({1, 2, 1}, {121, 143}));
  const Message kernel = attribute("kernel_shape", Sizes{1, 2});
  const Tensor image = numbers({1, 1, 2, 2}, {1, 4, 3, 2});
  EXPECT_EQ(run_node(node("MaxPool", {"x"}, {"y"}, {kernel}, "qonnx.custom_op.channels_last"), image), numbers({1, 1, 1, 2}, {3, 4}));
  EXPECT_EQ(run_node(quant_node("MaxPoolNHWC", {"x"}, {"y"}, {kernel}), image), numbers({1, 1, 1, 2}, {3, 4}));
  EXPECT_EQ(
      run_node(node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"y"}, {attribute("epsilon", 0.0F)}, "qonnx.custom_op.channels_last"),
               image, {floats("g", {2}, {1, 2}), floats("b", {2}, {0, 1}), floats("m", {2}, {1, 0}), floats("v", {2}, {1, 4})}),
      numbers({1, 1, 2, 2}, {0, 5, 2, 3}));
}

TEST(SpatialImport, Im2ColLaysWindowsSideBySide) {
  const std::vector<Message> attributes = {attribute("kernel_size", Sizes{1, 2}), attribute("stride", Sizes{1, 1}),
                                           attribute("pad_amount", Sizes{0, 0, 0, 1}), attribute("pad_value", std::int64_t{-1})};
  EXPECT_EQ(run_node(quant_node("Im2Col", {"x"}, {"y"}, attributes), numbers({2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})),
            numbers({2, 1, 2, 4}, {1, 2, 3, 4, 3, 4, -1, -1, 5, 6, 7, 8, 7, 8, -1, -1}));
}

TEST(SpatialImport, XnorPopcountCountsAgreeingBits) {
  EXPECT_EQ(
      run_node(quant_node("XnorPopcountMatMul", {"x", "w"}, {"y"}), numbers({1, 3}, {1, 0, 1}), {floats("w", {3, 2}, {1, 0, 1, 1, 1, 0})}),
      numbers({1, 2}, {2, 0}));
}

/// Bytes x = {1, 2, 3} [1,1,3] times 8-bit weights {1, -1}, by an operator on codes.
Tensor on_codes(const Message& data_node, const std::vector<Message>& constants, const Sizes& shape = {1, 1, 3}) {
  std::vector<Dim> dims(shape.begin(), shape.end());
  const std::vector<Tensor> results = run(around(data_node, constants, dims, kUint8), Tensor(shape, Tensor::Ints{1, 2, 3}));
  return results.empty() ? Tensor() : results[0];
}

TEST(SpatialImport, ProductsOfCodes) {
  const std::vector<Message> constants = {
      scalar("xs", 0.5F),   tensor("xz", kUint8, {}, raw<std::uint8_t>({1})),         scalar("ws", 2),
      scalar("ys", 0.25F),  tensor("wz", kInt8, {}, raw<std::int8_t>({0})),           tensor("yz", kUint8, {}, raw<std::uint8_t>({100})),
      scalar("zero", 0),    tensor("w", kInt8, {1, 1, 2}, raw<std::int8_t>({1, -1})), tensor("b", kInt32, {1}, raw<std::int32_t>({3})),
      floats("f", {1}, {}), tensor("m", kInt8, {3, 1}, raw<std::int8_t>({1, -1, 2}))};
  std::vector<Message> used = constants;
  used.erase(used.begin() + 9);
  EXPECT_EQ(on_codes(node("QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, {"y"}), used),
            Tensor({1, 1, 2}, Tensor::Ints{108, 108}))
      << "((0 - 1) + 3) * 0.5 * 2 / 0.25 + 100";
  EXPECT_EQ(on_codes(node("QLinearMatMul", {"x", "xs", "xz", "m", "ws", "wz", "ys", "yz"}, {"y"}), used, {1, 3}),
            Tensor({1, 1}, Tensor::Ints{112}))
      << "(0 - 1 + 4) * 0.5 * 2 / 0.25 + 100";
  EXPECT_EQ(on_codes(node("ConvInteger", {"x", "w", "xz"}, {"y"}, {attribute("pads", Sizes{0, 1})}), used),
            Tensor({1, 1, 3}, Tensor::Ints{-1, -1, 2}))
      << "padding stands for zero, not for code 0";
  EXPECT_EQ(on_codes(node("MatMulInteger", {"x", "m", "xz"}, {"y"}), used, {1, 3}), Tensor({1, 1}, Tensor::Ints{3}));
}

TEST(SpatialImport, QdqBetweenWindows) {
  ModelBuilder model =
      around(node("QuantizeLinear", {"x", "s", "z"}, {"q"}),
             {scalar("s", 0.5F), tensor("z", kUint8, {}, raw<std::uint8_t>({2})), tensor("c", kInt8, {2, 1, 1}, raw<std::int8_t>({1, -2})),
              floats("cs", {2}, {0.5F, 2}), tensor("b", kInt32, {2}, raw<std::int32_t>({4, 1})), floats("bs", {2}, {0.25F, 1})},
             {1, 1, 4});
  model.nodes.push_back(node("DequantizeLinear", {"q", "s", "z"}, {"d"}));
  model.nodes.push_back(node("DequantizeLinear", {"c", "cs"}, {"w"}, {attribute("axis", std::int64_t{-3})}));
  model.nodes.push_back(node("DequantizeLinear", {"b", "bs"}, {"bias"}, {attribute("axis", std::int64_t{0})}));
  model.nodes.push_back(node("Conv", {"d", "w", "bias"}, {"t"}));
  model.nodes.push_back(node("MaxPool", {"t"}, {"y"}, {attribute("kernel_shape", Sizes{2}), attribute("strides", Sizes{2})}));
  const std::vector<Tensor> result = run(model, kFour);
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0], numbers({1, 2, 2}, {2, 3, -3, -11}));
}

}  // namespace
}  // namespace finnr
