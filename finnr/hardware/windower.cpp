// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/windower.h"

#include <algorithm>

#include "finnr/base/integers.h"

namespace finnr::token {

WindowMachine::WindowMachine(Channel& in, Channel& out, const WindowShape& shape, std::int64_t rows)
    : in_(in),
      out_(out),
      shape_(shape),
      line_(shape.w * shape.groups * shape.inner),
      image_(shape.h * line_),
      tiles_y_(shape.kh / shape.tile_h),
      tiles_x_(shape.kw / shape.tile_w) {
  for (std::int64_t oy = 0; oy < shape.oh; ++oy) {
    for (std::int64_t tile = 0; tile < tiles_y_; ++tile) {
      std::int64_t last = -1;
      for (std::int64_t ky = tile * shape.tile_h; ky < (tile + 1) * shape.tile_h; ++ky) last = std::max(last, window_row(shape, oy, ky));
      last_row_.push_back(last < 0 ? -1 : last * line_);
    }
    const std::int64_t base = window_base(shape, oy);
    freed_.push_back((oy + 1 < shape.oh ? window_base(shape, oy + 1) : shape.h + window_base(shape, 0)) - base);
  }
  for (std::int64_t ox = 0; ox < shape.ow; ++ox) {
    for (std::int64_t tile = 0; tile < tiles_x_; ++tile) {
      std::int64_t last = -1;
      for (std::int64_t kx = tile * shape.tile_w; kx < (tile + 1) * shape.tile_w; ++kx) last = std::max(last, window_column(shape, ox, kx));
      last_column_.push_back(last < 0 ? -1 : last * shape.groups * shape.inner);
    }
  }
  in_.grant(kAlways, (window_base(shape, 0) + rows) * line_);
}

std::int64_t WindowMachine::needed() const {
  const std::int64_t row = last_row_[static_cast<std::size_t>(oy_ * tiles_y_ + ky_)];
  const std::int64_t column = last_column_[static_cast<std::size_t>(ox_ * tiles_x_ + kx_)];
  return row < 0 || column < 0 ? 1 : row + column + group_ * shape_.inner + inner_ + 1;
}

void WindowMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (full_) return;
    const std::int64_t needed = this->needed();
    while (came_ < needed && in_.arrived()) {
      last_came_ = in_.arrival();
      ++came_;
    }
    if (came_ < needed) return;
    // What came earlier does not matter any more: reads go forward.
    const Cycle read = std::max(free_, last_came_ + 1);
    full_ = true;
    const bool last_of_row =
        ox_ == shape_.ow - 1 && group_ == shape_.groups - 1 && ky_ == tiles_y_ - 1 && kx_ == tiles_x_ - 1 && inner_ == shape_.inner - 1;
    if (last_of_row) in_.grant(read + 1, freed_[static_cast<std::size_t>(oy_)] * line_);
    next_beat();
    out_.offer(read + 1);
  }
}

void WindowMachine::next_beat() {
  const auto step = [](std::int64_t& counter, std::int64_t size) {
    if (++counter < size) return false;
    counter = 0;
    return true;
  };
  if (step(inner_, shape_.inner) && step(kx_, tiles_x_) && step(ky_, tiles_y_) && step(group_, shape_.groups) && step(ox_, shape_.ow) &&
      step(oy_, shape_.oh))
    came_ -= image_;
}

}  // namespace finnr::token
