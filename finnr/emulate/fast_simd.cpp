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

/// The codes of one vector of channels: its tables, loaded once for many positions.
template <FinishKind kKind>
class Coder {
 public:
  HWY_INLINE Coder(const Finish& f, std::size_t c, std::size_t channels) : f_(f), c_(c), channels_(channels) {
    const D d;
    const DF df;
    add_ = hn::LoadU(d, f.add + c);
    if constexpr (kKind == FinishKind::kStep) {
      border_ = hn::LoadU(d, f.borders + c);
      flips_ = hn::LoadU(d, f.flips + c);
    }
    if constexpr (kKind == FinishKind::kLine) {
      scale_ = hn::LoadU(df, f.scale + c);
      offset_ = hn::LoadU(df, f.offset + c);
      low_ = hn::LoadU(df, f.low + c);
      high_ = hn::LoadU(df, f.high + c);
    }
  }

  [[nodiscard]] HWY_INLINE V value(V sum) const {
    if (f_.factor == 2 || f_.factor == -2) sum = hn::Add(sum, sum);
    return f_.factor < 0 ? hn::Sub(add_, sum) : hn::Add(add_, sum);
  }

  [[nodiscard]] HWY_INLINE auto passed(V sum) const { return hn::Gt(value(sum), border_); }

  [[nodiscard]] HWY_INLINE V code(V sum) const {
    const D d;
    if constexpr (kKind == FinishKind::kNone) return value(sum);
    if constexpr (kKind == FinishKind::kRecode) {
      const V up = hn::Sub(value(sum), hn::Set(d, f_.lo));
      return f_.shift == 0 ? up : hn::ShiftRight<1>(up);
    }
    if constexpr (kKind == FinishKind::kStep) return hn::Xor(hn::IfThenElseZero(passed(sum), hn::Set(d, 1)), flips_);
    if constexpr (kKind == FinishKind::kLine) {
      auto y = hn::Mul(hn::ConvertTo(DF(), value(sum)), scale_);
      y = hn::Add(y, offset_);
      y = hn::Min(hn::Max(y, low_), high_);
      return hn::ConvertTo(d, y);
    }
    if constexpr (kKind == FinishKind::kSteps) {
      const V v = value(sum);
      V u = hn::LoadU(d, f_.bases + c_);
      for (std::size_t k = 0; k < f_.steps; ++k) {
        const auto reached = hn::Gt(v, hn::LoadU(d, f_.borders + k * channels_ + c_));
        u = hn::Add(u, hn::IfThenElseZero(reached, hn::LoadU(d, f_.signs + k * channels_ + c_)));
      }
      return u;
    }
    if constexpr (kKind == FinishKind::kSearch) {
      alignas(64) std::int32_t x[kLanes];
      hn::Store(value(sum), d, x);
      for (std::size_t l = 0; l < kLanes; ++l) {
        const std::int32_t* row = f_.borders + (c_ + l) * f_.steps;
        std::size_t below = 0;  // borders that are passed, found from the highest bit down
        for (std::size_t step = f_.steps == 0 ? 0 : std::size_t{1} << (63 - __builtin_clzll(f_.steps)); step > 0; step /= 2) {
          if (below + step <= f_.steps && x[l] > row[below + step - 1]) below += step;
        }
        x[l] = f_.levels[(c_ + l) * (f_.steps + 1) + below];
      }
      return hn::Load(d, x);
    }
  }

 private:
  const Finish& f_;
  std::size_t c_;
  std::size_t channels_;
  V add_;
  V border_{};
  V flips_{};
  hn::Vec<DF> scale_{};
  hn::Vec<DF> offset_{};
  hn::Vec<DF> low_{};
  hn::Vec<DF> high_{};
};

HWY_INLINE std::uint16_t real_lanes(std::size_t left) { return static_cast<std::uint16_t>(left >= kBlock ? 0xFFFFU : (1U << left) - 1); }

/// Bit `plane` of 16 codes.
HWY_INLINE std::uint16_t bits_of(const std::uint8_t* u, int plane) {
  const hn::CappedTag<std::uint8_t, kBlock> d;
  const auto mask = hn::TestBit(hn::LoadU(d, u), hn::Set(d, static_cast<std::uint8_t>(1U << plane)));
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, 2);
  return bits;
}

/// Where the results of positions go, one after the other, over all frames.
class Places {
 public:
  HWY_INLINE Places(const Output& y, std::size_t first)
      : y_(y), at_(first % y.places.size()), frame_(y.data + first / y.places.size() * y.frame_bytes) {}
  HWY_INLINE std::uint8_t* next() {
    std::uint8_t* place = frame_ + y_.places[at_];
    if (++at_ == y_.places.size()) at_ = 0, frame_ += y_.frame_bytes;
    return place;
  }

