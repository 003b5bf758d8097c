// SPDX-License-Identifier: Apache-2.0
// The kernels for vectors; Highway compiles this file once for each instruction set. The 16 channels of a block are the lanes of
// one vector or of several, a word of activations is the same in all lanes: no sum ever crosses lanes, and the bits of a
// comparison are the bits that the next layer reads. The sums of several positions and blocks stay in registers, so that a
// word of weights is loaded once for all those positions.
#include "finnr/emulate/fast_kernels.h"

#include <cstring>
#include <utility>

#include "finnr/base/check.h"

#define HWY_WANT_AVX3_DL
#define HWY_DISABLED_TARGETS HWY_SSSE3
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

HWY_INLINE V value_of(const Finish& f, V add, V sum) {
  if (f.factor == 2 || f.factor == -2) sum = hn::Add(sum, sum);
  return f.factor < 0 ? hn::Sub(add, sum) : hn::Add(add, sum);
}

/// The code of a vector of sums of channels from `c` on.
template <FinishKind kKind>
HWY_INLINE V code_of(const Finish& f, std::size_t c, std::size_t channels, V sum) {
  const D d;
  const V v = value_of(f, hn::LoadU(d, f.add + c), sum);
  if constexpr (kKind == FinishKind::kNone) return v;
  if constexpr (kKind == FinishKind::kRecode) {
    const V up = hn::Sub(v, hn::Set(d, f.lo));
    return f.shift == 0 ? up : hn::ShiftRight<1>(up);
  }
  if constexpr (kKind == FinishKind::kStep) {
    const V one = hn::Set(d, 1);
    return hn::Xor(hn::IfThenElseZero(hn::Gt(v, hn::LoadU(d, f.borders + c)), one), hn::LoadU(d, f.flips + c));
  }
  if constexpr (kKind == FinishKind::kLine) {
    const DF df;
    auto y = hn::Mul(hn::ConvertTo(df, v), hn::LoadU(df, f.scale + c));
    y = hn::Add(y, hn::LoadU(df, f.offset + c));
    y = hn::Min(hn::Max(y, hn::LoadU(df, f.low + c)), hn::LoadU(df, f.high + c));
    return hn::ConvertTo(d, y);
  }
  if constexpr (kKind == FinishKind::kSteps) {
    V u = hn::LoadU(d, f.bases + c);
    for (std::size_t k = 0; k < f.steps; ++k) {
      const auto reached = hn::Gt(v, hn::LoadU(d, f.borders + k * channels + c));
      u = hn::Add(u, hn::IfThenElseZero(reached, hn::LoadU(d, f.signs + k * channels + c)));
    }
    return u;
  }
  if constexpr (kKind == FinishKind::kSearch) {
    alignas(64) std::int32_t x[kLanes];
    hn::Store(v, d, x);
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::int32_t* row = f.borders + (c + l) * f.steps;
      std::size_t below = 0;  // borders that are passed, found from the highest bit down
      for (std::size_t step = f.steps == 0 ? 0 : std::size_t{1} << (63 - __builtin_clzll(f.steps)); step > 0; step /= 2) {
        if (below + step <= f.steps && x[l] > row[below + step - 1]) below += step;
      }
      x[l] = f.levels[(c + l) * (f.steps + 1) + below];
    }
    return hn::Load(d, x);
  }
}

HWY_INLINE void store_words(std::uint8_t* at, std::size_t c, std::size_t left, const std::int32_t* x) {
  std::memcpy(at + c * 4, x, (left < kBlock ? left : kBlock) * 4);
}

HWY_INLINE void store_bytes(std::uint8_t* at, std::size_t c, std::size_t left, const std::uint8_t* u) {
  if (left >= kBlock) {
    std::memcpy(at + c, u, kBlock);
  } else {
    std::memcpy(at + c, u, left);
  }
}

HWY_INLINE std::uint16_t real_lanes(std::size_t left) { return static_cast<std::uint16_t>(left >= kBlock ? 0xFFFFU : (1U << left) - 1); }

