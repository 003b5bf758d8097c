// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "finnr/graph/graph.h"

namespace finnr {

/// An operator that moves elements, seen from one operand: what a constant that meets its result has to be in front of it. Each
/// function gives nothing when there is no such constant, or only a larger one.
class PullBack {
 public:
  /// Shapes are those of the operands and of the result of `move`.
  PullBack(const Op& move, std::vector<Shape> operands, Shape result, std::size_t operand);

  template <class T>
  [[nodiscard]] std::optional<PerAxis<T>> parameters(const PerAxis<T>& at_result) const;
  /// Of a constant that broadcasts to the result.
  [[nodiscard]] std::optional<Tensor> tensor(const Tensor& at_result) const;
  /// The whole operator with its parameters: Quantize only.
  [[nodiscard]] std::optional<Quantize> quantizer(const Quantize& at_result) const;

 private:
  [[nodiscard]] std::optional<Tensor> along(const Tensor& full) const;

  const Op& move_;
  Shape from_;
  Shape to_;
  std::int64_t offset_ = 0;  ///< of the operand in a Concat
};

}  // namespace finnr
