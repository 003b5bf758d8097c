// SPDX-License-Identifier: Apache-2.0
#include "finnr/cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace finnr::cli {
namespace {

bool coloured() { return ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

int exit_of(Code code) {
  if (code == Code::kMismatch || code == Code::kIntervalDiffers || code == Code::kLatencyDiffers || code == Code::kNoProgress)
    return kCheckFailed;
  if (code == Code::kInternal) return kExitBug;
  return kUserError;
}

Json to_json(const Diagnostic& diagnostic) {
  static constexpr const char* kWords[] = {"note", "warning", "error"};
  Json places = Json::array();
  for (const Place& place : diagnostic.places) places.push_back({{"file", place.file}, {"node", place.node}, {"port", place.port}});
  return {{"code", std::string(to_text(diagnostic.code))},
          {"severity", kWords[static_cast<int>(diagnostic.severity)]},
          {"message", diagnostic.message},
          {"cause", diagnostic.cause},
          {"way_out", diagnostic.way_out},
          {"places", places}};
}

}  // namespace

int report(const Diagnostics& diagnostics, const Common& common) {
  int status = kGood;
  for (const Diagnostic& diagnostic : diagnostics.list()) {
    if (diagnostic.severity == Severity::kError && status == kGood) status = exit_of(diagnostic.code);
    if (diagnostic.severity != Severity::kError && common.quiet) continue;
    std::string text = to_text(diagnostic);
    if (diagnostic.severity == Severity::kNote && !common.verbose) text.resize(text.find('\n') + 1);
    if (coloured()) {
      const char* colour = diagnostic.severity == Severity::kError     ? "\033[1;31m"
                           : diagnostic.severity == Severity::kWarning ? "\033[1;33m"
                                                                       : "\033[1;36m";
      const std::size_t word = text.find(':');
      text = fmt::format("{}{}\033[0m{}", colour, text.substr(0, word), text.substr(word));
    }
    std::fputs(text.c_str(), stderr);
  }
  return status;
}

void print_json(const Common& common, const Diagnostics& diagnostics, Json members) {
  if (!common.json) return;
  Json json = {{"ok", !diagnostics.has_errors()}};
  json.update(members);
  json["diagnostics"] = Json::array();
  for (const Diagnostic& diagnostic : diagnostics.list()) json["diagnostics"].push_back(to_json(diagnostic));
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  std::fputs(text.c_str(), stdout);
}

void say(const Common& common, const std::string& text) {
  if (!common.json && !common.quiet) std::fputs(text.c_str(), stdout);
}

ProgressBar::ProgressBar(const Common& common) : enabled_(::isatty(STDERR_FILENO) != 0 && !common.quiet && !common.json) {}

ProgressBar::~ProgressBar() { clear(); }

std::function<void(const std::string&, double)> ProgressBar::callback() {
  if (!enabled_) return {};
  return [this](const std::string& what, double share) { show(what, share); };
}

void ProgressBar::show(const std::string& what, double share) {
  if (std::chrono::steady_clock::now() - start_ < std::chrono::seconds(1)) return;
  constexpr int kWidth = 30;
  const int full = static_cast<int>(share * kWidth);
  std::fputs(fmt::format("\r\033[K  {:<28.28} [{:#<{}}{:<{}}] {:3.0f} %", what, "", full, "", kWidth - full, share * 100).c_str(), stderr);
  shown_ = true;
}

void ProgressBar::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace finnr::cli