HWY_INLINE void store_bits(const Output& y, std::uint8_t* at, std::size_t c, std::size_t left, const std::uint8_t* u) {
  const hn::CappedTag<std::uint8_t, kBlock> d;
  for (int plane = 0; plane < y.planes; ++plane) {
    std::uint8_t bits[8] = {};
    const auto bit = hn::Set(d, static_cast<std::uint8_t>(1U << plane));
    for (std::size_t l = 0; l < kBlock; l += hn::Lanes(d)) hn::StoreMaskBits(d, hn::TestBit(hn::LoadU(d, u + l), bit), bits + l / 8);
    std::uint16_t mask = 0;
    std::memcpy(&mask, bits, 2);
    mask = static_cast<std::uint16_t>(mask & real_lanes(left));
    std::memcpy(at + static_cast<std::size_t>(plane) * y.plane_bytes + c / 8, &mask, 2);
  }
}

/// One block of `pool` positions whose sums are `stride` apart.
template <FinishKind kKind>
HWY_INLINE void finish_block(const Finish& f, const Output& y, std::uint8_t* at, std::size_t c, std::size_t channels, std::size_t stride,
                             const std::int32_t* sums) {
  const D d;
  const std::size_t left = y.channels - c;
  if constexpr (kKind == FinishKind::kStep && kLanes == kBlock) {
    if (y.form == Form::kBits) {
      const V border = hn::LoadU(d, f.borders + c);
      const V add = hn::LoadU(d, f.add + c);
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(d, hn::Ne(hn::LoadU(d, f.flips + c), hn::Zero(d)), bits);
      std::uint16_t flips = 0;
      std::memcpy(&flips, bits, 2);
      std::uint16_t any = 0;
      for (std::size_t j = 0; j < y.pool; ++j) {
        hn::StoreMaskBits(d, hn::Gt(value_of(f, add, hn::LoadU(d, sums + j * stride)), border), bits);
        std::uint16_t mask = 0;
        std::memcpy(&mask, bits, 2);
        any = static_cast<std::uint16_t>(any | (mask ^ flips));
      }
      any = static_cast<std::uint16_t>(any & real_lanes(left));
      std::memcpy(at + c / 8, &any, 2);
      return;
    }
  }
  alignas(64) std::int32_t words[kBlock];
  alignas(64) std::uint8_t bytes[kBlock + 64];
  for (std::size_t v = 0; v < kVectors; ++v) {
    V most = code_of<kKind>(f, c + v * kLanes, channels, hn::LoadU(d, sums + v * kLanes));
    for (std::size_t j = 1; j < y.pool; ++j)
      most = hn::Max(most, code_of<kKind>(f, c + v * kLanes, channels, hn::LoadU(d, sums + j * stride + v * kLanes)));
    if (y.form == Form::kWords) {
      hn::StoreU(most, d, words + v * kLanes);
    } else {
      const hn::Rebind<std::uint8_t, D> narrow;
      hn::StoreU(hn::DemoteTo(narrow, most), narrow, bytes + v * kLanes);
    }
  }
  if (y.form == Form::kWords) return store_words(at, c, left, words);
  if (y.form == Form::kBytes) return store_bytes(at, c, left, bytes);
  store_bits(y, at, c, left, bytes);
}

template <FinishKind kKind>
HWY_INLINE void finish_as(const Finish& f, const Output& y, std::size_t first, std::size_t n, std::size_t block, std::size_t width,
                          const std::int32_t* sums) {
  const std::size_t channels = (y.channels + kBlock - 1) / kBlock * kBlock;
  std::size_t frame = first / y.pool / y.places.size();
  std::size_t place = first / y.pool % y.places.size();
  for (std::size_t i = 0; i < n; i += y.pool) {
    std::uint8_t* at = y.data + frame * y.frame_bytes + y.places[place];
    if (++place == y.places.size()) place = 0, ++frame;
    for (std::size_t w = 0; w < width; ++w)
      finish_block<kKind>(f, y, at, (block + w) * kBlock, channels, width * kBlock, sums + (i * width + w) * kBlock);
  }
}