 private:
  const Output& y_;
  std::size_t at_;
  std::uint8_t* frame_;
};

/// One block of channels of n positions whose sums are `stride` apart.
template <FinishKind kKind>
HWY_INLINE void finish_block(const Finish& f, const Output& y, std::size_t first, std::size_t n, std::size_t c, std::size_t channels,
                             std::size_t stride, const std::int32_t* sums) {
  const D d;
  const std::size_t left = y.channels - c;
  const std::size_t pool = y.pool;
  Places places(y, first / pool);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if constexpr (kKind == FinishKind::kStep) {
    if (y.form == Form::kBits) {
      const Coder<kKind> coder(f, c, channels);
      const auto flips = static_cast<std::uint16_t>(hn::Ne(hn::LoadU(d, f.flips + c), hn::Zero(d)).raw);
      for (std::size_t i = 0; i < n; i += pool) {
        unsigned any = 0;
        for (std::size_t j = 0; j < pool; ++j)
          any |= static_cast<unsigned>(coder.passed(hn::LoadU(d, sums + (i + j) * stride)).raw) ^ flips;
        const auto bits = static_cast<std::uint16_t>(any & real_lanes(left));
        std::memcpy(places.next() + c / 8, &bits, 2);
      }
      return;
    }
  }
#endif
  alignas(64) std::int32_t words[kChunk * kBlock];
  alignas(64) std::uint8_t bytes[kChunk * kBlock];
  const hn::Rebind<std::uint8_t, D> narrow;
  const std::size_t rows = n / pool;
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Coder<kKind> coder(f, c + v * kLanes, channels);
    const std::int32_t* sum = sums + v * kLanes;
    for (std::size_t r = 0; r < rows; ++r) {
      V most = coder.code(hn::LoadU(d, sum));
      sum += stride;
      for (std::size_t j = 1; j < pool; ++j, sum += stride) most = hn::Max(most, coder.code(hn::LoadU(d, sum)));
      if (y.form == Form::kWords) {
        hn::Store(most, d, words + r * kBlock + v * kLanes);
      } else {
        hn::StoreU(hn::DemoteTo(narrow, most), narrow, bytes + r * kBlock + v * kLanes);
      }
    }
  }
  switch (y.form) {
    case Form::kWords:
      for (std::size_t r = 0; r < rows; ++r) std::memcpy(places.next() + c * 4, words + r * kBlock, (left < kBlock ? left : kBlock) * 4);
      return;
    case Form::kBytes:
      if (left >= kBlock) {
        for (std::size_t r = 0; r < rows; ++r) std::memcpy(places.next() + c, bytes + r * kBlock, kBlock);
      } else if (left == 8) {
        for (std::size_t r = 0; r < rows; ++r) std::memcpy(places.next() + c, bytes + r * kBlock, 8);
      } else {
        for (std::size_t r = 0; r < rows; ++r) std::memcpy(places.next() + c, bytes + r * kBlock, left);
      }
      return;
    case Form::kBits:
      for (std::size_t r = 0; r < rows; ++r) {
        std::uint8_t* at = places.next() + c / 8;
        for (int plane = 0; plane < y.planes; ++plane) {
          const auto bits = static_cast<std::uint16_t>(bits_of(bytes + r * kBlock, plane) & real_lanes(left));
          std::memcpy(at + static_cast<std::size_t>(plane) * y.plane_bytes, &bits, 2);
        }
      }
      return;
  }
}

template <FinishKind kKind>
HWY_NOINLINE void finish_as(const Finish& f, const Output& y, std::size_t first, std::size_t n, std::size_t block, std::size_t width,
                            const std::int32_t* sums) {
  const std::size_t channels = (y.channels + kBlock - 1) / kBlock * kBlock;
  for (std::size_t w = 0; w < width; ++w)
    finish_block<kKind>(f, y, first, n, (block + w) * kBlock, channels, width * kBlock, sums + w * kBlock);
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

/// One block of channels of n positions.
HWY_INLINE void depthwise_block(const Windows& x, const DepthWeights& weights, const std::uint8_t* const* from, std::size_t n,
                                std::size_t c, std::size_t stride, std::int32_t* sums) {
  const hn::CappedTag<std::int16_t, kBlock> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const hn::Rebind<std::int32_t, hn::Half<decltype(d)>> half;
  const std::size_t lanes = hn::Lanes(d);
  const std::uint32_t* runs = x.runs.data();
  const std::size_t taps = x.runs.size();
  for (std::size_t l = 0; l < kBlock; l += lanes) {
    const std::int16_t* w = weights.taps + c + l;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t* at = from[i] + c + l;
      auto lower = hn::Zero(half);
      auto upper = hn::Zero(half);
      if (weights.narrow) {
        auto sum = hn::Zero(d);
        for (std::size_t t = 0; t < taps; ++t)
          sum = hn::Add(sum, hn::Mul(hn::PromoteTo(d, hn::LoadU(bytes, at + runs[t])), hn::LoadU(d, w + t * weights.channels)));
        lower = hn::PromoteTo(half, hn::LowerHalf(sum));
        upper = hn::PromoteTo(half, hn::UpperHalf(hn::Half<decltype(d)>(), sum));
      } else {
        for (std::size_t t = 0; t < taps; ++t) {
          const auto product = hn::Mul(hn::PromoteTo(d, hn::LoadU(bytes, at + runs[t])), hn::LoadU(d, w + t * weights.channels));
          lower = hn::Add(lower, hn::PromoteTo(half, hn::LowerHalf(product)));
          upper = hn::Add(upper, hn::PromoteTo(half, hn::UpperHalf(hn::Half<decltype(d)>(), product)));
        }
      }
      hn::StoreU(lower, half, sums + i * stride + l);
      hn::StoreU(upper, half, sums + i * stride + l + hn::Lanes(half));
    }
  }
}

