// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/layers.h"

#include "finnr/graph/text.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

std::string names(const HardwarePart& part) {
  std::string text;
  for (const Layer& layer : part.layers) text += layer.name + " ";
  return text;
}

struct Found {
  Graph graph;
  std::optional<HardwarePart> part;
  std::vector<Diagnostic> problems;
};

Found found(std::string_view text) {
  Result<Graph> graph = parse(text);
  EXPECT_TRUE(graph.ok()) << to_text(graph.error());
  Found result{*std::move(graph), std::nullopt, {}};
  Diagnostics diagnostics;
  result.part = find_hardware(result.graph, {}, diagnostics);
  result.problems = diagnostics.list();
  return result;
}

TEST(FindHardware, ChainWithFusedThresholds) {
  const HardwarePart part = part_of(integer_chain({6, 5, 4}, 3, 2, 2, 1));
  EXPECT_EQ(names(part), "thr0 fc0 fc1 top_k ");
  const auto& first = std::get<ThresholdLayer>(part.layers[0].kind);
  EXPECT_EQ(first.channels, 6) << "one table for all takes the vectors of the matrix behind it";
  EXPECT_EQ(first.vectors, 2);
  const auto& fc0 = std::get<MatrixLayer>(part.layers[1].kind);
  EXPECT_TRUE(fc0.thresholds.has_value());
  EXPECT_EQ(fc0.inputs, 6);
  EXPECT_EQ(fc0.outputs, 5);
  EXPECT_EQ(fc0.vectors, 2);
  EXPECT_EQ(part.layers[1].origin, (Origin{"MatMul_0", "Quant_0"}));
  EXPECT_FALSE(std::get<MatrixLayer>(part.layers[2].kind).thresholds.has_value());
  EXPECT_EQ(std::get<TopKLayer>(part.layers[3].kind).labels, 8);
}

TEST(FindHardware, ManyStepsStandAlone) {
  EXPECT_EQ(names(part_of(integer_chain({6, 5, 4}, 15))), "fc0 fc1 ");
  EXPECT_EQ(names(part_of(integer_chain({6, 5, 4}, 16))), "fc0 thr0 fc1 ");
}

TEST(FindHardware, HostAtBothEnds) {
  const Found result = found(R"(
input %0 "x" : f32[1,2]
%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][1,2]
%2 = reshape(%1) {shape=[1,1,2]} : int[0,3][1,1,2]
%3 = reshape(%2) {shape=[1,2]} : int[0,3][1,2]
const %4 : int[-1,1][2,2] = [1,0,-1,1]
%5 = matmul(%3, %4) : int[-3,3][1,2]
%6 = reshape(%5) {shape=[2]} : int[-3,3][2]
%7 = dequantize(%6) {scale=1, zero=0} : f32[2]
output %7)");
  ASSERT_TRUE(result.part.has_value());
  EXPECT_EQ(names(*result.part), "fc0 ");
  const Node& fc0 = result.graph.node(std::get<MatrixLayer>(result.part->layers[0].kind).node);
  EXPECT_EQ(result.part->links[result.part->inputs.at(0)].value, fc0.inputs[0]) << "reshaped by the host";
  EXPECT_EQ(result.part->links[result.part->outputs.at(0)].value, fc0.outputs[0]);
}

TEST(FindHardware, OtherTopKsAreLeftToTheHost) {
  const auto kinds = [](const std::string& shape, const std::string& top_k, const std::string& output) {
    return names(*found("input %0 \"x\" : int[0,3]" + shape + "\n" + top_k + "\noutput " + output).part);
  };
  EXPECT_EQ(kinds("[1,4]", "%1, %2 = top_k(%0) {k=2, axis=1, largest=true} : int[0,3][1,2], int[0,3][1,2]", "%2"), "top_k ");
  EXPECT_EQ(kinds("[1,4]", "%1, %2 = top_k(%0) {k=2, axis=1, largest=true} : int[0,3][1,2], int[0,3][1,2]", "%1"), "") << "values";
  EXPECT_EQ(kinds("[1,4]", "%1, %2 = top_k(%0) {k=2, axis=1, largest=false} : int[0,3][1,2], int[0,3][1,2]", "%2"), "") << "smallest";
  EXPECT_EQ(kinds("[2,4]", "%1, %2 = top_k(%0) {k=2, axis=1, largest=true} : int[0,3][2,2], int[0,3][2,2]", "%2"), "") << "of two rows";
}

