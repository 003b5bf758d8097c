// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/base/result.h"
#include "finnr/explore/problem.h"
#include "finnr/explore/unit_cost.h"
#include "finnr/hardware/cost.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// Which folds are options.
struct OptionRules {
  std::vector<Store> stores = {Store::kLutRam, Store::kBlock, Store::kSplit};  ///< of weights
  Cost largest;  ///< no layer may take more than this, a region of a device, unless all its options do
};

/// The folding of a hardware part as a problem: one decision a layer, in their order, and a coupling for every link between two
/// layers, the width converters of its lanes. Resources are those of Cost.
struct FoldingProblem {
  Problem problem;
  std::vector<std::vector<Fold>> folds;  ///< by decision and option; every one is legal in a folding file
};

/// A matrix has every PE that divides its outputs, SIMD that divides its inputs, store and core; all pixels at once (`m`) that its
/// windows have where it is unfolded otherwise. A depthwise layer has PE, SIMD, store and core, every other layer its lanes. Inputs that
/// only a matrix reads from outside, and outputs that only the outside reads, may be padded by up to a quarter: no neighbour's sizes
/// depend on them. Sizes inside that are awkward, with a factor above two between divisors that follow each other, may be padded to the
/// next sizes that are not, by up to a quarter; all layers around a set of links (padding.h) agree on the size, which couplings see to.
/// Options that are the same design are one. What an option costs is what its units cost when the layer alone is lowered, with the fork
/// behind it; queues in front of joins come to nothing, a lower bound. Fails with kTooWide.
Result<FoldingProblem> folding_problem(const HardwarePart& part, const OptionRules& rules, const UnitCost& cost);

Folding folding_of(const FoldingProblem& problem, const Choice& choice);

/// Cost as the bill of a problem, and back.
Bill bill_of(const Cost& cost);
Cost cost_of(const Bill& bill);

}  // namespace finnr
