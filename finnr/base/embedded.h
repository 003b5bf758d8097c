// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace finnr {

/// A text file of the source tree inside the binary.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace finnr
