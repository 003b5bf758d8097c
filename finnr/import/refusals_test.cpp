// SPDX-License-Identifier: Apache-2.0
// What broken and unsupported files get: a code, a place, and never a crash.
#include <gtest/gtest.h>

#include <limits>

#include "finnr/base/files.h"
#include "finnr/base/rng.h"
#include "finnr/import/import.h"
#include "finnr/import/model_builder_for_test.h"

namespace finnr {
namespace {

using namespace finnr::testing;

Message scalar(std::string_view name, float value) { return floats(name, {}, {value}); }

std::string refusal_of(const std::string& path) {
  Diagnostics diagnostics;
  const std::optional<Model> model = import_model(path, diagnostics);
  EXPECT_EQ(model.has_value(), !diagnostics.has_errors());
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.list()) text += to_text(diagnostic) + "\n";
  return text;
}

std::string refusal(const std::string& bytes) {
  const TestFolder folder;
  return refusal_of(folder.write("m.onnx", bytes));
}

/// One line a refusal: the model, its code, and words that its text must hold.
void expect(const ModelBuilder& model, const char* code, std::initializer_list<const char*> words) {
  const std::string text = refusal(model.bytes());
  EXPECT_NE(text.find(code), std::string::npos) << code << " expected:\n" << text;
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << word << " expected:\n" << text;
}

ModelBuilder quant(float scale, float zero, float bits, const std::vector<Message>& attributes = {}) {
  return around(quant_node("Quant", {"x", "s", "z", "b"}, {"y"}, attributes), {scalar("s", scale), scalar("z", zero), scalar("b", bits)});
}

ModelBuilder with_constant(const Message& constant) { return around(node("Add", {"x", "c"}, {"y"}), {constant}); }

TEST(Refusals, F0101FileUnreadable) {
  EXPECT_NE(refusal_of("/no/such/file.onnx").find("F0101"), std::string::npos);
  EXPECT_NE(refusal_of("/tmp").find("F0101"), std::string::npos);
  EXPECT_NE(refusal_of("/dev/zero").find("F0101"), std::string::npos);
}

TEST(Refusals, F0102NotOnnx) {
  EXPECT_NE(refusal("").find("F0102"), std::string::npos);
  EXPECT_NE(refusal("just some text\n").find("text file"), std::string::npos);
  EXPECT_NE(refusal(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13)).find("F0102"), std::string::npos);
  const std::string good = around(node("Relu", {"x"}, {"y"})).bytes();
  EXPECT_EQ(refusal(good), "");
  EXPECT_NE(refusal(good.substr(0, good.size() / 2)).find("F0102"), std::string::npos);
  EXPECT_NE(refusal(good.substr(0, good.size() - 1)).find("F0102"), std::string::npos);
}

TEST(Refusals, F0103BadTensor) {
  expect(with_constant(tensor("c", kFloat, {4}, "12345678")), "F0103", {"tensor 'c'", "8 bytes", "16"});
  expect(with_constant(tensor("c", kFloat, {-4}, "")), "F0103", {"negative"});
  expect(with_constant(Message().number(1, 2).number(2, kInt8).text(8, "c").text(5, "\x01")), "F0103", {"1 values"});
  expect(with_constant(tensor("c", kString, {1}, "")), "F0103", {"node 'Add_0'", "element type string"});
  ModelBuilder sparse = around(node("Add", {"x", "c"}, {"y"}));
  sparse.sparse = {Message().add(1, floats("c", {1}, {1})).add(2, ints("", {1}, {0})).number(3, 4)};
  expect(sparse, "F0103", {"sparse initializer 'c'"});
}

