// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "finnr/graph/graph.h"

namespace finnr {

/// The elementwise function g_c(x) from an integer value to a value that depends on it and on constants alone: a
/// small program evaluated element by element, in the model's own order (docs/exactness.md, meaning 3).
class Expression {
 public:
  /// Why a value is not such a function: the first node that stands in the way.
  struct Obstacle {
    NodeId node;
    std::string why;
  };

  /// Follows `result` back to one integer value. Fills `obstacle` when that is not possible.
  static std::optional<Expression> find(const Graph& graph, ValueId result, Obstacle& obstacle);

  [[nodiscard]] ValueId source() const { return source_; }
  [[nodiscard]] const Origin& origin() const { return origin_; }

  /// Elements behave alike along all axes of `shape()` but one: that axis, and one element of each channel. When no
  /// single axis will do, `axis` is empty and every element is its own channel.
  struct Channels {
    std::optional<int> axis;
    std::vector<std::int64_t> elements;  ///< flat index of the first element of each channel
  };
  [[nodiscard]] Channels channels(const Shape& shape) const;

  /// g of element `element` at source integer x, as a float; or as a code when the last operator gives codes.
  [[nodiscard]] float number(std::int64_t element, std::int64_t x) const;
  [[nodiscard]] std::int64_t code(std::int64_t element, std::int64_t x) const;

  /// Whether g moves one way for this element, exactly so in float32.
  [[nodiscard]] Monotone monotone(std::int64_t element) const;

 private:
  /// A constant seen from the elements of the result: `index` maps an element to its place (empty: one value for all).
  struct Parameter {
    std::vector<double> values;
    std::vector<std::int32_t> index;
    [[nodiscard]] double at(std::int64_t element) const {
      return values[index.empty() ? 0 : static_cast<std::size_t>(index[static_cast<std::size_t>(element)])];
    }
  };
  /// One operator: operands are earlier steps; -1 stands for the source, -2 for parameter 0.
  struct Step {
    Op op;
    int a = -1;
    int b = -1;
    std::vector<Parameter> parameters;
  };
  static constexpr int kSource = -1;
  static constexpr int kParameter = -2;

  friend class ExpressionBuilder;
  void evaluate(std::int64_t element, std::int64_t x) const;

  ValueId source_;
  std::int64_t size_ = 0;
  std::vector<Step> steps_;
  Origin origin_;
  mutable std::vector<float> results_;  ///< scratch of evaluate(), one a step
  mutable std::int64_t code_ = 0;       ///< set when the last step gives codes
};

}  // namespace finnr
