// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/cost/finn_design.h"
#include "finnr/explore/problem.h"

namespace finnr {

/// PE and SIMD of every unit of a FINN design; everything else is as in the design.
struct FinnOption {
  std::int64_t pe = 1;
  std::int64_t simd = 1;
};

struct FinnProblem {
  Problem problem;  ///< one decision a unit, in their order; the resources of Cost, FINN's estimates
  std::vector<std::vector<FinnOption>> folds;
};

/// Each unit has the PE and SIMD that divide what they must, and its own. The window in front of a depthwise unit or a pool sends what
/// these take at once, as in FINN, wherever the design given does.
FinnProblem finn_problem(const FinnDesign& design);

/// The choice that is the design itself.
Choice choice_of(const FinnProblem& problem, const FinnDesign& design);

FinnDesign with_choice(const FinnDesign& design, const FinnProblem& problem, const Choice& choice);

}  // namespace finnr
