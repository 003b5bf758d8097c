// SPDX-License-Identifier: Apache-2.0
// Every operator by its definition. The matrix product runs row by row with the columns innermost, so that the
// weights are read in the order they are stored; each sum is still taken in the order of the summed axis.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/emulate/along_axis.h"
#include "finnr/emulate/reference.h"
#include "finnr/emulate/spatial.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

using Operands = std::span<const Tensor* const>;
using Types = std::span<const ElementType>;
using Results = std::vector<Tensor>;

Results one(Tensor tensor) {
  Results results;
  results.push_back(std::move(tensor));
  return results;
}

Results compute(const Quantize& op, Operands in, Types) {
  const Tensor::Floats& x = in[0]->floats();
  const AlongAxis scale(op.scale, in[0]->shape());
  const AlongAxis zero(op.zero, in[0]->shape());
  Tensor::Ints codes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = quantize(op.style, op.rounding, op.codes, x[i], scale[i], zero[i]);
  return one({in[0]->shape(), std::move(codes)});
}

Results compute(const Dequantize& op, Operands in, Types) {
  const Tensor::Ints& codes = in[0]->ints();
  const AlongAxis scale(op.scale, in[0]->shape());
  const AlongAxis zero(op.zero, in[0]->shape());
  Tensor::Floats values(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) values[i] = dequantize(codes[i], scale[i], zero[i]);
  return one({in[0]->shape(), std::move(values)});
}

/// The row of a table [C,K] or [1,K] that belongs to each element of a tensor, by its index along an axis.
class TableRows {
 public:
  TableRows(std::int64_t rows, int axis, const Shape& shape)
      : channels_{std::vector<char>(static_cast<std::size_t>(rows)), axis}, along_(channels_, shape) {}
  TableRows(const TableRows&) = delete;
  TableRows& operator=(const TableRows&) = delete;
  std::size_t operator[](std::size_t element) const { return along_.channel(element); }

 private:
  PerAxis<char> channels_;
  AlongAxis<char> along_;
};

Results compute(const CountThresholds& op, Operands in, Types) {
  const Tensor::Floats& x = in[0]->floats();
  const Tensor::Floats& thresholds = in[1]->floats();
  const auto steps = static_cast<std::size_t>(in[1]->shape()[1]);
  const TableRows row(in[1]->shape()[0], op.axis, in[0]->shape());
  Tensor::Ints codes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto first = thresholds.begin() + static_cast<std::ptrdiff_t>(row[i] * steps);
    codes[i] = op.base + op.step * std::count_if(first, first + static_cast<std::ptrdiff_t>(steps), [&](float t) { return x[i] >= t; });
  }
  return one({in[0]->shape(), std::move(codes)});
}

Results compute(const Thresholds& op, Operands in, Types) {
  const Tensor::Ints& x = in[0]->ints();
  const Tensor::Ints& thresholds = in[1]->ints();
  const Tensor::Ints& base = in[2]->ints();
  const Tensor::Ints& signs = in[3]->ints();
  const auto steps = static_cast<std::size_t>(in[1]->shape()[1]);
  const TableRows row(in[1]->shape()[0], op.axis, in[0]->shape());
  const TableRows base_row(in[2]->shape()[0], op.axis, in[0]->shape());
  const TableRows sign_row(in[3]->shape()[0], op.axis, in[0]->shape());
  Tensor::Ints codes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t t = row[i] * steps;
    const std::size_t s = sign_row[i] * steps;
    std::int64_t level = base[base_row[i]];
    for (std::size_t k = 0; k < steps && x[i] >= thresholds[t + k]; ++k) level += signs[s + k];
    codes[i] = op.codes.bipolar ? 2 * level - 1 : level;
  }
  return one({in[0]->shape(), std::move(codes)});
}

/// result[m,n] = sum over k of a[m,k] * b[k,n], summed as Sum.
template <class T, class Sum>
void multiply(const T* a, const T* b, std::size_t rows, std::size_t inner, std::size_t columns, std::vector<T>& result) {
  std::vector<Sum> sums(columns);
  for (std::size_t i = 0; i < rows; ++i) {
    std::ranges::fill(sums, Sum{0});
    for (std::size_t k = 0; k < inner; ++k) {
      const auto factor = static_cast<Sum>(a[i * inner + k]);
      const T* row = b + k * columns;
      for (std::size_t j = 0; j < columns; ++j) sums[j] += factor * static_cast<Sum>(row[j]);
    }
    for (const Sum sum : sums) result.push_back(static_cast<T>(sum));
  }
}