void finish_rows(const Finish& f, const Output& y, std::size_t first, std::size_t n, std::size_t block, std::size_t width,
                 const std::int32_t* sums) {
  switch (f.kind) {
    case FinishKind::kNone:
      return finish_as<FinishKind::kNone>(f, y, first, n, block, width, sums);
    case FinishKind::kRecode:
      return finish_as<FinishKind::kRecode>(f, y, first, n, block, width, sums);
    case FinishKind::kStep:
      return finish_as<FinishKind::kStep>(f, y, first, n, block, width, sums);
    case FinishKind::kLine:
      return finish_as<FinishKind::kLine>(f, y, first, n, block, width, sums);
    case FinishKind::kSteps:
      return finish_as<FinishKind::kSteps>(f, y, first, n, block, width, sums);
    case FinishKind::kSearch:
      return finish_as<FinishKind::kSearch>(f, y, first, n, block, width, sums);
  }
}

HWY_INLINE void depthwise_block(const Windows& x, const DepthWeights& weights, const std::uint8_t* from, std::size_t first,
                                std::int32_t* sums) {
  const hn::CappedTag<std::int16_t, kBlock> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const hn::Rebind<std::int32_t, hn::Half<decltype(d)>> half;
  const std::int16_t* w = weights.taps + first;
  for (std::size_t l = 0; l < kBlock; l += hn::Lanes(d)) {
    auto narrow = hn::Zero(d);
    auto lower = hn::Zero(half);
    auto upper = hn::Zero(half);
    for (std::size_t t = 0; t < x.runs.size(); ++t) {
      const auto u = hn::PromoteTo(d, hn::LoadU(bytes, from + x.runs[t] + l));
      const auto product = hn::Mul(u, hn::LoadU(d, w + t * weights.channels + l));
      if (weights.narrow) {
        narrow = hn::Add(narrow, product);
      } else {
        lower = hn::Add(lower, hn::PromoteTo(half, hn::LowerHalf(product)));
        upper = hn::Add(upper, hn::PromoteTo(half, hn::UpperHalf(hn::Half<decltype(d)>(), product)));
      }
    }
    if (weights.narrow) {
      lower = hn::PromoteTo(half, hn::LowerHalf(narrow));
      upper = hn::PromoteTo(half, hn::UpperHalf(hn::Half<decltype(d)>(), narrow));
    }
    hn::StoreU(lower, half, sums + l);
    hn::StoreU(upper, half, sums + l + hn::Lanes(half));
  }
}

#include "finnr/emulate/fast_loops.inc"

/// sum + the four products of each lane's bytes, unsigned with signed. `narrow`: the sum of two products fits 16 bits.
template <bool kNarrow>
HWY_INLINE V dot(V sum, V x, V w) {
#if HWY_TARGET == HWY_AVX3_DL
  return V{_mm512_dpbusd_epi32(sum.raw, x.raw, w.raw)};
#else
  const D d;
  const D16 d16;
#if HWY_TARGET == HWY_AVX3
  if constexpr (kNarrow) return hn::Add(sum, V{_mm512_madd_epi16(_mm512_maddubs_epi16(x.raw, w.raw), _mm512_set1_epi16(1))});
#elif HWY_TARGET == HWY_AVX2
  if constexpr (kNarrow) return hn::Add(sum, V{_mm256_madd_epi16(_mm256_maddubs_epi16(x.raw, w.raw), _mm256_set1_epi16(1))});
#elif HWY_TARGET == HWY_SSE4
  if constexpr (kNarrow) return hn::Add(sum, V{_mm_madd_epi16(_mm_maddubs_epi16(x.raw, w.raw), _mm_set1_epi16(1))});
#endif
  // Products fit 16 bits each; the two of a lane are added in 32.
  const auto even = hn::Mul(hn::BitCast(d16, hn::And(x, hn::Set(d, 0x00FF00FF))), hn::ShiftRight<8>(hn::ShiftLeft<8>(hn::BitCast(d16, w))));
  const auto odd =
      hn::Mul(hn::BitCast(d16, hn::ShiftRight<8>(hn::BitCast(hn::RebindToUnsigned<D16>(), x))), hn::ShiftRight<8>(hn::BitCast(d16, w)));
  const V a = hn::BitCast(d, even);
  const V b = hn::BitCast(d, odd);
  sum = hn::Add(sum, hn::Add(hn::ShiftRight<16>(a), hn::ShiftRight<16>(hn::ShiftLeft<16>(a))));
  return hn::Add(sum, hn::Add(hn::ShiftRight<16>(b), hn::ShiftRight<16>(hn::ShiftLeft<16>(b))));
#endif
}

