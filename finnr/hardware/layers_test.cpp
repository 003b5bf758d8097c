// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/layers.h"

#include "finnr/graph/text.h"
#include "finnr/hardware/chain_for_test.h"

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
  result.part = find_hardware(result.graph, diagnostics);
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
  EXPECT_EQ(result.graph.producer_as<Quantize>(result.part->input)->codes, (IntType{0, 3}));
  EXPECT_TRUE(result.graph.producer_as<MatMul>(result.part->output) != nullptr);
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
  EXPECT_EQ(floats.part->input, floats.graph.inputs()[0]);
}

void expect_branches(std::string_view text, const std::string& node, const std::string& words) {
  const Found result = found(text);
  EXPECT_FALSE(result.part.has_value());
  ASSERT_FALSE(result.problems.empty()) << text;
  EXPECT_EQ(result.problems[0].code, Code::kBranches);
  EXPECT_EQ(result.problems[0].places[0].node, node);
  EXPECT_NE(result.problems[0].cause.find(words), std::string::npos) << result.problems[0].cause;
}

TEST(FindHardware, Branches) {
  expect_branches(R"(
input %0 "x" : int[0,3][2,2]
%1 = matmul(%0, %0) : int[0,18][2,2] from "MatMul_7"
output %1)",
                  "MatMul_7", "both depend on the input");
  expect_branches(R"(
input %0 "x" : int[0,3][1,2]
const %1 : int[-1,1][2,2] = [1,0,-1,1]
%2 = matmul(%0, %1) : int[-3,3][1,2] from "fc_0"
%3 = matmul(%2, %1) : int[-6,6][1,2] from "fc_1"
output %3 %2)",
                  "fc_0", "2 readers");
  expect_branches(R"(
input %0 "x" : int[0,3][1,2]
const %1 : int[-1,1][2,2] = [1,0,-1,1]
%2 = matmul(%0, %1) : int[-3,3][1,2] from "fc_0"
%3 = matmul(%0, %1) : int[-3,3][1,2] from "fc_1"
output %3 %2)",
                  "fc_1", "the first integers have 2 readers");
  expect_branches(R"(
input %0 "x" : int[0,3][1,2]
input %1 "y" : int[0,3][1,2]
const %2 : int[-1,1][2,2] = [1,0,-1,1]
%3 = matmul(%0, %2) : int[-3,3][1,2] from "fc_0"
%4 = matmul(%1, %2) : int[-3,3][1,2] from "fc_1"
output %3 %4)",
                  "fc_1", "more than one input");
}

TEST(FindHardware, HostOperatorsBetweenTwoLayers) {
  const Found result = found(R"(
input %0 "x" : int[0,3][2,2]
const %1 : int[-1,1][2,2] = [1,0,-1,1]
%2 = matmul(%0, %1) : int[-3,3][2,2] from "fc_0"
%3 = arg_max(%2) {axis=1, keep_axis=true, last_index=false} : int[0,1][2,1] from "ArgMax_1"
const %4 : int[-1,1][1,1] = [-1]
%5 = matmul(%3, %4) : int[-1,0][2,1] from "fc_2"
output %5)");
  EXPECT_FALSE(result.part.has_value());
  ASSERT_EQ(result.problems.size(), 1U) << to_text(result.problems.at(0));
  EXPECT_EQ(result.problems[0].code, Code::kBranches);
  EXPECT_EQ(result.problems[0].places[0].node, "fc_2");
  EXPECT_NE(result.problems[0].cause.find("ArgMax_1"), std::string::npos);
}

TEST(FindHardware, TransposesBetweenLayersMoveData) {
  const Found result = found(R"(
input %0 "x" : int[0,3][2,2]
const %1 : int[-1,1][2,2] = [1,0,-1,1]
%2 = matmul(%0, %1) : int[-3,3][2,2] from "fc_0"
%3 = transpose(%2) {perm=[1,0]} : int[-3,3][2,2] from "Transpose_4"
%4 = matmul(%3, %1) : int[-6,6][2,2] from "fc_1"
output %4)");
  EXPECT_FALSE(result.part.has_value());
  ASSERT_FALSE(result.problems.empty());
  EXPECT_EQ(result.problems[0].code, Code::kMovesData);
  EXPECT_EQ(result.problems[0].places[0].node, "Transpose_4");
}

}  // namespace
}  // namespace finnr