TEST(Refusals, F0104ExternalData) {
  const TestFolder folder;
  std::filesystem::create_directory_symlink("/etc", folder.path() / "link");
  folder.write("short.bin", "1234");
  for (const auto& [location, word] : std::vector<std::pair<std::string, std::string>>{{"none.bin", "not found"},
                                                                                       {"../../etc/passwd", "leaves"},
                                                                                       {"/etc/passwd", "leaves"},
                                                                                       {"link/passwd", "leaves"},
                                                                                       {"short.bin", "ends early"},
                                                                                       {"", "names no file"},
                                                                                       {".", "leaves"}}) {
    const Message where = Message().text(1, "location").text(2, location);
    const ModelBuilder model = with_constant(Message().number(1, 4).number(2, kFloat).text(8, "c").add(13, where).number(14, 1));
    const std::string text = refusal_of(folder.write("m.onnx", model.bytes()));
    EXPECT_NE(text.find("F0104"), std::string::npos) << location;
    EXPECT_NE(text.find(word), std::string::npos) << location << "\n" << text;
    EXPECT_NE(text.find("tensor 'c'"), std::string::npos);
  }
}

TEST(Refusals, F0105UndefinedTensor) {
  expect(around(node("Add", {"x", "w1"}, {"y"}, {}, "", "adder")), "F0105", {"node 'adder', input 1 (tensor 'w1')"});
  expect(around(node("Relu", {"x"}, {"z"})), "F0105", {"output 'y'"});
}

TEST(Refusals, F0106DuplicateTensor) {
  ModelBuilder model = around(node("Relu", {"x"}, {"y"}, {}, "", "first"));
  model.nodes.push_back(node("Tanh", {"x"}, {"y"}, {}, "", "second"));
  expect(model, "F0106", {"both 'first' and 'second'"});
  expect(around(node("Relu", {"x"}, {"x"})), "F0106", {"tensor 'x'"});
}

TEST(Refusals, F0107Cycle) {
  ModelBuilder model = around(node("Add", {"x", "b"}, {"a"}, {}, "", "one"));
  model.nodes.push_back(node("Relu", {"a"}, {"b"}, {}, "", "two"));
  model.nodes.push_back(node("Relu", {"b"}, {"y"}, {}, "", "behind"));
  expect(model, "F0107", {"'one', 'two'"});
  EXPECT_EQ(refusal(model.bytes()).find("behind"), std::string::npos);
}

TEST(Refusals, F0108NoInputOrOutput) {
  ModelBuilder model = around(node("Relu", {"x"}, {"y"}));
  model.outputs.clear();
  expect(model, "F0108", {"no output"});
  model = around(node("Relu", {"c"}, {"y"}), {scalar("c", 1)});
  model.inputs.clear();
  expect(model, "F0108", {"no input"});
}

TEST(Refusals, F0109DynamicShape) {
  expect(around(node("Relu", {"x"}, {"y"}), {}, {1, "H", "W"}), "F0109", {"H, W", "input 'x'"});
  ModelBuilder model = around(node("Relu", {"x"}, {"y"}));
  model.inputs = {Message().text(1, "x").add(2, Message().add(1, Message().number(1, kFloat)))};
  expect(model, "F0109", {"no shape"});
}

TEST(Refusals, F0110UnknownOperator) {
  expect(around(node("FancyActivation", {"x"}, {"y"}, {}, "", "n")), "F0110", {"unknown operator FancyActivation", "node 'n'"});
  expect(around(node("Relu", {"x"}, {"y"}, {}, "com.example.magic")), "F0110", {"com.example.magic::Relu"});
  expect(around(node("If", {"x"}, {"y"})), "F0110", {"control flow"});
  expect(around(node("LpPool", {"x"}, {"y"})), "F0110", {"operator LpPool is not supported"});
  expect(around(node("Thresholding", {"x"}, {"y"}, {}, "finn.custom_op.fpgadataflow")), "F0110", {"hardware layer"});
  expect(around(node("Where", {"x", "x", "x"}, {"y"})), "F0110", {"on data of the network"});
  expect(around(node("Dropout", {"x"}, {"z", "y"})), "F0110", {"output 1"});
}

TEST(Refusals, ManyNodesOfOneUnknownOperatorAreOneMessage) {
  ModelBuilder model = around(node("LpPool", {"x"}, {"y"}));
  for (int i = 0; i < 30; ++i) model.nodes.push_back(node("LpPool", {"x"}, {"t" + std::to_string(i)}));
  model.outputs.push_back(port("t29"));
  Diagnostics diagnostics;
  const TestFolder folder;
  EXPECT_FALSE(import_model(folder.write("m.onnx", model.bytes()), diagnostics));
  ASSERT_EQ(diagnostics.list().size(), 1U);
  EXPECT_EQ(diagnostics.list()[0].places.size(), 2U) << "only what the outputs need counts";
}

