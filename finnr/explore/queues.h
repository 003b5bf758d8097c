// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// The queues where branches meet: all but those at the edges of the accelerator.
std::vector<UnitId> inner_queues(const Design& design);

/// Times that sizing lets beats pass a stream at most, alone or in a run: some seconds of work.
inline constexpr std::int64_t kMostSizingPasses = std::int64_t{3} << 27;

/// Makes the inner queues as short as the rate allows. The design afterwards sustains its own interval() under steady, bursty and
/// greedy inputs, and no single queue could be shorter by one (it need not be the least total). Queues of no beat are left out.
///
/// All queues are first unbounded; the most beats that were inside at once are a depth that is enough. Then each, the one of most
/// bits first, is made as short as the units around it allow (region.h): the rate is monotone in depth, so bisection finds it.
/// At last the whole design is simulated; queues that are too short together are made deeper and sized with the whole design.
///
/// False when the least depths were not found, because no depths sustain the interval under all inputs, or because finding out would
/// take more than `most_passes`. The queues are then as deep as the most beats that were inside at once, if the design is known to sustain
/// its interval so, and else as they were; the queues of lowering are deep enough.
bool size_queues(Design& design, std::int64_t most_passes = kMostSizingPasses);

/// Takes the queues of no beat out of a design.
void drop_empty_queues(Design& design);

}  // namespace finnr
