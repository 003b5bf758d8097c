// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/steady.h"

namespace finnr::token {

Rate settle(Model& model, std::int64_t interval, std::int64_t most_passes) {
  constexpr std::int64_t kPatience = 8;
  std::int64_t kept = 0;  // frames in a row
  std::int64_t lost = 0;
  for (std::int64_t frame = 1; frame <= kPatience * (1 + model.span()); ++frame) {
    if (model.passes() > most_passes) return Rate::kUnknown;
    if (!model.run(frame)) return Rate::kDeadlock;
    if (frame < 2) continue;
    kept = (model.greedy() ? model.repeats_at_ends(interval) : model.repeats(interval)) ? kept + 1 : 0;
    if (kept >= model.span()) return Rate::kKept;
    lost = model.lateness(interval) > 0 ? lost + 1 : 0;
    if (lost > model.span()) return Rate::kLost;
  }
  return Rate::kLost;
}

}  // namespace finnr::token
