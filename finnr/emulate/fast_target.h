// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace finnr {

/// Instruction sets the fast emulator has kernels for. All of them give the same numbers.
enum class FastTarget : std::uint8_t {
  kScalar,      ///< the obvious loops that the others are compared with
  kNeon,        ///< 128 bits on Arm
  kSse4,        ///< 128 bits
  kAvx2,        ///< 256 bits
  kAvx512,      ///< 512 bits: F, BW, CD, DQ, VL
  kAvx512Vnni,  ///< and dot products of bytes and population counts: VNNI, VPOPCNTDQ, BITALG, VBMI
};

/// "scalar", "neon", "sse4", "avx2", "avx512", "avx512-vnni".
std::string_view to_text(FastTarget target);
std::optional<FastTarget> find_fast_target(std::string_view name);

/// Those that this build has and this machine runs, the best one last.
std::vector<FastTarget> fast_targets();

}  // namespace finnr
