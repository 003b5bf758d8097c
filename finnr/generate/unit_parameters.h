// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "finnr/generate/sv.h"
#include "finnr/hardware/design.h"

namespace finnr {

using Parameters = std::vector<std::pair<std::string, sv::Constant>>;

/// Puts a memory image into the bundle under a name and gives the file name that the parameter takes.
using StoreMemory = std::function<std::string(const std::string& name, std::string text)>;

/// Parameters of the library module finnr_<kind_name> for a unit of a design.
Parameters unit_parameters(const Design& design, const Unit& unit, const StoreMemory& store);

}  // namespace finnr
