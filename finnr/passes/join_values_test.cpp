// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "finnr/passes/join_plan.h"
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

struct Joined {
  Graph graph;
  bool changed = false;
  Diagnostics diagnostics;
  std::int64_t wrong = 0;  ///< pairs, over channels, whose codes differ
  std::int64_t most = 0;   ///< by at most so much
};

/// Runs the pass and compares the first output on every pair. x is [1,C,|X|,1]; y is [1,C,1,1] or [1,C,|X|,1].
Joined join(const Graph& before) {
  Joined joined{before, false, {}, 0, 0};
  PassContext context{joined.diagnostics, evaluate};
  joined.changed = join_values(joined.graph, context) == Changed::kYes;
  joined.graph.remove_unused();
  EXPECT_TRUE(verify(joined.graph).ok()) << verify(joined.graph).error().cause << print(joined.graph);
  if (!joined.changed) return joined;
  const Value& x = before.value(before.inputs()[0]);
  const Value& y = before.value(before.inputs()[1]);
  Executor first(before);
  Executor second(joined.graph);
  Tensor xs = Tensor::zeros(x.shape, false);
  for (std::size_t i = 0; i < xs.ints().size(); ++i) {
    xs.ints()[i] = x.type.ints.lo + static_cast<std::int64_t>(i) % x.shape[2];
    if (x.type.ints.bipolar) xs.ints()[i] = i % 2 == 0 ? -1 : 1;
  }
  for (std::int64_t b = y.type.ints.lo; b <= y.type.ints.hi; ++b) {
    if (!y.type.ints.contains(b)) continue;
    const Tensor ys(y.shape, Tensor::Ints(static_cast<std::size_t>(count(y.shape)), b));
    const Result<std::vector<Tensor>> expected = first.run({{before.inputs()[0], xs}, {before.inputs()[1], ys}}, before.outputs());
    const Result<std::vector<Tensor>> got =
        second.run({{joined.graph.inputs()[0], xs}, {joined.graph.inputs()[1], ys}}, joined.graph.outputs());
    EXPECT_TRUE(expected.ok() && got.ok());
    if (!expected.ok() || !got.ok()) return joined;
    for (std::size_t i = 0; i < got->at(0).ints().size(); ++i) {
      const std::int64_t off = std::abs(got->at(0).ints()[i] - expected->at(0).ints()[i]);
      joined.wrong += off != 0 ? 1 : 0;
      joined.most = std::max(joined.most, off);
    }
  }
  return joined;
}

Join join_of(const Joined& joined) {
  const std::vector<NodeId> nodes = nodes_of<Join>(joined.graph);
  EXPECT_EQ(nodes.size(), 1U) << print(joined.graph);
  return nodes.empty() ? Join{} : std::get<Join>(joined.graph.node(nodes[0]).op);
}

std::string text_of(const Join& join) { return fmt::format("{} {} {}", to_text(join.function), join.left, join.right); }

/// x [1,1,nx,1] and y of the same shape meet in `function`; then ReLU and a quantizer.
std::string meeting(const std::string& x, int nx, const std::string& sx, const std::string& y, const std::string& sy,
                    const std::string& function, const std::string& quantizer, const std::string& codes) {
  return fmt::format(R"(
input %0 "x" : {0}[1,1,{1},1]
input %1 "y" : {2}[1,1,{1},1]
%2 = dequantize(%0) {{{3}}} : f32[1,1,{1},1]
%3 = dequantize(%1) {{{4}}} : f32[1,1,{1},1]
%4 = binary(%2, %3) {{function={5}}} : f32[1,1,{1},1] from "Add_0"
%5 = unary(%4) {{function=relu, alpha=0, beta=0}} : f32[1,1,{1},1] from "Relu_0"
%6 "code" = quantize(%5) {{style=onnx, rounding=half_even, {6}, zero=0}} : {7}[1,1,{1},1] from "Quant_0"
output %6)",
                     x, nx, y, sx, sy, function, "codes=" + codes + ", scale=" + quantizer, codes);
}