TEST(Refusals, RunawayFunctions) {
  ModelBuilder model = around(node("F", {"x"}, {"y"}, {}, "mine"));
  model.functions = {Message()
                         .text(1, "F")
                         .text(4, "a")
                         .text(5, "b")
                         .add(7, node("F", {"a"}, {"t"}, {}, "mine"))
                         .add(7, node("F", {"t"}, {"b"}, {}, "mine"))
                         .text(10, "mine")};
  expect(model, "F0110", {"nest too deeply"});
}

TEST(Refusals, FunctionsWithDefaultsAreNotGuessed) {
  ModelBuilder model = around(node("F", {"x"}, {"y"}, {}, "mine"));
  model.functions = {Message()
                         .text(1, "F")
                         .text(4, "a")
                         .text(5, "b")
                         .add(7, node("Elu", {"a"}, {"b"}))
                         .text(10, "mine")
                         .add(11, attribute("alpha", 2.0F))};
  expect(model, "F0110", {"unknown operator mine::F"});
}

TEST(Refusals, F0111BadAttribute) {
  expect(around(node("Transpose", {"x"}, {"y"}, {attribute("perm", "wrong")})), "F0111", {"attribute 'perm'", "wrong type"});
  expect(around(node("Transpose", {"x"}, {"y"}, {attribute("perm", Sizes{0, 0})})), "F0111", {"perm [0,0]"});
  expect(around(node("Softmax", {"x"}, {"y"}, {attribute("axis", std::numeric_limits<std::int64_t>::min())})), "F0111", {"axis"});
  expect(around(node("Flatten", {"x"}, {"y"}, {attribute("axis", std::int64_t{3})})), "F0111", {"axis 3"});
  expect(around(node("Squeeze", {"x"}, {"y"}, {attribute("axes", Sizes{0, -2})})), "F0111", {"listed twice"});
  expect(around(node("TopK", {"x", "k"}, {"y"}), {ints("k", {1}, {5})}), "F0111", {"5 elements out of 4"});
  expect(around(node("Constant", {}, {"y"}, {attribute("value_string", "text")})), "F0111", {"readable value"});
  expect(around(node("Mod", {"x", "x"}, {"y"})), "F0111", {"'fmod' 0", "sign of the dividend", "Mod_0"});
  expect(around(node("Mod", {"x", "x"}, {"y"}, {attribute("fmod", std::int64_t{2})})), "F0111", {"attribute 'fmod' is 2"});
}

TEST(Refusals, F0112BadOperands) {
  expect(around(quant_node("Quant", {"x", "s", "z"}, {"y"}), {scalar("s", 1), scalar("z", 0)}), "F0112",
         {"Quant needs 4 inputs, has 3", "Quant_0"});
  expect(around(node("Add", {"x", ""}, {"y"})), "F0112", {"needs 2 inputs, has 1"});
  expect(around(node("Add", {"", "x"}, {"y"})), "F0112", {"input 0"});
  expect(around(node("Relu", {"x"}, {"y", "z"})), "F0112", {"2 outputs"});
}

TEST(Refusals, F0113NotConstant) {
  ModelBuilder model = around(quant_node("Quant", {"x", "s", "z", "b"}, {"y"}, {}), {scalar("z", 0), scalar("b", 4)});
  model.nodes.push_back(node("Abs", {"x"}, {"s"}));
  expect(model, "F0113", {"the scale of Quant is not a constant", "Quant_0"});
  model.nodes.back() = node("LpPool", {"x"}, {"s"});
  expect(model, "F0113", {"Quant_0", "operator LpPool"});
}

