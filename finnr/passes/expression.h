// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "finnr/graph/graph.h"

namespace finnr {

/// The elementwise function g_c(x), or g_c(x, y), from one or two integer values to a value that depends on them and on
/// constants alone: a small program evaluated element by element, in the model's own order (docs/exactness.md, meaning 3).
class Expression {
 public:
  /// Why a value is not such a function: the first node that stands in the way.
  struct Obstacle {
    NodeId node;
    std::string why;
    bool sources = false;  ///< it depends on more integer values than asked for
  };

  /// An integer value that the function depends on.
  struct Source {
    ValueId value;
    Shape shape;  ///< the value's elements in this shape broadcast to the result's
  };

  /// Follows `result` back to at most `most` integer values (1 or 2). Fills `obstacle` when that is not possible. A single
  /// source has as many elements as the result; of two, each may be broadcast.
  static std::optional<Expression> find(const Graph& graph, ValueId result, Obstacle& obstacle, std::size_t most = 1);

  [[nodiscard]] const std::vector<Source>& sources() const { return sources_; }
  [[nodiscard]] ValueId source() const { return sources_[0].value; }
  [[nodiscard]] const Origin& origin() const { return origin_; }

  /// Elements behave alike along all axes of `shape` (one with as many elements as the result) but one: that axis, and one
  /// element of each channel. When no single axis will do, `axis` is empty and every element is its own channel.
  struct Channels {
    std::optional<int> axis;
    std::vector<std::int64_t> elements;  ///< flat index of the first element of each channel
  };
  [[nodiscard]] Channels channels(const Shape& shape) const;

  /// The function of one element; lives no longer than its expression. Not for several threads at once.
  class Curve {
   public:
    /// g at source integers x, y as a float; or as a code when the last operator gives codes.
    [[nodiscard]] float number(std::int64_t x, std::int64_t y = 0) const;
    [[nodiscard]] std::int64_t code(std::int64_t x, std::int64_t y = 0) const;
    /// Whether g moves one way along a source whatever the other is, exactly so in float32.
    [[nodiscard]] Monotone monotone(std::size_t source = 0) const;
    /// Zero points of the nodes that read a source, when they agree.
    [[nodiscard]] std::optional<std::int64_t> zero(std::size_t source) const;
    /// Curves of one expression with equal constants are one function.
    [[nodiscard]] const std::vector<double>& constants() const { return constants_; }

   private:
    friend class Expression;
    void evaluate(std::int64_t x, std::int64_t y) const;

    const Expression* expression_ = nullptr;
    std::vector<double> constants_;
    mutable std::vector<float> results_;  ///< one a step; those of an unchanged source are kept
    mutable std::int64_t code_ = 0;       ///< set when the last step gives codes
    mutable std::int64_t last_[2] = {};   ///< arguments that `results_` belong to
    mutable bool fresh_ = true;
  };
  [[nodiscard]] Curve curve(std::int64_t element) const;

 private:
  /// From an element of one value to an element of another: terms (i / divide % modulo) * multiply, added.
  struct Term {
    std::int64_t divide = 1;
    std::int64_t modulo = 1;
    std::int64_t multiply = 1;
    bool operator==(const Term&) const = default;
  };
  /// Such maps one after the other; none is the identity.
  using View = std::vector<std::vector<Term>>;
  static std::int64_t look(const View& view, std::int64_t element);

  /// A constant seen from the elements of the result.
  struct Parameter {
    std::vector<double> values;
    View view;
    [[nodiscard]] double at(std::int64_t element) const {
      return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(look(view, element))];
    }
    /// True when the elements of a channel all see one value.
    [[nodiscard]] bool alike(std::int64_t elements, std::int64_t stride, std::int64_t size) const;
  };
  /// One operator: operands are earlier steps (of a dequantizer: the source); kParameter stands for a constant.
  struct Step {
    Op op;
    int a = kParameter;
    int b = kParameter;
    std::vector<Parameter> parameters;
    std::size_t first = 0;  ///< index of the first parameter among the constants of a curve
    unsigned depends = 0;   ///< bit s: on source s
  };
  static constexpr int kParameter = -2;

  friend class ExpressionBuilder;

  std::vector<Source> sources_;
  std::int64_t size_ = 0;
  std::vector<Step> steps_;
  Origin origin_;
};

}  // namespace finnr