TEST(JoinValues, EqualScalesAreAdded) {
  const Joined joined =
      join(graph_of(meeting("int[0,15]", 16, "scale=0.25, zero=0", "int[-8,7]", "scale=0.25, zero=0", "add", "0.5", "int[0,15]")));
  EXPECT_TRUE(joined.changed);
  EXPECT_EQ(joined.wrong, 0);
  EXPECT_EQ(text_of(join_of(joined)), "add 1 1");
  EXPECT_EQ(joined.graph.value(joined.graph.outputs()[0]).name, "code");
  EXPECT_TRUE(nodes_of<Quantize>(joined.graph).empty());
  EXPECT_EQ(joined.graph.node(nodes_of<Thresholds>(joined.graph)[0]).origin, (Origin{"Add_0", "Relu_0", "Quant_0"}));
}

TEST(JoinValues, DifferencesHaveAFactorOfMinusOne) {
  const Joined joined =
      join(graph_of(meeting("int[0,15]", 16, "scale=0.25, zero=0", "int[0,15]", "scale=0.25, zero=0", "sub", "0.25", "int[0,15]")));
  EXPECT_EQ(joined.wrong, 0);
  EXPECT_EQ(text_of(join_of(joined)), "add 1 -1");
}

TEST(JoinValues, OddRatiosGetTheSmallestFactorsThatDo) {
  const Joined joined = join(
      graph_of(meeting("int[0,255]", 256, "scale=0.0371, zero=3", "int[-128,127]", "scale=0.0153, zero=-5", "add", "0.04", "int[0,255]")));
  EXPECT_EQ(joined.wrong, 0);
  EXPECT_EQ(join_of(joined).function, JoinFunction::kAdd);
  EXPECT_LT(join_of(joined).left, 1 << 12);
}

TEST(JoinValues, AccumulatorsMeetCodes) {
  const Joined joined = join(
      graph_of(meeting("int[-3000,3000]", 6001, "scale=0.00137, zero=0", "int[0,15]", "scale=0.21, zero=0", "add", "0.25", "int[0,15]")));
  EXPECT_TRUE(joined.changed);
  EXPECT_EQ(joined.wrong, 0);
  EXPECT_FALSE(joined.diagnostics.has_errors());
}

TEST(JoinValues, BatchNormOnOneSideMultipliesEachChannel) {
  const Graph before = graph_of(R"(
input %0 "x" : int[-100,100][1,3,201,1]
input %1 "y" : int[0,15][1,3,201,1]
%2 = dequantize(%0) {scale=0.0103, zero=0} : f32[1,3,201,1]
const %3 : f32[1,3,1,1] = [1.5,-0.7,0.31]
const %4 : f32[1,3,1,1] = [0.1037,0.2113,-0.3071]
%5 = binary(%2, %3) {function=mul} : f32[1,3,201,1] from "BatchNorm"
%6 = binary(%5, %4) {function=add} : f32[1,3,201,1] from "BatchNorm"
%7 = dequantize(%1) {scale=0.125, zero=2} : f32[1,3,201,1]
%8 = binary(%6, %7) {function=add} : f32[1,3,201,1] from "Add_0"
%9 = quantize(%8) {style=onnx, rounding=half_even, codes=int[-8,7], scale=0.25, zero=0} : int[-8,7][1,3,201,1]
output %9)");
  const Joined joined = join(before);
  EXPECT_TRUE(joined.changed);
  EXPECT_EQ(joined.wrong, 0);
  ASSERT_GE(nodes_of<Conv>(joined.graph).size(), 1U) << print(joined.graph);
  EXPECT_EQ(std::get<Conv>(joined.graph.node(nodes_of<Conv>(joined.graph)[0]).op).groups, 3);
}

