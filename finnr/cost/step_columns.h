// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/hardware/threshold_words.h"

namespace finnr {

/// What synthesis finds in the memories of thresholds of a unit. Columns of equal bits share their LUT and their register, and constant
/// ones need neither. A search has a memory for each of its stages and one for signs and bases, else there is one for all.
struct StepColumns {
  std::int64_t registers = 0;  ///< different columns that are not constant, over all memories
  std::int64_t luts = 0;       ///< those of them that are no bit of the address
  std::int64_t choices = 0;    ///< of a search: LUTs of 4 inputs that choose between two that differ
  std::int64_t chosen = 0;     ///< the same of 6 inputs among four
};

/// `folds` words of `lanes` entries.
StepColumns step_columns(const HardwareSteps& steps, std::int64_t folds, int lanes);

}  // namespace finnr
