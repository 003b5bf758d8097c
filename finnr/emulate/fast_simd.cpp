// SPDX-License-Identifier: Apache-2.0
// The kernels for vectors; Highway compiles this file once for each instruction set. The 16 channels of a block are the lanes of
// one vector or of several, a word of activations is the same in all lanes: no sum ever crosses lanes, and the bits of a
// comparison are the bits that the next layer reads. The sums of several positions and blocks stay in registers, so that a
// word of weights is loaded once for all those positions.
#include "finnr/emulate/fast_kernels.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "finnr/base/check.h"

#define HWY_WANT_AVX3_DL
// Vectors have a size that the compiler knows, so that their sums can be held in arrays: SVE's is known to the machine alone. SSSE3 is
// no set of FastTarget.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "finnr/emulate/fast_simd.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>
#if HWY_TARGET == HWY_AVX3_DL  // Highway 1.0 detects the dot products of AVX-512, and forgets to let the compiler use them
#undef HWY_TARGET_STR
#define HWY_TARGET_STR HWY_TARGET_STR_AVX3 ",vpclmulqdq,avx512vbmi,avx512vbmi2,vaes,avxvnni,avx512vnni,avx512bitalg,avx512vpopcntdq"
#endif

// The base line of x86 has none of the vectors that the kernels need, and takes the plain loops.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace finnr::fast::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<std::int32_t, kBlock>;
using DU = hn::RebindToUnsigned<D>;
using D8 = hn::Repartition<std::uint8_t, D>;
using D16 = hn::Repartition<std::int16_t, D>;
using DF = hn::RebindToFloat<D>;
using V = hn::Vec<D>;
constexpr D kWords{};
constexpr std::size_t kLanes = hn::MaxLanes(D{});
constexpr std::size_t kVectors = kBlock / kLanes;  ///< of a block
#if HWY_TARGET == HWY_AVX3_DL
constexpr bool kCounts = true;  ///< counts the bits of words in one instruction
#else
constexpr bool kCounts = false;
#endif
constexpr std::size_t kTilePositions = kLanes == kBlock ? 6 : kLanes == 8 ? 4 : 2;
constexpr std::size_t kTileBlocks = kLanes == kBlock ? 4 : 1;

// Each of these uses what stands in front of it.
// clang-format off
#include "finnr/emulate/fast_simd_finish.inc"
#include "finnr/emulate/fast_simd_mix.inc"
#include "finnr/emulate/fast_loops.inc"
#include "finnr/emulate/fast_simd_multiply.inc"
// clang-format on

void compare_bytes(const std::uint8_t* x, std::size_t count, std::uint8_t threshold, bool flip, std::uint8_t* bits) {
  const hn::ScalableTag<std::uint8_t> d;
  const auto least = hn::Set(d, threshold);
  const std::size_t lanes = hn::Lanes(d);
  const std::uint8_t flips = flip ? 0xFF : 0;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreMaskBits(d, hn::Eq(hn::Max(hn::LoadU(d, x + i), least), hn::LoadU(d, x + i)), bits + i / 8);
    for (std::size_t b = 0; b < lanes / 8; ++b) bits[i / 8 + b] = static_cast<std::uint8_t>(bits[i / 8 + b] ^ flips);
  }
  if (i < count) scalar_kernels().compare_bytes(x + i, count - i, threshold, flip, bits + i / 8);
}

void split_planes(const std::uint8_t* u, std::size_t count, int planes, std::size_t plane_bytes, std::uint8_t* bits) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = count / lanes * lanes;
  for (int plane = 0; plane < planes; ++plane) {
    const auto bit = hn::Set(d, static_cast<std::uint8_t>(1U << plane));
    std::uint8_t* to = bits + static_cast<std::size_t>(plane) * plane_bytes;
    for (std::size_t i = 0; i < whole; i += lanes) hn::StoreMaskBits(d, hn::TestBit(hn::LoadU(d, u + i), bit), to + i / 8);
  }
  if (whole < count) scalar_kernels().split_planes(u + whole, count - whole, planes, plane_bytes, bits + whole / 8);
}

