// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "finnr/hardware/steps.h"

namespace finnr {

inline std::shared_ptr<const Tensor> tensor(Shape shape, Tensor::Ints data) {
  return std::make_shared<const Tensor>(std::move(shape), std::move(data));
}

/// Thresholds and signs of `shape`, a base each row.
inline Steps steps_of(Shape shape, Tensor::Ints thresholds, Tensor::Ints base, Tensor::Ints signs, const IntType& codes) {
  const auto rows = static_cast<std::int64_t>(base.size());
  return {tensor(shape, std::move(thresholds)), tensor({rows}, std::move(base)), tensor(shape, std::move(signs)), codes};
}

}  // namespace finnr