TEST(JoinValues, GatesAreProducts) {
  for (const char* gate : {"int[0,255]", "int[0,15]"}) {
    const Graph before = graph_of(fmt::format(R"(
input %0 "x" : int[0,255][1,2,256,1]
input %1 "gate" : {0}[1,2,1,1]
%2 = dequantize(%0) {{scale=0.05, zero=7}} : f32[1,2,256,1]
%3 = dequantize(%1) {{scale=0.00392, zero=0}} : f32[1,2,1,1]
%4 = binary(%3, %2) {{function=mul}} : f32[1,2,256,1] from "Mul_0"
%5 = quantize(%4) {{style=onnx, rounding=half_even, codes=int[-128,127], scale=0.1, zero=0}} : int[-128,127][1,2,256,1]
output %5)",
                                              gate));
    const Joined joined = join(before);
    ASSERT_TRUE(joined.changed);
    std::size_t products = 0;
    for (const NodeId id : nodes_of<Join>(joined.graph))
      products += std::get<Join>(joined.graph.node(id).op).function == JoinFunction::kMul ? 1U : 0U;
    EXPECT_EQ(products, 1U) << print(joined.graph);
    const bool warned = !joined.diagnostics.list().empty();
    EXPECT_EQ(joined.wrong != 0, warned);
    EXPECT_LE(joined.most, 1);
  }
}

TEST(JoinValues, FewBitsMeetInATable) {
  const Graph before = graph_of(R"(
input %0 "x" : int[-8,7][1,2,16,1]
input %1 "y" : int[-8,7][1,2,1,1]
%2 = dequantize(%0) {scale=0.5, zero=0} : f32[1,2,16,1]
%3 = dequantize(%1) {scale=0.75, zero=1} : f32[1,2,1,1]
%4 = unary(%3) {function=hard_sigmoid, alpha=0.2, beta=0.5} : f32[1,2,1,1]
%5 = binary(%2, %4) {function=mul} : f32[1,2,16,1] from "Mul_0"
%6 = quantize(%5) {style=onnx, rounding=half_even, codes=int[-8,7], scale=0.25, zero=0} : int[-8,7][1,2,16,1]
output %6)");
  const Joined joined = join(before);
  EXPECT_TRUE(joined.changed);
  EXPECT_EQ(joined.wrong, 0);
  EXPECT_EQ(text_of(join_of(joined)), "add 16 1");
  EXPECT_LE(joined.graph.value(joined.graph.node(nodes_of<Join>(joined.graph)[0]).outputs[0]).type.ints.bits(), kMaxPairBits);
}

TEST(JoinValues, TheGreaterOfTwo) {
  for (const char* function : {"max", "min"}) {
    const Joined joined = join(
        graph_of(meeting("int[0,255]", 256, "scale=0.1, zero=99", "int[-128,127]", "scale=0.13, zero=0", function, "0.25", "int[0,63]")));
    EXPECT_TRUE(joined.changed);
    EXPECT_EQ(joined.wrong, 0) << function;
    EXPECT_EQ(nodes_of<Join>(joined.graph).size(), 2U);
    EXPECT_EQ(nodes_of<Thresholds>(joined.graph).size(), 4U);
  }
}

TEST(JoinValues, ScalesThatNothingBringsTogetherAreRoundedWithAWarning) {
  // A float bias of 2^23 leaves a rounding error in every sum, which moves with both codes.
  const Graph before = graph_of(R"(
input %0 "x" : int[0,255][1,1,256,1]
input %1 "y" : int[0,255][1,1,256,1]
%2 = dequantize(%0) {scale=3.7, zero=0} : f32[1,1,256,1]
%3 = dequantize(%1) {scale=1.3, zero=0} : f32[1,1,256,1]
const %4 : f32[1] = [8388608]
const %5 : f32[1] = [-8388608]
%6 = binary(%2, %4) {function=add} : f32[1,1,256,1]
%7 = binary(%6, %3) {function=add} : f32[1,1,256,1] from "Add_0"
%8 = binary(%7, %5) {function=add} : f32[1,1,256,1]
%9 = quantize(%8) {style=onnx, rounding=half_even, codes=int[0,255], scale=5, zero=0} : int[0,255][1,1,256,1] from "Quant_0"
output %9)");
  const Joined joined = join(before);
  EXPECT_TRUE(joined.changed);
  ASSERT_EQ(joined.diagnostics.list().size(), 1U);
  const Diagnostic& warning = joined.diagnostics.list()[0];
  EXPECT_EQ(warning.code, Code::kJoinInexact);
  EXPECT_EQ(warning.severity, Severity::kWarning);
  EXPECT_EQ(warning.places[0].node, "Quant_0");
  EXPECT_GT(joined.wrong, 0);
  const std::string bound = fmt::format("{} of 65536 pairs of codes differ by up to {}", joined.wrong, joined.most);
  EXPECT_NE(warning.message.find(bound), std::string::npos) << warning.message << " measured " << bound;
}

