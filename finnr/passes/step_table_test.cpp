// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/step_table.h"

#include <algorithm>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// The whole range of an integer in every channel: x [values, channels].
struct Chain {
  Graph graph;
  NodeId quantizer;
  Tensor everything;
};

ValueId constant_row(Graph& graph, Rng& rng, std::int64_t channels, double size) {
  Tensor::Floats row;
  for (std::int64_t c = 0; c < channels; ++c) row.push_back(rng.chance(0.1) ? 0.0F : static_cast<float>(size * (2 * rng.unit() - 1)));
  return graph.add_constant(Tensor({channels}, std::move(row)));
}

Chain random_chain(Rng& rng) {
  Chain chain;
  Graph& graph = chain.graph;
  const std::int64_t lo = -rng.between(0, 200);
  const std::int64_t hi = rng.between(1, 200);
  const std::int64_t channels = rng.between(1, 3);
  const Shape shape = {hi - lo + 1, channels};
  chain.everything = Tensor::zeros(shape, false);
  for (std::size_t i = 0; i < chain.everything.ints().size(); ++i)
    chain.everything.ints()[i] = lo + static_cast<std::int64_t>(i) / channels;
  ValueId x = graph.add_input("x", ElementType::integer({lo, hi, false}), shape);
  const double scale = rng.chance(0.3) ? 0.125 : static_cast<double>(static_cast<float>(0.02 + 0.2 * rng.unit()));
  x = graph.must_add(Dequantize{{{rng.chance(0.2) ? -scale : scale}, 0}, {{rng.between(-9, 9)}, 0}}, {x}, {});
  for (std::int64_t length = rng.between(0, 4); length > 0; --length) {
    if (rng.chance(0.5)) {
      constexpr BinaryFunction kFunctions[] = {BinaryFunction::kAdd, BinaryFunction::kSub,  BinaryFunction::kMul,
                                               BinaryFunction::kDiv, BinaryFunction::kMin,  BinaryFunction::kMax,
                                               BinaryFunction::kMod, BinaryFunction::kFmod, BinaryFunction::kPrelu};
      const ValueId row = constant_row(graph, rng, channels, 3);
      const Binary op{kFunctions[rng.between(0, 8)]};
      x = rng.chance(0.25) ? graph.must_add(op, {row, x}, {}) : graph.must_add(op, {x, row}, {});
    } else {
      const auto function = static_cast<UnaryFunction>(rng.between(0, static_cast<int>(UnaryFunction::kThresholdedRelu)));
      x = graph.must_add(Unary{function, static_cast<float>(rng.unit() - 0.3), static_cast<float>(0.7 + rng.unit())}, {x}, {});
    }
  }
  Quantize quantize;
  quantize.style = static_cast<QuantizeStyle>(rng.between(0, 2));
  quantize.rounding = static_cast<Rounding>(rng.between(0, 6));
  quantize.codes = IntType::of_bits(static_cast<int>(rng.between(1, 5)), rng.chance(0.5));
  if (quantize.style == QuantizeStyle::kBipolar || (quantize.style == QuantizeStyle::kQonnx && rng.chance(0.1)))
    quantize.codes = IntType::bipolar_type();
  quantize.scale = {{rng.chance(0.3) ? 0.5F : static_cast<float>(0.1 + rng.unit())}, 0};
  quantize.zero = {{quantize.codes.bipolar ? 0.0F : static_cast<float>(rng.between(-2, 2))}, 0};
  const ValueId codes = graph.must_add(quantize, {x}, {});
  chain.quantizer = graph.value(codes).producer;
  graph.set_outputs({codes});
  return chain;
}