/// A vector of numbers of one position.
template <Form kForm>
HWY_INLINE V load(const Operand& operand, const std::uint8_t* at, std::size_t c) {
  const D d;
  if constexpr (kForm == Form::kWords) return hn::LoadU(d, reinterpret_cast<const std::int32_t*>(at) + c);
  V u = hn::Zero(d);
  if constexpr (kForm == Form::kBytes) {
    u = hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint8_t, D>(), at + c));
  } else {
    for (int plane = 0; plane < operand.planes; ++plane) {
      std::uint32_t word = 0;
      std::memcpy(&word, at + static_cast<std::size_t>(plane) * operand.windows.plane_bytes + c / 32 * 4, 4);
      const auto lanes = hn::Shl(hn::Set(d, 1), hn::Iota(d, static_cast<std::int32_t>(c % 32)));
      u = hn::Or(u, hn::IfThenElseZero(hn::TestBit(hn::Set(d, static_cast<std::int32_t>(word)), lanes), hn::Set(d, 1 << plane)));
    }
  }
  if (operand.step == 2) u = hn::Add(u, u);
  return hn::Add(u, hn::Set(d, operand.lo));
}

template <Form kForm>
HWY_INLINE void mix_one(const Mix& mix, const std::uint8_t* const* from, std::size_t n, std::size_t c, std::size_t stride,
                        std::int32_t* sums) {
  const D d;
  const Operand& x = mix.operands[0];
  for (std::size_t v = 0; v < kVectors; ++v, c += kLanes, sums += kLanes) {
    for (std::size_t i = 0; i < n; ++i) {
      V sum = load<kForm>(x, from[i] + x.windows.runs[0], c);
      for (const std::uint32_t run : x.windows.runs.subspan(1)) {
        const V next = load<kForm>(x, from[i] + run, c);
        sum = mix.kind == MixKind::kMax ? hn::Max(sum, next) : hn::Add(sum, next);
      }
      if (mix.kind == MixKind::kAdd && mix.left != 1) sum = hn::Mul(sum, hn::Set(d, mix.left));
      hn::StoreU(sum, d, sums + i * stride);
    }
  }
}

template <Form kLeft, Form kRight>
HWY_INLINE void mix_two(const Mix& mix, const std::uint8_t* const* a, const std::uint8_t* const* b, std::size_t n, std::size_t c,
                        std::size_t stride, std::int32_t* sums) {
  const D d;
  const V left = hn::Set(d, mix.left);
  const V right = hn::Set(d, mix.right);
  const bool plain = mix.left == 1 && mix.right == 1;
  for (std::size_t v = 0; v < kVectors; ++v, c += kLanes, sums += kLanes) {
    for (std::size_t i = 0; i < n; ++i) {
      const V x = load<kLeft>(mix.operands[0], a[i], c);
      const V y = load<kRight>(mix.operands[1], b[i], c);
      const V sum = mix.kind == MixKind::kMul ? hn::Mul(x, y) : plain ? hn::Add(x, y) : hn::Add(hn::Mul(x, left), hn::Mul(y, right));
      hn::StoreU(sum, d, sums + i * stride);
    }
  }
}

/// Calls work with the form as a constant.
template <class Work>
HWY_INLINE void with_form(Form form, const Work& work) {
  switch (form) {
    case Form::kWords:
      return work(std::integral_constant<Form, Form::kWords>());
    case Form::kBytes:
      return work(std::integral_constant<Form, Form::kBytes>());
    case Form::kBits:
      return work(std::integral_constant<Form, Form::kBits>());
  }
}