TEST(JoinValues, ThreeValuesAreRefused) {
  const Graph graph = graph_of(R"(
input %0 "x" : int[0,9][2]
input %1 "y" : int[0,9][2]
input %2 "z" : int[0,9][2]
%3 = dequantize(%0) {scale=1, zero=0} : f32[2]
%4 = dequantize(%1) {scale=1.1, zero=0} : f32[2]
%5 = dequantize(%2) {scale=1.2, zero=0} : f32[2]
%6 = binary(%3, %4) {function=add} : f32[2] from "Add_0"
%7 = binary(%6, %5) {function=add} : f32[2] from "Add_1"
%8 = quantize(%7) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][2] from "Quant_0"
output %8)");
  const Result<JoinPlan> plan = plan_join(graph, graph.value(graph.outputs()[0]).producer);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, Code::kJoinRefused);
  EXPECT_EQ(plan.error().places[0].node, "Quant_0");
  EXPECT_NE(plan.error().way_out.find("behind the first"), std::string::npos);
}

TEST(JoinValues, TwoWideAccumulatorsAreRefused) {
  const Graph graph = graph_of(R"(
input %0 "x" : int[-9999999999,9999999999][2]
input %1 "y" : int[-9999999999,9999999999][2]
%3 = dequantize(%0) {scale=0.00001, zero=0} : f32[2]
%4 = dequantize(%1) {scale=0.000011, zero=0} : f32[2]
%6 = binary(%3, %4) {function=add} : f32[2] from "Add_0"
%8 = quantize(%6) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][2] from "Quant_0"
output %8)");
  const Result<JoinPlan> plan = plan_join(graph, graph.value(graph.outputs()[0]).producer);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, Code::kRangeTooLarge);
}

TEST(JoinValues, FactorsStayInReachWhereScalesAreFarApart) {
  const Graph graph = graph_of(R"(
input %0 "x" : int[-524288,524287][1,1,2,1]
input %1 "y" : int[0,255][1,1,2,1]
%2 = dequantize(%0) {scale=0.000007, zero=0} : f32[1,1,2,1]
%3 = dequantize(%1) {scale=0.035, zero=0} : f32[1,1,2,1]
%4 = binary(%2, %3) {function=add} : f32[1,1,2,1] from "Add_0"
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,15], scale=0.07, zero=0} : int[0,15][1,1,2,1] from "Quant_0"
output %5)");
  const Result<JoinPlan> plan = plan_join(graph, graph.value(graph.outputs()[0]).producer);
  ASSERT_TRUE(plan.ok()) << to_text(plan.error());
  EXPECT_EQ(plan->kind, JoinKind::kSum);
  EXPECT_LT(plan->factors[0][0], 1 << 20);
  EXPECT_LT(plan->factors[1][0], 1 << 20);
  if (plan->inexact) {
    EXPECT_EQ(plan->inexact->most, 1);
  }
}

ValueId parameters(Graph& graph, Rng& rng, std::int64_t channels, double lo, double hi) {
  Tensor::Floats row;
  for (std::int64_t c = 0; c < channels; ++c) row.push_back(rng.chance(0.05) ? 0.0F : static_cast<float>(lo + (hi - lo) * rng.unit()));
  return graph.add_constant(Tensor({1, channels, 1, 1}, std::move(row)));
}

