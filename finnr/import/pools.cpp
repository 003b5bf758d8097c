// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/pools.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

Status check_rank(NodeImport& node, const Operand& x) {
  const Shape shape = node.shape(x);
  if (shape.size() >= 3 && count(shape) > 0) return ok_status();
  return node.input_error(Code::kShapeMismatch, 0, fmt::format("{} of data of shape {}", printable(node.node().type), to_text(shape)))
      .because("it needs an axis of samples, one of channels and at least one spatial axis");
}

/// The window on x; every position meets the image.
Result<Window> pool_window(NodeImport& node, const WindowAttributes& given, const Operand& x) {
  FINNR_RETURN_IF_ERROR(check_rank(node, x));
  const Shape image = spatial_part(node.shape(x));
  if (given.kernel.empty()) return NodeImport::attribute_error(Code::kBadAttribute, "kernel_shape", "attribute 'kernel_shape' is missing");
  FINNR_ASSIGN(const Shape kernel, spatial_list("kernel_shape", given.kernel, image.size(), 1));
  FINNR_ASSIGN(Window window, fit_window(node, given, kernel, image));
  for (std::size_t a = 0; a < image.size(); ++a) {
    FINNR_RETURN_IF_ERROR(node.charge(window.positions[a]));
    const std::vector<std::int64_t> met = window.met(a, 0, image[a]);
    if (std::ranges::find(met, 0) == met.end()) continue;
    return NodeImport::attribute_error(Code::kBadAttribute, "pads",
                                       fmt::format("a window of {} lies in the padding alone", node.node().type))
        .because(fmt::format("the padding is as wide as the kernel along axis {}", a + 2))
        .fix("use less padding");
  }
  return window;
}

Result<Operand> add_pool(NodeImport& node, PoolKind kind, const Window& window, const Operand& x) {
  FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId y, node.add(Pool{kind, window.kernel, window.stride, window.dilation, window.begin, window.end, 0}, {data}));
  return node.made(y, x.stored, x);
}

/// How many elements the average at each position is of: a number, or a tensor [1,1,positions...] where they differ.
Result<Operand> divisors(NodeImport& node, const Window& window, bool with_padding) {
  std::vector<std::vector<std::int64_t>> counts;
  Shape shape = {1, 1};
  std::int64_t product = 1;
  bool uniform = true;
  for (std::size_t a = 0; a < window.image.size(); ++a) {
    counts.push_back(with_padding ? window.met(a, -window.begin[a], window.image[a] + window.stored_end[a])
                                  : window.met(a, 0, window.image[a]));
    uniform = uniform && std::ranges::all_of(counts[a], [&](std::int64_t n) { return n == counts[a][0]; });
    product *= counts[a][0];
    shape.push_back(window.positions[a]);
  }
  if (uniform) return node.made(Tensor::scalar(static_cast<float>(product)), StoredType::kFloat32);
  if (!is_sane(shape)) return NodeImport::error(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(shape)));
  FINNR_RETURN_IF_ERROR(node.charge(count(shape)));
  Tensor::Floats values = {1.0F};
  for (const std::vector<std::int64_t>& axis : counts) {
    Tensor::Floats next;
    next.reserve(values.size() * axis.size());
    for (const float value : values) {
      for (const std::int64_t n : axis) next.push_back(value * static_cast<float>(n));
    }
    values = std::move(next);
  }
  return node.made(Tensor(std::move(shape), std::move(values)), StoredType::kFloat32);
}

}  // namespace

Result<Operand> max_pool(NodeImport& node, const WindowAttributes& given, const Operand& x) {
  FINNR_ASSIGN(const Window window, pool_window(node, given, x));
  return add_pool(node, PoolKind::kMax, window, x);
}

Result<Operand> sum_pool(NodeImport& node, const WindowAttributes& given, const Operand& x) {
  FINNR_ASSIGN(const Window window, pool_window(node, given, x));
  return add_pool(node, PoolKind::kSum, window, x);
}

Status import_max_pool(NodeImport& node) {
  FINNR_ASSIGN(const WindowAttributes given, read_window(node));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  return node.give(max_pool(node, given, x));
}

Status import_average_pool(NodeImport& node) {
  FINNR_ASSIGN(const WindowAttributes given, read_window(node));
  FINNR_ASSIGN(const std::int64_t with_padding, node.integer("count_include_pad", 0));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
  FINNR_ASSIGN(const Window window, pool_window(node, given, x));
  FINNR_ASSIGN(Operand divisor, divisors(node, window, with_padding != 0));
  FINNR_ASSIGN(Operand sums, add_pool(node, PoolKind::kSum, window, x));
  return node.give(binary_step(node, BinaryFunction::kDiv, std::move(sums), 0, std::move(divisor), node.input_count()));
}

Status import_global_max_pool(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_rank(node, x));
  WindowAttributes whole;
  whole.kernel = spatial_part(node.shape(x));
  return node.give(max_pool(node, whole, x));
}

Status import_global_average_pool(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
  FINNR_RETURN_IF_ERROR(check_rank(node, x));
  const Shape shape = node.shape(x);
  Sum sum;
  for (std::size_t a = 2; a < shape.size(); ++a) sum.axes.push_back(static_cast<int>(a));
  FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId y, node.add(std::move(sum), {data}));
  return node.give(number_step(node, BinaryFunction::kDiv, node.made(y, x.stored, x), static_cast<float>(count(spatial_part(shape)))));
}

}  // namespace finnr