TEST(StepTable, EqualsTheChainOnEveryValueOfRandomChains) {
  Rng rng(3);
  int derived = 0;
  int falling = 0;
  for (int i = 0; i < 500; ++i) {
    const Chain chain = random_chain(rng);
    const Result<StepTable> table = step_table(chain.graph, chain.quantizer);
    if (!table.ok()) {  // functions that jump at every value need too many steps
      EXPECT_EQ(table.error().code, Code::kNotThresholds);
      continue;
    }
    ++derived;
    falling += std::ranges::count(table->signs.ints(), -1) > 0 ? 1 : 0;
    Executor executor(chain.graph);
    const Result<std::vector<Tensor>> codes = executor.run({{chain.graph.inputs()[0], chain.everything}}, chain.graph.outputs());
    ASSERT_TRUE(codes.ok());
    const std::int64_t channels = chain.everything.shape()[1];
    const std::int64_t rows = table->thresholds.shape()[0];
    ASSERT_TRUE(rows == 1 || (rows == channels && table->axis == 1)) << print(chain.graph);
    for (std::size_t k = 0; k < chain.everything.ints().size(); ++k) {
      const std::int64_t channel = rows == 1 ? 0 : static_cast<std::int64_t>(k) % channels;
      const std::int64_t level = level_at(*table, channel, chain.everything.ints()[k]);
      ASSERT_EQ(table->codes.bipolar ? 2 * level - 1 : level, codes->at(0).ints()[k]) << "at " << chain.everything.ints()[k] << "\n"
                                                                                      << print(chain.graph);
    }
    const Tensor::Ints& thresholds = table->thresholds.ints();
    const std::int64_t width = table->thresholds.shape()[1];
    for (std::int64_t r = 0; r < rows; ++r)
      EXPECT_TRUE(std::is_sorted(thresholds.begin() + r * width, thresholds.begin() + (r + 1) * width));
  }
  EXPECT_GT(derived, 450);
  EXPECT_GT(falling, 50);
}

StepTable good_table(std::string_view text) {
  const Graph graph = graph_of(text);
  Result<StepTable> table = step_table(graph, graph.value(graph.outputs()[0]).producer);
  EXPECT_TRUE(table.ok()) << to_text(table.error());
  return *std::move(table);
}

Diagnostic refusal(std::string_view text) {
  const Graph graph = graph_of(text);
  const Result<StepTable> table = step_table(graph, graph.value(graph.outputs()[0]).producer);
  EXPECT_FALSE(table.ok());
  return table.ok() ? Diagnostic() : table.error();
}

TEST(StepTable, WideRangesAreBisected) {
  const StepTable table = good_table(R"(
input %0 "x" : int[-500000000000,500000000000][1]
%1 = dequantize(%0) {scale=0.00390625, zero=0} : f32[1]
%2 = quantize(%1) {style=onnx, rounding=floor, codes=int[-1,1], scale=1, zero=0} : int[-1,1][1]
output %2)");
  EXPECT_EQ(table.thresholds.ints(), (Tensor::Ints{0, 256}));
}

TEST(StepTable, RangesOfEachColumn) {
  const StepTable table = good_table(R"(
input %0 "x" : int[0,1][1,2]
const %1 : int[0,9][2,2] = [1,9,1,9]
%2 = matmul(%0, %1) : int[0,18][1,2]
%3 = dequantize(%2) {scale=[1,2]@1, zero=0} : f32[1,2]
%4 = quantize(%3) {style=onnx, rounding=half_even, codes=int[0,255], scale=1, zero=0} : int[0,255][1,2]
output %4)");
  const std::int64_t width = table.thresholds.shape()[1];
  EXPECT_EQ(width, 36) << "column 1 reaches 18";
  EXPECT_EQ(table.thresholds.ints()[2], 19) << "column 0 reaches 2 only, the rest is never reached";
}

TEST(StepTable, RangesOfEachOutputChannel) {
  const StepTable table = good_table(R"(
input %0 "x" : int[0,1][1,1,4,4]
const %1 : int[-9,9][2,1,1,2] = [1,1,-9,9]
%2 = conv(%0, %1) {stride=[1,1], dilation=[1,1], begin=[0,0], end=[0,0], spacing=[1,1], groups=1, fill=0} : int[-9,9][1,2,4,3]
%3 = dequantize(%2) {scale=[1,2]@1, zero=0} : f32[1,2,4,3]
%4 = quantize(%3) {style=onnx, rounding=half_even, codes=int[-128,127], scale=1, zero=0} : int[-128,127][1,2,4,3]
output %4)");
  EXPECT_EQ(table.axis, 1);
  const std::int64_t width = table.thresholds.shape()[1];
  EXPECT_EQ(width, 36) << "channel 1 reaches -9 to 9";
  EXPECT_EQ(table.base.ints(), (Tensor::Ints{0, -18})) << "channel 0 starts at 0";
}

