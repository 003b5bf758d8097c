// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/tensor/shape.h"

namespace finnr {

// Files that data sets come in, beside .npy: MNIST's idx, CIFAR-10's binary batches, and folders of PGM and PPM images.

/// gzip, as MNIST is handed out.
bool is_compressed(std::string_view bytes);
/// Fails with kBadArray.
Result<std::string> decompress(std::string_view bytes, const std::string& name_for_messages);

/// Unsigned bytes of an idx file: `items` of `item_bytes` each from `offset` on.
struct IdxHeader {
  std::int64_t items = 0;
  std::int64_t item_bytes = 1;
  std::size_t offset = 0;
};
/// Nothing when the bytes are no such file, or not all there.
std::optional<IdxHeader> read_idx(std::string_view bytes);

/// CIFAR-10 batches: records of a label and 3 x 32 x 32 bytes.
inline constexpr std::size_t kCifarRecord = 1 + 3 * 32 * 32;

/// The images of a folder (.pgm, .ppm, .pnm) by name.
std::vector<std::filesystem::path> images_of(const std::filesystem::path& folder);

/// The pixels of a binary PGM or PPM image of bytes, for an input of this shape: channels first, or last where the shape of
/// three axes behind the batch ends with the channels. Fails with kBadArray, and with kArrayShape where the sizes differ.
Result<std::string> read_image(const std::filesystem::path& path, const Shape& shape);

}  // namespace finnr