HWY_INLINE std::int32_t word_at(const std::uint8_t* at) {
  std::int32_t word = 0;
  std::memcpy(&word, at, 4);
  return word;
}

/// The counts of a word's four bytes, added up.
HWY_INLINE V sum_of_bytes(V bytes) {
  const D d;
  const DU du;
  const auto pairs = hn::Add(hn::And(bytes, hn::Set(d, 0x00FF00FF)),
                             hn::And(hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(du, bytes))), hn::Set(d, 0x00FF00FF)));
  return hn::And(hn::Add(pairs, hn::BitCast(d, hn::ShiftRight<16>(hn::BitCast(du, pairs)))), hn::Set(d, 0xFFFF));
}

template <Product kProduct, bool kNarrow>
HWY_INLINE V meet(V sum, V x, V w) {
  if constexpr (kProduct == Product::kDot) {
    return dot<kNarrow>(sum, x, w);
  } else {
    const V both = kProduct == Product::kXor ? hn::Xor(x, w) : hn::And(x, w);
    if constexpr (kCounts) return hn::Add(sum, hn::BitCast(D(), hn::PopulationCount(hn::BitCast(DU(), both))));
    const D8 d8;
    return hn::BitCast(D(), hn::Add(hn::BitCast(d8, sum), hn::PopulationCount(hn::BitCast(d8, both))));
  }
}

/// Sums of kP positions and kB blocks: sums[p * stride + channel].
template <Product kProduct, bool kNarrow, std::size_t kP, std::size_t kB>
HWY_INLINE void tile(const Windows& x, const std::uint8_t* const* from, const std::uint32_t* w, std::size_t block_words,
                     std::size_t run_words, V (&sum)[kP][kB * kVectors]) {
  const D d;
  constexpr std::size_t kV = kB * kVectors;
  constexpr std::size_t kFull = 31;  // words until a byte of counts may be full
  constexpr bool kInBytes = kProduct != Product::kDot && !kCounts;
  const auto* weights = reinterpret_cast<const std::int32_t*>(w);
  for (const std::uint32_t run : x.runs) {
    const std::uint8_t* at[kP];
    for (std::size_t p = 0; p < kP; ++p) at[p] = from[p] + run;
    for (std::size_t done = 0; done < run_words;) {
      const std::size_t stop = kInBytes && run_words - done > kFull ? done + kFull : run_words;
      V counts[kP][kV];
      for (std::size_t p = 0; p < kP; ++p)
        for (std::size_t v = 0; v < kV; ++v) counts[p][v] = kInBytes ? hn::Zero(d) : sum[p][v];
      for (; done < stop; ++done, weights += kBlock) {
        V column[kV];
        for (std::size_t v = 0; v < kV; ++v) column[v] = hn::LoadU(d, weights + v / kVectors * block_words + v % kVectors * kLanes);
        for (std::size_t p = 0; p < kP; ++p) {
          const V word = hn::Set(d, word_at(at[p] + 4 * done));
          for (std::size_t v = 0; v < kV; ++v) counts[p][v] = meet<kProduct, kNarrow>(counts[p][v], word, column[v]);
        }
      }
      for (std::size_t p = 0; p < kP; ++p)
        for (std::size_t v = 0; v < kV; ++v) sum[p][v] = kInBytes ? hn::Add(sum[p][v], sum_of_bytes(counts[p][v])) : counts[p][v];
    }
  }
}

