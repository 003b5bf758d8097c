// SPDX-License-Identifier: Apache-2.0
// The obvious loops: what every other instruction set is compared with.
#include <bit>
#include <cstring>

#include "finnr/emulate/fast_kernels.h"

namespace finnr::fast {
namespace {

std::int32_t code_of(const Finish& f, std::size_t channel, std::size_t channels, std::int32_t v) {
  switch (f.kind) {
    case FinishKind::kNone:
      return f.add[channel] + f.factor * v;
    case FinishKind::kRecode:
      return (f.add[channel] + f.factor * v - f.lo) >> f.shift;
    case FinishKind::kStep:
      return static_cast<std::int32_t>(v > f.borders[channel]) ^ f.flips[channel];
    case FinishKind::kLine: {
      const auto u = static_cast<std::int32_t>(static_cast<float>(v) * f.scale[channel] + f.offset[channel]);
      return u < f.low[channel] ? f.low[channel] : u > f.high[channel] ? f.high[channel] : u;
    }
    case FinishKind::kSteps: {
      std::int32_t u = f.bases[channel];
      for (std::size_t k = 0; k < f.steps; ++k) u += v > f.borders[k * channels + channel] ? f.signs[k * channels + channel] : 0;
      return u;
    }
    case FinishKind::kSearch: {
      std::size_t below = 0;
      while (below < f.steps && v > f.borders[channel * f.steps + below]) ++below;
      return f.levels[channel * (f.steps + 1) + below];
    }
  }
  return 0;
}

/// Element `channel` of a position whose channels start at `at`.
void store(const Output& y, std::uint8_t* at, std::size_t channel, std::int32_t u) {
  switch (y.form) {
    case Form::kWords:
      std::memcpy(at + channel * 4, &u, 4);
      return;
    case Form::kBytes:
      at[channel] = static_cast<std::uint8_t>(u);
      return;
    case Form::kBits:
      for (int plane = 0; plane < y.planes; ++plane) {
        std::uint8_t& byte = at[static_cast<std::size_t>(plane) * y.plane_bytes + channel / 8];
        const auto bit = static_cast<std::uint8_t>(1U << channel % 8);
        byte = static_cast<std::uint8_t>(((u >> plane) & 1) != 0 ? byte | bit : byte & ~bit);
      }
      return;
  }
}

void finish_rows(const Finish& finish, const Output& y, std::size_t first, std::size_t n, std::size_t block, std::size_t width,
                 const std::int32_t* sums) {
  const std::size_t channels = (y.channels + kBlock - 1) / kBlock * kBlock;
  for (std::size_t i = 0; i < n; i += y.pool) {
    const std::size_t place = (first + i) / y.pool;
    std::uint8_t* at = y.data + place / y.places.size() * y.frame_bytes + y.places[place % y.places.size()];
    for (std::size_t c = 0; c < width * kBlock && block * kBlock + c < y.channels; ++c) {
      const std::size_t channel = block * kBlock + c;
      std::int32_t most = 0;
      for (std::size_t j = 0; j < y.pool; ++j) {
        const std::int32_t u = code_of(finish, channel, channels, sums[(i + j) * width * kBlock + c]);
        most = j == 0 || u > most ? u : most;
      }
      store(y, at, channel, most);
    }
  }
}

/// Channels [first, first + 16) of one position as numbers.
void load_block(const Operand& operand, const std::uint8_t* at, std::size_t first, std::int32_t* x) {
  switch (operand.form) {
    case Form::kWords:
      std::memcpy(x, at + first * 4, kBlock * 4);
      return;
    case Form::kBytes:
      for (std::size_t l = 0; l < kBlock; ++l) x[l] = operand.lo + operand.step * at[first + l];
      return;
    case Form::kBits: {
      std::int32_t u[kBlock] = {};
      for (int plane = 0; plane < operand.planes; ++plane) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, at + static_cast<std::size_t>(plane) * operand.windows.plane_bytes + first / 8, 2);
        for (std::size_t l = 0; l < kBlock; ++l) u[l] += ((bits >> l) & 1) << plane;
      }
      for (std::size_t l = 0; l < kBlock; ++l) x[l] = operand.lo + operand.step * u[l];
      return;
    }
  }
}

/// A block of one position of elementwise work.
void mix_position(const Mix& mix, const std::uint8_t* a, const std::uint8_t* b, std::size_t first, std::int32_t* sums) {
  const Operand& left = mix.operands[0];
  std::int32_t x[kBlock] = {};
  std::int32_t y[kBlock] = {};
  switch (mix.kind) {
    case MixKind::kAdd:
      load_block(left, a, first, x);
      if (b != nullptr) load_block(mix.operands[1], b, first, y);
      for (std::size_t l = 0; l < kBlock; ++l) sums[l] = mix.left * x[l] + mix.right * y[l];
      return;
    case MixKind::kMul:
      load_block(left, a, first, x);
      load_block(mix.operands[1], b, first, y);
      for (std::size_t l = 0; l < kBlock; ++l) sums[l] = x[l] * y[l];
      return;
    case MixKind::kSum:
      for (const std::uint32_t run : left.windows.runs) {
        load_block(left, a + run, first, x);
        for (std::size_t l = 0; l < kBlock; ++l) y[l] += x[l];
      }
      std::memcpy(sums, y, sizeof(y));
      return;
    case MixKind::kMax:
      load_block(left, a + left.windows.runs[0], first, y);
      for (const std::uint32_t run : left.windows.runs.subspan(1)) {
        load_block(left, a + run, first, x);
        for (std::size_t l = 0; l < kBlock; ++l) y[l] = y[l] > x[l] ? y[l] : x[l];
      }
      std::memcpy(sums, y, sizeof(y));
      return;
  }
}