TEST(Refusals, F0114BadQuantizer) {
  expect(quant(0, 0, 4), "F0114", {"scale of the quantizer is zero", "Quant_0"});
  expect(quant(std::numeric_limits<float>::quiet_NaN(), 0, 4), "F0114", {"NaN"});
  expect(quant(1, 2.5F, 4), "F0114", {"zero point 2.5"});
  expect(quant(1, 0, 3.5F), "F0114", {"bit width 3.5"});
  expect(quant(1, 0, 0), "F0114", {"bit width 0"});
  expect(quant(1, 0, 33), "F0114", {"bit width 33"});
  expect(quant(1, 0, 1e9F), "F0114", {"bit width 1000000000"});
  expect(quant(1, 0, 4, {attribute("rounding_mode", "STOCHASTIC_ROUND")}), "F0114", {"STOCHASTIC_ROUND"});
  ModelBuilder model = quant(1, 0, 4);
  model.inputs = {port("x", {2, 2})};
  model.constants[0] = floats("s", {2, 2}, {1, 2, 3, 4});
  expect(model, "F0114", {"more than one axis"});
}

TEST(Refusals, F0115ShapeMismatch) {
  expect(with_constant(floats("c", {3}, {1, 2, 3})), "F0115", {"Add_0"});
  expect(around(node("Gemm", {"x", "w"}, {"y"}), {floats("w", {3, 1}, {1, 2, 3})}), "F0115", {"4 inputs, weights expect 3", "Gemm_0"});
  expect(around(node("Reshape", {"x", "t"}, {"y"}), {ints("t", {2}, {-1, -1})}), "F0115", {"more than one -1"});
  expect(around(node("Reshape", {"x", "t"}, {"y"}), {ints("t", {2}, {3, -1})}), "F0115", {"no size for -1 fits"});
  expect(around(node("Relu", {"x"}, {"y"}), {}, {1, std::int64_t{0}}), "F0115", {"zero dimension", "input 'x'"});
}

TEST(Refusals, F0116TypeMismatch) {
  expect(around(node("Relu", {"x"}, {"y"}), {}, {1, 4}, kHalf), "F0116", {"input 'x'", "float16"});
  expect(around(node("Relu", {"x"}, {"y"}), {}, {1, 4}, kInt8), "F0116", {"Relu_0"});
  expect(around(node("Add", {"x", "c"}, {"y"}), {ints("c", {1}, {1})}), "F0116", {"float32 and int64"});
  expect(around(node("Cast", {"x"}, {"y"}, {attribute("to", std::int64_t{kInt8})})), "F0116", {"Cast from float32 to int8"});
}

TEST(Refusals, F0117TooLarge) {
  expect(with_constant(tensor("c", kFloat, {std::int64_t{1} << 62}, "")), "F0117", {"tensor 'c' is too large"});
  expect(with_constant(tensor("c", kFloat, {std::int64_t{1} << 32, std::int64_t{1} << 32}, "")), "F0117", {"tensor 'c' is too large"});
  ModelBuilder model = around(node("ConstantOfShape", {"n"}, {"c"}), {ints("n", {1}, {1 << 29})});
  model.nodes.push_back(node("Add", {"x", "c"}, {"y"}));
  expect(model, "F0117", {"far larger than the file"});
}

TEST(Refusals, F0118NotANumber) {
  expect(with_constant(floats("c", {1}, {std::numeric_limits<float>::quiet_NaN()})), "F0118", {"tensor 'c' holds NaN", "Add_0"});
  expect(around(node("BatchNormalization", {"x", "g", "g", "g", "v"}, {"y"}),
                {floats("g", {4}, {1, 1, 1, 1}), floats("v", {4}, {1, 1, 1, -1})}),
         "F0118", {"variance of channel 3"});
  ModelBuilder divided = around(node("Mod", {"a", "b"}, {"t"}), {ints("a", {1}, {4}), ints("b", {1}, {0})});
  divided.nodes.push_back(node("Reshape", {"x", "t"}, {"y"}));
  expect(divided, "F0118", {"divided by zero", "Mod_0"});
}

