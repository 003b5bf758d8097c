// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "finnr/base/result.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/folding.h"

namespace finnr {

/// Units and streams of a hardware part under a legal folding: matrix, threshold and top-k units, width converters where
/// lanes differ, queues at the edges. Fails with kTooWide.
Result<Design> lower(const HardwarePart& part, const Folding& folding, const std::string& name);

}  // namespace finnr
