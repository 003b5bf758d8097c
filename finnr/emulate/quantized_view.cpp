// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/quantized_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/emulate/along_axis.h"
#include "finnr/emulate/reference.h"
#include "finnr/graph/per_axis.h"

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
  QuantizedView view{in.tensor, op.scale, 0, true};
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

/// The same value with positive scales: codes of channels whose scale is negative change sign.
QuantizedView with_positive_scales(QuantizedView view) {
  if (std::ranges::all_of(view.scale.values, [](double scale) { return scale > 0; })) return view;
  Tensor codes = *view.codes;
  const AlongAxis scale(view.scale, codes.shape());
  for (std::size_t i = 0; i < codes.ints().size(); ++i) codes.ints()[i] *= scale[i] < 0 ? -1 : 1;
  view.codes = share(std::move(codes));
  for (double& scale_value : view.scale.values) scale_value = std::fabs(scale_value);
  return view;
}

/// The code a padding number stands for: 0, or one of a single grid.
std::optional<std::int64_t> code_of_padding(const Pad& pad, const PerAxis<double>& scale) {
  const float value = pad.value;
  const auto nothing = [](const Shape& list) { return std::ranges::all_of(list, [](std::int64_t size) { return size == 0; }); };
  if (value == 0 || (nothing(pad.begin) && nothing(pad.end))) return 0;
  if (!scale.uniform()) return std::nullopt;
  const double code = std::nearbyint(static_cast<double>(value) / scale.values[0]);
  if (!(std::fabs(code) < 0x1p31) || dequantize(static_cast<std::int64_t>(code), scale.values[0], 0) != value) return std::nullopt;
  return static_cast<std::int64_t>(code);
}

/// Operators that move elements do the same to the codes.
View rearranged(const Op& op, Operands in, const Shape& shape) {
  std::vector<QuantizedView> views;
  for (const Item* item : in) {
    if (!item->view) return std::nullopt;
    const auto* pool = std::get_if<Pool>(&op);
    if (pool != nullptr && !every_window_reads(*pool, item->tensor->shape())) return std::nullopt;
    views.push_back(pool != nullptr ? with_positive_scales(*item->view) : *item->view);
  }
  QuantizedView result = views[0];
  Op on_codes = op;
  std::optional<PerAxis<double>> scale;
  if (const auto* concat = std::get_if<Concat>(&op)) {
    std::vector<PerAxis<double>> scales;
    std::vector<Shape> shapes;
    for (const QuantizedView& view : views) {
      scales.push_back(view.scale);
      shapes.push_back(view.codes->shape());
      result.bound = std::max(result.bound, view.bound);
      result.sum = result.sum && view.sum;
    }
    scale = joined<double>(scales, shapes, concat->axis);
  } else {
    scale = moved(result.scale, op, result.codes->shape(), shape);
  }
  if (!scale) return std::nullopt;
  if (auto* pad = std::get_if<Pad>(&on_codes)) {
    const std::optional<std::int64_t> code = code_of_padding(*pad, result.scale);
    if (!code) return std::nullopt;
    pad->code = *code;
    result.bound = std::max(result.bound, std::fabs(static_cast<double>(*code)));
  }
  result.scale = *std::move(scale);
  if (std::holds_alternative<Reshape>(op) && result.codes->shape() == shape) return result;
  std::vector<const Tensor*> codes;
  for (const QuantizedView& view : views) codes.push_back(view.codes.get());
  result.codes = share(std::move(evaluate(on_codes, codes)[0]));
  return result;
}