TEST(FindHardware, TablesAlongAnOuterAxisAreSpelledOut) {
  const Found result = found(R"(
input %0 "x" : int[0,9][3,2]
const %1 : int[1,3][3,1] = [1,2,3]
const %2 : int[0,0][3] = [0,0,0]
const %3 : int[1,1][3,1] = [1,1,1]
%4 = thresholds(%0, %1, %2, %3) {axis=0, codes=int[0,1]} : int[0,1][3,2]
output %4)");
  ASSERT_TRUE(result.part.has_value());
  EXPECT_EQ(std::get<ThresholdLayer>(result.part->layers[0].kind).channels, 6);
}

TEST(FindHardware, NothingPassesTheInputThrough) {
  const Found floats = found(R"(
input %0 "x" : f32[3]
%1 = unary(%0) {function=neg, alpha=0, beta=0} : f32[3]
output %1)");
  ASSERT_TRUE(floats.part.has_value());
  EXPECT_TRUE(floats.part->layers.empty());
  EXPECT_EQ(floats.part->links[floats.part->inputs.at(0)].value, floats.graph.inputs()[0]);
}

template <class T>
const T& layer(const HardwarePart& part, std::size_t index) {
  return std::get<T>(part.layers.at(index).kind);
}

using Ints = std::vector<std::int64_t>;

TEST(FindHardware, ConvolutionsAreMatricesOfWindows) {
  SmallNetwork net;
  ValueId x = net.input({1, 4, 5, 6});
  x = net.thresholds(net.conv(x, 3, {3, 2}, {.stride = {2, 1}, .begin = {1, 0}, .end = {1, 1}, .fill = 2}));
  x = net.conv(x, 2, {1, 1});
  const Graph graph = net.done({x});
  const HardwarePart part = part_of(graph);
  EXPECT_EQ(names(part), "conv0 conv1 ");
  const auto& m = layer<MatrixLayer>(part, 0);
  ASSERT_TRUE(m.windows.has_value());
  EXPECT_EQ(m.windows->shape.h, 5);
  EXPECT_EQ(m.windows->shape.w, 6);
  EXPECT_EQ(m.windows->shape.oh, 3);
  EXPECT_EQ(m.windows->shape.ow, 6);
  EXPECT_EQ(m.windows->shape.stride_h, 2);
  EXPECT_EQ(m.windows->shape.pad_top, 1);
  EXPECT_EQ(m.windows->shape.pad_left, 0);
  EXPECT_EQ(m.windows->fill, 2);
  EXPECT_TRUE(m.windows->filled());
  EXPECT_EQ(m.inputs, 3 * 2 * 4);
  EXPECT_EQ(m.outputs, 3);
  EXPECT_EQ(m.vectors, 3 * 6);
  EXPECT_TRUE(m.thresholds.has_value());
  EXPECT_FALSE(layer<MatrixLayer>(part, 1).windows.has_value()) << "pixel by pixel";
  EXPECT_EQ(layer<MatrixLayer>(part, 1).vectors, 3 * 6);
  EXPECT_EQ(part.links[part.inputs[0]].layout, Layout::channels_last({1, 4, 5, 6}));
  EXPECT_EQ(part.links[part.inputs[0]].channels, 4);
  EXPECT_EQ(part.links[part.outputs[0]].layout, Layout::channels_last({1, 2, 3, 6}));
}

TEST(FindHardware, SignalsLieAlongTheRows) {
  SmallNetwork net;
  const HardwarePart part = part_of(net.done({net.conv(net.input({2, 3, 9}), 4, {3}, {.dilation = {2}})}));
  const auto& m = layer<MatrixLayer>(part, 0);
  EXPECT_EQ(m.windows->shape.h, 9);
  EXPECT_EQ(m.windows->shape.w, 1);
  EXPECT_EQ(m.windows->shape.kh, 3);
  EXPECT_EQ(m.windows->shape.dilation_h, 2);
  EXPECT_EQ(m.windows->images, 2);
  EXPECT_EQ(m.vectors, 2 * 5);
  EXPECT_FALSE(m.windows->filled());
}