void mix_block(const Mix& mix, const std::uint8_t* const* a, const std::uint8_t* const* b, std::size_t n, std::size_t first,
               std::size_t stride, std::int32_t* sums) {
  for (std::size_t i = 0; i < n; ++i) mix_position(mix, a[i], b[i], first, sums + i * stride);
}

void depthwise_block(const Windows& x, const DepthWeights& weights, const std::uint8_t* const* from, std::size_t n, std::size_t first,
                     std::size_t stride, std::int32_t* sums) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t l = 0; l < kBlock; ++l) {
      std::int32_t& sum = sums[i * stride + l];
      sum = 0;
      for (std::size_t t = 0; t < x.runs.size(); ++t)
        sum += from[i][x.runs[t] + first + l] * weights.taps[t * weights.channels + first + l];
    }
  }
}

#include "finnr/emulate/fast_loops.inc"

std::uint32_t word_at(const std::uint8_t* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, 4);
  return word;
}

std::int32_t dot(std::uint32_t x, std::uint32_t w) {
  std::int32_t sum = 0;
  for (int i = 0; i < 32; i += 8) sum += static_cast<std::int32_t>((x >> i) & 255U) * static_cast<std::int8_t>((w >> i) & 255U);
  return sum;
}

/// The sum of one window with one channel of a plane's weights, whose words are kBlock apart.
std::int32_t meet(const Weights& m, const Windows& x, const std::uint8_t* from, const std::uint32_t* w) {
  std::int32_t sum = 0;
  for (const std::uint32_t run : x.runs) {
    for (std::size_t k = 0; k < x.run_words; ++k, w += kBlock) {
      const std::uint32_t word = word_at(from + run + 4 * k);
      sum += m.product == Product::kDot ? dot(word, *w) : std::popcount(m.product == Product::kXor ? word ^ *w : word & *w);
    }
  }
  return sum;
}

void multiply(const Windows& x, const Weights& m, const Finish& finish, const Output& y, std::size_t frames) {
  const std::size_t plane_words = x.runs.size() * x.run_words * kBlock;
  in_chunks(x.starts.size(), m.blocks, false, finish, y, frames,
            [&](std::size_t at, std::size_t n, std::size_t block, std::size_t width, std::int32_t* sums) {
              const std::uint8_t* from[kChunk];
              find_starts(x, at, n, from);
              for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t c = 0; c < width * kBlock; ++c) {
                  const std::uint32_t* w = m.words + (block + c / kBlock) * m.planes * plane_words + c % kBlock;
                  std::int32_t sum = m.product == Product::kDot ? meet(m, x, from[i], w) : 0;
                  for (const PlanePair& pair : m.pairs) {
                    const std::int32_t bits = meet(m, x, from[i] + pair.x * x.plane_bytes, w + pair.w * plane_words);
                    sum = sum * (1 << pair.shift) + (pair.negative ? -bits : bits);
                  }
                  sums[i * width * kBlock + c] = sum;
                }
              }
            });
}

void compare_bytes(const std::uint8_t* x, std::size_t count, std::uint8_t threshold, bool flip, std::uint8_t* bits) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool bit = (x[i] >= threshold) != flip;
    if (i % 8 == 0) bits[i / 8] = 0;
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (bit ? 1U << i % 8 : 0U));
  }
}

void split_planes(const std::uint8_t* u, std::size_t count, int planes, std::size_t plane_bytes, std::uint8_t* bits) {
  for (int plane = 0; plane < planes; ++plane, bits += plane_bytes) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 8 == 0) bits[i / 8] = 0;
      bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | ((u[i] >> plane) & 1) << i % 8);
    }
  }
}

double spin(Product product, std::size_t rounds) {
  std::uint32_t x = 0x12345678;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+r"(x));
    sum += product == Product::kDot ? dot(x, 0x01020304) : std::popcount(x ^ 0x0F0F0F0FU);
  }
  asm volatile("" : "+r"(sum));
  return static_cast<double>(rounds) * (product == Product::kDot ? 8 : 64);
}

}  // namespace

const Kernels& scalar_kernels() {
  static constexpr Kernels kScalar = {&multiply, &depthwise, &mix, &compare_bytes, &split_planes, &spin};
  return kScalar;
}

}  // namespace finnr::fast
