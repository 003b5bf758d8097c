// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "finnr/tensor/int_type.h"
#include "finnr/tensor/shape.h"

namespace finnr {

/// What the elements of a value are: float32 numbers, or integers of a known range.
/// Machine integers are their full ranges (uint8 is int[0,255], bool is int[0,1]).
struct ElementType {
  bool is_float = true;
  IntType ints;  ///< meaningful when !is_float

  static ElementType float32() { return {}; }
  static ElementType integer(const IntType& type) { return {false, type}; }
  bool operator==(const ElementType& other) const { return is_float == other.is_float && (is_float || ints == other.ints); }
};

/// A dense row-major array of float32 or of 64-bit integers; the shape and the data always agree.
class Tensor {
 public:
  using Floats = std::vector<float>;
  using Ints = std::vector<std::int64_t>;

  /// A float scalar 0.
  Tensor() : data_(Floats(1, 0.0F)) {}
  Tensor(Shape shape, Floats data);
  Tensor(Shape shape, Ints data);

  static Tensor scalar(float value) { return {Shape{}, Floats{value}}; }
  static Tensor scalar(std::int64_t value) { return {Shape{}, Ints{value}}; }
  static Tensor zeros(Shape shape, bool is_float);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool is_float() const { return data_.index() == 0; }
  [[nodiscard]] const Floats& floats() const;
  [[nodiscard]] const Ints& ints() const;
  Floats& floats();
  Ints& ints();

  /// The same elements in another shape of equal size.
  [[nodiscard]] Tensor reshaped(Shape shape) const&;
  [[nodiscard]] Tensor reshaped(Shape shape) &&;

  /// Equal shape, kind and elements (NaN equals NaN, -0 equals +0).
  bool operator==(const Tensor& other) const;

 private:
  Shape shape_;
  std::variant<Floats, Ints> data_;
};

/// Elements as float32, whatever the kind (integers rounded to nearest even).
Tensor::Floats as_floats(const Tensor& tensor);

/// True when every element is an integer of magnitude at most `limit` (always true of small integer tensors).
bool is_integral(const Tensor& tensor, std::int64_t limit);

/// Elements as integers; float elements must be integral.
Tensor::Ints as_ints(const Tensor& tensor);

}  // namespace finnr
