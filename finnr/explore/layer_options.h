// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/cost/cost.h"
#include "finnr/explore/problem.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// What a unit of a design takes.
using UnitCost = std::function<Cost(const Design& design, const Unit& unit)>;

Cost total_cost(const Design& design, const UnitCost& cost);

/// Which folds are options.
struct OptionRules {
  std::vector<Store> stores = {Store::kLutRam, Store::kBlock};  ///< of weights
  Cost largest;  ///< no layer may take more than this, a region of a device, unless all its options do
};

/// The folding of a hardware part as a problem: one decision a layer, in their order, and a coupling for every link between two
/// layers, the width converters of its lanes. Resources are those of Cost.
struct FoldingProblem {
  Problem problem;
  std::vector<std::vector<Fold>> folds;  ///< by decision and option; every one is legal in a folding file
};

/// A matrix has every PE that divides its outputs, SIMD that divides its inputs, and store; all pixels at once (`m`) that its windows
/// have where it is unfolded otherwise. A depthwise layer has PE, SIMD and store, every other layer its lanes. What an option costs is
/// what its units cost when the layer alone is lowered, with the fork behind it; queues in front of joins come to nothing, a lower
/// bound. Fails with kTooWide.
Result<FoldingProblem> folding_problem(const HardwarePart& part, const OptionRules& rules, const UnitCost& cost);

Folding folding_of(const FoldingProblem& problem, const Choice& choice);

/// Cost as the bill of a problem, and back.
Bill bill_of(const Cost& cost);
Cost cost_of(const Bill& bill);

}  // namespace finnr
