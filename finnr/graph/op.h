// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "finnr/tensor/int_type.h"
#include "finnr/tensor/scalar.h"
#include "finnr/tensor/shape.h"

namespace finnr {

// The closed set of operators. Each is a plain struct; `fields` names its members once, for printing, parsing and
// comparing. Adding an operator: its struct and `fields` here, its name in kOpNames, its rule in rules.cpp, and the
// places the compiler then names.
// Floats carry the network's real numbers; integers carry codes and accumulators (see docs/exactness.md).

/// One parameter for all elements (size 1, axis ignored), or one per index of `axis` (a normal axis).
template <class T>
struct PerAxis {
  std::vector<T> values;
  int axis = 0;

  [[nodiscard]] bool uniform() const { return values.size() == 1; }
  [[nodiscard]] T at(std::size_t index) const { return uniform() ? values[0] : values[index]; }
  bool operator==(const PerAxis&) const = default;
};

/// float -> codes.
struct Quantize {
  QuantizeStyle style = QuantizeStyle::kQonnx;
  Rounding rounding = Rounding::kHalfEven;
  IntType codes;
  PerAxis<float> scale;  ///< finite, not 0; may be negative (mirrors)
  PerAxis<float> zero;   ///< integers
};

/// codes or accumulators -> float: fl((code - zero) * scale), rounded once.
struct Dequantize {
  PerAxis<double> scale;  ///< float32 values or exact products of two
  PerAxis<std::int64_t> zero;
};

/// QONNX MultiThreshold: float, constant float thresholds [C,K] or [1,K] -> base + step * #{k : x >= T[c,k]}.
struct CountThresholds {
  int axis = 1;
  std::int64_t step = 1;
  std::int64_t base = 0;
  bool bipolar = false;  ///< one threshold, codes -1 and +1 (step 2, base -1)
};

/// numpy.matmul. Both float: the exact sum of the codes when both come from quantizers, else summed in double and
/// rounded once. Both integer: exact.
struct MatMul {};

/// Elementwise with numpy broadcasting; both float, or both integer (wrapping into `wrap` range).
struct Binary {
  BinaryFunction function = BinaryFunction::kAdd;
};

/// Elementwise on floats.
struct Unary {
  UnaryFunction function = UnaryFunction::kRelu;
  float alpha = 0;
  float beta = 0;
};

/// The same elements in row-major order under another shape (Reshape, Flatten, Squeeze, Unsqueeze).
struct Reshape {
  Shape shape;
};

/// Axis i of the result is axis perm[i] of the input.
struct Transpose {
  std::vector<int> perm;
};

/// Softmax, or its logarithm, over the elements of the axes [axis, end) taken together (end is exclusive).
struct Softmax {
  int axis = 0;
  int end = 0;
  bool logarithm = false;
};

/// Index of the largest element along an axis: the first such, or the last. The axis keeps size 1 when keep_axis.
struct ArgMax {
  int axis = 0;
  bool keep_axis = true;
  bool last_index = false;
};

/// The k largest (or smallest) along an axis in order, ties to the lower index: outputs values, indices.
struct TopK {
  std::int64_t k = 1;
  int axis = 0;
  bool largest = true;
};

/// integers, thresholds [C,K], base [C], signs [C,K] (all constant integers; C or 1 rows) -> codes:
/// level = base[c] + sum over k of signs[c,k] * [x >= thresholds[c,k]]; the code is the level, or 2*level - 1 when
/// `codes` is bipolar. Thresholds ascend within a row.
struct Thresholds {
  int axis = 0;
  IntType codes;
};

/// Convolution over the spatial axes 2, 3, ...: x [N,C,...], weights [M,C/groups,k...] -> [N,M,...]. The input is first spaced
/// (spacing[a] - 1 zeros between neighbours of axis a), then padded with zeros (begin and end, negative ones crop), so a
/// transposed convolution is one with spacing and mirrored weights. One entry a spatial axis in every list. Operands as of
/// MatMul: the exact sum of the codes. Integers: `fill` is the code that stands for zero.
struct Conv {
  Shape stride;
  Shape dilation;
  Shape begin;
  Shape end;
  Shape spacing;
  std::int64_t groups = 1;
  std::int64_t fill = 0;
};

enum class PoolKind : std::uint8_t { kMax, kSum };
std::string_view to_text(PoolKind kind);
std::optional<PoolKind> find_pool_kind(std::string_view name);

/// Maximum or sum of windows over the spatial axes 2, 3, ... of [N,C,...]. Padding never wins a maximum; it adds zeros to a
/// sum (integers: the code `fill`). Average pooling is a sum and a division.
struct Pool {
  PoolKind kind = PoolKind::kMax;
  Shape kernel;
  Shape stride;
  Shape dilation;
  Shape begin;
  Shape end;
  std::int64_t fill = 0;
};

/// Sum over some axes (ascending); they keep size 1 when `keep`, else they vanish.
struct Sum {
  std::vector<int> axes;
  bool keep = true;
};

/// Tensors of one type one after the other along an axis.
struct Concat {
  int axis = 0;
};

/// numpy.take: element i along the axis is element indices[i] of the input (each in range). Slices, crops, mirrored axes and
/// nearest upsampling are all of this kind.
struct Take {
  int axis = 0;
  std::vector<std::int64_t> indices;
};

/// `begin` and `end` elements more in front of and behind each axis: `value` among floats, `code` among integers.
struct Pad {
  Shape begin;
  Shape end;
  float value = 0;
  std::int64_t code = 0;
};

enum class JoinFunction : std::uint8_t { kAdd, kMul };
std::string_view to_text(JoinFunction function);
std::optional<JoinFunction> find_join_function(std::string_view name);

/// Two integer tensors, elementwise with numpy broadcasting, exactly: left * a + right * b, or a * b (the factors are 1 then).
struct Join {
  JoinFunction function = JoinFunction::kAdd;
  std::int64_t left = 1;
  std::int64_t right = 1;
};

using Op = std::variant<Quantize, Dequantize, CountThresholds, MatMul, Binary, Unary, Reshape, Transpose, Softmax, ArgMax, TopK, Thresholds,
                        Conv, Pool, Sum, Concat, Take, Pad, Join>;

/// Names in the text form, by variant index.
inline constexpr std::string_view kOpNames[] = {
    "quantize", "dequantize", "count_thresholds", "matmul", "binary", "unary", "reshape", "transpose", "softmax",
    "arg_max",  "top_k",      "thresholds",       "conv",   "pool",   "sum",   "concat",  "take",      "pad",
    "join"};
static_assert(std::size(kOpNames) == std::variant_size_v<Op>);

inline std::string_view op_name(const Op& op) { return kOpNames[op.index()]; }

/// Overload set for std::visit.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// `fields(op, visit)` calls visit("name", member) for each member, in the order of the text form.
template <class V>
void fields(Quantize& o, V&& v) {
  v("style", o.style), v("rounding", o.rounding), v("codes", o.codes), v("scale", o.scale), v("zero", o.zero);
}
template <class V>
void fields(Dequantize& o, V&& v) {
  v("scale", o.scale), v("zero", o.zero);
}
template <class V>
void fields(CountThresholds& o, V&& v) {
  v("axis", o.axis), v("step", o.step), v("base", o.base), v("bipolar", o.bipolar);
}
template <class V>
void fields(MatMul&, V&&) {}
template <class V>
void fields(Binary& o, V&& v) {
  v("function", o.function);
}
template <class V>
void fields(Unary& o, V&& v) {
  v("function", o.function), v("alpha", o.alpha), v("beta", o.beta);
}
template <class V>
void fields(Reshape& o, V&& v) {
  v("shape", o.shape);
}
template <class V>
void fields(Transpose& o, V&& v) {
  v("perm", o.perm);
}
template <class V>
void fields(Softmax& o, V&& v) {
  v("axis", o.axis), v("end", o.end), v("logarithm", o.logarithm);
}
template <class V>
void fields(ArgMax& o, V&& v) {
  v("axis", o.axis), v("keep_axis", o.keep_axis), v("last_index", o.last_index);
}
template <class V>
void fields(TopK& o, V&& v) {
  v("k", o.k), v("axis", o.axis), v("largest", o.largest);
}
template <class V>
void fields(Thresholds& o, V&& v) {
  v("axis", o.axis), v("codes", o.codes);
}
template <class V>
void fields(Conv& o, V&& v) {
  v("stride", o.stride), v("dilation", o.dilation), v("begin", o.begin), v("end", o.end), v("spacing", o.spacing), v("groups", o.groups),
      v("fill", o.fill);
}
template <class V>
void fields(Pool& o, V&& v) {
  v("kind", o.kind), v("kernel", o.kernel), v("stride", o.stride), v("dilation", o.dilation), v("begin", o.begin), v("end", o.end),
      v("fill", o.fill);
}
template <class V>
void fields(Sum& o, V&& v) {
  v("axes", o.axes), v("keep", o.keep);
}
template <class V>
void fields(Concat& o, V&& v) {
  v("axis", o.axis);
}
template <class V>
void fields(Take& o, V&& v) {
  v("axis", o.axis), v("indices", o.indices);
}
template <class V>
void fields(Pad& o, V&& v) {
  v("begin", o.begin), v("end", o.end), v("value", o.value), v("code", o.code);
}
template <class V>
void fields(Join& o, V&& v) {
  v("function", o.function), v("left", o.left), v("right", o.right);
}

}  // namespace finnr
