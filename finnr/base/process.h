// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "finnr/base/result.h"

namespace finnr {

/// What a finished child process left.
struct ProcessResult {
  int exit_code = 0;   ///< 128 + signal when killed
  std::string output;  ///< standard output and standard error together, at most its last megabyte
};

/// Runs a program found on the PATH, without a shell, and waits. `on_line` sees every complete line as it comes.
/// Fails with kToolMissing when it cannot be started, kInterrupted when interrupt() was called meanwhile.
Result<ProcessResult> run_process(const std::vector<std::string>& command, const std::filesystem::path& working_folder,
                                  const std::function<void(std::string_view)>& on_line = {});

/// True if a program of this name is on the PATH.
bool find_program(const std::string& name);

/// Makes SIGINT and SIGTERM end the run politely: children die, run_process() fails with kInterrupted.
void catch_interrupts();
bool interrupted();

}  // namespace finnr
