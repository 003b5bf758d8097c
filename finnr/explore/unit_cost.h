// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "finnr/base/result.h"
#include "finnr/cost/fpga.h"
#include "finnr/hardware/cost.h"
#include "finnr/hardware/design.h"

namespace finnr {

/// What a unit of a design takes.
using UnitCost = std::function<Cost(const Design& design, const Unit& unit)>;

Cost total_cost(const Design& design, const UnitCost& cost);

/// A cost function, and a text that differs from that of every other one.
struct NamedCost {
  UnitCost cost;
  std::string identity;
};

/// "fitted" or the file of a cost model for devices of a family (cost/cost_model.h), or "finn" (finn_unit_cost.h). Fails with
/// kBadCostFile.
Result<NamedCost> unit_cost(const std::string& name, LogicFamily family);

}  // namespace finnr
