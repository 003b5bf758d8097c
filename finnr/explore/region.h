// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// By unit: the last unit that all ways from the inputs to it have in common, itself excluded; invalid where there is none.
std::vector<UnitId> dominators(const Design& design);

/// The units that decide whether a queue is deep enough: from a fork to the unit where the queue's way meets others, in the order of
/// the design. The fork is the last unit that all ways to there have in common; where ways meet in front of it, it is theirs, since
/// what is between may have no time to wait. What these units cannot sustain alone, the whole design cannot sustain either.
std::vector<UnitId> region_of(const Design& design, UnitId queue);

}  // namespace finnr
