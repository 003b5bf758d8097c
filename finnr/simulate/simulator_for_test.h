// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/base/process.h"
#include "finnr/simulate/simulate.h"

namespace finnr {

/// What a simulation needs is not installed: a test that runs one is skipped with "needs verilator and g++".
inline bool no_simulator() { return simulator_version().empty() || !find_program("g++"); }

}  // namespace finnr
