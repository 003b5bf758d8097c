// SPDX-License-Identifier: Apache-2.0
// Sizes are compared before anything is allocated, so that memory stays in proportion to the file.
#include "finnr/import/stored_tensor.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "finnr/import/names.h"

namespace finnr {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data is read in place");

struct TypeInfo {
  StoredType type;
  std::string_view name;
  int bits;  ///< of one element in raw form; 0 when finnr does not read the type
  bool is_integer;
  bool is_signed;
};

constexpr TypeInfo kTypes[] = {
    {StoredType::kFloat32, "float32", 32, false, true},
    {StoredType::kUint8, "uint8", 8, true, false},
    {StoredType::kInt8, "int8", 8, true, true},
    {StoredType::kUint16, "uint16", 16, true, false},
    {StoredType::kInt16, "int16", 16, true, true},
    {StoredType::kInt32, "int32", 32, true, true},
    {StoredType::kInt64, "int64", 64, true, true},
    {StoredType::kString, "string", 0, false, false},
    {StoredType::kBool, "bool", 8, true, false},
    {StoredType::kFloat16, "float16", 16, false, true},
    {StoredType::kFloat64, "float64", 64, false, true},
    {StoredType::kUint32, "uint32", 32, true, false},
    {StoredType::kUint64, "uint64", 64, true, false},
    {StoredType::kComplex64, "complex64", 0, false, false},
    {StoredType::kComplex128, "complex128", 0, false, false},
    {StoredType::kBfloat16, "bfloat16", 16, false, true},
    {StoredType::kUint4, "uint4", 4, true, false},
    {StoredType::kInt4, "int4", 4, true, true},
};

const TypeInfo* find_type(StoredType type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

float from_half(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  float magnitude = 0;
  if (exponent == 31) {
    magnitude = mantissa == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

Diagnostic broken(const TensorParts& parts, Code code, const std::string& what) {
  return Diagnostic(code, fmt::format("{} {}", tensor_text(parts.name), what)).at({"", "", tensor_text(parts.name)});
}

Diagnostic wrong_length(const TensorParts& parts, std::size_t found, std::int64_t wanted, std::string_view unit) {
  return broken(parts, Code::kBadTensor,
                fmt::format("holds {} {}, but its type {} and shape {} need {}", found, unit, to_text(parts.type), to_text(parts.shape),
                            wanted))
      .because("data length does not fit the declared type and shape; the file was damaged or written by a faulty tool")
      .fix("export the model again");
}

template <class T>
T element(std::string_view raw, std::int64_t i) {
  T value;
  std::memcpy(&value, raw.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
  return value;
}

template <class T, class Out, class Convert>
void read_raw(std::string_view raw, std::vector<Out>& out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(element<T>(raw, static_cast<std::int64_t>(i)));
}

int nibble(int byte, std::size_t i, bool is_signed) {
  const int value = (i % 2 == 0 ? byte : byte >> 4) & 15;
  return is_signed && value >= 8 ? value - 16 : value;
}

Tensor::Floats raw_floats(StoredType type, std::string_view raw, std::size_t size) {
  Tensor::Floats out(size);
  if (type == StoredType::kFloat32) read_raw<float>(raw, out, [](float x) { return x; });
  if (type == StoredType::kFloat64) read_raw<double>(raw, out, [](double x) { return static_cast<float>(x); });
  if (type == StoredType::kFloat16) read_raw<std::uint16_t>(raw, out, from_half);
  if (type == StoredType::kBfloat16) read_raw<std::uint16_t>(raw, out, from_bfloat);
  return out;
}

Tensor::Ints raw_ints(const TypeInfo& info, std::string_view raw, std::size_t size) {
  Tensor::Ints out(size);
  const auto keep = [](auto x) { return static_cast<std::int64_t>(x); };
  if (info.type == StoredType::kBool) {
    read_raw<std::uint8_t>(raw, out, [](std::uint8_t x) { return std::int64_t{x != 0}; });
  } else if (info.bits == 4) {
    for (std::size_t i = 0; i < size; ++i) out[i] = nibble(static_cast<unsigned char>(raw[i / 2]), i, info.is_signed);
  } else if (info.bits == 8) {
    info.is_signed ? read_raw<std::int8_t>(raw, out, keep) : read_raw<std::uint8_t>(raw, out, keep);
  } else if (info.bits == 16) {
    info.is_signed ? read_raw<std::int16_t>(raw, out, keep) : read_raw<std::uint16_t>(raw, out, keep);
  } else if (info.bits == 32) {
    info.is_signed ? read_raw<std::int32_t>(raw, out, keep) : read_raw<std::uint32_t>(raw, out, keep);
  } else {
    read_raw<std::int64_t>(raw, out, keep);
  }
  return out;
}

template <class From>
Result<Tensor::Ints> listed_ints(const TensorParts& parts, const TypeInfo& info, std::span<const From> list, std::size_t size) {
  const bool packed = info.bits == 4;
  const std::size_t entries = packed ? (size + 1) / 2 : size;
  if (list.size() != entries) return wrong_length(parts, list.size(), static_cast<std::int64_t>(entries), "values");
  const IntType range = *machine_range(info.type);
  Tensor::Ints out(size);
  for (std::size_t i = 0; i < size; ++i) {
    if (packed) {
      out[i] = nibble(static_cast<int>(list[i / 2] & 255), i, info.is_signed);
      continue;
    }
    out[i] = static_cast<std::int64_t>(list[i]);
    if (info.type == StoredType::kBool) out[i] = out[i] != 0;
    if (!range.contains(out[i])) return broken(parts, Code::kBadTensor, fmt::format("holds {}, which is no {}", list[i], info.name));
  }
  return out;
}

Result<Tensor::Ints> all_ints(const TensorParts& parts, const TypeInfo& info, std::size_t size) {
  if (!parts.raw) {
    if (info.type == StoredType::kInt64) return listed_ints(parts, info, parts.int64s, size);
    if (info.type == StoredType::kUint64 || info.type == StoredType::kUint32) return listed_ints(parts, info, parts.uint64s, size);
    return listed_ints(parts, info, parts.int32s, size);
  }
  Tensor::Ints out = raw_ints(info, *parts.raw, size);
  if (info.type == StoredType::kUint64) {
    for (const std::int64_t value : out) {
      if (value < 0) return broken(parts, Code::kBadTensor, "holds a uint64 above 2^63 - 1");
    }
  }
  return out;
}

Result<Tensor::Floats> all_floats(const TensorParts& parts, const TypeInfo& info, std::size_t size) {
  if (parts.raw) return raw_floats(info.type, *parts.raw, size);
  const auto listed = [&](auto list, auto convert) -> Result<Tensor::Floats> {
    if (list.size() != size) return wrong_length(parts, list.size(), static_cast<std::int64_t>(size), "values");
    Tensor::Floats out;
    out.reserve(size);
    for (const auto value : list) out.push_back(convert(value));
    return out;
  };
  if (info.type == StoredType::kFloat32) return listed(parts.floats, [](float x) { return x; });
  if (info.type == StoredType::kFloat64) return listed(parts.doubles, [](double x) { return static_cast<float>(x); });
  if (info.type == StoredType::kFloat16)
    return listed(parts.int32s, [](std::int32_t x) { return from_half(static_cast<std::uint16_t>(x)); });
  return listed(parts.int32s, [](std::int32_t x) { return from_bfloat(static_cast<std::uint16_t>(x)); });
}

Result<std::int64_t> element_count(const TensorParts& parts) {
  for (const std::int64_t size : parts.shape) {
    if (size < 0) return broken(parts, Code::kBadTensor, fmt::format("has a negative dimension ({})", size)).fix("export the model again");
  }
  const std::optional<std::int64_t> size = checked_count(parts.shape);
  if (!size || !is_sane(parts.shape))
    return broken(parts, Code::kTooLarge, fmt::format("is too large: {} elements", to_text(parts.shape)))
        .because("no tensor may have more than 2^30 elements");
  return *size;
}

}  // namespace

std::string to_text(StoredType type) {
  const TypeInfo* info = find_type(type);
  return info != nullptr ? std::string(info->name) : fmt::format("type {}", static_cast<std::int32_t>(type));
}

bool is_float(StoredType type) {
  const TypeInfo* info = find_type(type);
  return info != nullptr && info->bits != 0 && !info->is_integer;
}

std::optional<IntType> machine_range(StoredType type) {
  const TypeInfo* info = find_type(type);
  if (info == nullptr || !info->is_integer) return std::nullopt;
  if (type == StoredType::kBool) return IntType{0, 1, false};
  if (type == StoredType::kUint64) return IntType{0, std::numeric_limits<std::int64_t>::max(), false};
  return IntType::of_bits(info->bits, info->is_signed);
}

std::int64_t wrap(StoredType type, std::uint64_t value) {
  const TypeInfo* info = find_type(type);
  if (info == nullptr || info->bits == 64 || info->bits == 0) return static_cast<std::int64_t>(value);
  if (type == StoredType::kBool) return value != 0;
  const std::uint64_t low = value & ((std::uint64_t{1} << info->bits) - 1);
  const bool negative = info->is_signed && (low >> (info->bits - 1)) != 0;
  return static_cast<std::int64_t>(low) - (negative ? std::int64_t{1} << info->bits : 0);
}

float round_to(StoredType type, float value) {
  if (!std::isfinite(value) || value == 0 || (type != StoredType::kFloat16 && type != StoredType::kBfloat16)) return value;
  const int precision = type == StoredType::kFloat16 ? 11 : 8;
  const int least = type == StoredType::kFloat16 ? -24 : -133;
  const double largest = type == StoredType::kFloat16 ? 65504.0 : 0x1.FEp127;
  const int unit = std::max(std::ilogb(value) - precision + 1, least);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(static_cast<double>(value), -unit)), unit);
  if (std::abs(rounded) > largest) return std::copysign(std::numeric_limits<float>::infinity(), value);
  return static_cast<float>(rounded);
}

bool is_sane(const Shape& shape) {
  Shape sizes = shape;
  for (std::int64_t& size : sizes) size = size == 0 ? 1 : size;
  return checked_count(sizes).has_value();
}

Result<std::int64_t> raw_size(const TensorParts& parts) {
  FINNR_ASSIGN(const std::int64_t size, element_count(parts));
  const TypeInfo* info = find_type(parts.type);
  return info == nullptr ? 0 : (size * info->bits + 7) / 8;
}

Result<StoredTensor> decode(const TensorParts& parts) {
  FINNR_ASSIGN(const std::int64_t size, element_count(parts));
  const TypeInfo* info = find_type(parts.type);
  if (info == nullptr || info->bits == 0) return StoredTensor{parts.type, nullptr};
  if (parts.raw) {
    const std::int64_t wanted = (size * info->bits + 7) / 8;
    if (parts.raw->size() != static_cast<std::size_t>(wanted)) return wrong_length(parts, parts.raw->size(), wanted, "bytes");
  }
  const auto elements = static_cast<std::size_t>(size);
  if (!info->is_integer) {
    FINNR_ASSIGN(Tensor::Floats floats, all_floats(parts, *info, elements));
    return StoredTensor{parts.type, std::make_shared<const Tensor>(parts.shape, std::move(floats))};
  }
  FINNR_ASSIGN(Tensor::Ints ints, all_ints(parts, *info, elements));
  return StoredTensor{parts.type, std::make_shared<const Tensor>(parts.shape, std::move(ints))};
}

}  // namespace finnr