TEST(Refusals, F0119BatchMixed) {
  const auto obstacles = [](const ModelBuilder& model) {
    const TestFolder folder;
    Diagnostics diagnostics;
    const std::optional<Model> imported = import_model(folder.write("m.onnx", model.bytes()), diagnostics);
    return imported ? imported->obstacles : std::vector<Diagnostic>();
  };
  const std::vector<Diagnostic> mixed = obstacles(around(node("Reshape", {"x", "t"}, {"y"}), {ints("t", {2}, {1, -1})}, {2, 4}));
  ASSERT_EQ(mixed.size(), 1U);
  EXPECT_EQ(mixed[0].code, Code::kBatchMixed);
  EXPECT_EQ(mixed[0].places[0].node, "Reshape_0");
  EXPECT_TRUE(obstacles(around(node("Reshape", {"x", "t"}, {"y"}), {ints("t", {3}, {2, 2, 2})}, {2, 4})).empty());
  EXPECT_EQ(refusal(around(node("Reshape", {"x", "t"}, {"y"}), {ints("t", {3}, {2, 2, 2})}, {2, 4}).bytes()), "");
}

TEST(Refusals, F0120TrainingMode) {
  expect(around(node("BatchNormalization", {"x", "g", "g", "g", "g"}, {"y"}, {attribute("training_mode", std::int64_t{1})}),
                {floats("g", {4}, {1, 1, 1, 1})}),
         "F0120", {"eval()"});
}

TEST(Refusals, ADeclarationThatLiesIsAWarning) {
  ModelBuilder model = around(node("Relu", {"x"}, {"y"}));
  model.outputs = {port("y", {1, 5})};
  const std::string text = refusal(model.bytes());
  EXPECT_NE(text.find("warning F0115"), std::string::npos) << text;
  EXPECT_NE(text.find("declared [1,5] but is [1,4]"), std::string::npos) << text;
}

TEST(Refusals, NamesInMessagesAreOneLine) {
  const std::string text = refusal(around(node("Nope", {"x"}, {"y"}, {}, "", std::string("a\nb\0\xff", 5))).bytes());
  EXPECT_NE(text.find("a\\nb\\x00\\xFF"), std::string::npos) << text;
}

/// Any change of any byte: refused or imported, but never a crash.
TEST(Refusals, DamagedFilesNeverCrash) {
  ModelBuilder model =
      around(quant_node("Quant", {"x", "s", "z", "b"}, {"q"}),
             {scalar("s", 1), scalar("z", 0), scalar("b", 4), floats("w", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), ints("t", {2}, {0, -1})});
  model.nodes.push_back(node("Gemm", {"q", "w"}, {"g"}, {attribute("transB", std::int64_t{1})}));
  model.nodes.push_back(node("Reshape", {"g", "t"}, {"r"}));
  model.nodes.push_back(node("Softmax", {"r"}, {"y"}));
  const std::string good = model.bytes();
  const TestFolder folder;
  Rng rng(7);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i % bad.size()] = static_cast<char>(rng.next());
    (void)refusal_of(folder.write("m.onnx", bad));
  }
  for (std::size_t length = 0; length < good.size(); ++length) (void)refusal_of(folder.write("m.onnx", good.substr(0, length)));
}

