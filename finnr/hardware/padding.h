// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// Elements of a vector that travel on each link: at least its channels, and a multiple of the lanes at both ends. What enters a
/// stand-alone threshold unit also leaves it, so links around thresholds are padded together. Only matrices without windows can drop
/// padding: elsewhere fails with kIllegalFolding. The folding is settled (lanes.h).
Result<std::vector<std::int64_t>> padding(const HardwarePart& part, const Folding& folding);

}  // namespace finnr
