// SPDX-License-Identifier: Apache-2.0
// What good files become, in the text form.
#include "finnr/import/import.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "finnr/graph/text.h"
#include "finnr/import/model_builder_for_test.h"

namespace finnr {
namespace {

using namespace finnr::testing;

const std::vector<float> kRow = {0.5F};

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

/// The statements of the text form that are no inputs, constants or outputs, without types and origins.
std::string operators(const ModelBuilder& builder) {
  const std::optional<Model> model = import(builder);
  if (!model) return "refused";
  const std::string text = print(model->graph);
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = line.find(" = ");
    if (line[0] != '%') continue;
    result += line.substr(equals + 3, line.rfind(" : ") - equals - 3) + "\n";
  }
  return result;
}

Message scalar(std::string_view name, float value) { return floats(name, {}, {value}); }

ModelBuilder quant(const std::vector<Message>& attributes, float bits, float zero = 0, std::string_view type = "Quant") {
  return around(quant_node(type, {"x", "s", "z", "b"}, {"y"}, attributes), {scalar("s", 0.5F), scalar("z", zero), scalar("b", bits)});
}

TEST(Import, QuantIsAQuantizeAndDequantizePair) {
  EXPECT_EQ(operators(quant({}, 4)),
            "quantize(%0) {style=qonnx, rounding=half_even, codes=int[-8,7], scale=0.5, zero=0}\ndequantize(%1) {scale=0.5, zero=0}\n");
  EXPECT_EQ(
      operators(quant({attribute("signed", std::int64_t{0}), attribute("narrow", std::int64_t{1}), attribute("rounding_mode", "floor")}, 8,
                      3, "IntQuant")),
      "quantize(%0) {style=qonnx, rounding=floor, codes=int[0,254], scale=0.5, zero=3}\ndequantize(%1) {scale=0.5, zero=3}\n");
  EXPECT_NE(operators(quant({attribute("narrow", std::int64_t{1})}, 2)).find("codes=int[-1,1]"), std::string::npos);
  EXPECT_NE(operators(quant({}, 1)).find("codes=bipolar"), std::string::npos);
  EXPECT_NE(operators(quant({attribute("signed", std::int64_t{0})}, 1)).find("codes=int[0,1]"), std::string::npos);
}

TEST(Import, EveryDomainOfTheQuantizersIsTheSame) {
  for (const char* domain : {"onnx.brevitas", "qonnx.custom_op.general", "qonnx", "finn", "finn.custom_op.general"}) {
    ModelBuilder model = quant({}, 4);
    model.nodes = {node("Quant", {"x", "s", "z", "b"}, {"y"}, {}, domain)};
    EXPECT_NE(operators(model), "refused") << domain;
  }
}

TEST(Import, ScalesPerChannelKeepTheirAxis) {
  ModelBuilder model = quant({}, 4);
  model.constants[0] = floats("s", {1, 4}, {1, 2, 3, 4});
  model.constants[2] = ints("b", {1}, {4});
  EXPECT_EQ(operators(model),
            "quantize(%0) {style=qonnx, rounding=half_even, codes=int[-8,7], scale=[1,2,3,4]@1, zero=0}\ndequantize(%1) "
            "{scale=[1,2,3,4]@1, zero=0}\n");
}

TEST(Import, BipolarQuant) {
  EXPECT_EQ(operators(around(quant_node("BipolarQuant", {"x", "s"}, {"y"}), {scalar("s", 0.25F)})),
            "quantize(%0) {style=bipolar, rounding=half_even, codes=bipolar, scale=1, zero=0}\ndequantize(%1) {scale=0.25, zero=0}\n");
}

std::string thresholds(float scale, float bias, const std::vector<float>& row) {
  return operators(around(quant_node("MultiThreshold", {"x", "t"}, {"y"},
                                     {attribute("out_scale", scale), attribute("out_bias", bias), attribute("out_dtype", "INT4")}),
                          {floats("t", {1, static_cast<std::int64_t>(row.size())}, row)}));
}

TEST(Import, MultiThresholdCountsAndScales) {
  EXPECT_EQ(thresholds(2, -1, {0}), "count_thresholds(%0, %1) {axis=1, step=2, base=-1, bipolar=true}\ndequantize(%2) {scale=1, zero=0}\n");
  EXPECT_EQ(thresholds(1, -3, {0, 1}),
            "count_thresholds(%0, %1) {axis=1, step=1, base=-3, bipolar=false}\ndequantize(%2) {scale=1, zero=0}\n");
  EXPECT_EQ(thresholds(0.5F, -1, {0, 1}),
            "count_thresholds(%0, %1) {axis=1, step=1, base=0, bipolar=false}\ndequantize(%2) {scale=0.5, zero=2}\n");
  EXPECT_EQ(thresholds(0.5F, 0.3F, {0, 1}),
            "count_thresholds(%0, %1) {axis=1, step=1, base=0, bipolar=false}\ndequantize(%2) {scale=0.5, zero=0}\nbinary(%3, %4) "
            "{function=add}\n");
}

TEST(Import, QcdqClipMakesFewerCodes) {
  ModelBuilder model = around(node("QuantizeLinear", {"x", "s", "z"}, {"q"}),
                              {scalar("s", 0.5F), tensor("z", kInt8, {}, raw<std::int8_t>({0})),
                               tensor("lo", kInt8, {}, raw<std::int8_t>({-7})), tensor("hi", kInt8, {}, raw<std::int8_t>({7}))});
  model.nodes.push_back(node("Clip", {"q", "lo", "hi"}, {"c"}));
  model.nodes.push_back(node("DequantizeLinear", {"c", "s", "z"}, {"y"}));
  EXPECT_EQ(operators(model),
            "quantize(%0) {style=onnx, rounding=half_even, codes=int[-7,7], scale=0.5, zero=0}\ndequantize(%2) {scale=0.5, zero=0}\n");
}

TEST(Import, StoredCodesAreDequantized) {
  ModelBuilder model = around(node("MatMul", {"x", "w"}, {"y"}),
                              {tensor("c", kInt8, {4, 2}, raw<std::int8_t>({1, -2, 3, 4, 5, 6, 7, 9})), floats("s", {2}, {0.5F, 2})});
  model.nodes.insert(model.nodes.begin(), node("DequantizeLinear", {"c", "s"}, {"w"}, {attribute("axis", std::int64_t{-1})}));
  EXPECT_EQ(operators(model), "dequantize(%1) {scale=[0.5,2]@1, zero=0}\nmatmul(%0, %2)\n");
}

TEST(Import, GemmIsTakenApart) {
  EXPECT_EQ(operators(around(node("Gemm", {"x", "w", "c"}, {"y"},
                                  {attribute("transB", std::int64_t{1}), attribute("alpha", 2.0F), attribute("beta", 3.0F)}),
                             {floats("w", {1, 4}, {1, 2, 3, 4}), floats("c", {1}, {5})})),
            "matmul(%0, %1)\nbinary(%2, %3) {function=mul}\nbinary(%4, %5) {function=add}\n");
}

TEST(Import, BatchNormalizationIsMultiplyAndAdd) {
  const std::optional<Model> model = import(around(
      node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"y"}, {attribute("epsilon", 1e-5F)}),
      {floats("g", {2}, {1.5F, -2}), floats("b", {2}, {0.25F, 0}), floats("m", {2}, {3, 1}), floats("v", {2}, {0.7F, 0})}, {1, 2, 3}));
  ASSERT_TRUE(model);
  const auto last = [&](ValueId value) { return model->graph.value(value).producer; };
  const Node& add = model->graph.node(last(model->graph.outputs()[0]));
  const Node& mul = model->graph.node(last(add.inputs[0]));
  const float factor = 1.5F / std::sqrt(0.7F + 1e-5F);
  const float product = factor * 3;
  EXPECT_EQ(model->graph.value(mul.inputs[1]).constant->floats()[0], factor);
  EXPECT_EQ(model->graph.value(add.inputs[1]).constant->floats()[0], 0.25F - product);
  EXPECT_EQ(model->graph.value(add.inputs[1]).shape, (Shape{1, 2, 1}));
}

