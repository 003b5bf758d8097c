// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "finnr/emulate/fast_finish.h"
#include "finnr/emulate/fast_kernels.h"
#include "finnr/graph/graph.h"

namespace finnr::fast {

/// How a value of the graph lies in memory, frame by frame: positions with their channels side by side, and a border of positions
/// around them that holds the code of padding.
struct Layout {
  Form form = Form::kWords;
  int planes = 1;
  Encoding encoding;  ///< of bits and bytes
  int axis = 1;       ///< of the value's shape: the channels; the other axes are positions
  Shape dims;         ///< of the positions, the border not counted; the batch is one of them
  Shape begin;        ///< border in front of each of those axes
  Shape end;
  std::int64_t fill = 0;  ///< the number that stands in the border
  std::int64_t channels = 1;

  std::size_t pixel_bytes = 0;
  std::size_t plane_bytes = 0;
  std::size_t frame_bytes = 0;

  /// Channels along `axis` of a value of this shape (a scalar has one channel), without a border; the form is set later.
  static Layout of(const Shape& shape, int axis);
  /// Computes the sizes from the rest.
  void settle();
  [[nodiscard]] std::int64_t positions() const { return count(dims); }
  /// Bytes between neighbours along each axis of positions.
  [[nodiscard]] std::vector<std::int64_t> pitches() const;
  /// The byte at which each position starts, in row-major order.
  [[nodiscard]] std::vector<std::uint32_t> places() const;
  /// A reader that wants `other` finds it here: everything but the sizes agrees, and the border is as large or larger.
  [[nodiscard]] bool serves(const Layout& other) const;
};

/// The form of a value that nothing asks to be in bits: bytes where they hold it, else words.
void take_plain_form(Layout& layout, const IntType& type);

/// Codes for numbers of a type, and for `fill` where it may stand between them.
Encoding encoding_of(const IntType& type, const std::int64_t* fill = nullptr);

/// Writes the padding of one frame.
void write_border(const Layout& layout, std::uint8_t* frame);

/// The code, or the number, at a byte of a position.
inline void put(const Layout& layout, std::uint8_t* at, std::size_t channel, std::int64_t code) {
  switch (layout.form) {
    case Form::kWords: {
      const auto word = static_cast<std::int32_t>(code);
      std::memcpy(at + channel * 4, &word, 4);
      return;
    }
    case Form::kBytes:
      at[channel] = static_cast<std::uint8_t>(code);
      return;
    case Form::kBits:
      for (int plane = 0; plane < layout.planes; ++plane) {
        std::uint8_t& byte = at[static_cast<std::size_t>(plane) * layout.plane_bytes + channel / 8];
        const auto bit = static_cast<std::uint8_t>(1U << channel % 8);
        byte = static_cast<std::uint8_t>(((code >> plane) & 1) != 0 ? byte | bit : byte & ~bit);
      }
      return;
  }
}

inline std::int64_t get(const Layout& layout, const std::uint8_t* at, std::size_t channel) {
  std::int32_t word = 0;
  std::int64_t code = 0;
  switch (layout.form) {
    case Form::kWords:
      std::memcpy(&word, at + channel * 4, 4);
      return word;
    case Form::kBytes:
      return layout.encoding.lo + layout.encoding.step * at[channel];
    case Form::kBits:
      for (int plane = 0; plane < layout.planes; ++plane)
        code |= std::int64_t{(at[static_cast<std::size_t>(plane) * layout.plane_bytes + channel / 8] >> channel % 8) & 1} << plane;
      return layout.encoding.lo + layout.encoding.step * code;
  }
  return 0;
}

/// Calls visit(element, place, channel) for every element of a frame, by channel: `element` is its row-major index in the value,
/// `place` the byte at which its position starts.
template <class Visit>
void for_each_element(const Layout& layout, const Shape& shape, const std::vector<std::uint32_t>& places, Visit&& visit) {
  std::size_t inner = 1;
  for (std::size_t a = static_cast<std::size_t>(layout.axis) + 1; a < shape.size(); ++a) inner *= static_cast<std::size_t>(shape[a]);
  const auto channels = static_cast<std::size_t>(layout.channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t outer = 0; outer * inner < places.size(); ++outer) {
      for (std::size_t i = 0; i < inner; ++i) visit((outer * channels + channel) * inner + i, places[outer * inner + i], channel);
    }
  }
}

}  // namespace finnr::fast