HWY_INLINE void mix_block(const Mix& mix, const std::uint8_t* const* a, const std::uint8_t* const* b, std::size_t n, std::size_t c,
                          std::size_t stride, std::int32_t* sums) {
  with_form(mix.operands[0].form, [&](auto left) HWY_ATTR {
    if (mix.operands.size() == 1) return mix_one<left()>(mix, a, n, c, stride, sums);
    with_form(mix.operands[1].form, [&](auto right) HWY_ATTR { mix_two<left(), right()>(mix, a, b, n, c, stride, sums); });
  });
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
HWY_NOINLINE void tile(const Windows& x, const Weights& m, const std::uint8_t* const* from, std::size_t block, std::size_t stride,
                       std::int32_t* sums) {
  const D d;
  constexpr std::size_t kV = kB * kVectors;
  constexpr std::size_t kFull = 31;  // words until a byte of counts may be full
  constexpr bool kInBytes = kProduct != Product::kDot && !kCounts;
  static constexpr PlanePair kOnly[1] = {};
  const std::span<const PlanePair> pairs = kProduct == Product::kDot ? std::span<const PlanePair>(kOnly) : m.pairs;
  const std::size_t plane_words = x.runs.size() * x.run_words * kBlock;
  const std::size_t block_words = m.planes * plane_words;
  V sum[kP][kV];
  for (std::size_t p = 0; p < kP; ++p)
    for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Zero(d);
  for (const PlanePair& pair : pairs) {
    if constexpr (kProduct != Product::kDot) {
      for (int i = 0; i < pair.shift; ++i)
        for (std::size_t p = 0; p < kP; ++p)
          for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Add(sum[p][v], sum[p][v]);
      if (pair.negative) {
        for (std::size_t p = 0; p < kP; ++p)
          for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Neg(sum[p][v]);
      }
    }
    const auto* weights = reinterpret_cast<const std::int32_t*>(m.words + block * block_words + pair.w * plane_words);
    const std::size_t plane = pair.x * x.plane_bytes;
    for (const std::uint32_t run : x.runs) {
      const std::uint8_t* at[kP];
      for (std::size_t p = 0; p < kP; ++p) at[p] = from[p] + plane + run;
      for (std::size_t done = 0; done < x.run_words;) {
        const std::size_t stop = kInBytes && x.run_words - done > kFull ? done + kFull : x.run_words;
        V bytes[kP][kV];
        for (std::size_t p = 0; p < kP; ++p)
          for (std::size_t v = 0; v < kV; ++v) bytes[p][v] = hn::Zero(d);
        for (; done < stop; ++done, weights += kBlock) {
          V column[kV];
          for (std::size_t v = 0; v < kV; ++v) column[v] = hn::LoadU(d, weights + v / kVectors * block_words + v % kVectors * kLanes);
          for (std::size_t p = 0; p < kP; ++p) {
            const V word = hn::Set(d, word_at(at[p] + 4 * done));
            for (std::size_t v = 0; v < kV; ++v) {
              V& counts = kInBytes ? bytes[p][v] : sum[p][v];
              counts = meet<kProduct, kNarrow>(counts, word, column[v]);
            }
          }
        }
        if constexpr (kInBytes) {
          for (std::size_t p = 0; p < kP; ++p)
            for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Add(sum[p][v], sum_of_bytes(bytes[p][v]));
        }
      }
    }
    if constexpr (kProduct != Product::kDot) {
      if (pair.negative) {
        for (std::size_t p = 0; p < kP; ++p)
          for (std::size_t v = 0; v < kV; ++v) sum[p][v] = hn::Neg(sum[p][v]);
      }
    }
  }
  for (std::size_t p = 0; p < kP; ++p)
    for (std::size_t v = 0; v < kV; ++v) hn::StoreU(sum[p][v], d, sums + p * stride + v * kLanes);
}

template <Product kProduct, bool kNarrow, std::size_t kP>
HWY_INLINE void tiles(const Windows& x, const Weights& m, const std::uint8_t* const* from, std::size_t block, std::size_t width,
                      std::size_t stride, std::int32_t* sums) {
  if constexpr (kTileBlocks == 4) {
    if (width == 4) return tile<kProduct, kNarrow, kP, 4>(x, m, from, block, stride, sums);
    if (width >= 2) {
      tile<kProduct, kNarrow, kP, 2>(x, m, from, block, stride, sums);
      if (width == 2) return;
      return tile<kProduct, kNarrow, kP, 1>(x, m, from, block + 2, stride, sums + 2 * kBlock);
    }
    return tile<kProduct, kNarrow, kP, 1>(x, m, from, block, stride, sums);
  } else {
    for (std::size_t w = 0; w < width; ++w) tile<kProduct, kNarrow, kP, 1>(x, m, from, block + w, stride, sums + w * kBlock);
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