/// numpy.matmul: vectors get an axis of size 1 that the result loses again; leading axes broadcast.
template <class T, class Sum>
Tensor matmul(const std::vector<T>& a, Shape a_shape, const std::vector<T>& b, Shape b_shape) {
  const bool vector_a = a_shape.size() == 1;
  const bool vector_b = b_shape.size() == 1;
  if (vector_a) a_shape.insert(a_shape.begin(), 1);
  if (vector_b) b_shape.push_back(1);
  const auto rows = static_cast<std::size_t>(a_shape[a_shape.size() - 2]);
  const auto inner = static_cast<std::size_t>(a_shape.back());
  const auto columns = static_cast<std::size_t>(b_shape.back());
  FINNR_CHECK(b_shape[b_shape.size() - 2] == a_shape.back(), "the summed axes differ");

  // Which matrix of each operand belongs to each matrix of the result: the numbers of the matrices, broadcast.
  const auto numbered = [](const Shape& batch) {
    Tensor::Ints numbers(static_cast<std::size_t>(count(batch)));
    std::iota(numbers.begin(), numbers.end(), 0);
    return Tensor(batch, std::move(numbers));
  };
  const Shape a_batch(a_shape.begin(), a_shape.end() - 2);
  const Shape b_batch(b_shape.begin(), b_shape.end() - 2);
  const std::optional<Shape> batch = broadcast(a_batch, b_batch);
  FINNR_CHECK(batch.has_value(), "the leading axes differ");
  const Tensor::Ints from_a = broadcast_to(numbered(a_batch), *batch).ints();
  const Tensor::Ints from_b = broadcast_to(numbered(b_batch), *batch).ints();

  std::vector<T> result;
  result.reserve(from_a.size() * rows * columns);
  for (std::size_t i = 0; i < from_a.size(); ++i) {
    const T* from = a.data() + static_cast<std::size_t>(from_a[i]) * rows * inner;
    const T* weights = b.data() + static_cast<std::size_t>(from_b[i]) * inner * columns;
    multiply<T, Sum>(from, weights, rows, inner, columns, result);
  }
  Shape shape = *batch;
  if (!vector_a) shape.push_back(a_shape[a_shape.size() - 2]);
  if (!vector_b) shape.push_back(b_shape.back());
  return {std::move(shape), std::move(result)};
}

Results compute(const MatMul&, Operands in, Types) {
  if (in[0]->is_float()) return one(matmul<float, double>(in[0]->floats(), in[0]->shape(), in[1]->floats(), in[1]->shape()));
  return one(matmul<std::int64_t, std::int64_t>(in[0]->ints(), in[0]->shape(), in[1]->ints(), in[1]->shape()));
}

Results compute(const Binary& op, Operands in, Types types) {
  const std::optional<Shape> shape = broadcast(in[0]->shape(), in[1]->shape());
  FINNR_CHECK(shape.has_value(), "the shapes do not broadcast");
  std::array<Tensor, 2> stretched;
  std::array<const Tensor*, 2> full = {in[0], in[1]};
  for (std::size_t i = 0; i < 2; ++i) {
    if (in[i]->shape() == *shape) continue;
    stretched[i] = broadcast_to(*in[i], *shape);
    full[i] = &stretched[i];
  }
  Tensor result = Tensor::zeros(*shape, in[0]->is_float());
  if (in[0]->is_float()) {
    const auto f = [&](float a, float b) { return apply(op.function, a, b); };
    std::ranges::transform(full[0]->floats(), full[1]->floats(), result.floats().begin(), f);
    return one(std::move(result));
  }
  std::ranges::transform(full[0]->ints(), full[1]->ints(), result.ints().begin(), [&](std::int64_t a, std::int64_t b) {
    const std::int64_t exact = apply(op.function, a, b);
    return types.empty() ? exact : types[0].ints.wrap(exact);
  });
  return one(std::move(result));
}

Results compute(const Unary& op, Operands in, Types) {
  Tensor result = *in[0];
  for (float& x : result.floats()) x = apply(op.function, x, op.alpha, op.beta);
  return one(std::move(result));
}

Results compute(const Reshape& op, Operands in, Types) { return one(in[0]->reshaped(op.shape)); }
Results compute(const Transpose& op, Operands in, Types) { return one(transpose(*in[0], op.perm)); }
Results compute(const Conv& op, Operands in, Types) { return one(convolve(op, *in[0], *in[1])); }
Results compute(const Pool& op, Operands in, Types) { return one(pool(op, *in[0])); }
Results compute(const Sum& op, Operands in, Types) { return one(sum(op, *in[0])); }
Results compute(const Concat& op, Operands in, Types) { return one(concat(in, op.axis)); }
Results compute(const Take& op, Operands in, Types) {
  const Tensor indices(Shape{static_cast<std::int64_t>(op.indices.size())}, op.indices);
  return one(gather(*in[0], indices, op.axis));
}
Results compute(const Pad& op, Operands in, Types) { return one(pad(op, *in[0])); }

Results compute(const Join& op, Operands in, Types) {
  const Shape shape = *broadcast(in[0]->shape(), in[1]->shape());
  const Tensor a = broadcast_to(*in[0], shape);
  const Tensor b = broadcast_to(*in[1], shape);
  Tensor result = Tensor::zeros(shape, false);
  std::ranges::transform(a.ints(), b.ints(), result.ints().begin(), [&](std::int64_t x, std::int64_t y) {
    return op.function == JoinFunction::kAdd ? op.left * x + op.right * y : x * y;
  });
  return one(std::move(result));
}

