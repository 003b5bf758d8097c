// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/result.h"

namespace finnr {

/// kToolFailed with the tool's own last lines, those about errors if there are any.
Diagnostic tool_failed(const std::string& what, std::string_view output);

/// Runs a tool to success. Returns what it printed. Fails with kToolMissing, kToolFailed, kInterrupted.
Result<std::string> run_tool(const std::vector<std::string>& command, const std::filesystem::path& where);

/// Independent commands on all cores. `on_end` hears the index of each that succeeded, one at a time, and the first failure in
/// the order of the commands is returned; a failure of `on_end` counts as one of its command.
Status run_tools(const std::vector<std::vector<std::string>>& commands, const std::filesystem::path& where,
                 const std::function<Status(std::size_t)>& on_end = {});

}  // namespace finnr
