// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/fast_layout.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "finnr/base/check.h"

namespace finnr::fast {

Layout Layout::of(const Shape& shape, int axis) {
  Layout layout;
  layout.axis = std::max(0, std::min(axis, static_cast<int>(shape.size()) - 1));
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (static_cast<int>(a) == layout.axis) {
      layout.channels = shape[a];
    } else {
      layout.dims.push_back(shape[a]);
    }
  }
  layout.begin.assign(layout.dims.size(), 0);
  layout.end.assign(layout.dims.size(), 0);
  return layout;
}

void Layout::settle() {
  const auto n = static_cast<std::size_t>(channels);
  switch (form) {
    case Form::kBits:
      pixel_bytes = (n + 31) / 32 * 4;
      break;
    case Form::kBytes:
      pixel_bytes = (n + 3) / 4 * 4;
      break;
    case Form::kWords:
      pixel_bytes = (n + kBlock - 1) / kBlock * kBlock * 4;
      break;
  }
  std::size_t all = 1;
  for (std::size_t a = 0; a < dims.size(); ++a) all *= static_cast<std::size_t>(dims[a] + begin[a] + end[a]);
  plane_bytes = all * pixel_bytes;
  frame_bytes = plane_bytes * static_cast<std::size_t>(form == Form::kBits ? planes : 1);
}

std::vector<std::int64_t> Layout::pitches() const {
  std::vector<std::int64_t> pitch(dims.size());
  auto bytes = static_cast<std::int64_t>(pixel_bytes);
  for (std::size_t a = dims.size(); a-- > 0;) {
    pitch[a] = bytes;
    bytes *= dims[a] + begin[a] + end[a];
  }
  return pitch;
}

std::vector<std::uint32_t> Layout::places() const {
  const std::vector<std::int64_t> pitch = pitches();
  std::vector<std::uint32_t> places;
  for (std::int64_t i = 0; i < positions(); ++i) {
    std::int64_t rest = i;
    std::int64_t place = 0;
    for (std::size_t a = dims.size(); a-- > 0; rest /= dims[a]) place += (rest % dims[a] + begin[a]) * pitch[a];
    places.push_back(static_cast<std::uint32_t>(place));
  }
  return places;
}

bool Layout::serves(const Layout& o) const {
  bool bordered = false;
  for (std::size_t a = 0; a < o.begin.size(); ++a) {
    bordered = bordered || o.begin[a] != 0 || o.end[a] != 0;
    if (dims != o.dims || begin[a] < o.begin[a] || end[a] < o.end[a]) return false;
  }
  return form == o.form && (form == Form::kWords || encoding == o.encoding) && (form != Form::kBits || planes == o.planes) &&
         axis == o.axis && dims == o.dims && channels == o.channels && (!bordered || fill == o.fill);
}

void take_plain_form(Layout& layout, const IntType& type) {
  const Encoding encoding = encoding_of(type);
  layout.form = encoding.most <= 255 ? Form::kBytes : Form::kWords;
  if (layout.form == Form::kBytes) layout.encoding = encoding;
}

Encoding encoding_of(const IntType& type, const std::int64_t* fill) {
  if (type.bipolar && (fill == nullptr || type.contains(*fill))) return {-1, 2, 1};
  Encoding encoding{type.lo, 1, 0};
  std::int64_t hi = type.hi;
  if (fill != nullptr) {
    encoding.lo = std::min(encoding.lo, *fill);
    hi = std::max(hi, *fill);
  }
  const std::uint64_t span = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(encoding.lo);
  encoding.most = static_cast<std::int64_t>(std::min<std::uint64_t>(span, std::numeric_limits<std::int64_t>::max()));
  return encoding;
}

void write_border(const Layout& layout, std::uint8_t* frame) {
  Layout outer = layout;
  for (std::size_t a = 0; a < outer.dims.size(); ++a) {
    outer.dims[a] += outer.begin[a] + outer.end[a];
    outer.begin[a] = outer.end[a] = 0;
  }
  if (outer.dims == layout.dims) return;
  const std::int64_t code = layout.form == Form::kWords ? layout.fill : layout.encoding.code(layout.fill);
  for (const std::uint32_t place : outer.places()) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(layout.channels); ++c) put(outer, frame + place, c, code);
  }
}

}  // namespace finnr::fast
