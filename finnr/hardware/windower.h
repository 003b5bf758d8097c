// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/hardware/tokens.h"
#include "finnr/hardware/window.h"

namespace finnr::token {

/// finnr_window: beats enter a ring of rows; a beat of the output is read when all its pixels are written, and the last beat
/// of an output row frees the rows that no later one needs.
class WindowMachine final : public Machine {
 public:
  WindowMachine(Channel& in, Channel& out, const WindowShape& shape, std::int64_t rows);
  void run() override;

 private:
  /// A beat of the output.
  struct Place {
    std::int64_t oy = 0;
    std::int64_t ox = 0;
    std::int64_t group = 0;
    std::int64_t ky = 0;  // of the tiles
    std::int64_t kx = 0;
    std::int64_t inner = 0;
    std::int64_t in_row = 0;  // beats in front of it
  };
  void next_beat();
  bool pass_beats(Cycle read);
  [[nodiscard]] bool reach(std::int64_t beat);
  /// Beats of the image that must be there for the present beat of the output: all up to the last one it reads, at least one.
  [[nodiscard]] std::int64_t needed() const;

  Channel& in_;
  Channel& out_;
  WindowShape shape_;
  std::int64_t line_;     // beats of a row
  std::int64_t image_;    // beats of an image
  std::int64_t tiles_y_;  // of a window
  std::int64_t tiles_x_;
  std::int64_t row_;                       // beats of a row of the output
  std::vector<std::int64_t> last_row_;     // by output row and row of tiles: beats in front of the last real row, -1 without one
  std::vector<std::int64_t> last_column_;  // by output column and tile: the same in the row
  std::vector<std::int64_t> freed_;        // by output row: rows that its end frees
  Place place_;
  std::int64_t came_ = 0;  // beats of this image and later ones
  Cycle last_came_ = kAlways;
  Cycle free_ = kAlways;
  bool full_ = false;
};

}  // namespace finnr::token
