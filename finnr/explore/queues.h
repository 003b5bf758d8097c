// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// The queues where branches meet: all but those at the edges of the accelerator.
std::vector<UnitId> inner_queues(const Design& design);

/// Times that sizing lets beats pass a stream at most, alone or in a run: some ten seconds of work.
inline constexpr std::int64_t kMostSizingPasses = std::int64_t{9} << 26;

/// Makes the inner queues as short as the rate allows. The design afterwards sustains its own interval() under steady, bursty and
/// greedy inputs, and no single queue could be shorter by one (it need not be the least total). Queues of no beat are left out.
///
/// All queues are first unbounded; the most beats that were inside at once are a depth that is enough. The units around each (region.h)
/// tell a depth that it needs at least. From there the whole design decides, queue by queue: the rate is monotone in depth but for
/// bubbles in pipes, so bisection finds the least one, and a queue that cannot be shorter never can be once others are. Where time is
/// left, each is tried with a beat less in the whole design at the end.
///
/// False when the least depths were not found, because no depths sustain the interval under all inputs, or because finding out would
/// take more than `most_passes`. The queues are then as they were, or as short as was found by then, and the design sustains its interval
/// with them if it did before.
bool size_queues(Design& design, std::int64_t most_passes = kMostSizingPasses);

/// Takes the queues of no beat out of a design.
void drop_empty_queues(Design& design);

}  // namespace finnr
