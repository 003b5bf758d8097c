// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/base/result.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/machines.h"

namespace finnr {

/// Cycles from the first beat of the first frame taken on any input to the last beat of that frame on the output that sends it
/// last, when inputs are always valid and outputs always ready: exactly what the hardware takes, by token simulation.
/// Fails with kDeadlock.
Result<std::int64_t> first_frame_latency(const Design& design);

/// That the design sustains a frame every `cycles` when its inputs come as `kind` says, for ever: frames are simulated until
/// all streams repeat themselves. Fails with kDeadlock, which names the units that wait for each other and the queue to deepen,
/// and kRateLost.
Status check_rate(const Design& design, std::int64_t cycles, token::Schedule::Kind kind);

}  // namespace finnr