View rectified(View view) {
  if (!view) return view;
  view = with_positive_scales(*std::move(view));
  Tensor codes = *view->codes;
  for (std::int64_t& code : codes.ints()) code = std::max<std::int64_t>(code, 0);
  view->codes = share(std::move(codes));
  view->sum = false;
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
  view.sum = false;
  if (view.codes->shape() == shape) return view;
  view.scale = broadcast(std::move(view.scale), view.codes->shape().size(), shape.size());  // the constant has more axes
  view.codes = share(view.codes->reshaped(shape));
  return view;
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

/// Exact sums and the scale that stands behind them, which is the product of two (each along an axis of its own).
std::optional<Item> scaled_sums(Tensor sums, const PerAxis<double>& a, const PerAxis<double>& b, double bound) {
  const AlongAxis a_factor(a, sums.shape());
  const AlongAxis b_factor(b, sums.shape());
  Tensor::Floats values(sums.ints().size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = dequantize(sums.ints()[i], a_factor[i] * b_factor[i], 0);
  Item item{share(Tensor(sums.shape(), std::move(values))), std::nullopt, false};
  std::optional<PerAxis<double>> scale = product(a, b);
  if (scale && std::ranges::all_of(scale->values, usable)) item.view = {share(std::move(sums)), *std::move(scale), bound, true};
  return item;
}

/// The same value with one scale, where the scales are multiples of a unit: the codes take the factors.
View on_one_scale(const QuantizedView& view) {
  if (view.scale.uniform()) return view;
  const std::optional<Multiples> multiples = common_unit(view.scale.values);
  if (!multiples) return std::nullopt;
  const PerAxis<std::int64_t> factors{multiples->factors, view.scale.axis};
  double most = 0;
  for (const std::int64_t factor : factors.values) most = std::max(most, std::fabs(static_cast<double>(factor)));
  QuantizedView result{nullptr, {{multiples->unit}, 0}, view.bound * most, view.sum};
  if (result.bound >= kExact) return std::nullopt;
  Tensor codes = *view.codes;
  const AlongAxis factor(factors, codes.shape());
  for (std::size_t i = 0; i < codes.ints().size(); ++i) codes.ints()[i] *= factor[i];
  result.codes = share(std::move(codes));
  return result;
}

/// Products are sums of positive scale, so that what joins them by its scale does not depend on signs of weights' scales.
std::optional<Item> scaled_products(Tensor sums, const PerAxis<double>& a, const PerAxis<double>& b, double bound) {
  std::optional<Item> item = scaled_sums(std::move(sums), a, b, bound);
  if (item && item->view) item->view = with_positive_scales(*std::move(item->view));
  return item;
}

std::optional<Item> multiply_views(const QuantizedView& x, const QuantizedView& b) {
  const Shape& a_shape = x.codes->shape();
  const Shape& b_shape = b.codes->shape();
  const bool along_sum = !x.scale.uniform() && x.scale.axis == std::ssize(a_shape) - 1;
  const View a = along_sum ? on_one_scale(x) : x;
  if (!a) return std::nullopt;
  const double bound = a->bound * b.bound * static_cast<double>(a_shape.back());
  if (bound >= kExact) return std::nullopt;
  const std::size_t rank = std::max<std::size_t>({a_shape.size(), b_shape.size(), 2}) - (a_shape.size() == 1) - (b_shape.size() == 1);
  const std::optional<PerAxis<double>> a_scale = on_product(a->scale, a_shape.size(), true, b_shape.size(), rank);
  const std::optional<PerAxis<double>> b_scale = on_product(b.scale, b_shape.size(), false, a_shape.size(), rank);
  if (!a_scale || !b_scale) return std::nullopt;
  const std::array operands = {a->codes.get(), b.codes.get()};
  return scaled_products(std::move(evaluate(MatMul{}, operands)[0]), *a_scale, *b_scale, bound);
}

/// The scale of the inputs of each output channel, when it is one.
std::optional<PerAxis<double>> scale_of_groups(const PerAxis<double>& scale, std::int64_t groups, std::int64_t outputs) {
  if (scale.uniform()) return scale;
  if (scale.axis != 1) return std::nullopt;
  const auto inputs = scale.values.size() / static_cast<std::size_t>(groups);
  PerAxis<double> result{{}, 1};
  for (std::size_t m = 0; m < static_cast<std::size_t>(outputs); ++m) {
    const auto first = scale.values.begin() + static_cast<std::ptrdiff_t>(m / static_cast<std::size_t>(outputs / groups) * inputs);
    const auto last = first + static_cast<std::ptrdiff_t>(inputs);
    if (std::any_of(first, last, [&](double other) { return other != *first; })) return std::nullopt;
    result.values.push_back(*first);
  }
  return result;
}

std::optional<Item> convolve_views(Conv op, QuantizedView x, const QuantizedView& w) {
  op.fill = 0;
  const Shape& w_shape = w.codes->shape();
  if (!w.scale.uniform() && w.scale.axis != 0) return std::nullopt;
  if (!x.scale.uniform() && x.scale.axis != 1) return std::nullopt;
  std::optional<PerAxis<double>> x_scale = scale_of_groups(x.scale, op.groups, w_shape[0]);
  if (!x_scale) {
    View one = on_one_scale(x);
    if (!one) return std::nullopt;
    x = *std::move(one);
    x_scale = x.scale;
  }
  const double terms = static_cast<double>(count(w_shape)) / static_cast<double>(std::max<std::int64_t>(1, w_shape[0]));
  const double bound = x.bound * w.bound * terms;
  if (bound >= kExact) return std::nullopt;
  const std::array operands = {x.codes.get(), w.codes.get()};
  return scaled_products(std::move(evaluate(op, operands)[0]), *x_scale, {w.scale.values, w.scale.uniform() ? 0 : 1}, bound);
}

/// A sum of windows or over axes.
std::optional<Item> sum_view(Op op, double terms, const QuantizedView& x) {
  if (x.bound * terms >= kExact) return std::nullopt;
  if (auto* pool = std::get_if<Pool>(&op)) pool->fill = 0;
  const Tensor* codes = x.codes.get();
  Tensor sums = std::move(evaluate(op, {&codes, 1})[0]);
  const std::optional<PerAxis<double>> scale = moved(x.scale, op, x.codes->shape(), sums.shape());
  if (!scale) return std::nullopt;
  return scaled_sums(std::move(sums), *scale, {{1.0}, 0}, x.bound * terms);
}

/// Equal for every element, where `a` may be rounded to float32 first.
bool same_scale(const PerAxis<double>& a, const PerAxis<double>& b, bool rounded) {
  if (!a.uniform() && !b.uniform() && a.axis != b.axis) return false;
  for (std::size_t i = 0; i < std::max(a.values.size(), b.values.size()); ++i) {
    if ((rounded ? static_cast<double>(static_cast<float>(a.at(i))) : a.at(i)) != b.at(i)) return false;
  }
  return true;
}

std::optional<Item> add_views(BinaryFunction function, Operands in) {
  const QuantizedView& a = *in[0]->view;
  const QuantizedView& b = *in[1]->view;
  if (!a.sum || !b.sum || (in[0]->constant && in[1]->constant) || a.bound + b.bound >= kExact) return std::nullopt;
  const Shape shape = *broadcast(a.codes->shape(), b.codes->shape());
  PerAxis<double> scale = broadcast(a.scale, a.codes->shape().size(), shape.size());
  PerAxis<double> other = broadcast(b.scale, b.codes->shape().size(), shape.size());
  if (in[0]->constant) std::swap(scale, other);
  if (!same_scale(scale, other, in[0]->constant || in[1]->constant)) return std::nullopt;
  const std::array operands = {a.codes.get(), b.codes.get()};
  const Join join{JoinFunction::kAdd, 1, function == BinaryFunction::kAdd ? 1 : -1};
  return scaled_sums(std::move(evaluate(join, operands)[0]), scale, {{1.0}, 0}, a.bound + b.bound);
}

}  // namespace

std::optional<QuantizedView> integral_view(const Tensor& tensor) {
  if (!tensor.is_float() || !is_integral(tensor, kIntegralLimit)) return std::nullopt;
  QuantizedView view{share(Tensor(tensor.shape(), as_ints(tensor))), {{1.0}, 0}, 0, false};
  for (const std::int64_t code : view.codes->ints()) view.bound = std::max(view.bound, std::fabs(static_cast<double>(code)));
  return view;
}

std::optional<QuantizedView> result_view(const Op& op, std::span<const Item* const> inputs, const ElementType& operand_type,
                                         const Tensor& result) {
  const View& first = inputs[0]->view;
  if (moves_elements(op)) return rearranged(op, inputs, result.shape());
  return std::visit(Overloaded{
                        [&](const Dequantize& typed) { return dequantized(typed, *inputs[0], operand_type.ints); },
                        [&](const Unary& typed) { return typed.function == UnaryFunction::kRelu ? rectified(first) : std::nullopt; },
                        [&](const Binary& typed) { return scaled(typed, inputs, result.shape()); },
                        [](const auto&) { return View(); },
                    },
                    op);
}

std::optional<Item> linear_result(const Op& op, std::span<const Item* const> inputs) {
  if (!std::ranges::all_of(inputs, [](const Item* item) { return item->view.has_value(); })) return std::nullopt;
  const QuantizedView& x = *inputs[0]->view;
  if (std::holds_alternative<MatMul>(op)) return multiply_views(x, *inputs[1]->view);
  if (const auto* conv = std::get_if<Conv>(&op)) return convolve_views(*conv, x, *inputs[1]->view);
  if (const auto* pool = std::get_if<Pool>(&op)) {
    if (pool->kind == PoolKind::kSum) return sum_view(op, static_cast<double>(count(pool->kernel)), x);
  }
  if (const auto* sum = std::get_if<Sum>(&op)) {
    double terms = 1;
    for (const int axis : sum->axes) terms *= static_cast<double>(x.codes->shape()[static_cast<std::size_t>(axis)]);
    return sum_view(op, terms, x);
  }
  if (const auto* binary = std::get_if<Binary>(&op)) {
    if (binary->function == BinaryFunction::kAdd || binary->function == BinaryFunction::kSub) return add_views(binary->function, inputs);
  }
  return std::nullopt;
}

}  // namespace finnr
