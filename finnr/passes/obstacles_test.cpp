// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/obstacles.h"

#include <fmt/format.h>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// What is reported after all streamlining passes.
std::vector<Diagnostic> obstacles(std::string_view text, const std::vector<std::string>& host_from = {}) {
  Graph graph = graph_of(text);
  const Graph before = graph;
  Diagnostics diagnostics;
  PassContext context{diagnostics, evaluate};
  run_passes(graph, streamline_passes(), context);
  expect_same_numbers(before, graph);
  report_obstacles(graph, diagnostics, host_from);
  return diagnostics.list();
}

TEST(Obstacles, NoneInAQuantizedNetwork) {
  EXPECT_TRUE(obstacles(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
const %2 : int[-1,1][2,2] = [1,1,-1,1]
%3 = dequantize(%2) {scale=1, zero=0} : f32[2,2]
%4 = matmul(%1, %3) : f32[1,2] from "fc_0"
%5 = softmax(%4) {axis=1, end=2, logarithm=false} : f32[1,2] from "Softmax_0"
%6 = quantize(%5) {style=onnx, rounding=half_even, codes=int[0,9], scale=0.1, zero=0} : int[0,9][1,2] from "Quant_out"
output %6)")
                  .empty())
      << "behind the last layer the host runs anything";
}

TEST(Obstacles, UnquantizedWeights) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
const %2 "fc.weight" : f32[2,1] = [0.1,-0.7]
%3 = matmul(%1, %2) : f32[1,1] from "fc_0"
output %3)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kUnquantizedOperand);
  EXPECT_EQ(list[0].places[0].node, "fc_0");
  EXPECT_NE(list[0].places[0].port.find("input 1 (tensor 'fc.weight')"), std::string::npos) << list[0].places[0].port;
}

TEST(Obstacles, UnquantizedInputNamesWhatMakesIt) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
%2 = unary(%1) {function=sigmoid, alpha=0, beta=0} : f32[1,2] from "Sigmoid_5"
const %3 : f32[2,1] = [1,-2]
%4 = matmul(%2, %3) : f32[1,1] from "fc_1"
output %4)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kUnquantizedOperand);
  EXPECT_EQ(list[0].places[0].node, "fc_1");
  EXPECT_NE(list[0].cause.find("Sigmoid_5"), std::string::npos) << list[0].cause;
}

TEST(Obstacles, FloatInputOfTheNetworkAndAllProblemsAtOnce) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "pixels" : f32[1,2]
const %1 : f32[2,2] = [0.1,0.2,0.3,0.4]
%2 = matmul(%0, %1) : f32[1,2] from "fc_0"
const %3 : f32[2,1] = [0.5,0.25]
%4 = matmul(%2, %3) : f32[1,1] from "fc_1"
output %4)");
  ASSERT_EQ(list.size(), 4U) << "input and weights of both";
  EXPECT_NE(list[0].cause.find("'pixels'"), std::string::npos) << list[0].cause;
  EXPECT_NE(list[2].cause.find("fc_0"), std::string::npos) << list[2].cause;
}

TEST(Obstacles, TwoTensorsOfTheNetwork) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][2,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2,2]
%2 = matmul(%1, %1) : f32[2,2] from "MatMul_3"
output %2)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].places[0].node, "MatMul_3");
  EXPECT_NE(list[0].cause.find("both depend on the input"), std::string::npos) << list[0].cause;
}

TEST(Obstacles, SoftmaxBetweenTwoLayers) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
const %2 : f32[2,2] = [1,-1,2,1]
%3 = matmul(%1, %2) : f32[1,2] from "fc_0"
%4 = softmax(%3) {axis=1, end=2, logarithm=false} : f32[1,2] from "Softmax_1"
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,9], scale=0.1, zero=0} : int[0,9][1,2] from "Quant_2"
%6 = dequantize(%5) {scale=0.1, zero=0} : f32[1,2] from "Quant_2"
%7 = matmul(%6, %2) : f32[1,2] from "fc_3"
output %7)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kNotThresholds);
  EXPECT_EQ(list[0].places[0].node, "Softmax_1");
}

