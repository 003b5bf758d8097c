// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "finnr/base/diagnostics.h"
#include "finnr/verify/verify.h"

namespace finnr {

/// `finnr verify`: simulates an accelerator folder again and compares. The verdict is written into the folder; one
/// that is not good is reported as an error too.
std::optional<Verdict> check_accelerator(const std::string& folder, const VerifyOptions& options, Diagnostics& diagnostics);

}  // namespace finnr
