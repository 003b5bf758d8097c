// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace finnr {

/// A strong 32-bit index: ids of different tags never mix, and ids are never reused.
template <class Tag>
struct Id {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::uint32_t value = kNone;

  [[nodiscard]] constexpr bool valid() const { return value != kNone; }
  [[nodiscard]] constexpr std::size_t index() const { return value; }
  auto operator<=>(const Id&) const = default;
};

}  // namespace finnr

template <class Tag>
struct std::hash<finnr::Id<Tag>> {
  std::size_t operator()(finnr::Id<Tag> id) const noexcept { return id.value; }
};
