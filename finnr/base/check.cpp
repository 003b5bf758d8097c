// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace finnr {

void report_bug(const char* condition, const char* message, const char* file, int line) {
  std::fprintf(stderr,
               "finnr bug F0901: %s\n  %s:%d: '%s' does not hold\n  Please report this with the command line and, if you may, the model.\n",
               message, file, line, condition);
  std::_Exit(kExitBug);
}

}  // namespace finnr
