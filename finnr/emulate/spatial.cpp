// SPDX-License-Identifier: Apache-2.0
// For each output position the elements under the window are gathered into one vector, channel by channel in the order of the
// weights, and multiplied with each row of weights. Integers of up to 16 bits whose sums stay below 2^31 (all usual codes) take
// a path of narrow integers, which gives the same sums.
#include "finnr/emulate/spatial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "finnr/base/check.h"

namespace finnr {
namespace {

/// Where a window reads: for each output position the flat input position (over the spatial axes) under each kernel position,
/// or -1 where it meets padding or spacing. Positions are row-major.
class Positions {
 public:
  Positions(const Shape& x, const Shape& y, const Shape& kernel, const Shape& stride, const Shape& dilation, const Shape& begin,
            const Shape& spacing)
      : axes_(kernel.size()), kernel_(kernel) {
    for (std::size_t a = 0; a < axes_; ++a) {
      sizes_.push_back(x[a + 2]);
      outputs_.push_back(y[a + 2]);
      std::vector<std::int64_t> table;
      for (std::int64_t o = 0; o < y[a + 2]; ++o) {
        for (std::int64_t k = 0; k < kernel[a]; ++k) {
          const std::int64_t at = o * stride[a] + k * dilation[a] - begin[a];
          const bool real = at >= 0 && at % spacing[a] == 0 && at / spacing[a] < x[a + 2];
          table.push_back(real ? at / spacing[a] : -1);
        }
      }
      tables_.push_back(std::move(table));
    }
  }

  [[nodiscard]] std::int64_t outputs() const { return count(outputs_); }
  [[nodiscard]] std::int64_t kernel() const { return count(kernel_); }

  void at(std::int64_t output, std::vector<std::int64_t>& reads) const {
    reads.assign(1, 0);
    std::int64_t rest = output;
    std::int64_t below = outputs();
    for (std::size_t a = 0; a < axes_; ++a) {
      below /= outputs_[a];
      const std::int64_t* row = tables_[a].data() + rest / below * kernel_[a];
      rest %= below;
      next_.clear();
      for (const std::int64_t read : reads) {
        for (std::int64_t k = 0; k < kernel_[a]; ++k) next_.push_back(read < 0 || row[k] < 0 ? -1 : read * sizes_[a] + row[k]);
      }
      reads.swap(next_);
    }
  }

 private:
  std::size_t axes_;
  Shape kernel_;
  Shape sizes_;
  Shape outputs_;
  std::vector<std::vector<std::int64_t>> tables_;
  mutable std::vector<std::int64_t> next_;
};

std::int64_t window_count(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t begin,
                          std::int64_t end) {
  return (size + begin + end - ((kernel - 1) * dilation + 1)) / stride + 1;
}

/// `T` are the elements of the vectors, `Sum` what they are summed in, `Out` the elements of the result.
template <class T, class Sum, class Out, class In>
void convolve_as(const Conv& op, const Positions& positions, const Shape& x_shape, const std::vector<In>& x, const Shape& w_shape,
                 const std::vector<In>& w, std::vector<Out>& y) {
  const std::vector<T> weights(w.begin(), w.end());
  const auto pixels = static_cast<std::size_t>(count(spatial_part(x_shape)));
  const auto outputs = static_cast<std::size_t>(positions.outputs());
  const auto kernel = static_cast<std::size_t>(positions.kernel());
  const auto channels = static_cast<std::size_t>(w_shape[1]);
  const auto rows = static_cast<std::size_t>(w_shape[0] / op.groups);
  const std::size_t terms = channels * kernel;
  const T fill = static_cast<T>(std::is_floating_point_v<In> ? 0 : op.fill);
  std::vector<T> vector(terms);
  std::vector<std::int64_t> reads;
  for (std::size_t n = 0; n < static_cast<std::size_t>(x_shape[0]); ++n) {
    for (std::size_t o = 0; o < outputs; ++o) {
      positions.at(static_cast<std::int64_t>(o), reads);
      for (std::size_t g = 0; g < static_cast<std::size_t>(op.groups); ++g) {
        for (std::size_t c = 0; c < channels; ++c) {
          const In* plane = x.data() + ((n * static_cast<std::size_t>(x_shape[1])) + g * channels + c) * pixels;
          for (std::size_t k = 0; k < kernel; ++k) vector[c * kernel + k] = reads[k] < 0 ? fill : static_cast<T>(plane[reads[k]]);
        }
        for (std::size_t m = g * rows; m < (g + 1) * rows; ++m) {
          const T* row = weights.data() + m * terms;
          Sum sum = 0;
          for (std::size_t i = 0; i < terms; ++i) sum += static_cast<Sum>(vector[i]) * static_cast<Sum>(row[i]);
          y[(n * static_cast<std::size_t>(w_shape[0]) + m) * outputs + o] = static_cast<Out>(sum);
        }
      }
    }
  }
}

/// Every product and sum fits the narrow path.
bool narrow(const Tensor::Ints& x, const Tensor::Ints& w, std::int64_t terms, std::int64_t fill) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int16_t>::max();
  std::int64_t x_most = std::abs(fill);
  std::int64_t w_most = 0;
  for (const std::int64_t code : x) x_most = std::max(x_most, std::abs(code));
  for (const std::int64_t code : w) w_most = std::max(w_most, std::abs(code));
  return x_most <= kMost && w_most <= kMost &&
         static_cast<double>(x_most) * static_cast<double>(w_most) * static_cast<double>(terms) < 0x1p31;
}

template <class T, class Wide>
std::vector<T> pooled(const Pool& op, const Positions& positions, const Shape& shape, const std::vector<T>& x) {
  const auto pixels = static_cast<std::size_t>(count(spatial_part(shape)));
  const auto planes = static_cast<std::size_t>(shape[0] * shape[1]);
  const auto outputs = static_cast<std::size_t>(positions.outputs());
  std::vector<T> y(planes * outputs);
  std::vector<std::int64_t> reads;
  for (std::size_t o = 0; o < outputs; ++o) {
    positions.at(static_cast<std::int64_t>(o), reads);
    for (std::size_t p = 0; p < planes; ++p) {
      const T* plane = x.data() + p * pixels;
      if (op.kind == PoolKind::kSum) {
        Wide sum = 0;
        for (const std::int64_t read : reads)
          sum += read >= 0 ? static_cast<Wide>(plane[read]) : std::is_floating_point_v<T> ? Wide{0} : static_cast<Wide>(op.fill);
        y[p * outputs + o] = static_cast<T>(sum);
        continue;
      }
      bool met = false;
      T most = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
      for (const std::int64_t read : reads) {
        if (read < 0) continue;
        const T value = plane[read];
        bool larger = !met || value > most;
        if constexpr (std::is_floating_point_v<T>) larger = larger || std::isnan(value);
        if (larger) most = value;
        met = true;
      }
      y[p * outputs + o] = most;
    }
  }
  return y;
}

template <class T, class Wide>
std::vector<T> summed(const Shape& shape, const std::vector<T>& x, const Shape& full) {
  const std::vector<std::int64_t> from = strides(shape);
  const std::vector<std::int64_t> to = strides(full);
  std::vector<Wide> sums(static_cast<std::size_t>(count(full)), 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::int64_t at = 0;
    for (std::size_t a = 0; a < shape.size(); ++a) {
      if (full[a] != 1 || shape[a] == 1) at += static_cast<std::int64_t>(i) / from[a] % shape[a] * to[a];
    }
    sums[static_cast<std::size_t>(at)] += static_cast<Wide>(x[i]);
  }
  return {sums.begin(), sums.end()};
}

}  // namespace

