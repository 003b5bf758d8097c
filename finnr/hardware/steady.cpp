// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/steady.h"

namespace finnr::token {

Rate settle(Model& model, std::int64_t interval) {
  constexpr std::int64_t kPatience = 16;
  std::int64_t kept = 0;  // frames in a row
  std::int64_t lost = 0;
  std::int64_t lateness = 0;
  for (std::int64_t frame = 1; frame <= kPatience * (1 + model.span()); ++frame) {
    if (!model.run(frame)) return Rate::kDeadlock;
    if (frame < 2) continue;
    kept = (model.greedy() ? model.repeats_at_ends(interval) : model.repeats(interval)) ? kept + 1 : 0;
    if (kept >= model.span()) return Rate::kKept;
    const std::int64_t now = model.lateness(interval);
    lost = now > 0 && now == lateness ? lost + 1 : 0;
    lateness = now;
    if (lost > model.span()) return Rate::kLost;
  }
  return Rate::kLost;
}

}  // namespace finnr::token