TEST(FindHardware, TransposedConvolutionsHaveSpacing) {
  SmallNetwork net;
  const HardwarePart part =
      part_of(net.done({net.conv(net.input({1, 2, 3, 3}), 2, {3, 3}, {.begin = {1, 1}, .end = {2, 2}, .spacing = {2, 2}})}));
  const auto& m = layer<MatrixLayer>(part, 0);
  EXPECT_EQ(m.windows->shape.up_h, 2);
  EXPECT_EQ(m.windows->shape.up_w, 2);
  EXPECT_FALSE(m.windows->shape.repeat);
  EXPECT_EQ(m.windows->shape.oh, 6);
  EXPECT_TRUE(m.windows->filled());
}

TEST(FindHardware, GroupsAndDepthwise) {
  SmallNetwork net;
  ValueId x = net.input({1, 6, 4, 4});
  x = net.thresholds(net.conv(x, 4, {2, 2}, {.groups = 2}));
  x = net.thresholds(net.conv(x, 4, {2, 2}, {.groups = 4}));
  x = net.thresholds(net.conv(x, 8, {1, 1}, {.groups = 4}));
  x = net.conv(x, 8, {1, 1}, {.groups = 8});
  const HardwarePart part = part_of(net.done({x}));
  EXPECT_EQ(names(part), "conv0 dw0 conv1 dw1 ");
  EXPECT_EQ(layer<MatrixLayer>(part, 0).groups, 2);
  EXPECT_EQ(layer<MatrixLayer>(part, 0).inputs, 3 * 4);
  EXPECT_EQ(layer<MatrixLayer>(part, 0).outputs, 2);
  EXPECT_EQ(layer<MatrixLayer>(part, 0).vectors, 9 * 2);
  EXPECT_EQ(layer<DepthwiseLayer>(part, 1).channels, 4);
  EXPECT_EQ(layer<DepthwiseLayer>(part, 1).kernel, 4);
  EXPECT_EQ(layer<DepthwiseLayer>(part, 1).pixels, 4);
  EXPECT_TRUE(layer<DepthwiseLayer>(part, 1).thresholds.has_value());
  EXPECT_EQ(layer<MatrixLayer>(part, 2).groups, 4) << "two outputs from each channel";
  EXPECT_EQ(layer<DepthwiseLayer>(part, 3).kernel, 1);
  EXPECT_FALSE(layer<DepthwiseLayer>(part, 3).windows.has_value());
}

TEST(FindHardware, Pools) {
  SmallNetwork net;
  ValueId x = net.input({1, 3, 6, 6}, {-4, 3, false});
  x = net.pool(x, {.kernel = {3, 3}, .stride = {2, 2}, .begin = {1, 1}, .end = {1, 1}});
  x = net.pool(x, {.kind = PoolKind::kSum, .kernel = {2, 2}});
  const ValueId whole = net.pool(x, {.kernel = {2, 2}});
  const ValueId sum = net.add(Sum{{2, 3}, true}, {x});
  const HardwarePart part = part_of(net.done({whole, sum}));
  EXPECT_EQ(names(part), "pool0 pool1 pool2 pool3 ");
  EXPECT_EQ(layer<PoolLayer>(part, 0).kind, PoolKind::kMax);
  EXPECT_EQ(layer<PoolLayer>(part, 0).windows->fill, -4) << "padding is the least code, which never wins";
  EXPECT_EQ(layer<PoolLayer>(part, 0).count, 9);
  EXPECT_EQ(layer<PoolLayer>(part, 0).pixels, 9);
  EXPECT_EQ(layer<PoolLayer>(part, 1).kind, PoolKind::kSum);
  EXPECT_TRUE(layer<PoolLayer>(part, 1).windows.has_value());
  EXPECT_FALSE(layer<PoolLayer>(part, 2).windows.has_value()) << "the whole image";
  EXPECT_EQ(layer<PoolLayer>(part, 2).count, 4);
  EXPECT_FALSE(layer<PoolLayer>(part, 3).windows.has_value());
  EXPECT_EQ(layer<PoolLayer>(part, 3).kind, PoolKind::kSum);
  EXPECT_EQ(part.outputs.size(), 2U);
}