/// The elements of a tensor as lines along some neighbouring axes: element i of line l stands at start(l) + i * inner.
struct Lines {
  std::size_t count = 1;
  std::size_t length = 1;
  std::size_t inner = 1;

  Lines(const Shape& shape, int axis, int end) {
    for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
      const auto size = static_cast<std::size_t>(shape[static_cast<std::size_t>(i)]);
      if (i >= axis && i < end) {
        length *= size;
        continue;
      }
      count *= size;
      if (i >= end) inner *= size;
    }
  }
  [[nodiscard]] std::size_t start(std::size_t line) const { return line / inner * inner * length + line % inner; }
};

Results compute(const Softmax& op, Operands in, Types) {
  Tensor result = *in[0];
  Tensor::Floats& x = result.floats();
  const Lines lines(result.shape(), op.axis, op.end);
  for (std::size_t line = 0; line < lines.count; ++line) {
    const std::size_t start = lines.start(line);
    const std::size_t stop = start + lines.length * lines.inner;
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = start; i < stop; i += lines.inner) largest = std::max(largest, static_cast<double>(x[i]));
    double sum = 0;
    for (std::size_t i = start; i < stop; i += lines.inner) sum += std::exp(static_cast<double>(x[i]) - largest);
    for (std::size_t i = start; i < stop; i += lines.inner) {
      const double shifted = static_cast<double>(x[i]) - largest;
      x[i] = static_cast<float>(op.logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
    }
  }
  return one(std::move(result));
}

/// A total order: NaN counts as the largest number.
bool above(float a, float b) { return a > b || (std::isnan(a) && !std::isnan(b)); }
bool above(std::int64_t a, std::int64_t b) { return a > b; }

template <class T>
Results top_k(const TopK& op, const std::vector<T>& x, Shape shape) {
  const Lines lines(shape, op.axis, op.axis + 1);
  const auto k = static_cast<std::size_t>(op.k);
  FINNR_CHECK(k <= lines.length, "fewer elements than asked for");
  shape[static_cast<std::size_t>(op.axis)] = op.k;
  const Lines kept(shape, op.axis, op.axis + 1);
  std::vector<T> values(kept.count * k);
  Tensor::Ints indices(kept.count * k);
  std::vector<std::size_t> order(lines.length);
  for (std::size_t line = 0; line < lines.count; ++line) {
    const auto at = [&](std::size_t i) { return x[lines.start(line) + i * lines.inner]; };
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), [&](std::size_t i, std::size_t j) {
      if (above(at(i), at(j))) return op.largest;
      if (above(at(j), at(i))) return !op.largest;
      return i < j;
    });
    for (std::size_t i = 0; i < k; ++i) {
      const std::size_t to = kept.start(line) + i * kept.inner;
      values[to] = at(order[i]);
      indices[to] = static_cast<std::int64_t>(order[i]);
    }
  }
  Results results;
  results.emplace_back(shape, std::move(values));
  results.emplace_back(std::move(shape), std::move(indices));
  return results;
}

Results compute(const TopK& op, Operands in, Types) {
  return in[0]->is_float() ? top_k(op, in[0]->floats(), in[0]->shape()) : top_k(op, in[0]->ints(), in[0]->shape());
}

template <class T>
Tensor arg_max(const ArgMax& op, const std::vector<T>& x, Shape shape) {
  const Lines lines(shape, op.axis, op.axis + 1);
  FINNR_CHECK(lines.length > 0, "an empty axis has no largest element");
  Tensor::Ints indices(lines.count);
  for (std::size_t line = 0; line < lines.count; ++line) {
    const auto at = [&](std::size_t i) { return x[lines.start(line) + i * lines.inner]; };
    std::size_t best = 0;
    for (std::size_t i = 1; i < lines.length; ++i) {
      if (above(at(i), at(best)) || (op.last_index && !above(at(best), at(i)))) best = i;
    }
    indices[line] = static_cast<std::int64_t>(best);
  }
  if (op.keep_axis) {
    shape[static_cast<std::size_t>(op.axis)] = 1;
  } else {
    shape.erase(shape.begin() + op.axis);
  }
  return {std::move(shape), std::move(indices)};
}

Results compute(const ArgMax& op, Operands in, Types) {
  return one(in[0]->is_float() ? arg_max(op, in[0]->floats(), in[0]->shape()) : arg_max(op, in[0]->ints(), in[0]->shape()));
}

}  // namespace

std::vector<Tensor> evaluate(const Op& op, std::span<const Tensor* const> inputs, std::span<const ElementType> result_types) {
  return std::visit([&](const auto& typed) { return compute(typed, inputs, result_types); }, op);
}

}  // namespace finnr