TEST(Import, SoftmaxChangedItsMeaningWithVersion13) {
  ModelBuilder model = around(node("Softmax", {"x"}, {"y"}), {}, {1, 3, 4});
  EXPECT_EQ(operators(model), "softmax(%0) {axis=2, end=3, logarithm=false}\n");
  model.opset = 11;
  EXPECT_EQ(operators(model), "softmax(%0) {axis=1, end=3, logarithm=false}\n");
}

TEST(Import, ShapeArithmeticFolds) {
  ModelBuilder model = around(node("Shape", {"x"}, {"a"}), {ints("zero", {}, {0}), ints("minus", {1}, {-1})}, {1, 2, 6});
  model.nodes.push_back(node("Gather", {"a", "zero"}, {"n"}));
  model.nodes.push_back(node("Unsqueeze", {"n"}, {"n1"}, {attribute("axes", Sizes{0})}));
  model.nodes.push_back(node("Concat", {"n1", "minus"}, {"target"}, {attribute("axis", std::int64_t{0})}));
  model.nodes.push_back(node("Reshape", {"x", "target"}, {"y"}));
  EXPECT_EQ(operators(model), "reshape(%0) {shape=[1,12]}\n");
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  EXPECT_TRUE(imported->nodes[0].folded);
  EXPECT_FALSE(imported->nodes[4].folded);
  EXPECT_EQ(imported->nodes[4].name, "Reshape_4");
}

