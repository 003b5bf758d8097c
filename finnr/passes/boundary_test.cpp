// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/boundary.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

constexpr std::string_view kNegated = R"(
input %0 "image" : f32[1,3,2]
%1 = unary(%0) {function=neg, alpha=0, beta=0} : f32[1,3,2]
output %1)";

/// The network on floats fl(fl(scale p) + offset) equals the new one on bytes p.
void expect_bytes_stand_for(const std::vector<float>& scale, const std::vector<float>& offset) {
  const Graph before = graph_of(kNegated);
  Graph after = before;
  ASSERT_TRUE(take_bytes(after, scale, offset).ok());
  ASSERT_TRUE(verify(after).ok());
  ASSERT_EQ(after.inputs().size(), 1U);
  const Value& input = after.value(after.inputs()[0]);
  EXPECT_EQ(input.type, ElementType::integer({0, 255}));
  EXPECT_EQ(input.name, "image");
  Executor on_floats(before);
  Executor on_bytes(after);
  for (std::int64_t start = 0; start < 256; start += 5) {
    Tensor bytes = Tensor::zeros(input.shape, false);
    Tensor floats = Tensor::zeros(input.shape, true);
    for (std::size_t i = 0; i < 6; ++i) {
      bytes.ints()[i] = (start + 51 * static_cast<std::int64_t>(i)) % 256;
      const float product = static_cast<float>(bytes.ints()[i]) * scale[scale.size() == 1 ? 0 : i / 2];
      floats.floats()[i] = product + offset[offset.size() == 1 ? 0 : i / 2];
    }
    EXPECT_EQ(on_bytes.run({{after.inputs()[0], bytes}}, after.outputs())->at(0),
              on_floats.run({{before.inputs()[0], floats}}, before.outputs())->at(0));
  }
}

TEST(TakeBytes, OneAffineForAll) { expect_bytes_stand_for({0.007F}, {-0.3F}); }
TEST(TakeBytes, OnePerChannel) { expect_bytes_stand_for({0.007F, 0.1F, 1.0F / 255}, {-0.3F, 0.0F, 1.0F}); }
TEST(TakeBytes, ScalePerChannelOffsetForAll) { expect_bytes_stand_for({0.007F, 0.1F, 1.0F / 255}, {0.5F}); }

TEST(TakeBytes, NoOffsetNoAddition) {
  Graph graph = graph_of(kNegated);
  ASSERT_TRUE(take_bytes(graph, std::array{1.0F}, std::array{0.0F}).ok());
  EXPECT_TRUE(nodes_of<Binary>(graph).empty());
}

TEST(TakeBytes, LastAxisOfTwo) {
  Graph graph = graph_of(R"(
input %0 "x" : f32[1,2]
output %0)");
  ASSERT_TRUE(take_bytes(graph, std::array{1.0F, 2.0F}, std::array{0.0F}).ok());
  EXPECT_EQ(std::get<Dequantize>(graph.node(graph.order()[0]).op).scale, (PerAxis<double>{{1, 2}, 1}));
  EXPECT_EQ(graph.outputs()[0], graph.node(graph.order()[0]).outputs[0]) << "an output that was the input follows";
}

TEST(TakeBytes, Refusals) {
  const auto code_of = [](std::string_view text, std::span<const float> scale, std::span<const float> offset) {
    Graph graph = graph_of(text);
    const Status status = take_bytes(graph, scale, offset);
    return status.ok() ? Code::kInternal : status.error().code;
  };
  const std::array one = {1.0F};
  const std::array two = {1.0F, 2.0F};
  EXPECT_EQ(code_of(kNegated, two, one), Code::kBadOption);
  EXPECT_EQ(code_of(kNegated, one, two), Code::kBadOption);
  EXPECT_EQ(code_of("input %0 \"x\" : int[0,3][2]\noutput %0", one, one), Code::kBadOption);
  EXPECT_EQ(code_of("input %0 \"x\" : f32[2]\ninput %1 \"y\" : f32[2]\noutput %0 %1", one, one), Code::kBadOption);
}

/// Accumulators of `classes` classes, then `tail` from %1 to %9.
std::string classifier(const std::string& range, const std::string& scale, const std::string& tail) {
  return fmt::format(R"(
input %0 "x" : {}[1,4]
%1 = dequantize(%0) {{scale={}, zero=0}} : f32[1,4] from "MatMul_9"
{}
output %9)",
                     range, scale, tail);
}
const std::string kAddOne = R"(
const %2 : f32[1] = [1]
%9 = binary(%1, %2) {function=add} : f32[1,4] from "Add_1")";

