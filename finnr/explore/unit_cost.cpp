// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/unit_cost.h"

#include <utility>

#include "finnr/cost/cost_model.h"
#include "finnr/explore/finn_unit_cost.h"

namespace finnr {

Cost total_cost(const Design& design, const UnitCost& cost) {
  Cost sum;
  for (const Unit& unit : design.units) sum += cost(design, unit);
  return sum;
}

Result<NamedCost> unit_cost(const std::string& name, LogicFamily family) {
  if (name == "finn") return NamedCost{finn_unit_cost, "finn"};
  FINNR_ASSIGN(CostModel model, cost_model(name, family));
  std::string identity = to_json(model);
  return NamedCost{[model = std::move(model)](const Design& design, const Unit& unit) { return model.cost(design, unit); },
                   std::move(identity)};
}

}  // namespace finnr