Tensor convolve(const Conv& op, const Tensor& x, const Tensor& weights) {
  const Shape& shape = x.shape();
  const Shape& w = weights.shape();
  const Shape kernel = spatial_part(w);
  Shape y = {shape[0], w[0]};
  for (std::size_t a = 0; a < kernel.size(); ++a) {
    y.push_back(window_count((shape[a + 2] - 1) * op.spacing[a] + 1, kernel[a], op.stride[a], op.dilation[a], op.begin[a], op.end[a]));
  }
  const Positions positions(shape, y, kernel, op.stride, op.dilation, op.begin, op.spacing);
  Tensor result = Tensor::zeros(y, x.is_float());
  if (x.is_float()) {
    convolve_as<double, double>(op, positions, shape, x.floats(), w, weights.floats(), result.floats());
  } else if (narrow(x.ints(), weights.ints(), count(w) / std::max<std::int64_t>(1, w[0]), op.fill)) {
    convolve_as<std::int16_t, std::int32_t>(op, positions, shape, x.ints(), w, weights.ints(), result.ints());
  } else {
    convolve_as<std::int64_t, std::int64_t>(op, positions, shape, x.ints(), w, weights.ints(), result.ints());
  }
  return result;
}

Tensor pool(const Pool& op, const Tensor& x) {
  const Shape& shape = x.shape();
  Shape y = {shape[0], shape[1]};
  for (std::size_t a = 0; a < op.kernel.size(); ++a)
    y.push_back(window_count(shape[a + 2], op.kernel[a], op.stride[a], op.dilation[a], op.begin[a], op.end[a]));
  const Positions positions(shape, y, op.kernel, op.stride, op.dilation, op.begin, Shape(op.kernel.size(), 1));
  if (x.is_float()) return {y, pooled<float, double>(op, positions, shape, x.floats())};
  return {y, pooled<std::int64_t, std::int64_t>(op, positions, shape, x.ints())};
}

Tensor sum(const Sum& op, const Tensor& x) {
  Shape full = x.shape();
  for (const int axis : op.axes) full[static_cast<std::size_t>(axis)] = 1;
  Shape y;
  for (std::size_t a = 0; a < full.size(); ++a) {
    const bool summed_axis = std::ranges::find(op.axes, static_cast<int>(a)) != op.axes.end();
    if (!summed_axis || op.keep) y.push_back(full[a]);
  }
  if (x.is_float()) return {y, summed<float, double>(x.shape(), x.floats(), full)};
  return {y, summed<std::int64_t, std::int64_t>(x.shape(), x.ints(), full)};
}

Tensor pad(const Pad& op, const Tensor& x) {
  const Shape& shape = x.shape();
  Shape y = shape;
  for (std::size_t a = 0; a < y.size(); ++a) y[a] += op.begin[a] + op.end[a];
  const std::vector<std::int64_t> from = strides(shape);
  const std::vector<std::int64_t> to = strides(y);
  const auto move = [&](const auto& elements, auto& result) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      std::int64_t at = 0;
      for (std::size_t a = 0; a < shape.size(); ++a) at += (static_cast<std::int64_t>(i) / from[a] % shape[a] + op.begin[a]) * to[a];
      result[static_cast<std::size_t>(at)] = elements[i];
    }
  };
  Tensor result = Tensor::zeros(y, x.is_float());
  if (x.is_float()) {
    std::ranges::fill(result.floats(), op.value);
    move(x.floats(), result.floats());
  } else {
    std::ranges::fill(result.ints(), op.code);
    move(x.ints(), result.ints());
  }
  return result;
}

}  // namespace finnr
