// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "finnr/import/folding.h"
#include "finnr/import/importers.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

using ConstantTensor = std::shared_ptr<const Tensor>;

/// An integer product must not leave the file's machine type, because it would wrap there.
Status check_fits(const NodeImport& node, ValueId result, StoredType stored) {
  const ElementType& type = node.graph().value(result).type;
  const std::optional<IntType> range = machine_range(stored);
  if (type.is_float || (range && range->contains(type.ints.lo) && range->contains(type.ints.hi))) return ok_status();
  return NodeImport::error(Code::kTypeMismatch, fmt::format("an integer product leaves the range of {}", to_text(stored)))
      .because("it would wrap");
}

/// A matrix with its axes exchanged.
Result<ValueId> transposed(NodeImport& node, const Operand& operand, std::size_t i) {
  const std::vector<int> perm = {1, 0};
  if (!operand.is_constant()) {
    FINNR_ASSIGN(const ValueId matrix, node.value(i));
    return node.add(Transpose{perm}, {matrix});
  }
  FINNR_ASSIGN(const Operand turned, node.made(transpose(*operand.constant, perm), operand.stored));
  return node.value_of(turned, i);
}

Result<ValueId> matrix(NodeImport& node, std::size_t i, std::string_view attribute) {
  FINNR_ASSIGN(const std::int64_t turn, node.integer(attribute, 0));
  FINNR_ASSIGN(const Operand operand, node.operand(i));
  const Shape shape = node.shape(operand);
  if (shape.size() != 2)
    return node.input_error(Code::kShapeMismatch, i, fmt::format("Gemm needs matrices, this operand has shape {}", to_text(shape)));
  return turn != 0 ? transposed(node, operand, i) : node.value(i);
}

Result<ValueId> scaled(NodeImport& node, ValueId value, float factor) {
  if (factor == 1.0F) return value;
  FINNR_ASSIGN(const Operand constant, node.made(Tensor::scalar(factor), StoredType::kFloat32));
  FINNR_ASSIGN(const ValueId factor_value, node.value_of(constant, node.input_count()));
  return node.add(Binary{BinaryFunction::kMul}, {value, factor_value});
}

/// beta * C, with a constant C multiplied at once.
Result<ValueId> gemm_bias(NodeImport& node, float beta, const Shape& result) {
  FINNR_ASSIGN(Operand bias, node.operand(2));
  const std::optional<Shape> together = broadcast(node.shape(bias), result);
  if (!together || *together != result) {
    return node.input_error(
        Code::kShapeMismatch, 2,
        fmt::format("a bias of shape {} does not fit a result of shape {}", to_text(node.shape(bias)), to_text(result)));
  }
  if (beta == 1.0F || !bias.is_constant()) {
    FINNR_ASSIGN(const ValueId value, node.value(2));
    return scaled(node, value, beta);
  }
  FINNR_ASSIGN(Tensor product, fold_binary(BinaryFunction::kMul, *bias.constant, Tensor::scalar(beta), StoredType::kFloat32));
  FINNR_ASSIGN(const Operand folded, node.made(std::move(product), StoredType::kFloat32));
  return node.value_of(folded, 2);
}

}  // namespace

Status import_matmul(NodeImport& node) {
  FINNR_ASSIGN(const ValueId a, node.value(0));
  FINNR_ASSIGN(const ValueId b, node.value(1));
  FINNR_ASSIGN(const Operand left, node.operand(0));
  FINNR_ASSIGN(const ValueId y, node.add(MatMul{}, {a, b}));
  FINNR_RETURN_IF_ERROR(check_fits(node, y, left.stored));
  return node.give(node.made(y, left.stored));
}

// y = alpha * A' * B' + beta * C, as separate steps in this order.
Status import_gemm(NodeImport& node) {
  FINNR_ASSIGN(const float alpha, node.number("alpha", 1.0F));
  FINNR_ASSIGN(const float beta, node.number("beta", 1.0F));
  FINNR_ASSIGN(const ValueId a, matrix(node, 0, "transA"));
  FINNR_ASSIGN(const ValueId b, matrix(node, 1, "transB"));
  const Shape& left = node.graph().value(a).shape;
  const Shape& right = node.graph().value(b).shape;
  if (left[1] != right[0]) {
    return node.input_error(Code::kShapeMismatch, 1, fmt::format("{} inputs, weights expect {}", left[1], right[0]))
        .because(fmt::format("the product is of {} and {}", to_text(left), to_text(right)));
  }
  FINNR_ASSIGN(const ValueId product, node.add(MatMul{}, {a, b}));
  FINNR_ASSIGN(ValueId y, scaled(node, product, alpha));
  if (node.has_input(2) && beta != 0) {
    FINNR_ASSIGN(const ValueId bias, gemm_bias(node, beta, Shape(node.graph().value(y).shape)));
    FINNR_ASSIGN(y, node.add(Binary{BinaryFunction::kAdd}, {y, bias}));
  }
  return node.give(node.made(y, StoredType::kFloat32));
}

