// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "finnr/base/check.h"
#include "finnr/graph/op.h"
#include "finnr/tensor/shape.h"

namespace finnr {

/// The parameter that belongs to each element of a tensor, by row-major index. Refers to `parameters`.
template <class T>
class AlongAxis {
 public:
  AlongAxis(const PerAxis<T>& parameters, const Shape& shape) : values_(&parameters.values) {
    if (parameters.uniform()) return;
    const auto axis = static_cast<std::size_t>(parameters.axis);
    FINNR_CHECK(axis < shape.size() && shape[axis] == std::ssize(*values_), "one parameter for each index of the axis");
    channels_ = values_->size();
    for (std::size_t i = axis + 1; i < shape.size(); ++i) inner_ *= static_cast<std::size_t>(shape[i]);
  }

  [[nodiscard]] T operator[](std::size_t element) const { return (*values_)[channel(element)]; }
  /// Index along the axis; 0 when there is one parameter for all.
  [[nodiscard]] std::size_t channel(std::size_t element) const { return channels_ == 1 ? 0 : element / inner_ % channels_; }

 private:
  const std::vector<T>* values_;
  std::size_t channels_ = 1;
  std::size_t inner_ = 1;
};

}  // namespace finnr
