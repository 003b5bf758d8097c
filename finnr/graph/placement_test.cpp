// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/placement.h"

#include <gtest/gtest.h>

#include "finnr/graph/text.h"

namespace finnr {
namespace {

/// One letter a node, in order: H hardware, f front, b behind, X obstacle.
std::string sites(std::string_view text, const std::vector<std::string>& host_from = {}) {
  const Result<Graph> graph = parse(text);
  EXPECT_TRUE(graph.ok()) << to_text(graph.error());
  if (!graph.ok()) return "";
  const Placement placement = place(*graph, host_from);
  std::string letters;
  for (const NodeId id : graph->order()) letters += "HfbX"[static_cast<int>(placement[id])];
  return letters;
}

constexpr std::string_view kChain = R"(
input %0 "x" : f32[1,2]
%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
const %2 : int[-1,2][2,2] = [1,-1,2,1]
%3 = matmul(%1, %2) : int[-9,27][1,2] from "fc_0"
const %4 : int[0,0][1,1] = [0]
const %5 : int[0,0][1] = [0]
const %6 : int[1,1][1,1] = [1]
%7 = thresholds(%3, %4, %5, %6) {axis=1, codes=int[0,1]} : int[0,1][1,2] from "Quant_1"
%8 = matmul(%7, %2) : int[-1,3][1,2] from "fc_2"
%9 = dequantize(%8) {scale=1, zero=0} : f32[1,2]
%10 = softmax(%9) {axis=1, end=2, logarithm=false} : f32[1,2]
output %10)";

TEST(Placement, EndsAreTheHosts) { EXPECT_EQ(sites(kChain), "fHHHbb"); }

TEST(Placement, AFirstLayerIsTheHostsUnlessItsQuantizedInputWasSpoiled) {
  constexpr std::string_view kLayers = R"(
input %0 "x" : f32[1,2]
{}
const %3 : f32[2,2] = [0.5,-1,2,1]
%4 = matmul(%2, %3) : f32[1,2] from "fc_0"
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
const %6 : int[-1,2][2,2] = [1,-1,2,1]
%7 = matmul(%5, %6) : int[-9,27][1,2] from "fc_1"
output %7)";
  const auto with = [&](std::string_view front) {
    std::string text(kLayers);
    return text.replace(text.find("{}"), 2, front);
  };
  EXPECT_EQ(sites(with("%2 = unary(%0) {function=relu, alpha=0, beta=0} : f32[1,2]")), "fffH");
  EXPECT_EQ(sites(with(R"(%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
%8 = dequantize(%1) {scale=1, zero=0} : f32[1,2]
%2 = binary(%8, %0) {function=add} : f32[1,2])")),
            "fffXfH");
}

TEST(Placement, TheUserCutsEarlier) {
  EXPECT_EQ(sites(kChain, {"Quant_1"}), "fHbbbb");
  EXPECT_EQ(sites(kChain, {"fc_2"}), "fHHbbb");
  EXPECT_EQ(sites(kChain, {"nothing"}), "fHHHbb");
}

TEST(Placement, FloatNodesBetweenLayersAreObstacles) {
  EXPECT_EQ(sites(R"(
input %0 "x" : int[0,9][1,2]
const %1 : int[-1,2][2,2] = [1,-1,2,1]
%2 = matmul(%0, %1) : int[-9,27][1,2]
%3 = dequantize(%2) {scale=1, zero=0} : f32[1,2]
%4 = softmax(%3) {axis=1, end=2, logarithm=false} : f32[1,2]
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
%6 = matmul(%5, %1) : int[-9,27][1,2]
output %6 %4)"),
            "HXXXH");
}

TEST(Placement, ThresholdsFollowTheHostNodesAroundThem) {
  EXPECT_EQ(sites(R"(
input %0 "x" : int[0,9][1,2]
const %1 : int[0,0][1,1] = [0]
const %2 : int[0,0][1] = [0]
const %3 : int[1,1][1,1] = [1]
%4 = thresholds(%0, %1, %2, %3) {axis=1, codes=int[0,1]} : int[0,1][1,2]
%5 = dequantize(%4) {scale=1, zero=0} : f32[1,2]
const %6 : f32[2,2] = [0.1,0.2,0.3,0.4]
%7 = matmul(%5, %6) : f32[1,2]
%8 = quantize(%7) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
const %9 : int[-1,2][2,2] = [1,-1,2,1]
%10 = matmul(%8, %9) : int[-9,27][1,2]
%11 = dequantize(%10) {scale=1, zero=0} : f32[1,2]
%12 = softmax(%11) {axis=1, end=2, logarithm=false} : f32[1,2]
%13 = quantize(%12) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
%14 = thresholds(%13, %1, %2, %3) {axis=1, codes=int[0,1]} : int[0,1][1,2]
output %14)"),
            "ffffHbbbb");
}

TEST(Placement, ThresholdsAloneAreHardware) {
  EXPECT_EQ(sites(R"(
input %0 "x" : f32[1,2]
%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,9], scale=1, zero=0} : int[0,9][1,2]
const %2 : int[0,0][1,1] = [0]
const %3 : int[0,0][1] = [0]
const %4 : int[1,1][1,1] = [1]
%5 = thresholds(%1, %2, %3, %4) {axis=1, codes=int[0,1]} : int[0,1][1,2]
%6 = dequantize(%5) {scale=1, zero=0} : f32[1,2]
output %6)"),
            "fHb");
}

}  // namespace
}  // namespace finnr