template <Product kProduct, bool kNarrow, std::size_t kP, std::size_t kB>
HWY_NOINLINE void tile_of_planes(const Windows& x, const Weights& m, const std::uint8_t* const* from, std::size_t block, std::size_t stride,
                                 std::int32_t* sums) {
  const D d;
  constexpr std::size_t kV = kB * kVectors;
  const std::size_t plane_words = x.runs.size() * x.run_words * kBlock;
  const std::uint32_t* w = m.words + block * m.planes * plane_words;
  V sum[kP][kV];
  for (std::size_t p = 0; p < kP; ++p)
    for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Zero(d);
  if constexpr (kProduct == Product::kDot) {
    tile<kProduct, kNarrow, kP, kB>(x, from, w, plane_words, x.run_words, sum);
  } else {
    const auto each = [&](const auto& change) {
      for (std::size_t p = 0; p < kP; ++p)
        for (std::size_t v = 0; v < kV; ++v) sum[p][v] = change(sum[p][v]);
    };
    for (const PlanePair& pair : m.pairs) {
      for (int i = 0; i < pair.shift; ++i) each([](V s) HWY_ATTR { return hn::Add(s, s); });
      if (pair.negative) each([](V s) HWY_ATTR { return hn::Neg(s); });
      const std::uint8_t* plane[kP];
      for (std::size_t p = 0; p < kP; ++p) plane[p] = from[p] + pair.x * x.plane_bytes;
      tile<kProduct, kNarrow, kP, kB>(x, plane, w + pair.w * plane_words, m.planes * plane_words, x.run_words, sum);
      if (pair.negative) each([](V s) HWY_ATTR { return hn::Neg(s); });
    }
  }
  for (std::size_t p = 0; p < kP; ++p)
    for (std::size_t v = 0; v < kV; ++v) hn::StoreU(sum[p][v], d, sums + p * stride + v * kLanes);
}

template <Product kProduct, bool kNarrow, std::size_t kP>
HWY_INLINE void tiles(const Windows& x, const Weights& m, const std::uint8_t* const* from, std::size_t block, std::size_t width,
                      std::size_t stride, std::int32_t* sums) {
  if constexpr (kTileBlocks == 4) {
    if (width == 4) return tile_of_planes<kProduct, kNarrow, kP, 4>(x, m, from, block, stride, sums);
    if (width >= 2) {
      tile_of_planes<kProduct, kNarrow, kP, 2>(x, m, from, block, stride, sums);
      if (width == 2) return;
      return tile_of_planes<kProduct, kNarrow, kP, 1>(x, m, from, block + 2, stride, sums + 2 * kBlock);
    }
    return tile_of_planes<kProduct, kNarrow, kP, 1>(x, m, from, block, stride, sums);
  } else {
    for (std::size_t w = 0; w < width; ++w) tile_of_planes<kProduct, kNarrow, kP, 1>(x, m, from, block + w, stride, sums + w * kBlock);
  }
}

template <Product kProduct, bool kNarrow>
void multiply_as(const Windows& x, const Weights& m, const Finish& finish, const Output& y, std::size_t frames) {
  const std::size_t bytes = m.blocks * m.planes * x.runs.size() * x.run_words * kBlock * 4;
  in_chunks(x.starts.size(), m.blocks, kMostBlocks, bytes > kLargeWeights, finish, y, frames,
            [&](std::size_t at, std::size_t n, std::size_t block, std::size_t width, std::int32_t* sums) HWY_ATTR {
              const std::uint8_t* from[kChunk];
              find_starts(x, at, n, from);
              const std::size_t stride = width * kBlock;
              std::size_t i = 0;
              for (; i + kTilePositions <= n; i += kTilePositions)
                tiles<kProduct, kNarrow, kTilePositions>(x, m, from + i, block, width, stride, sums + i * stride);
              if constexpr (kTilePositions > 4) {
                for (; i + 4 <= n; i += 4) tiles<kProduct, kNarrow, 4>(x, m, from + i, block, width, stride, sums + i * stride);
              }
              if constexpr (kTilePositions > 2) {
                for (; i + 2 <= n; i += 2) tiles<kProduct, kNarrow, 2>(x, m, from + i, block, width, stride, sums + i * stride);
              }
              for (; i < n; ++i) tiles<kProduct, kNarrow, 1>(x, m, from + i, block, width, stride, sums + i * stride);
            });
}

void multiply(const Windows& x, const Weights& m, const Finish& finish, const Output& y, std::size_t frames) {
  switch (m.product) {
    case Product::kXor:
      return multiply_as<Product::kXor, false>(x, m, finish, y, frames);
    case Product::kAnd:
      return multiply_as<Product::kAnd, false>(x, m, finish, y, frames);
    case Product::kDot:
      return m.narrow ? multiply_as<Product::kDot, true>(x, m, finish, y, frames)
                      : multiply_as<Product::kDot, false>(x, m, finish, y, frames);
  }
}

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

}  // namespace

Kernels all_kernels() { return {&multiply, &depthwise, &mix, &compare_bytes}; }

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
