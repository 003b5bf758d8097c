// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "finnr/hardware/design.h"

namespace finnr {

/// What the cost of a unit depends on: the numbers among the parameters of its library module, under their names there. Samples of
/// synthesis say the same (finnr/cost/samples). Of thresholds in LUTs whose values are known also what their memories come to
/// (step_columns.h): StepColumns, StepLuts, StepChosen, StepChoices.
struct UnitShape {
  std::string kind;  ///< of kind_name()
  std::map<std::string, std::int64_t, std::less<>> numbers;

  /// A parameter; `otherwise` where the module takes its default.
  [[nodiscard]] std::int64_t at(std::string_view name, std::int64_t otherwise = 0) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? otherwise : found->second;
  }
};

UnitShape shape_of(const Design& design, const Unit& unit);

}  // namespace finnr
