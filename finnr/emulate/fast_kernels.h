// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "finnr/emulate/fast_target.h"

namespace finnr::fast {

// What the kernels of every instruction set take and give. Images lie channels last. A number x is held as an unsigned code u
// with x = lo + step * u, in one of three forms:
//   bits   planes of bits: plane i holds bit i of u; a position is a run of 32-bit words, 32 channels a word, low bit first
//   bytes  u itself, a byte a channel
//   words  x itself, 32 bits a channel
// Channels beyond the last one are 0 in bits and bytes. Sums are taken for blocks of 16 channels.

inline constexpr std::size_t kBlock = 16;

enum class Form : std::uint8_t { kBits, kBytes, kWords };

/// How a 4-byte word of activations meets a word of weights.
enum class Product : std::uint8_t {
  kXor,  ///< number of bits that differ
  kAnd,  ///< number of bits that both have
  kDot,  ///< sum of four products of an unsigned byte with a signed byte
};

/// Plane `x` of the activations meets plane `w` of the weights. Pairs come in an order in which the sum so far is first shifted
/// by `shift`; the count is then added or, with `negative`, subtracted.
struct PlanePair {
  std::uint8_t x = 0;
  std::uint8_t w = 0;
  std::uint8_t shift = 0;
  bool negative = false;
};

/// Where activations are read: for each position of a frame the byte at which its window starts, and in a window the runs of
/// words that lie side by side.
struct Windows {
  const std::uint8_t* data = nullptr;
  std::size_t frame_bytes = 0;
  std::size_t plane_bytes = 0;
  std::span<const std::uint32_t> starts;
  std::span<const std::uint32_t> runs;
  std::size_t run_words = 0;
};

/// Weights as words: [block of 16 channels][plane][run][word][channel of the block].
struct Weights {
  Product product = Product::kDot;
  bool narrow = false;               ///< kDot: the sum of two products fits 16 bits
  std::span<const PlanePair> pairs;  ///< of kXor and kAnd
  const std::uint32_t* words = nullptr;
  std::size_t planes = 1;
  std::size_t blocks = 0;
};

/// Weights of a convolution that keeps channels apart: [tap][channel], channels rounded up to blocks.
struct DepthWeights {
  const std::int16_t* taps = nullptr;
  std::size_t channels = 0;  ///< rounded up
  bool narrow = false;       ///< every partial sum fits 16 bits
};

enum class FinishKind : std::uint8_t {
  kNone,    ///< x = v
  kRecode,  ///< u = (v - lo) >> shift
  kStep,    ///< u = [v > border] xor flip
  kLine,    ///< u = min(max(trunc(v * scale + offset), low), high) in float32; product and sum may be rounded at once or one by one
  kSteps,   ///< u = base + sum over k of signs[k] * [v > borders[k]]
  kSearch,  ///< u = levels[number of borders < v]
};

/// What becomes of a sum v: a code u. kNone and kRecode first make v = add + factor * sum. Tables have an entry for each channel,
/// rounded up to blocks; kSteps has `steps` rows of them, kSearch rows of `steps` borders and `steps` + 1 levels for each channel.
struct Finish {
  FinishKind kind = FinishKind::kNone;
  std::int32_t factor = 1;  ///< 1, 2, -1 or -2
  std::int32_t lo = 0;      ///< kRecode
  int shift = 0;            ///< kRecode
  std::size_t steps = 0;
  const std::int32_t* add = nullptr;
  const std::int32_t* borders = nullptr;  ///< thresholds less 1
  const std::int32_t* flips = nullptr;    ///< kStep: 0 or 1
  const std::int32_t* signs = nullptr;
  const std::int32_t* bases = nullptr;
  const std::int32_t* levels = nullptr;
  const float* scale = nullptr;
  const float* offset = nullptr;
  const std::int32_t* low = nullptr;
  const std::int32_t* high = nullptr;
};

/// Where results go: for each position of a frame, or each `pool` positions in a row of which the maximum is kept, the byte at
/// which its channels start.
struct Output {
  Form form = Form::kWords;
  int planes = 1;
  std::uint8_t* data = nullptr;
  std::size_t frame_bytes = 0;
  std::size_t plane_bytes = 0;
  std::span<const std::uint32_t> places;
  std::size_t pool = 1;
  std::size_t channels = 0;  ///< that exist
};

/// An operand of elementwise work: x = lo + step * u.
struct Operand {
  Form form = Form::kWords;
  int planes = 1;
  std::int32_t lo = 0;
  std::int32_t step = 1;
  Windows windows;  ///< `runs` are single positions; run_words is not used
};

enum class MixKind : std::uint8_t {
  kAdd,  ///< left * a + right * b; one operand alone is left * a
  kMul,  ///< a * b
  kSum,  ///< of a window of a
  kMax,  ///< of a window of a
};

struct Mix {
  MixKind kind = MixKind::kAdd;
  std::int32_t left = 1;
  std::int32_t right = 1;
  std::span<const Operand> operands;
};

/// The kernels of one instruction set. `frames` frames lie one behind the other. Reads may go up to kSlack bytes beyond the last
/// element of an operand.
struct Kernels {
  void (*multiply)(const Windows& x, const Weights& weights, const Finish& finish, const Output& y, std::size_t frames);
  void (*depthwise)(const Windows& x, const DepthWeights& weights, const Finish& finish, const Output& y, std::size_t frames);
  void (*mix)(const Mix& mix, const Finish& finish, const Output& y, std::size_t frames);
  /// Bit i is [x[i] >= threshold] xor flip.
  void (*compare_bytes)(const std::uint8_t* x, std::size_t count, std::uint8_t threshold, bool flip, std::uint8_t* bits);
  /// Plane i of the bits of u lies `plane_bytes` behind the one before; whole bytes are written.
  void (*split_planes)(const std::uint8_t* u, std::size_t count, int planes, std::size_t plane_bytes, std::uint8_t* bits);
  /// Products of nothing but registers, as fast as they go: returns how many operations that were, a product and a sum each two.
  double (*spin)(Product product, std::size_t rounds);
};

inline constexpr std::size_t kSlack = 256;

/// Positions whose sums are held at once before they are finished, and blocks; windows of a fused pool may not be larger.
inline constexpr std::size_t kChunk = 24;
inline constexpr std::size_t kMostBlocks = 4;
/// Weights above this size are kept while all positions pass by, smaller ones pass by each position.
inline constexpr std::size_t kLargeWeights = std::size_t{1} << 19;

const Kernels& kernels(FastTarget target);
const Kernels& scalar_kernels();

}  // namespace finnr::fast
