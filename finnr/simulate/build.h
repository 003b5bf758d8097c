// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "finnr/base/result.h"
#include "finnr/hardware/bundle.h"
#include "finnr/simulate/simulate.h"

namespace finnr {

/// The program that a build leaves in its work folder.
inline constexpr const char* kSimulationProgram = "simulation";

/// kToolFailed with the tool's own last lines, those about errors if there are any.
Diagnostic tool_failed(const std::string& what, std::string_view output);

/// Makes <work>/simulation of an accelerator folder.
Status build_simulation(const std::filesystem::path& folder, const Bundle& bundle, const std::filesystem::path& work,
                        const SimulatorOptions& options);

}  // namespace finnr
