// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "finnr/explore/dual.h"
#include "finnr/explore/stage.h"

namespace finnr {

/// All choices that prices do not exclude, step by step, as sums: of two beginnings in the same state, one that is larger in no
/// budget makes the other superfluous.
struct Labels {
  std::optional<std::vector<std::size_t>> best;  ///< within the limits, with the least amount of the last budget
  bool complete = true;                          ///< false when the dearest had to go; nothing is proved then
  std::size_t most = 0;                          ///< at once
};

/// Follows every beginning of a choice that no bound excludes; of more than `at_most` at once, the cheapest under the first bound.
Labels run_labels(const Stage& stage, const Amounts& limits, const std::vector<Bound>& bounds, std::size_t at_most);

/// The bounds of each budget alone.
std::vector<Bound> single_bounds(const Stage& stage);

}  // namespace finnr
