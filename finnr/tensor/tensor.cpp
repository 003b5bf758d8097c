// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/tensor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "finnr/base/check.h"

namespace finnr {
namespace {

bool agree(const Shape& shape, std::size_t elements) { return checked_count(shape) == static_cast<std::int64_t>(elements); }

bool is_integral(float x, std::int64_t limit) {
  if (!(std::fabs(x) < 0x1p63F) || std::trunc(x) != x) return false;
  const auto n = static_cast<std::int64_t>(x);
  return n >= -limit && n <= limit;
}

}  // namespace

Tensor::Tensor(Shape shape, Floats data) : shape_(std::move(shape)), data_(std::move(data)) {
  FINNR_CHECK(agree(shape_, floats().size()), "shape and elements differ");
}

Tensor::Tensor(Shape shape, Ints data) : shape_(std::move(shape)), data_(std::move(data)) {
  FINNR_CHECK(agree(shape_, ints().size()), "shape and elements differ");
}

Tensor Tensor::zeros(Shape shape, bool is_float) {
  const auto n = static_cast<std::size_t>(count(shape));
  return is_float ? Tensor(std::move(shape), Floats(n)) : Tensor(std::move(shape), Ints(n));
}

std::int64_t Tensor::size() const {
  return std::visit([](const auto& data) { return static_cast<std::int64_t>(data.size()); }, data_);
}

const Tensor::Floats& Tensor::floats() const {
  FINNR_CHECK(is_float(), "the elements are integers");
  return *std::get_if<Floats>(&data_);
}

const Tensor::Ints& Tensor::ints() const {
  FINNR_CHECK(!is_float(), "the elements are floats");
  return *std::get_if<Ints>(&data_);
}

Tensor::Floats& Tensor::floats() { return const_cast<Floats&>(std::as_const(*this).floats()); }
Tensor::Ints& Tensor::ints() { return const_cast<Ints&>(std::as_const(*this).ints()); }

Tensor Tensor::reshaped(Shape shape) const& { return Tensor(*this).reshaped(std::move(shape)); }

Tensor Tensor::reshaped(Shape shape) && {
  FINNR_CHECK(checked_count(shape) == size(), "a reshape keeps the number of elements");
  shape_ = std::move(shape);
  return std::move(*this);
}

bool Tensor::operator==(const Tensor& other) const {
  if (shape_ != other.shape_ || is_float() != other.is_float()) return false;
  if (!is_float()) return ints() == other.ints();
  return std::ranges::equal(floats(), other.floats(), [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
}

Tensor::Floats as_floats(const Tensor& tensor) {
  if (tensor.is_float()) return tensor.floats();
  Tensor::Floats result(tensor.ints().size());
  std::ranges::transform(tensor.ints(), result.begin(), [](std::int64_t n) { return static_cast<float>(n); });
  return result;
}

bool is_integral(const Tensor& tensor, std::int64_t limit) {
  if (tensor.is_float()) return std::ranges::all_of(tensor.floats(), [&](float x) { return is_integral(x, limit); });
  return std::ranges::all_of(tensor.ints(), [&](std::int64_t n) { return n >= -limit && n <= limit; });
}

Tensor::Ints as_ints(const Tensor& tensor) {
  if (!tensor.is_float()) return tensor.ints();
  Tensor::Ints result(tensor.floats().size());
  std::ranges::transform(tensor.floats(), result.begin(), [](float x) {
    FINNR_CHECK(is_integral(x, std::numeric_limits<std::int64_t>::max()), "not an integer");
    return static_cast<std::int64_t>(x);
  });
  return result;
}

}  // namespace finnr