TEST(JoinValues, RandomJoins) {
  Rng rng(5);
  int exact = 0;
  int rounded = 0;
  int left = 0;
  for (int i = 0; i < 150; ++i) {
    Graph graph;
    const std::int64_t channels = rng.between(1, 3);
    const int x_bits = static_cast<int>(rng.chance(0.2) ? 12 : rng.between(2, 8));
    const IntType x_type = IntType::of_bits(x_bits, rng.chance(0.6));
    const int y_bits = static_cast<int>(rng.between(1, x_bits > 8 ? 4 : 7));
    const IntType y_type = rng.chance(0.05) ? IntType::bipolar_type() : IntType::of_bits(y_bits, rng.chance(0.5));
    const std::int64_t nx = x_type.hi - x_type.lo + 1;
    const ValueId x = graph.add_input("x", ElementType::integer(x_type), {1, channels, nx, 1});
    const ValueId y = graph.add_input("y", ElementType::integer(y_type), {1, channels, rng.chance(0.4) ? 1 : nx, 1});
    const auto side = [&](ValueId codes, const IntType& type) {
      const double unit = 8.0 / static_cast<double>(type.hi - type.lo + 1);
      const double scale = static_cast<double>(static_cast<float>(unit * (0.3 + rng.unit())));
      const std::int64_t zero = type.bipolar || rng.chance(0.5) ? 0 : rng.between(type.lo, type.hi);
      ValueId value = graph.must_add(Dequantize{{{scale}, 0}, {{zero}, 0}}, {codes}, {});
      if (rng.chance(0.4)) {
        value = graph.must_add(Binary{BinaryFunction::kMul}, {value, parameters(graph, rng, channels, -1, 2)}, {});
        value = graph.must_add(Binary{BinaryFunction::kAdd}, {value, parameters(graph, rng, channels, -1, 1)}, {});
      }
      if (rng.chance(0.2)) value = graph.must_add(Unary{UnaryFunction::kRelu, 0, 0}, {value}, {});
      if (rng.chance(0.1)) value = graph.must_add(Unary{UnaryFunction::kHardSigmoid, 0.2F, 0.5F}, {value}, {});
      return value;
    };
    const ValueId a = side(x, x_type);
    const ValueId b = side(y, y_type);
    constexpr BinaryFunction kFunctions[] = {BinaryFunction::kAdd, BinaryFunction::kAdd, BinaryFunction::kAdd, BinaryFunction::kSub,
                                             BinaryFunction::kMul, BinaryFunction::kMax, BinaryFunction::kMin};
    const Binary op{kFunctions[rng.between(0, 6)]};
    ValueId z = rng.chance(0.5) ? graph.must_add(op, {a, b}, {}) : graph.must_add(op, {b, a}, {});
    if (rng.chance(0.3)) {
      z = graph.must_add(Binary{BinaryFunction::kMul}, {z, parameters(graph, rng, channels, -1, 2)}, {});
      z = graph.must_add(Binary{BinaryFunction::kAdd}, {z, parameters(graph, rng, channels, -1, 1)}, {});
    }
    if (rng.chance(0.5)) z = graph.must_add(Unary{UnaryFunction::kRelu, 0, 0}, {z}, {});
    Quantize quantize;
    quantize.style = static_cast<QuantizeStyle>(rng.between(0, 2));
    quantize.codes = quantize.style == QuantizeStyle::kBipolar ? IntType::bipolar_type()
                                                               : IntType::of_bits(static_cast<int>(rng.between(2, 7)), rng.chance(0.5));
    const double codes = static_cast<double>(quantize.codes.hi - quantize.codes.lo);
    quantize.scale = {{static_cast<float>((0.3 + rng.unit()) * 8 / codes)}, 0};
    quantize.zero = {{0.0F}, 0};
    graph.set_outputs({graph.must_add(quantize, {z}, {})});
    const Joined joined = join(graph);
    if (!joined.changed) {
      ++left;
      continue;
    }
    const bool warned = !joined.diagnostics.list().empty();
    (warned ? rounded : exact) += 1;
    ASSERT_EQ(joined.wrong != 0, warned) << print(graph) << print(joined.graph);
    if (warned) {  // alike channels are counted once
      const Result<JoinPlan> plan = plan_join(graph, graph.value(graph.outputs()[0]).producer);
      ASSERT_TRUE(plan.ok() && plan->inexact);
      const std::int64_t pairs = channels * nx * static_cast<std::int64_t>(y_type.codes());
      EXPECT_EQ(joined.wrong * plan->inexact->of, plan->inexact->pairs * pairs) << print(graph);
      EXPECT_EQ(joined.most, plan->inexact->most);
    }
  }
  EXPECT_GT(exact, 100);
  EXPECT_LT(left, 20);
  EXPECT_GT(rounded, 0);
}

}  // namespace
}  // namespace finnr
