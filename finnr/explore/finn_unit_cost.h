// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/hardware/cost.h"
#include "finnr/hardware/design.h"

namespace finnr {

/// FINN's estimates (finnr/cost/finn_design.h) on our units: LUT and memory of matrix, depthwise and threshold units by its formulas;
/// windows as a buffer of their rows, converters and queues as FINN counts those; other units as nothing, as there. Flip-flops are not
/// counted, and multiplications stand in LUTs.
Cost finn_unit_cost(const Design& design, const Unit& unit);

}  // namespace finnr
