// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "finnr/hardware/folding.h"

namespace finnr {

/// A folding in our own form (docs/folding.md), which read_folding() reads back.
std::string write_folding(const HardwarePart& part, const Folding& folding);

}  // namespace finnr