TEST(FindHardware, JoinsOfEqualShapesAndGates) {
  SmallNetwork net;
  const ValueId x = net.input({1, 4, 3, 3});
  const ValueId a = net.thresholds(net.conv(x, 4, {1, 1}));
  const ValueId sum = net.add(Join{JoinFunction::kAdd, 1, -3}, {x, a});
  const ValueId gate = net.thresholds(net.add(Sum{{2, 3}, true}, {sum}));
  const HardwarePart part = part_of(net.done({net.add(Join{JoinFunction::kMul, 1, 1}, {sum, gate})}));
  EXPECT_EQ(names(part), "conv0 join0 pool0 thr0 join1 ");
  const auto& add = layer<JoinLayer>(part, 1);
  EXPECT_EQ(add.channels, 4);
  EXPECT_EQ(add.vectors, 9);
  EXPECT_EQ(add.repeats[0], 1);
  EXPECT_EQ(add.repeats[1], 1);
  EXPECT_EQ(layer<JoinLayer>(part, 4).repeats[0], 1);
  EXPECT_EQ(layer<JoinLayer>(part, 4).repeats[1], 9);
  EXPECT_EQ(part.layers[1].inputs, (std::vector<std::size_t>{part.inputs[0], part.layers[0].output}));
}

TEST(FindHardware, OneNumberAddedIsAShift) {
  SmallNetwork net;
  const ValueId x = net.matmul(net.input({2, 3}), 4);
  const ValueId five = net.graph.add_constant(Tensor({1}, Tensor::Ints{5}));
  const HardwarePart part = part_of(net.done({net.add(Join{JoinFunction::kAdd, 1, -2}, {x, five})}));
  EXPECT_EQ(names(part), "fc0 shift0 ");
  EXPECT_EQ(layer<ShiftLayer>(part, 1).offset, -10);
  EXPECT_EQ(layer<ShiftLayer>(part, 1).channels, 4);
  EXPECT_EQ(layer<ShiftLayer>(part, 1).vectors, 2);
}

TEST(FindHardware, ConcatenationsAlongEveryAxis) {
  const auto turns = [](int axis, const Shape& a, const Shape& b) {
    SmallNetwork net;
    const ValueId first = net.thresholds(net.input(a));
    const ValueId second = net.thresholds(net.input(b));
    const HardwarePart part = part_of(net.done({net.thresholds(net.add(Concat{axis}, {first, second}))}));
    EXPECT_EQ(names(part), "thr0 thr1 concat0 thr2 ");
    EXPECT_EQ(part.inputs.size(), 2U);
    const auto& concat = layer<ConcatLayer>(part, 2);
    return std::pair(concat.turns, concat.rounds);
  };
  EXPECT_EQ(turns(1, {1, 4, 2, 3}, {1, 2, 2, 3}), std::pair(Ints{4, 2}, std::int64_t{6}));
  EXPECT_EQ(turns(2, {1, 4, 2, 3}, {1, 4, 5, 3}), std::pair(Ints{24, 60}, std::int64_t{1}));
  EXPECT_EQ(turns(3, {1, 4, 2, 3}, {1, 4, 2, 1}), std::pair(Ints{12, 4}, std::int64_t{2}));
  EXPECT_EQ(turns(0, {1, 4, 2, 3}, {2, 4, 2, 3}), std::pair(Ints{24, 48}, std::int64_t{1}));
  EXPECT_EQ(turns(1, {2, 3}, {2, 5}), std::pair(Ints{3, 5}, std::int64_t{2}));
  EXPECT_EQ(turns(0, {2, 3}, {1, 3}), std::pair(Ints{6, 3}, std::int64_t{1}));
}

/// A take between two layers of thresholds.
HardwarePart taken(const Shape& shape, int axis, const Ints& indices) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.input(shape));
  return part_of(net.done({net.thresholds(net.add(Take{axis, indices}, {x}), 2, shape.size() > 1 ? 1 : 0)}));
}