TEST(StepTable, ChannelsOfAFlattenedTensor) {
  const StepTable table = good_table(R"(
input %0 "x" : int[0,9][1,2,2,2]
%1 = dequantize(%0) {scale=[1,2]@1, zero=0} : f32[1,2,2,2]
%2 = reshape(%1) {shape=[1,8]} : f32[1,8]
%3 = quantize(%2) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,8]
output %3)");
  EXPECT_EQ(table.axis, 1);
  EXPECT_EQ(table.shape, (Shape{1, 2, 2, 2}));
  EXPECT_EQ(table.thresholds.shape()[0], 2);
}

TEST(StepTable, LargeTensorsCostNoMoreThanTheirChannels) {
  // 800,000 elements, constants along channels, and one that is spelled out for every element.
  Graph graph;
  const Shape shape = {1, 64, 112, 112};
  ValueId x = graph.add_input("x", ElementType::integer({-1000, 1000, false}), shape);
  x = graph.must_add(Dequantize{{{0.01}, 0}, {{0}, 0}}, {x}, {});
  Tensor::Floats factors;
  for (int c = 0; c < 64; ++c) factors.push_back(static_cast<float>(c - 20) / 16);
  x = graph.must_add(Binary{BinaryFunction::kMul}, {x, graph.add_constant(Tensor({64, 1, 1}, factors))}, {});
  Tensor::Floats all;
  for (int c = 0; c < 64; ++c) all.insert(all.end(), 112 * 112, factors[static_cast<std::size_t>(c)]);
  x = graph.must_add(Binary{BinaryFunction::kAdd}, {x, graph.add_constant(Tensor(shape, std::move(all)))}, {});
  Quantize quantize;
  quantize.codes = {0, 15, false};
  quantize.scale = {{0.5F}, 0};
  quantize.zero = {{0.0F}, 0};
  graph.set_outputs({graph.must_add(quantize, {x}, {})});
  const Result<StepTable> table = step_table(graph, graph.value(graph.outputs()[0]).producer);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->axis, 1);
  EXPECT_EQ(table->thresholds.shape()[0], 64);
}

TEST(StepTable, TooWideToSearch) {
  const Diagnostic diagnostic = refusal(R"(
input %0 "x" : int[0,100000000][1]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1]
%2 = unary(%1) {function=tanh, alpha=0, beta=0} : f32[1]
%3 = quantize(%2) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][1] from "Quant_7"
output %3)");
  EXPECT_EQ(diagnostic.code, Code::kRangeTooLarge);
  EXPECT_EQ(diagnostic.places[0].node, "Quant_7");
}

TEST(StepTable, RefusalsNameTheNodeInTheWay) {
  const Diagnostic softmax = refusal(R"(
input %0 "x" : int[0,9][2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2]
%2 = softmax(%1) {axis=0, end=1, logarithm=false} : f32[2] from "Softmax_3"
%3 = quantize(%2) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][2] from "Quant_7"
output %3)");
  EXPECT_EQ(softmax.code, Code::kNotThresholds);
  EXPECT_EQ(softmax.places[0].node, "Softmax_3");

  const Diagnostic joined = refusal(R"(
input %0 "x" : int[0,9][2]
input %1 "y" : int[0,9][2]
%2 = dequantize(%0) {scale=1, zero=0} : f32[2]
%3 = dequantize(%1) {scale=1, zero=0} : f32[2] from "Dequant_y"
%4 = binary(%2, %3) {function=add} : f32[2]
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][2]
output %5)");
  EXPECT_EQ(joined.code, Code::kNotThresholds);
  EXPECT_NE(joined.cause.find("two different"), std::string::npos) << joined.cause;

  const Diagnostic many = refusal(R"(
input %0 "x" : int[0,2000][1]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1]
%2 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,1024], scale=1, zero=0} : int[0,1024][1] from "Quant_7"
output %2)");
  EXPECT_EQ(many.code, Code::kNotThresholds);
  EXPECT_NE(many.cause.find("1023"), std::string::npos) << many.cause;

  const Diagnostic spread = refusal(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
const %2 : f32[2,2] = [1,2,3,4]
%3 = binary(%1, %2) {function=add} : f32[2,2] from "Add_1"
%4 = quantize(%3) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][2,2]
output %4)");
  EXPECT_EQ(spread.code, Code::kNotThresholds);
}

}  // namespace
}  // namespace finnr
