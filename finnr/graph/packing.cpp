// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/packing.h"

#include <array>
#include <bit>
#include <cstdint>

namespace finnr {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int element_bits(const ElementType& type) {
  if (type.is_float) return 32;
  if (type.ints.bipolar) return 1;
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(type.ints.hi) - static_cast<std::uint64_t>(type.ints.lo)));
}

/// Six bits a character.
class BitWriter {
 public:
  void put(std::uint64_t value, int bits) {
    for (int i = 0; i < bits; ++i) {
      held_ |= static_cast<unsigned>((value >> i) & 1U) << filled_;
      if (++filled_ == 6) flush();
    }
  }
  std::string finish() {
    if (filled_ > 0) flush();
    return std::move(text_);
  }

 private:
  void flush() {
    text_ += kAlphabet[held_];
    held_ = 0;
    filled_ = 0;
  }
  std::string text_;
  unsigned held_ = 0;
  int filled_ = 0;
};

}  // namespace

std::string pack(const Tensor& tensor, const ElementType& type) {
  BitWriter writer;
  const int bits = element_bits(type);
  if (type.is_float) {
    for (const float x : tensor.floats()) writer.put(std::bit_cast<std::uint32_t>(x), bits);
  } else {
    for (const std::int64_t x : tensor.ints()) {
      writer.put(type.ints.bipolar ? (x > 0 ? 1U : 0U) : static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(type.ints.lo), bits);
    }
  }
  return writer.finish();
}

std::optional<Tensor> unpack(std::string_view text, const ElementType& type, const Shape& shape) {
  static constexpr auto kValues = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
    return values;
  }();
  const std::optional<std::int64_t> size = checked_count(shape);
  const int bits = element_bits(type);
  if (!size || text.size() != (static_cast<std::uint64_t>(*size) * static_cast<unsigned>(bits) + 5) / 6) return std::nullopt;
  for (const char c : text) {
    if (kValues[static_cast<unsigned char>(c)] < 0) return std::nullopt;
  }
  std::size_t at = 0;
  const auto take = [&] {
    std::uint64_t value = 0;
    for (int i = 0; i < bits; ++i, ++at) {
      value |= static_cast<std::uint64_t>((static_cast<unsigned>(kValues[static_cast<unsigned char>(text[at / 6])]) >> (at % 6)) & 1U) << i;
    }
    return value;
  };
  Tensor tensor = Tensor::zeros(shape, type.is_float);
  if (type.is_float) {
    for (float& x : tensor.floats()) x = std::bit_cast<float>(static_cast<std::uint32_t>(take()));
  } else {
    for (std::int64_t& x : tensor.ints()) {
      x = type.ints.bipolar ? (take() != 0 ? 1 : -1) : static_cast<std::int64_t>(take() + static_cast<std::uint64_t>(type.ints.lo));
    }
  }
  return tensor;
}

}  // namespace finnr
