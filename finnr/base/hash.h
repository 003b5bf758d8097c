// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace finnr {

inline constexpr std::uint64_t kEmptyHash = 0xCBF29CE484222325ULL;

/// FNV-1a of `before` and then `text`: tells contents apart that lie in caches of ours, not those that an attacker chose.
constexpr std::uint64_t content_hash(std::string_view text, std::uint64_t before = kEmptyHash) {
  for (const char c : text) before = (before ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return before;
}

}  // namespace finnr
