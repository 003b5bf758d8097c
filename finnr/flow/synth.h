// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "finnr/base/diagnostics.h"
#include "finnr/synthesize/synthesize.h"

namespace finnr {

/// `finnr synth`: what an accelerator folder takes from a device. What went wrong goes to `diagnostics`.
std::optional<Synthesis> synth(const std::string& folder, const SynthesisOptions& options, Diagnostics& diagnostics);

/// The table that people read, with the counting rule below it.
std::string table(const Synthesis& synthesis, const std::string& folder);

}  // namespace finnr
