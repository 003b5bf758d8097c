// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "finnr/base/result.h"
#include "finnr/hardware/bundle.h"
#include "finnr/simulate/simulate.h"

namespace finnr {

/// The program that a build leaves in its work folder.
inline constexpr const char* kSimulationProgram = "simulation";

/// Makes <work>/simulation of an accelerator folder.
Status build_simulation(const std::filesystem::path& folder, const Bundle& bundle, const std::filesystem::path& work,
                        const SimulatorOptions& options);

}  // namespace finnr
