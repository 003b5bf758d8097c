// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "finnr/base/diagnostics.h"
#include "finnr/flow/compile.h"

namespace finnr {

/// `finnr print`.
struct PrintConfig {
  std::string target;   ///< model file, or folder made by `finnr build`
  std::string after;    ///< pass to stop after; "" for all, "import" for none
  bool design = false;  ///< the design instead of the graph
  bool full = false;    ///< all elements of constants
  Config config;        ///< folding and ends, for the design of a model
};

/// The text form of a network or of its design.
std::optional<std::string> print_text(const PrintConfig& config, Diagnostics& diagnostics);

}  // namespace finnr
