// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/operators.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"

namespace finnr {
namespace {

template <UnaryFunction kFunction>
Status unary(NodeImport& node) {
  return import_unary(node, kFunction);
}
template <BinaryFunction kFunction>
Status binary(NodeImport& node) {
  return import_binary(node, kFunction);
}
template <BinaryFunction kFunction>
Status chain(NodeImport& node) {
  return import_chain(node, kFunction);
}
template <bool kLogarithm>
Status softmax(NodeImport& node) {
  return import_softmax(node, kLogarithm);
}

template <Reduction kReduction>
Status reduce(NodeImport& node) {
  return import_reduce(node, kReduction);
}

using U = UnaryFunction;
using B = BinaryFunction;

// {name, least inputs, most inputs, most outputs, importer}, by name.
constexpr OperatorInfo kStandard[] = {
    {"Abs", 1, 1, 1, unary<U::kAbs>},
    {"Add", 2, 2, 1, binary<B::kAdd>},
    {"ArgMax", 1, 1, 1, import_arg_max},
    {"AveragePool", 1, 1, 1, import_average_pool},
    {"BatchNormalization", 5, 5, 5, import_batch_normalization},
    {"Cast", 1, 1, 1, import_cast},
    {"Ceil", 1, 1, 1, unary<U::kCeil>},
    {"Celu", 1, 1, 1, unary<U::kCelu>},
    {"Clip", 1, 3, 1, import_clip},
    {"Concat", 1, -1, 1, import_concat},
    {"Constant", 0, 0, 1, import_constant},
    {"ConstantOfShape", 1, 1, 1, import_constant_of_shape},
    {"Conv", 2, 3, 1, import_conv},
    {"ConvInteger", 2, 4, 1, import_conv_integer},
    {"ConvTranspose", 2, 3, 1, import_conv_transpose},
    {"Cos", 1, 1, 1, unary<U::kCos>},
    {"DepthToSpace", 1, 1, 1, import_depth_to_space},
    {"DequantizeLinear", 2, 3, 1, import_dequantize_linear},
    {"Div", 2, 2, 1, binary<B::kDiv>},
    {"Dropout", 1, 3, 2, import_dropout},
    {"Elu", 1, 1, 1, unary<U::kElu>},
    {"Equal", 2, 2, 1, import_equal},
    {"Erf", 1, 1, 1, unary<U::kErf>},
    {"Exp", 1, 1, 1, unary<U::kExp>},
    {"Expand", 2, 2, 1, import_expand},
    {"Flatten", 1, 1, 1, import_flatten},
    {"Floor", 1, 1, 1, unary<U::kFloor>},
    {"Gather", 2, 2, 1, import_gather},
    {"Gelu", 1, 1, 1, import_gelu},
    {"Gemm", 2, 3, 1, import_gemm},
    {"GlobalAveragePool", 1, 1, 1, import_global_average_pool},
    {"GlobalMaxPool", 1, 1, 1, import_global_max_pool},
    {"HardSigmoid", 1, 1, 1, unary<U::kHardSigmoid>},
    {"HardSwish", 1, 1, 1, unary<U::kHardSwish>},
    {"Identity", 1, 1, 1, import_rename},
    {"LeakyRelu", 1, 1, 1, unary<U::kLeakyRelu>},
    {"Log", 1, 1, 1, unary<U::kLog>},
    {"LogSoftmax", 1, 1, 1, softmax<true>},
    {"MatMul", 2, 2, 1, import_matmul},
    {"MatMulInteger", 2, 4, 1, import_matmul_integer},
    {"Max", 1, -1, 1, chain<B::kMax>},
    {"MaxPool", 1, 1, 2, import_max_pool},
    {"Mean", 1, -1, 1, import_mean},
    {"Min", 1, -1, 1, chain<B::kMin>},
    {"Mish", 1, 1, 1, unary<U::kMish>},
    {"Mod", 2, 2, 1, import_mod},
    {"Mul", 2, 2, 1, binary<B::kMul>},
    {"Neg", 1, 1, 1, unary<U::kNeg>},
    {"PRelu", 2, 2, 1, binary<B::kPrelu>},
    {"Pad", 1, 4, 1, import_pad},
    {"Pow", 2, 2, 1, binary<B::kPow>},
    {"QLinearConv", 8, 9, 1, import_qlinear_conv},
    {"QLinearMatMul", 8, 8, 1, import_qlinear_matmul},
    {"QuantizeLinear", 2, 3, 1, import_quantize_linear},
    {"Range", 3, 3, 1, import_range},
    {"Reciprocal", 1, 1, 1, unary<U::kReciprocal>},
    {"ReduceL1", 1, 2, 1, reduce<Reduction::kMagnitudes>},
    {"ReduceL2", 1, 2, 1, reduce<Reduction::kEuclid>},
    {"ReduceMax", 1, 2, 1, reduce<Reduction::kMax>},
    {"ReduceMean", 1, 2, 1, reduce<Reduction::kMean>},
    {"ReduceMin", 1, 2, 1, reduce<Reduction::kMin>},
    {"ReduceProd", 1, 2, 1, reduce<Reduction::kProduct>},
    {"ReduceSum", 1, 2, 1, reduce<Reduction::kSum>},
    {"ReduceSumSquare", 1, 2, 1, reduce<Reduction::kSquares>},
    {"Relu", 1, 1, 1, unary<U::kRelu>},
    {"Reshape", 1, 2, 1, import_reshape},
    {"Resize", 1, 4, 1, import_resize},
    {"Round", 1, 1, 1, unary<U::kRound>},
    {"Selu", 1, 1, 1, unary<U::kSelu>},
    {"Shape", 1, 1, 1, import_shape},
    {"Sigmoid", 1, 1, 1, unary<U::kSigmoid>},
    {"Sign", 1, 1, 1, unary<U::kSign>},
    {"Sin", 1, 1, 1, unary<U::kSin>},
    {"Size", 1, 1, 1, import_size},
    {"Slice", 1, 5, 1, import_slice},
    {"Softmax", 1, 1, 1, softmax<false>},
    {"Softplus", 1, 1, 1, unary<U::kSoftplus>},
    {"Softsign", 1, 1, 1, unary<U::kSoftsign>},
    {"SpaceToDepth", 1, 1, 1, import_space_to_depth},
    {"Split", 1, 2, -1, import_split},
    {"Sqrt", 1, 1, 1, unary<U::kSqrt>},
    {"Squeeze", 1, 2, 1, import_squeeze},
    {"Sub", 2, 2, 1, binary<B::kSub>},
    {"Sum", 1, -1, 1, chain<B::kAdd>},
    {"Tanh", 1, 1, 1, unary<U::kTanh>},
    {"ThresholdedRelu", 1, 1, 1, unary<U::kThresholdedRelu>},
    {"Tile", 2, 2, 1, import_tile},
    {"TopK", 1, 2, 2, import_top_k},
    {"Transpose", 1, 1, 1, import_transpose},
    {"Unsqueeze", 1, 2, 1, import_unsqueeze},
    {"Upsample", 1, 2, 1, import_upsample},
    {"Where", 3, 3, 1, import_where},
};

constexpr OperatorInfo kQuantization[] = {
    {"BipolarQuant", 2, 4, 1, import_bipolar_quant},
    {"DebugMarker", 1, 1, 1, import_rename},
    {"Im2Col", 1, 1, 1, import_im2col},
    {"IntQuant", 4, 4, 1, import_quant},
    {"MaxPoolNHWC", 1, 1, 1, import_max_pool_channels_last},
    {"MultiThreshold", 2, 2, 1, import_multi_threshold},
    {"Quant", 4, 4, 1, import_quant},
    {"QuantAvgPool2d", 1, 1, 1, import_quant_avg_pool},
    {"Trunc", 5, 6, 1, import_trunc},
    {"TruncQuant", 5, 6, 1, import_trunc},
    {"XnorPopcountMatMul", 2, 2, 1, import_xnor_popcount},
};

constexpr OperatorInfo kChannelsLast[] = {
    {"BatchNormalization", 5, 5, 5, import_batch_normalization_channels_last},
    {"Conv", 2, 3, 1, import_conv_channels_last},
    {"MaxPool", 1, 1, 1, import_max_pool_channels_last},
};

static_assert(std::ranges::is_sorted(kStandard, {}, &OperatorInfo::name));
static_assert(std::ranges::is_sorted(kQuantization, {}, &OperatorInfo::name));
static_assert(std::ranges::is_sorted(kChannelsLast, {}, &OperatorInfo::name));

/// All spellings of the one set of quantization operators.
constexpr std::string_view kQuantizationDomains[] = {"onnx.brevitas", "qonnx.custom_op.general", "brevitas.onnx", "qonnx",
                                                     "finn",          "finn.custom_op.general"};

constexpr std::string_view kControlFlow[] = {"If", "Loop", "Scan"};

/// Operators with an exact meaning that this version does not have.
constexpr std::string_view kLater[] = {
    "ArgMin", "FloatQuant",   "GlobalLpPool",    "GroupNormalization", "InstanceNormalization", "LayerNormalization",
    "LpPool", "ReduceLogSum", "ReduceLogSumExp",
};

constexpr std::string_view kChannelsLastDomain = "qonnx.custom_op.channels_last";

bool is_quantization(const FileNode& node) {
  return std::ranges::find(kQuantizationDomains, node.domain) != std::end(kQuantizationDomains);
}

bool is_hardware_layer(const FileNode& node) {
  if (node.domain.starts_with("finn.custom_op.fpgadataflow")) return true;
  return node.domain == "finn" && std::ranges::find(node.attributes, "backend", &FileAttribute::name) != node.attributes.end();
}

bool contains(std::span<const std::string_view> list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

std::string range_text(const OperatorInfo& info) {
  if (info.most < 0) return fmt::format("{} or more", info.least);
  return info.least == info.most ? fmt::format("{}", info.least) : fmt::format("{} to {}", info.least, info.most);
}

}  // namespace

const OperatorInfo* find_operator(const FileNode& node) {
  std::span<const OperatorInfo> table;
  if (node.domain.empty()) table = kStandard;
  if (is_quantization(node) && !is_hardware_layer(node)) table = kQuantization;
  if (node.domain == kChannelsLastDomain) table = kChannelsLast;
  const auto found = std::ranges::lower_bound(table, std::string_view(node.type), {}, &OperatorInfo::name);
  return found != table.end() && found->name == node.type ? &*found : nullptr;
}

Diagnostic unknown_operator(const FileNode& node) {
  const std::string type = printable(full_type(node));
  const auto refused = [&](std::string message) { return Diagnostic(Code::kUnknownOperator, std::move(message)); };
  if (node.domain.empty() && contains(kControlFlow, node.type)) {
    return refused(fmt::format("operator {} (control flow) is not supported", type))
        .because("hardware runs the same layers for every frame")
        .fix("export the network with the branch or loop resolved");
  }
  if (is_hardware_layer(node)) {
    return refused(fmt::format("operator {} is a hardware layer already", type))
        .because("the file was compiled by another tool")
        .fix("give finnr the network as it was exported from training");
  }
  if ((node.domain.empty() || is_quantization(node)) && contains(kLater, node.type)) {
    return refused(fmt::format("operator {} is not supported", type))
        .because(node.type == "FloatQuant" ? "hardware of finnr computes with integers, and FloatQuant makes small floats"
                                           : "this version of finnr has no exact meaning for it in a quantized network")
        .fix(node.type == "FloatQuant" ? "train with integer quantizers" : "replace it in training by the operators that finnr lists");
  }
  return refused(fmt::format("unknown operator {}", type))
      .because(node.domain.empty()
                   ? "the standard operator set has no such operator, or finnr has no exact meaning for it"
                   : fmt::format("finnr knows no operator {} of the set '{}'", printable(node.type), printable(node.domain)))
      .fix("replace it in training, or export with a tool that writes standard ONNX and QONNX operators");
}

Status check_operands(const FileNode& node, const OperatorInfo& info) {
  const auto inputs = static_cast<std::int64_t>(node.inputs.size());
  const auto outputs = static_cast<std::int64_t>(node.outputs.size());
  if (inputs < info.least || (info.most >= 0 && inputs > info.most)) {
    return Diagnostic(Code::kBadOperands, fmt::format("{} needs {} inputs, has {}", printable(node.type), range_text(info), inputs))
        .because("the operator's definition asks for them")
        .fix("export the model again");
  }
  if (outputs < 1 || (info.outputs >= 0 && outputs > info.outputs)) {
    return Diagnostic(Code::kBadOperands, fmt::format("{} has {} outputs", printable(node.type), outputs))
        .because(fmt::format("its definition gives it 1{}", info.outputs > 1 ? fmt::format(" to {}", info.outputs) : ""));
  }
  return ok_status();
}

}  // namespace finnr