TEST(FindHardware, RunsAreTaken) {
  const auto run = [](const Shape& shape, int axis, const Ints& indices) {
    const HardwarePart part = taken(shape, axis, indices);
    EXPECT_EQ(names(part), "thr0 take0 thr1 ");
    const auto& t = layer<TakeLayer>(part, 1);
    return Ints{t.period, t.first, t.count, t.rounds};
  };
  EXPECT_EQ(run({1, 6, 2, 3}, 1, {2, 3, 4}), (Ints{6, 2, 3, 6}));
  EXPECT_EQ(run({1, 6, 4, 3}, 2, {1, 2}), (Ints{72, 18, 36, 1}));
  EXPECT_EQ(run({1, 6, 4, 3}, 3, {2}), (Ints{18, 12, 6, 4}));
  EXPECT_EQ(run({3, 6}, 0, {1, 2}), (Ints{18, 6, 12, 1}));
}

TEST(FindHardware, StepsAndRepetitionsAreWindows) {
  const auto shape = [](const Ints& indices, int axis) {
    const HardwarePart part = taken({1, 2, 5, 6}, axis, indices);
    EXPECT_EQ(names(part), "thr0 resample0 thr1 ");
    return layer<ResampleLayer>(part, 1).windows.shape;
  };
  const WindowShape step = shape({1, 3}, 2);
  EXPECT_EQ(step.stride_h, 2);
  EXPECT_EQ(step.pad_top, -1);
  EXPECT_EQ(step.oh, 2);
  EXPECT_EQ(step.ow, 6);
  const WindowShape twice = shape({0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, 3);
  EXPECT_EQ(twice.up_w, 2);
  EXPECT_TRUE(twice.repeat);
  EXPECT_EQ(twice.pad_left, 0);
  EXPECT_EQ(twice.ow, 12);
  const WindowShape shifted = shape({1, 2, 2, 2, 3}, 2);  // every row three times, from the last one of row 1 on
  EXPECT_EQ(shifted.up_h, 3);
  EXPECT_EQ(shifted.pad_top, -5);
}

TEST(FindHardware, OtherTakesAreLookedUp) {
  const HardwarePart part = taken({1, 3, 2, 2}, 1, {2, 0});
  EXPECT_EQ(names(part), "thr0 permute0 thr1 ");
  EXPECT_EQ(layer<PermuteLayer>(part, 1).index, (Ints{2, 0, 5, 3, 8, 6, 11, 9}));
  const HardwarePart mirrored = taken({1, 2, 1, 3}, 3, {2, 1, 0, 0});
  EXPECT_EQ(layer<PermuteLayer>(mirrored, 1).index, (Ints{4, 5, 2, 3, 0, 1, 0, 1}));
}

TEST(FindHardware, PaddingIsAWindow) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.input({1, 2, 3, 4}));
  const HardwarePart part = part_of(net.done({net.thresholds(net.pad(x, {0, 0, 1, 0}, {0, 0, 0, 2}, 1))}));
  EXPECT_EQ(names(part), "thr0 resample0 thr1 ");
  const auto& r = layer<ResampleLayer>(part, 1);
  EXPECT_EQ(r.windows.shape.pad_top, 1);
  EXPECT_EQ(r.windows.shape.oh, 4);
  EXPECT_EQ(r.windows.shape.ow, 6);
  EXPECT_EQ(r.windows.fill, 1);
}

TEST(FindHardware, TransposesThatMoveDataBecomePermutations) {
  SmallNetwork net;
  const ValueId x = net.matmul(net.input({2, 3}), 3);
  const HardwarePart part = part_of(net.done({net.matmul(net.add(Transpose{{1, 0}}, {x}), 2)}));
  EXPECT_EQ(names(part), "fc0 permute0 fc1 ");
  EXPECT_EQ(layer<PermuteLayer>(part, 1).index, (Ints{0, 3, 1, 4, 2, 5}));
}

TEST(FindHardware, TransposesThatNameAxesAreFree) {
  // Channels last at the ends: what the host gives is in the order that the convolution wants.
  SmallNetwork net;
  const ValueId x = net.input({1, 4, 5, 3});
  const ValueId y = net.conv(net.add(Transpose{{0, 3, 1, 2}}, {x}), 2, {3, 3});
  const Graph graph = net.done({net.add(Transpose{{0, 2, 3, 1}}, {y})});
  const HardwarePart part = part_of(graph);
  EXPECT_EQ(names(part), "conv0 ");
  EXPECT_EQ(part.links[part.inputs[0]].value, y.valid() ? graph.node(graph.value(y).producer).inputs[0] : ValueId{});
  EXPECT_EQ(part.links[part.inputs[0]].channels, 3);
}