namespace {

constexpr std::string_view kNormNames[] = {"", "the factor", "the offset", "the mean", "the variance"};

struct Affine {
  Tensor::Floats factor;
  Tensor::Floats offset;
};

/// A = gamma / sqrt(var + eps), B = beta - A * mean, each step rounded to float32.
Result<Affine> affine_of(NodeImport& node, float epsilon) {
  std::vector<Tensor::Floats> parameters(5);
  for (std::size_t i = 1; i < 5; ++i) {
    FINNR_ASSIGN(const ConstantTensor tensor, node.parameter(i, kNormNames[i]));
    parameters[i] = as_floats(*tensor);
    if (tensor->shape().size() != 1 || parameters[i].size() != parameters[1].size()) {
      return node.input_error(Code::kShapeMismatch, i,
                              fmt::format("{} has shape {}, one number a channel is expected", kNormNames[i], to_text(tensor->shape())));
    }
  }
  Affine result;
  for (std::size_t c = 0; c < parameters[1].size(); ++c) {
    const float variance = parameters[4][c];
    if (variance < 0) {
      return node.input_error(Code::kNotANumber, 4, fmt::format("the variance of channel {} is negative ({})", c, variance))
          .because("its square root is not a number")
          .fix("look at this layer in training");
    }
    const float factor = parameters[1][c] / std::sqrt(variance + epsilon);
    const float shift = factor * parameters[3][c];
    const float offset = parameters[2][c] - shift;
    if (!std::isfinite(factor) || !std::isfinite(offset)) {
      return NodeImport::error(Code::kNotANumber, fmt::format("batch normalization of channel {} is not finite", c))
          .because("one of its stored parameters is NaN, infinite or zero")
          .fix("look at this layer in training");
    }
    result.factor.push_back(factor);
    result.offset.push_back(offset);
  }
  return result;
}

Status refuse_training(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t training, node.integer("training_mode", 0));
  FINNR_ASSIGN(const std::int64_t spatial, node.integer("spatial", 1));
  bool statistics = false;
  for (std::size_t i = 1; i < node.node().outputs.size(); ++i) statistics = statistics || node.node().outputs[i] != 0;
  if (training != 0 || statistics) {
    return NodeImport::error(Code::kTrainingMode, "batch normalization is in training mode")
        .because("it would normalize with the statistics of each batch")
        .fix("call eval() before the export");
  }
  if (spatial == 0)
    return NodeImport::attribute_error(Code::kBadAttribute, "spatial", "batch normalization with statistics per pixel is not supported");
  return ok_status();
}

Status normalize(NodeImport& node, bool channels_last) {
  FINNR_RETURN_IF_ERROR(refuse_training(node));
  FINNR_ASSIGN(const float epsilon, node.number("epsilon", 1e-5F));
  FINNR_ASSIGN(Affine affine, affine_of(node, epsilon));
  FINNR_ASSIGN(const ValueId x, node.value(0));
  const Shape& shape = node.graph().value(x).shape;
  const auto channels = static_cast<std::int64_t>(affine.factor.size());
  if (shape.size() < 2 || shape[channels_last ? shape.size() - 1 : 1] != channels)
    return node.input_error(Code::kShapeMismatch, 0,
                            fmt::format("batch normalization of {} channels on data of shape {}", channels, to_text(shape)));
  Shape spread(shape.size(), 1);
  spread[channels_last ? shape.size() - 1 : 1] = channels;
  FINNR_ASSIGN(const Operand factor, node.made(Tensor(spread, std::move(affine.factor)), StoredType::kFloat32));
  FINNR_ASSIGN(const Operand offset, node.made(Tensor(spread, std::move(affine.offset)), StoredType::kFloat32));
  FINNR_ASSIGN(const ValueId factor_value, node.unchecked_value(factor, node.input_count()));
  FINNR_ASSIGN(const ValueId offset_value, node.unchecked_value(offset, node.input_count()));
  FINNR_ASSIGN(const ValueId product, node.add(Binary{BinaryFunction::kMul}, {x, factor_value}));
  FINNR_ASSIGN(const ValueId y, node.add(Binary{BinaryFunction::kAdd}, {product, offset_value}));
  return node.give(node.made(y, StoredType::kFloat32));
}

}  // namespace

Status import_batch_normalization(NodeImport& node) { return normalize(node, false); }

Status import_batch_normalization_channels_last(NodeImport& node) { return normalize(node, true); }

}  // namespace finnr