TEST(ReturnTopK, LabelsAreThoseOfTheFloats) {
  for (const std::int64_t k : {1, 2, 4}) {
    const Graph before = graph_of(classifier("int[-9,9]", "0.3", kAddOne));
    Graph after = before;
    ASSERT_TRUE(return_top_k(after, k).ok());
    ASSERT_TRUE(verify(after).ok());
    EXPECT_TRUE(nodes_of<Dequantize>(after).empty()) << "nothing is left behind the integers";
    EXPECT_EQ(after.value(after.outputs()[0]).name, "labels");
    Executor on_floats(before);
    Executor on_integers(after);
    for (const Tensors& feeds : trial_feeds(before, 60)) {  // small codes: many ties
      const Tensor scores = on_floats.run(feeds, before.outputs())->at(0).reshaped({4});
      const std::array operands = {&scores};
      EXPECT_EQ(on_integers.run(feeds, after.outputs())->at(0), evaluate(TopK{k, 0, true}, operands).at(1));
    }
  }
}

Diagnostic top_k_refusal(const std::string& text, std::int64_t k = 1) {
  Graph graph = graph_of(text);
  const Status status = return_top_k(graph, k);
  EXPECT_FALSE(status.ok()) << text;
  return status.ok() ? Diagnostic() : status.error();
}

TEST(ReturnTopK, RefusedWhereClassesDiffer) {
  const Diagnostic scales = top_k_refusal(classifier("int[-9,9]", "[0.3,0.3,0.3,0.4]@1", kAddOne));
  EXPECT_EQ(scales.code, Code::kTopKRefused);
  EXPECT_NE(scales.cause.find("differently"), std::string::npos);
  const Diagnostic biases = top_k_refusal(classifier("int[-9,9]", "0.3", R"(
const %2 : f32[4] = [1,1,1,1.5]
%9 = binary(%1, %2) {function=add} : f32[1,4])"));
  EXPECT_EQ(biases.code, Code::kTopKRefused);
}

TEST(ReturnTopK, AcceptedWhereClassesOnlySeemToDiffer) {
  Graph graph = graph_of(classifier("int[-9,9]", "[0.3,0.3,0.3,0.3]@1", kAddOne));
  EXPECT_TRUE(return_top_k(graph, 1).ok());
}

TEST(ReturnTopK, RefusedWhereRoundingMergesValues) {
  const std::string tail = R"(
const %2 : f32[] = [10000000]
%9 = binary(%1, %2) {function=add} : f32[1,4])";
  const Diagnostic merged = top_k_refusal(classifier("int[-9,9]", "0.3", tail));
  EXPECT_EQ(merged.code, Code::kTopKRefused);
  EXPECT_NE(merged.cause.find("accumulators -8 and -7"), std::string::npos) << merged.cause;
  Graph wide = graph_of(classifier("int[-9,9]", "2", tail));
  EXPECT_TRUE(return_top_k(wide, 1).ok());
}

TEST(ReturnTopK, RefusedWhereTheOrderTurns) {
  EXPECT_EQ(top_k_refusal(classifier("int[-9,9]", "-0.3", kAddOne)).code, Code::kTopKRefused);
  EXPECT_EQ(top_k_refusal(classifier("int[-9,9]", "1", "%9 = unary(%1) {function=relu, alpha=0, beta=0} : f32[1,4]")).code,
            Code::kTopKRefused);
}

TEST(ReturnTopK, RefusedBehindSoftmaxNamesTheNode) {
  const Diagnostic softmax =
      top_k_refusal(classifier("int[-9,9]", "1", R"(%9 = softmax(%1) {axis=1, end=2, logarithm=false} : f32[1,4] from "Softmax_2")"));
  EXPECT_EQ(softmax.code, Code::kTopKRefused);
  EXPECT_NE(softmax.cause.find("Softmax_2"), std::string::npos) << softmax.cause;
}

TEST(ReturnTopK, TakesThePlaceOfTheModelsOwnArgMax) {
  Graph graph = graph_of(classifier("int[-9,9]", "1", "%9 = arg_max(%1) {axis=1, keep_axis=true, last_index=false} : int[0,3][1,1]"));
  ASSERT_TRUE(return_top_k(graph, 3).ok());
  EXPECT_TRUE(nodes_of<ArgMax>(graph).empty());
  EXPECT_EQ(graph.value(graph.outputs()[0]).shape, (Shape{3}));
}

TEST(ReturnTopK, BadNumbers) {
  EXPECT_EQ(top_k_refusal(classifier("int[-9,9]", "1", kAddOne), 0).code, Code::kBadOption);
  EXPECT_EQ(top_k_refusal(classifier("int[-9,9]", "1", kAddOne), 5).code, Code::kBadOption);
}

}  // namespace
}  // namespace finnr
