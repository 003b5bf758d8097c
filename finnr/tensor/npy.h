// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "finnr/base/result.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// An array of a .npy file. float16/32/64 become float32, booleans and integers of any width become integers
/// (exactly; uint64 above 2^63-1 is refused). Versions 1 to 3, either byte order, C order (Fortran order is put right).
/// Fails with kBadArray.
Result<Tensor> parse_npy(std::string_view bytes, const std::string& name_for_messages);
Result<Tensor> load_npy(const std::filesystem::path& path);

/// Version 1.0, little endian: '<f4' or '<i8'.
std::string format_npy(const Tensor& tensor);
Status save_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace finnr