TEST(FindHardware, FlattenedImagesTurnTheWeights) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.conv(net.input({1, 2, 2, 2}), 3, {1, 1}));
  const ValueId flat = net.add(Reshape{{1, 12}}, {x});
  const Graph graph = net.done({net.matmul(flat, 2)});
  const HardwarePart part = part_of(graph);
  EXPECT_EQ(names(part), "conv0 fc0 ") << "no permutation";
  const Node& node = graph.node(layer<MatrixLayer>(part, 1).node);
  const Tensor& plain = *graph.value(node.inputs[1]).constant;
  const Tensor& turned = *layer<MatrixLayer>(part, 1).weights;
  for (std::int64_t pixel = 0; pixel < 4; ++pixel) {
    for (std::int64_t c = 0; c < 3; ++c) {
      for (std::int64_t n = 0; n < 2; ++n)
        EXPECT_EQ(turned.ints()[static_cast<std::size_t>((pixel * 3 + c) * 2 + n)],
                  plain.ints()[static_cast<std::size_t>((c * 4 + pixel) * 2 + n)]);
    }
  }
}

TEST(FindHardware, ShuffledChannelsTurnTheWeights) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 3, 2, 2}), 6, {1, 1}));
  x = net.add(Reshape{{1, 2, 3, 2, 2}}, {x});
  x = net.add(Transpose{{0, 2, 1, 3, 4}}, {x});
  x = net.add(Reshape{{1, 6, 2, 2}}, {x});
  const Graph graph = net.done({net.conv(x, 2, {2, 2})});
  const HardwarePart part = part_of(graph);
  EXPECT_EQ(names(part), "conv0 conv1 ") << "no permutation";
  const auto& m = layer<MatrixLayer>(part, 1);
  const Tensor& plain = *graph.value(graph.node(m.node).inputs[1]).constant;
  const Ints channels = {0, 2, 4, 1, 3, 5};  // of the shuffled tensor, by place in the stream
  for (std::int64_t k = 0; k < 4; ++k) {
    for (std::int64_t i = 0; i < 6; ++i) {
      for (std::int64_t n = 0; n < 2; ++n)
        EXPECT_EQ(m.weights->ints()[static_cast<std::size_t>((k * 6 + i) * 2 + n)],
                  plain.ints()[static_cast<std::size_t>((n * 6 + channels[static_cast<std::size_t>(i)]) * 4 + k)]);
    }
  }
}

TEST(FindHardware, SeveralInputsAndOutputs) {
  SmallNetwork net;
  const ValueId a = net.matmul(net.input({1, 3}), 2);
  const ValueId b = net.matmul(net.input({1, 4}), 2);
  const ValueId sum = net.add(Join{}, {a, b});
  const HardwarePart part = part_of(net.done({sum, a, net.matmul(a, 5)}));
  EXPECT_EQ(names(part), "fc0 fc1 join0 fc2 ");
  EXPECT_EQ(part.inputs.size(), 2U);
  ASSERT_EQ(part.outputs.size(), 3U) << "in the order of their layers";
  EXPECT_EQ(part.links[part.outputs[0]].value, a);
  EXPECT_EQ(part.links[part.outputs[1]].value, sum);
}

TEST(FindHardware, MovesAtTheEndsAreLeftToTheHost) {
  SmallNetwork net;
  ValueId x = net.pad(net.input({1, 2, 3, 3}), {0, 0, 1, 1}, {0, 0, 1, 1});
  const ValueId padded = x;
  x = net.conv(x, 4, {3, 3});
  const ValueId y = x;
  x = net.add(Take{1, {3, 1}}, {x});
  x = net.add(Transpose{{0, 2, 3, 1}}, {x});
  const HardwarePart part = part_of(net.done({x}));
  EXPECT_EQ(names(part), "conv0 ");
  EXPECT_EQ(part.links[part.inputs[0]].value, padded);
  EXPECT_EQ(part.links[part.outputs[0]].value, y);
}