TEST(Import, ArithmeticOfConstantsFolds) {
  ModelBuilder model =
      around(node("Add", {"v", "e"}, {"ve"}), {floats("v", {}, {0.7F}), floats("e", {}, {0.1F}), floats("half", {}, {0.5F})});
  model.nodes.push_back(node("Pow", {"ve", "half"}, {"d"}));
  model.nodes.push_back(node("Div", {"x", "d"}, {"y"}));
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  ASSERT_EQ(imported->graph.order().size(), 1U);
  EXPECT_EQ(imported->graph.value(imported->graph.node(imported->graph.order()[0]).inputs[1]).constant->floats()[0],
            std::pow(0.7F + 0.1F, 0.5F));
}

TEST(Import, ModHasTwoSigns) {
  const Message fmod = attribute("fmod", std::int64_t{1});
  EXPECT_EQ(operators(around(node("Mod", {"x", "c"}, {"y"}, {fmod}), {scalar("c", 3)})), "binary(%0, %1) {function=fmod}\n");
  for (const auto& [attributes, text] : std::vector<std::pair<std::vector<Message>, std::string>>{{{}, "mod"}, {{fmod}, "fmod"}}) {
    const ModelBuilder of_integers = around(node("Mod", {"x", "c"}, {"y"}, attributes), {ints("c", {}, {3})}, {1, 4}, kInt64);
    EXPECT_EQ(operators(of_integers), "binary(%0, %1) {function=" + text + "}\n");
    ModelBuilder folded = around(node("Mod", {"a", "b"}, {"shape"}, attributes), {ints("a", {2}, {-1, 2}), ints("b", {2}, {5, -3})});
    folded.nodes.push_back(node("Add", {"shape", "more"}, {"target"}));
    folded.constants.push_back(ints("more", {2}, attributes.empty() ? std::vector<std::int64_t>{-2, 3} : std::vector<std::int64_t>{3, 0}));
    folded.nodes.push_back(node("Reshape", {"x", "target"}, {"y"}));
    EXPECT_EQ(operators(folded), "reshape(%0) {shape=[2,2]}\n") << text;
  }
}

TEST(Import, RenamesVanish) {
  ModelBuilder model = around(node("Identity", {"x"}, {"a"}));
  model.nodes.push_back(node("Dropout", {"a"}, {"b", "mask"}));
  model.nodes.push_back(node("Cast", {"b"}, {"c"}, {attribute("to", std::int64_t{1})}));
  model.nodes.push_back(node("Relu", {"c"}, {"y"}, {}, "", "act"));
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  EXPECT_EQ(operators(model), "unary(%0) {function=relu, alpha=0, beta=0}\n");
  EXPECT_TRUE(imported->nodes[0].folded && imported->nodes[1].folded && imported->nodes[2].folded && !imported->nodes[3].folded);
  EXPECT_EQ(imported->producer, "maker 1.0");
  EXPECT_EQ(imported->opset, 13);
  EXPECT_EQ(imported->graph.name, "g");
  EXPECT_EQ(imported->graph.value(imported->graph.outputs()[0]).name, "y");
}

TEST(Import, ClipTakesLimitsFromAttributesOrInputs) {
  const std::string expected = "unary(%0) {function=clip, alpha=-1, beta=2}\n";
  EXPECT_EQ(operators(around(node("Clip", {"x"}, {"y"}, {attribute("min", -1.0F), attribute("max", 2.0F)}))), expected);
  EXPECT_EQ(operators(around(node("Clip", {"x", "l", "h"}, {"y"}), {scalar("l", -1), scalar("h", 2)})), expected);
  EXPECT_NE(operators(around(node("Clip", {"x", "", "h"}, {"y"}), {scalar("h", 2)})).find("beta=2"), std::string::npos);
}

TEST(Import, TopKGivesValuesAndIndices) {
  ModelBuilder model = around(node("TopK", {"x", "k"}, {"v", "y"}), {ints("k", {1}, {2})});
  EXPECT_EQ(operators(model), "top_k(%0) {k=2, axis=1, largest=true}\n");
  model.nodes = {node("TopK", {"x"}, {"v", "y"}, {attribute("k", std::int64_t{2})})};
  EXPECT_EQ(operators(model), "top_k(%0) {k=2, axis=1, largest=true}\n");
}

