// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// Numbers among the parameters of a library module, under their names there and in their order.
using UnitNumbers = std::vector<std::pair<std::string, std::int64_t>>;

/// The numbers that the design alone decides, without the values of weights, thresholds and tables. What depends on those is added
/// by generate/unit_parameters.h, exactly, and by cost/unit_shape.h, as it usually is; for a threshold unit that is everything.
UnitNumbers unit_numbers(const Design& design, const Unit& unit);

/// The library's number of an element encoding (parameters XKind, WKind, ...): 0 unsigned, 1 signed, 2 bipolar.
std::int64_t encoding_number(const IntType& type);

/// The library's number of a memory (parameters Style, WeightStyle, ...).
std::int64_t style_number(Store store);

/// The accumulator of an mvu or vvu as it is built: of bipolar products it counts the equal pairs among `inputs`.
IntType counted_accumulator(const IntType& x, const IntType& w, const IntType& accumulator, std::int64_t inputs);

}  // namespace finnr
