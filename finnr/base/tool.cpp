// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "finnr/base/process.h"

namespace finnr {
namespace {

constexpr std::size_t kShownLines = 12;

}  // namespace

Diagnostic tool_failed(const std::string& what, std::string_view output) {
  std::vector<std::string_view> lines;
  std::vector<std::string_view> errors;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.empty()) continue;
    lines.push_back(line);
    if (line.find("%Error") != std::string_view::npos || line.find("rror:") != std::string_view::npos ||
        line.find("ERROR:") != std::string_view::npos)
      errors.push_back(line);
  }
  // The first errors tell most, the last lines where there is no error.
  const auto& shown = errors.empty() ? lines : errors;
  const std::size_t from = errors.empty() && shown.size() > kShownLines ? shown.size() - kShownLines : 0;
  std::string text;
  for (std::size_t i = from; i < shown.size() && i < from + kShownLines; ++i) {
    if (!text.empty()) text += '\n';
    text += shown[i];
  }
  return Diagnostic(Code::kToolFailed, what).because(text.empty() ? "it printed nothing" : text);
}

Result<std::string> run_tool(const std::vector<std::string>& command, const std::filesystem::path& where) {
  FINNR_ASSIGN(ProcessResult result, run_process(command, where));
  if (result.exit_code != 0) return tool_failed(fmt::format("'{}' ended with exit code {}", command[0], result.exit_code), result.output);
  return std::move(result.output);
}

Status run_tools(const std::vector<std::vector<std::string>>& commands, const std::filesystem::path& where,
                 const std::function<Status(std::size_t)>& on_end) {
  std::vector<std::optional<Diagnostic>> failures(commands.size());
  std::atomic<std::size_t> next = 0;
  std::mutex ending;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < commands.size();) {
      if (auto output = run_tool(commands[i], where); !output.ok()) {
        failures[i] = std::move(output).error();
      } else if (on_end) {
        const std::lock_guard lock(ending);
        if (Status status = on_end(i); !status.ok()) failures[i] = std::move(status).error();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = 1; i < std::min(cores, commands.size()); ++i) helpers.emplace_back(work);
    work();
  }
  for (auto& failure : failures) {
    if (failure) return *std::move(failure);
  }
  return ok_status();
}

}  // namespace finnr