/// Keeps the compiler from seeing that nothing changes from round to round.
HWY_INLINE void hide(V& v) {
#if HWY_ARCH_X86
  asm volatile("" : "+v"(v.raw));
#else
  asm volatile("" : "+w"(v.raw));
#endif
}

template <Product kProduct>
HWY_INLINE double spin_as(std::size_t rounds) {
  const D d;
  constexpr std::size_t kSums = kLanes == kBlock ? 16 : 8;
  V sums[kSums];
  for (V& sum : sums) sum = hn::Zero(d);
  V x = hn::Set(d, 0x01020304);
  V w = hn::Set(d, 0x00010203);
  for (std::size_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
    for (std::size_t s = 0; s < kSums; ++s) {
      hide(w);
      sums[s] = meet<kProduct, true>(sums[s], x, w);
    }
  }
  for (V& sum : sums) hide(sum);
  hide(x);
  return static_cast<double>(rounds) * kSums * kLanes * (kProduct == Product::kDot ? 8 : 64);
}

double spin(Product product, std::size_t rounds) {
  return product == Product::kDot ? spin_as<Product::kDot>(rounds) : spin_as<Product::kXor>(rounds);
}

}  // namespace

Kernels all_kernels() { return {&multiply, &depthwise, &mix, &compare_bytes, &split_planes, &spin}; }

}  // namespace finnr::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace finnr::fast {

const Kernels& kernels(FastTarget target) {
  switch (target) {
    case FastTarget::kScalar:
      return scalar_kernels();
#if HWY_TARGETS & HWY_NEON
    case FastTarget::kNeon: {
      static const Kernels kNeon = N_NEON::all_kernels();
      return kNeon;
    }
#endif
#if HWY_TARGETS & HWY_SSE4
    case FastTarget::kSse4: {
      static const Kernels kSse4 = N_SSE4::all_kernels();
      return kSse4;
    }
#endif
#if HWY_TARGETS & HWY_AVX2
    case FastTarget::kAvx2: {
      static const Kernels kAvx2 = N_AVX2::all_kernels();
      return kAvx2;
    }
#endif
#if HWY_TARGETS & HWY_AVX3
    case FastTarget::kAvx512: {
      static const Kernels kAvx512 = N_AVX3::all_kernels();
      return kAvx512;
    }
#endif
#if HWY_TARGETS & HWY_AVX3_DL
    case FastTarget::kAvx512Vnni: {
      static const Kernels kAvx512Vnni = N_AVX3_DL::all_kernels();
      return kAvx512Vnni;
    }
#endif
    default:
      break;
  }
  FINNR_CHECK(false, "this build has no such instruction set");
  return scalar_kernels();
}

}  // namespace finnr::fast

namespace finnr {

std::vector<FastTarget> fast_targets() {
  std::vector<FastTarget> found = {FastTarget::kScalar};
  const auto have = hwy::SupportedTargets() & HWY_TARGETS;
  const std::pair<FastTarget, decltype(have)> known[] = {{FastTarget::kNeon, HWY_NEON},
                                                         {FastTarget::kSse4, HWY_SSE4},
                                                         {FastTarget::kAvx2, HWY_AVX2},
                                                         {FastTarget::kAvx512, HWY_AVX3},
                                                         {FastTarget::kAvx512Vnni, HWY_AVX3_DL}};
  for (const auto& [target, bit] : known) {
    if ((have & bit) != 0) found.push_back(target);
  }
  return found;
}

std::string_view to_text(FastTarget target) {
  constexpr std::string_view kNames[] = {"scalar", "neon", "sse4", "avx2", "avx512", "avx512-vnni"};
  return kNames[static_cast<std::size_t>(target)];
}

std::optional<FastTarget> find_fast_target(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(FastTarget::kAvx512Vnni); ++i) {
    if (to_text(static_cast<FastTarget>(i)) == name) return static_cast<FastTarget>(i);
  }
  return std::nullopt;
}

}  // namespace finnr
#endif
