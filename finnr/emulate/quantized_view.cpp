// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/quantized_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/emulate/along_axis.h"
#include "finnr/emulate/reference.h"

namespace finnr {
namespace {

using View = std::optional<QuantizedView>;
using Operands = std::span<const Item* const>;

constexpr std::int64_t kIntegralLimit = 1 << 15;
constexpr double kExact = 0x1p53;

std::shared_ptr<const Tensor> share(Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); }

bool usable(double scale) { return std::isfinite(scale) && scale != 0; }

View dequantized(const Dequantize& op, const Item& in, const IntType& type) {
  if (!std::ranges::all_of(op.scale.values, usable)) return std::nullopt;
  QuantizedView view{in.tensor, op.scale, 0};
  for (const std::int64_t zero : op.zero.values) {
    const auto z = static_cast<double>(zero);
    view.bound = std::max({view.bound, std::fabs(static_cast<double>(type.lo) - z), std::fabs(static_cast<double>(type.hi) - z)});
  }
  if (view.bound >= kExact) return std::nullopt;
  if (std::ranges::all_of(op.zero.values, [](std::int64_t zero) { return zero == 0; })) return view;
  const AlongAxis zero(op.zero, in.tensor->shape());
  Tensor centered = *in.tensor;
  for (std::size_t i = 0; i < centered.ints().size(); ++i) centered.ints()[i] -= zero[i];
  view.codes = share(std::move(centered));
  return view;
}

View reshaped(View view, const Shape& shape) {
  if (!view) return view;
  if (!view->scale.uniform()) {
    const auto inner = [](const Shape& of, std::size_t axis) {
      return count(Shape(of.begin() + static_cast<std::ptrdiff_t>(axis) + 1, of.end()));
    };
    const auto size = std::ssize(view->scale.values);
    const std::int64_t wanted = inner(view->codes->shape(), static_cast<std::size_t>(view->scale.axis));
    std::size_t axis = 0;
    while (axis < shape.size() && !(shape[axis] == size && inner(shape, axis) == wanted)) ++axis;
    if (axis == shape.size()) return std::nullopt;
    view->scale.axis = static_cast<int>(axis);
  }
  if (view->codes->shape() != shape) view->codes = share(view->codes->reshaped(shape));
  return view;
}

View transposed(View view, const Transpose& op) {
  if (!view) return view;
  if (!view->scale.uniform()) view->scale.axis = static_cast<int>(std::ranges::find(op.perm, view->scale.axis) - op.perm.begin());
  const Tensor* operand = view->codes.get();
  view->codes = share(std::move(evaluate(op, {&operand, 1})[0]));
  return view;
}

View rectified(View view) {
  if (!view || !std::ranges::all_of(view->scale.values, [](double scale) { return scale > 0; })) return std::nullopt;
  Tensor codes = *view->codes;
  for (std::int64_t& code : codes.ints()) code = std::max<std::int64_t>(code, 0);
  view->codes = share(std::move(codes));
  return view;
}

/// x * c or x / c; the new scale is a float32 number.
View scaled(const View& x, const Item& constant, bool divide, const Shape& shape) {
  if (!x || !constant.constant || constant.tensor->size() != 1) return std::nullopt;
  const auto c = static_cast<double>(constant.tensor->floats()[0]);
  if (!usable(c)) return std::nullopt;
  QuantizedView view = *x;
  for (double& scale : view.scale.values) {
    scale = static_cast<double>(static_cast<float>(divide ? scale / c : scale * c));
    if (!usable(scale)) return std::nullopt;
  }
  return reshaped(std::move(view), shape);  // the constant may have added leading axes
}

View scaled(const Binary& op, Operands in, const Shape& shape) {
  if (op.function == BinaryFunction::kDiv) return scaled(in[0]->view, *in[1], true, shape);
  if (op.function != BinaryFunction::kMul) return std::nullopt;
  View view = scaled(in[0]->view, *in[1], false, shape);
  return view ? view : scaled(in[1]->view, *in[0], false, shape);
}

/// The scale of an operand of a matrix product, as the scale of the product: the axis counted from the end is kept,
/// except that a vector operand on the other side takes an axis away. Nothing when it varies along the summed axis.
std::optional<PerAxis<double>> on_product(const PerAxis<double>& scale, std::size_t rank, bool first, std::size_t other_rank,
                                          std::size_t result_rank) {
  if (scale.uniform()) return scale;
  const std::size_t from_end = rank - 1 - static_cast<std::size_t>(scale.axis);
  const std::size_t summed = first || rank == 1 ? 0 : 1;
  if (from_end == summed) return std::nullopt;
  const bool shifted = other_rank == 1 && (first || from_end > 1);
  return PerAxis<double>{scale.values, static_cast<int>(result_rank - 1 - (shifted ? from_end - 1 : from_end))};
}

/// The element by element product, where it varies along one axis at most.
std::optional<PerAxis<double>> product(const PerAxis<double>& a, const PerAxis<double>& b) {
  if (!a.uniform() && !b.uniform() && a.axis != b.axis) return std::nullopt;
  PerAxis<double> result = a.uniform() ? b : a;
  for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] = a.at(i) * b.at(i);
  return result;
}

}  // namespace