/// Three products of [1,2]; the weights named are unquantized.
std::string three_layers(const std::string& w0, const std::string& w1, const std::string& w2) {
  return fmt::format(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {{scale=1, zero=0}} : f32[1,2]
const %2 : f32[2,2] = {0}
%3 = matmul(%1, %2) : f32[1,2] from "fc_0"
%4 = quantize(%3) {{style=onnx, rounding=half_even, codes=int[0,9], scale=0.1, zero=0}} : int[0,9][1,2] from "Quant_0"
%5 = dequantize(%4) {{scale=0.1, zero=0}} : f32[1,2] from "Quant_0"
const %6 : f32[2,2] = {1}
%7 = matmul(%5, %6) : f32[1,2] from "fc_1"
%8 = quantize(%7) {{style=onnx, rounding=half_even, codes=int[0,9], scale=0.1, zero=0}} : int[0,9][1,2] from "Quant_1"
%9 = dequantize(%8) {{scale=0.1, zero=0}} : f32[1,2] from "Quant_1"
const %10 : f32[2,2] = {2}
%11 = matmul(%9, %10) : f32[1,2] from "fc_2"
output %11)",
                     w0, w1, w2);
}
const std::string kWhole = "[1,-1,2,1]";
const std::string kReal = "[0.3,-0.7,0.1,0.2]";

TEST(Obstacles, UnquantizedLayersAtTheEndsAreTheHosts) {
  const std::vector<Diagnostic> first = obstacles(three_layers(kReal, kWhole, kWhole));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].code, Code::kHostLayer);
  EXPECT_EQ(first[0].severity, Severity::kWarning);
  EXPECT_EQ(first[0].places[0].node, "fc_0");
  EXPECT_NE(first[0].message.find("in front"), std::string::npos);

  const std::vector<Diagnostic> last = obstacles(three_layers(kWhole, kWhole, kReal));
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].code, Code::kHostLayer);
  EXPECT_EQ(last[0].places[0].node, "fc_2");
  EXPECT_NE(last[0].message.find("behind"), std::string::npos);
}

TEST(Obstacles, AnUnquantizedLayerInTheMiddleIsAnError) {
  const std::vector<Diagnostic> list = obstacles(three_layers(kWhole, kReal, kWhole));
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kUnquantizedOperand);
  EXPECT_EQ(list[0].severity, Severity::kError);
  EXPECT_EQ(list[0].places[0].node, "fc_1");
  EXPECT_TRUE(obstacles(three_layers(kWhole, kReal, kWhole), {"fc_1"}).empty()) << "the user gives it to the host";
}

TEST(Obstacles, LabelsBetweenTwoLayers) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][1,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[1,2]
const %2 : f32[2,2] = [1,-1,2,1]
%3 = matmul(%1, %2) : f32[1,2] from "fc_0"
%4 = arg_max(%3) {axis=1, keep_axis=true, last_index=false} : int[0,1][1,1] from "ArgMax_1"
const %5 : int[-1,2][1,2] = [-1,2]
%6 = matmul(%4, %5) : int[-1,2][1,2] from "fc_2"
output %6)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kNotThresholds);
  EXPECT_EQ(list[0].places[0].node, "ArgMax_1");
}

TEST(Obstacles, ThreeValuesThatMeetBetweenTwoLayers) {
  const std::vector<Diagnostic> list = obstacles(R"(
input %0 "x" : int[0,9][1,2]
const %1 : int[-1,2][2,2] = [-1,2,1,1]
const %2 : int[-1,2][2,2] = [2,1,1,-1]
%3 = matmul(%0, %1) : int[-9,27][1,2] from "fc_0"
%4 = matmul(%0, %2) : int[-9,27][1,2] from "fc_1"
%5 = dequantize(%0) {scale=0.1, zero=0} : f32[1,2]
%6 = dequantize(%3) {scale=0.21, zero=0} : f32[1,2]
%7 = dequantize(%4) {scale=0.33, zero=0} : f32[1,2]
%8 = binary(%5, %6) {function=add} : f32[1,2] from "Add_0"
%9 = binary(%8, %7) {function=add} : f32[1,2] from "Add_1"
%10 = quantize(%9) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2] from "Quant_0"
%11 = matmul(%10, %1) : int[-9,27][1,2] from "fc_2"
output %11)");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].code, Code::kJoinRefused);
  EXPECT_EQ(list[0].places[0].node, "Quant_0");
}

}  // namespace
}  // namespace finnr
