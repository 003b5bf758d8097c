// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/folding.h"

namespace finnr {

/// Units and streams of a hardware part under a legal folding: matrix, threshold and top-k units, width converters where
/// lanes differ, queues at the edges. `least` are elements that travel at least on each link (padding.h), for a part that was cut out of
/// another one. Fails with kTooWide, and with kIllegalFolding where padding is not possible.
Result<Design> lower(const HardwarePart& part, const Folding& folding, const std::string& name,
                     const std::vector<std::int64_t>& least = {});

}  // namespace finnr
