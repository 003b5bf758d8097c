// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "finnr/base/check.h"
#include "finnr/base/diagnostics.h"
#include "finnr/cli/command.h"

namespace finnr::cli {

using Json = nlohmann::ordered_json;

/// Diagnostics to standard error (notes in one line unless verbose), coloured on a terminal unless NO_COLOR is set. Returns the
/// exit status they ask for.
int report(const Diagnostics& diagnostics, const Common& common);

/// {"ok": ..., "diagnostics": [...]} with more members merged in, to standard output, when --json was given.
void print_json(const Common& common, const Diagnostics& diagnostics, Json members);

/// Text to standard output, unless --json or --quiet was given.
void say(const Common& common, const std::string& text);

/// A bar on standard error, shown on a terminal once a step takes more than a second.
class ProgressBar {
 public:
  explicit ProgressBar(const Common& common);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  [[nodiscard]] std::function<void(const std::string&, double)> callback();

 private:
  void show(const std::string& what, double share);
  void clear();
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace finnr::cli
