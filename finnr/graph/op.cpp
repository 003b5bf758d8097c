// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/op.h"

#include <array>

namespace finnr {
namespace {

constexpr std::array<std::string_view, 2> kPoolKinds = {"max", "sum"};
constexpr std::array<std::string_view, 2> kJoinFunctions = {"add", "mul"};

template <class T, std::size_t N>
std::optional<T> find_in(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(PoolKind kind) { return kPoolKinds.at(static_cast<std::size_t>(kind)); }
std::optional<PoolKind> find_pool_kind(std::string_view name) { return find_in<PoolKind>(kPoolKinds, name); }
std::string_view to_text(JoinFunction function) { return kJoinFunctions.at(static_cast<std::size_t>(function)); }
std::optional<JoinFunction> find_join_function(std::string_view name) { return find_in<JoinFunction>(kJoinFunctions, name); }

}  // namespace finnr