TEST(FindHardware, HostNodesAreLeftOut) {
  SmallNetwork net;
  const ValueId a = net.matmul(net.input({1, 3}), 2);
  const ValueId b = net.matmul(a, 4);
  const Graph graph = net.done({b});
  Diagnostics diagnostics;
  const std::optional<HardwarePart> part = find_hardware(graph, place(graph, {"matmul_1"}), diagnostics);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(names(*part), "fc0 ");
  EXPECT_EQ(part->links[part->outputs[0]].value, a);
}

void expect_refused(const Graph& graph, Code code, const std::string& node, const std::string& words) {
  Diagnostics diagnostics;
  EXPECT_FALSE(find_hardware(graph, {}, diagnostics).has_value());
  ASSERT_FALSE(diagnostics.list().empty()) << print(graph);
  const Diagnostic& first = diagnostics.list()[0];
  EXPECT_EQ(first.code, code) << to_text(first);
  ASSERT_FALSE(first.places.empty());
  EXPECT_EQ(first.places[0].node, node);
  EXPECT_NE(first.cause.find(words), std::string::npos) << first.cause;
}

TEST(FindHardware, OperatorsWithoutAUnit) {
  {
    SmallNetwork net;
    const ValueId x = net.input({2, 2});
    expect_refused(net.done({net.add(MatMul{}, {x, x})}), Code::kNoUnit, "matmul_0", "both depend on the input");
  }
  {
    SmallNetwork net;
    const ValueId x = net.input({1, 2, 3, 3});
    const ValueId w = net.input({2, 2, 1, 1});
    const ValueId y = net.add(Conv{{1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}, 1, 0}, {x, w});
    expect_refused(net.done({y}), Code::kNoUnit, "conv_0", "its weights depend");
  }
  {
    SmallNetwork net;
    expect_refused(net.done({net.conv(net.input({1, 2, 3, 3, 3}), 2, {2, 2, 2})}), Code::kNoUnit, "conv_0", "3 spatial axes");
  }
  {
    SmallNetwork net;
    expect_refused(net.done({net.pool(net.input({1, 2, 3, 3, 3}), {.kernel = {2, 2, 2}})}), Code::kNoUnit, "pool_0", "3 spatial axes");
  }
  {
    SmallNetwork net;
    expect_refused(net.done({net.add(Sum{{1}, true}, {net.input({1, 2, 3, 3})})}), Code::kNoUnit, "sum_0", "all spatial axes");
  }
  {
    SmallNetwork net;
    const ValueId x = net.input({1, 2, 3, 3});
    expect_refused(net.done({net.add(Join{}, {x, net.constant({1, 2, 3, 3})})}), Code::kNoUnit, "join_0", "a constant");
  }
  {
    SmallNetwork net;
    const ValueId x = net.input({1, 2, 3, 3});
    expect_refused(net.done({net.add(Join{}, {x, net.input({1, 1, 3, 3})})}), Code::kNoUnit, "join_0", "[1,1,3,3]");
  }
  {
    SmallNetwork net;
    const ValueId x = net.thresholds(net.input({1, 2, 3, 3}));
    const ValueId y = net.add(Concat{1}, {x, net.constant({1, 1, 3, 3})});
    expect_refused(net.done({net.thresholds(y)}), Code::kNoUnit, "concat_0", "a constant");
  }
  {
    SmallNetwork net;
    const ValueId x = net.thresholds(net.input({1, 2, 3, 3}));
    expect_refused(net.done({net.thresholds(net.pad(x, {0, 1, 0, 0}, {0, 0, 0, 0}))}), Code::kNoUnit, "pad_0", "spatial axes");
  }
}

TEST(FindHardware, EveryProblemIsReportedOnce) {
  SmallNetwork net;
  const ValueId x = net.input({2, 2});
  const ValueId a = net.add(MatMul{}, {x, x});
  const Graph graph = net.done({net.matmul(a, 2), net.add(Join{}, {x, net.constant({2, 2})})});
  Diagnostics diagnostics;
  EXPECT_FALSE(find_hardware(graph, {}, diagnostics).has_value());
  std::vector<std::string> nodes;
  for (const Diagnostic& d : diagnostics.list()) nodes.push_back(d.places.empty() ? "?" : d.places[0].node);
  EXPECT_EQ(nodes, (std::vector<std::string>{"matmul_0", "join_0"})) << "what depends on a broken node is not judged";
}

}  // namespace
}  // namespace finnr
