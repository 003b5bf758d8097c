// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace finnr {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;  // the one global: a signal handler can reach nothing else

constexpr std::size_t kKeptOutput = std::size_t{1} << 20;

Diagnostic interrupted_error() { return {Code::kInterrupted, "interrupted; nothing was written"}; }

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { g_interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return g_interrupted != 0; }

bool find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path != nullptr ? path : ""; !rest.empty();) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (::access(candidate.c_str(), X_OK) == 0) return true;
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return false;
}

Result<ProcessResult> run_process(const std::vector<std::string>& command, const std::filesystem::path& working_folder,
                                  const std::function<void(std::string_view)>& on_line) {
  FINNR_CHECK(!command.empty(), "a process needs a program");
  if (interrupted()) return interrupted_error();
  const auto missing = [&](std::string why) {
    return Diagnostic(Code::kToolMissing, fmt::format("'{}' cannot be started", command[0])).because(std::move(why));
  };
  if (command[0].find('/') == std::string::npos && !find_program(command[0])) return missing("it is not on the PATH");

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return missing(std::strerror(errno));
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));  // execvp's signature is older than const
  arguments.push_back(nullptr);

  const pid_t child = ::fork();
  if (child < 0) return missing(std::strerror(errno));
  if (child == 0) {
    ::setpgid(0, 0);  // a group of its own, so that its children can be ended with it
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    if (!working_folder.empty() && ::chdir(working_folder.c_str()) != 0) ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);

  ProcessResult result;
  std::string line;
  bool killed = false;
  char chunk[4096];
  for (;;) {
    pollfd waiting = {ends[0], POLLIN, 0};
    const int ready = ::poll(&waiting, 1, 200);
    if (interrupted() && !killed) {
      ::kill(-child, SIGTERM);
      killed = true;
    }
    if (ready <= 0) continue;
    const ssize_t n = ::read(ends[0], chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const std::string_view text(chunk, static_cast<std::size_t>(n));
    result.output += text;
    if (result.output.size() > 2 * kKeptOutput) result.output.erase(0, result.output.size() - kKeptOutput);
    if (!on_line) continue;
    line += text;
    for (std::size_t end; (end = line.find('\n')) != std::string::npos; line.erase(0, end + 1))
      on_line(std::string_view(line).substr(0, end));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (interrupted()) return interrupted_error();
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.exit_code == 127) return missing("it could not be executed");
  return result;
}

}  // namespace finnr
