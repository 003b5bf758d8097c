// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "finnr/base/embedded.h"

namespace finnr {

/// The hand-written SystemVerilog of rtl/, headers first, in compile order.
std::span<const EmbeddedFile> library_files();

}  // namespace finnr