TEST(Import, IntegerInputsBecomeFloatByCast) {
  EXPECT_EQ(operators(around(node("Cast", {"x"}, {"y"}, {attribute("to", std::int64_t{1})}), {}, {1, 4}, kUint8)),
            "dequantize(%0) {scale=1, zero=0}\n");
}

TEST(Import, SymbolicBatchIsOne) {
  const std::optional<Model> model = import(around(node("Relu", {"x"}, {"y"}), {}, {"N", 4}));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->graph.value(model->graph.inputs()[0]).shape, (Shape{1, 4}));
}

TEST(Import, StoredInputsAreConstants) {
  ModelBuilder model = around(node("Add", {"x", "c"}, {"y"}), {floats("c", {1}, {1})});
  model.inputs.push_back(port("c", {1}));
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->graph.inputs().size(), 1U);
}

TEST(Import, NodesMayStandInAnyOrder) {
  ModelBuilder model = around(node("Relu", {"a"}, {"y"}));
  model.nodes.push_back(node("Tanh", {"x"}, {"a"}));
  EXPECT_EQ(operators(model), "unary(%0) {function=tanh, alpha=0, beta=0}\nunary(%1) {function=relu, alpha=0, beta=0}\n");
}

TEST(Import, NamesAreAnyBytes) {
  const std::string odd("a\nb'\"\0\xff", 7);
  ModelBuilder model = around(node("Relu", {"x"}, {"y"}, {}, "", odd));
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->nodes[0].name, odd);
}

TEST(Import, FunctionsAreExpanded) {
  ModelBuilder model = around(node("Twice", {"x"}, {"y"}, {attribute("a", 0.25F)}, "mine", "call"));
  const Message reference = Message().text(1, "alpha").text(21, "a").number(20, 1);
  model.functions = {Message()
                         .text(1, "Twice")
                         .text(4, "in")
                         .text(5, "out")
                         .add(7, node("LeakyRelu", {"in"}, {"t"}, {reference}))
                         .add(7, node("Relu", {"t"}, {"out"}))
                         .text(10, "mine")};
  EXPECT_EQ(operators(model), "unary(%0) {function=leaky_relu, alpha=0.25, beta=0}\nunary(%1) {function=relu, alpha=0, beta=0}\n");
  const std::optional<Model> imported = import(model);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->graph.node(imported->graph.order()[0]).origin, Origin{"call"});
}

TEST(Import, ExternalDataBesideTheModel) {
  const TestFolder folder;
  folder.write("data/w.bin", "padding." + raw<float>({1, 2, 3, 4}));
  const auto entry = [](const char* key, const char* value) { return Message().text(1, key).text(2, value); };
  ModelBuilder model = around(node("Add", {"x", "c"}, {"y"}));
  model.constants = {Message()
                         .number(1, 4)
                         .number(2, kFloat)
                         .text(8, "c")
                         .add(13, entry("location", "data/w.bin"))
                         .add(13, entry("offset", "8"))
                         .add(13, entry("length", "16"))
                         .number(14, 1)};
  Diagnostics diagnostics;
  const std::optional<Model> imported = import_model(folder.write("m.onnx", model.bytes()), diagnostics);
  ASSERT_TRUE(imported);
  EXPECT_NE(print(imported->graph).find("[1,2,3,4]"), std::string::npos);
}

TEST(Import, AHundredThousandNodesInARow) {
  ModelBuilder model = around(node("Identity", {"x"}, {"t0"}));
  for (int i = 0; i < 100'000; ++i) model.nodes.push_back(node("Identity", {"t" + std::to_string(i)}, {"t" + std::to_string(i + 1)}));
  model.nodes.push_back(node("Relu", {"t100000"}, {"y"}));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(operators(model), "refused");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Import, TrainedNetworks) {
  const std::filesystem::path models = std::filesystem::path(FINNR_SOURCE_DIR) / "../shared/models";
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "the shared models are not here: " << models;
  for (const char* name : {"tfc-w1a1/model.onnx", "tfc-w2a2/model.onnx", "lfc-w1a1/model.onnx", "lfc-w1a2/model.onnx",
                           "mlp-nonlinear/model.onnx", "mlp-nonlinear/model_qcdq.onnx"}) {
    Diagnostics diagnostics;
    const std::optional<Model> model = import_model((models / name).string(), diagnostics);
    EXPECT_TRUE(model) << name;
    EXPECT_TRUE(diagnostics.list().empty()) << name;
    if (model) {
      EXPECT_TRUE(verify(model->graph).ok()) << name;
    }
  }
}

}  // namespace
}  // namespace finnr
