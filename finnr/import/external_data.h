// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "finnr/base/result.h"

namespace finnr {

/// Where a tensor's bytes lie outside the model file (TensorProto.external_data), as the file says, not yet checked.
struct ExternalData {
  std::string location;
  std::optional<std::string> offset;  ///< decimal; 0 when absent
  std::optional<std::string> length;  ///< decimal; `wanted` when absent
};

/// Exactly `wanted` bytes of a regular file in `folder` (the model's own) or below. Links are followed before the path
/// is judged; what leaves the folder is refused unread. Fails with kExternalData; the message calls the tensor `tensor`.
Result<std::string> read_external(const std::filesystem::path& folder, const ExternalData& data, std::int64_t wanted,
                                  const std::string& tensor);

}  // namespace finnr
