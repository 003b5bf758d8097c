// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/hardware/token_model.h"

namespace finnr::token {

enum class Rate : std::uint8_t { kKept, kLost, kDeadlock, kUnknown };

/// Runs frames until it is known whether the model takes one every `interval` cycles from its sources for ever.
///
/// Units start empty, and what a frame can be later than its source grows to a limit or for ever. Kept: every stream repeats
/// itself for as many frames as a beat can depend on, so that all later frames are the same (with greedy sources, which run ahead
/// until everything between is full, the streams that leave do). Lost: some stream gets later in every frame, for more frames than
/// a beat can depend on; or nothing has settled after several times that number. Unknown: beats had passed streams more than `most_passes`
/// times before that.
Rate settle(Model& model, std::int64_t interval, std::int64_t most_passes = kUnbounded);

}  // namespace finnr::token
