// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace finnr {

/// Exit status of a process that found a bug of its own.
inline constexpr int kExitBug = 4;

/// Reports a bug of finnr itself on standard error and ends the process with kExitBug.
[[noreturn]] void report_bug(const char* condition, const char* message, const char* file, int line);

/// States what must hold unless finnr itself is wrong; never for what a user can cause.
#define FINNR_CHECK(condition, message) \
  (static_cast<bool>(condition) ? void(0) : ::finnr::report_bug(#condition, message, __FILE__, __LINE__))

}  // namespace finnr
