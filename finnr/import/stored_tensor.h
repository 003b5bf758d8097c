// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "finnr/base/result.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// Element types by their numbers in the file format (TensorProto.DataType).
enum class StoredType : std::int32_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kUint4 = 21,
  kInt4 = 22,
};

/// "float32", "int8", ...; "type 99" for numbers without a name.
std::string to_text(StoredType type);
/// float32, float16, bfloat16 or float64: all become float32 numbers.
bool is_float(StoredType type);
/// The values of a machine integer or bool (uint64: up to 2^63 - 1); nothing for other types.
std::optional<IntType> machine_range(StoredType type);
/// `value` (modulo 2^64) as this machine integer would hold it.
std::int64_t wrap(StoredType type, std::uint64_t value);
/// The nearest float16 or bfloat16 to `value`, as float32; `value` itself for the other types.
float round_to(StoredType type, float value);

/// True when no axis is negative and the product of the axes, with 1 for 0, is at most kMaxElements: then no product of
/// some of them overflows, even where the tensor is empty.
bool is_sane(const Shape& shape);

/// A tensor of the file. `tensor` is empty when the element type is none that finnr reads (strings, complex numbers,
/// 8-bit floats): that matters only to a node that reads it.
struct StoredTensor {
  StoredType type = StoredType::kFloat32;
  std::shared_ptr<const Tensor> tensor;
};

/// The pieces of a stored tensor, not yet checked. Elements stand in `raw` (little endian) or in one of the lists.
struct TensorParts {
  std::string name;
  StoredType type = StoredType::kUndefined;
  Shape shape;
  std::optional<std::string_view> raw;
  std::span<const float> floats;
  std::span<const double> doubles;
  std::span<const std::int32_t> int32s;  ///< also of all narrower integers and 16-bit floats
  std::span<const std::int64_t> int64s;
  std::span<const std::uint64_t> uint64s;  ///< also of uint32
};

/// Bytes that the raw form of a tensor has. Fails with kBadTensor or kTooLarge; nothing is allocated.
Result<std::int64_t> raw_size(const TensorParts& parts);

/// The tensor. Fails with kBadTensor or kTooLarge when data, type and shape do not fit; allocates only after that.
Result<StoredTensor> decode(const TensorParts& parts);

}  // namespace finnr