TEST(Refusals, BadModels) {
  const std::filesystem::path bad = std::filesystem::path(FINNR_SOURCE_DIR) / "../shared/models/bad";
  if (!std::filesystem::exists(bad)) GTEST_SKIP() << "the shared models are not here: " << bad;
  const std::vector<std::tuple<const char*, const char*, const char*>> cases = {{"empty.onnx", "F0102", "empty"},
                                                                                {"text.onnx", "F0102", "text"},
                                                                                {"random.onnx", "F0102", ""},
                                                                                {"truncated_head.onnx", "F0102", "cut short"},
                                                                                {"truncated_half.onnx", "F0102", "cut short"},
                                                                                {"truncated_tail.onnx", "F0102", "cut short"},
                                                                                {"endless_varint.onnx", "F0102", "corrupt"},
                                                                                {"missing_initializer.onnx", "F0105", "Quant_w1"},
                                                                                {"external_missing.onnx", "F0104", "w0"},
                                                                                {"external_traversal.onnx", "F0104", "w0"},
                                                                                {"raw_too_short.onnx", "F0103", "w0"},
                                                                                {"dtype_mismatch.onnx", "F0103", "w1"},
                                                                                {"negative_dims.onnx", "F0103", "w0"},
                                                                                {"zero_dim.onnx", "F0115", "input 'x'"},
                                                                                {"huge_dim.onnx", "F0117", "w0"},
                                                                                {"dims_overflow.onnx", "F0117", "w2"},
                                                                                {"nan_weight.onnx", "F0118", "Quant_w1"},
                                                                                {"string_initializer.onnx", "F0103", "Quant_w0"},
                                                                                {"sparse_initializer.onnx", "F0103", "w2"},
                                                                                {"cycle.onnx", "F0107", "Conv_0"},
                                                                                {"duplicate_output.onnx", "F0106", "MaxPool_0"},
                                                                                {"dangling_output.onnx", "F0105", "output 'missing'"},
                                                                                {"no_inputs.onnx", "F0105", "Quant_in"},
                                                                                {"no_outputs.onnx", "F0108", "no output"},
                                                                                {"if_node.onnx", "F0110", "If_depth_1"},
                                                                                {"if_nested_20.onnx", "F0110", "If_depth_20"},
                                                                                {"unknown_op.onnx", "F0110", "Relu_0"},
                                                                                {"unknown_domain.onnx", "F0110", "Relu_1"},
                                                                                {"bn_training.onnx", "F0120", "BatchNorm_0"},
                                                                                {"bn_negative_variance.onnx", "F0118", "BatchNorm_1"},
                                                                                {"dynamic_spatial.onnx", "F0109", "H, W"},
                                                                                {"reshape_two_unknowns.onnx", "F0115", "Reshape_0"},
                                                                                {"scale_not_constant.onnx", "F0113", "Quant_in"},
                                                                                {"scale_zero.onnx", "F0114", "Quant_act0"},
                                                                                {"scale_nan.onnx", "F0114", "Quant_act1"},
                                                                                {"bits_fraction.onnx", "F0114", "Quant_act0"},
                                                                                {"bits_0.onnx", "F0114", "Quant_w1"},
                                                                                {"bits_33.onnx", "F0114", "Quant_act1"},
                                                                                {"bits_1e9.onnx", "F0114", "Quant_w0"},
                                                                                {"rounding_unknown.onnx", "F0114", "Quant_act0"},
                                                                                {"quant_three_inputs.onnx", "F0112", "Quant_act1"},
                                                                                {"zero_point_fraction.onnx", "F0114", "Quant_act0"},
                                                                                {"huge_pads.onnx", "F0117", "Conv_0"},
                                                                                {"negative_pads.onnx", "F0111", "Conv_0"},
                                                                                {"kernel_too_big.onnx", "F0115", "Conv_1"},
                                                                                {"stride_zero.onnx", "F0111", "Conv_1"},
                                                                                {"kernel_shape_lies.onnx", "F0111", "Conv_0"},
                                                                                {"group_not_dividing.onnx", "F0115", "Conv_0"},
                                                                                {"channel_mismatch.onnx", "F0115", "Conv_0"},
                                                                                {"attribute_wrong_type.onnx", "F0111", "Conv_0"},
                                                                                {"gemm_mismatch.onnx", "F0115", "Gemm_0"},
                                                                                {"qcdq_missing_dequantize.onnx", "F0116", "Conv_1"}};
  for (const auto& [file, code, place] : cases) {
    const std::string text = refusal_of((bad / file).string());
    EXPECT_NE(text.find(code), std::string::npos) << file << "\n" << text;
    EXPECT_NE(text.find(place), std::string::npos) << file << "\n" << text;
  }
  for (const char* file : {"ok_chain_5k", "ok_diamonds_24", "ok_same_upper", "ok_default_attributes", "ok_names", "maxpool_ceil"})
    EXPECT_EQ(refusal_of((bad / (std::string(file) + ".onnx")).string()), "") << file;
}

}  // namespace
}  // namespace finnr