std::optional<QuantizedView> integral_view(const Tensor& tensor) {
  if (!tensor.is_float() || !is_integral(tensor, kIntegralLimit)) return std::nullopt;
  QuantizedView view{share(Tensor(tensor.shape(), as_ints(tensor))), {{1.0}, 0}, 0};
  for (const std::int64_t code : view.codes->ints()) view.bound = std::max(view.bound, std::fabs(static_cast<double>(code)));
  return view;
}

std::optional<QuantizedView> result_view(const Op& op, std::span<const Item* const> inputs, const ElementType& operand_type,
                                         const Tensor& result) {
  const View& first = inputs[0]->view;
  return std::visit(Overloaded{
                        [&](const Dequantize& typed) { return dequantized(typed, *inputs[0], operand_type.ints); },
                        [&](const Reshape& typed) { return reshaped(first, typed.shape); },
                        [&](const Transpose& typed) { return transposed(first, typed); },
                        [&](const Unary& typed) { return typed.function == UnaryFunction::kRelu ? rectified(first) : std::nullopt; },
                        [&](const Binary& typed) { return scaled(typed, inputs, result.shape()); },
                        [](const auto&) { return View(); },
                    },
                    op);
}

std::optional<Item> multiply_views(const QuantizedView& a, const QuantizedView& b) {
  const Shape& a_shape = a.codes->shape();
  const Shape& b_shape = b.codes->shape();
  const double bound = a.bound * b.bound * static_cast<double>(a_shape.back());
  if (bound >= kExact) return std::nullopt;
  const std::size_t rank = std::max<std::size_t>({a_shape.size(), b_shape.size(), 2}) - (a_shape.size() == 1) - (b_shape.size() == 1);
  const std::optional<PerAxis<double>> a_scale = on_product(a.scale, a_shape.size(), true, b_shape.size(), rank);
  const std::optional<PerAxis<double>> b_scale = on_product(b.scale, b_shape.size(), false, a_shape.size(), rank);
  if (!a_scale || !b_scale) return std::nullopt;

  const std::array operands = {a.codes.get(), b.codes.get()};
  Tensor sums = std::move(evaluate(MatMul{}, operands)[0]);
  const AlongAxis a_factor(*a_scale, sums.shape());
  const AlongAxis b_factor(*b_scale, sums.shape());
  Tensor::Floats values(sums.ints().size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = dequantize(sums.ints()[i], a_factor[i] * b_factor[i], 0);
  Item item{share(Tensor(sums.shape(), std::move(values))), std::nullopt, false};
  std::optional<PerAxis<double>> scale = product(*a_scale, *b_scale);
  if (scale && std::ranges::all_of(scale->values, usable)) item.view = {share(std::move(sums)), *std::move(scale), bound};
  return item;
}

std::optional<Item> add_bias(const QuantizedView& x, const QuantizedView& bias) {
  const Shape& shape = x.codes->shape();
  const Shape& bias_shape = bias.codes->shape();
  const auto on_last = [](const PerAxis<double>& scale, const Shape& of) { return scale.uniform() || scale.axis == std::ssize(of) - 1; };
  if (shape.empty() || bias_shape.size() > shape.size() || !on_last(x.scale, shape) || !on_last(bias.scale, bias_shape))
    return std::nullopt;
  const std::int64_t columns = bias.codes->size();
  if (columns != 1 && (columns != shape.back() || bias_shape.back() != columns)) return std::nullopt;
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.back()); ++c) {
    if (static_cast<double>(static_cast<float>(x.scale.at(c))) != bias.scale.at(c)) return std::nullopt;
  }
  if (x.bound + bias.bound >= kExact) return std::nullopt;

  Tensor sums = *x.codes;
  Tensor::Floats values(sums.ints().size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t column = i % static_cast<std::size_t>(shape.back());
    sums.ints()[i] += bias.codes->ints()[columns == 1 ? 0 : column];
    values[i] = dequantize(sums.ints()[i], x.scale.at(column), 0);
  }
  return Item{share(Tensor(shape, std::move(values))), QuantizedView{share(std::move(sums)), x.scale, x.bound + bias.bound}, false};
}

}  // namespace finnr
