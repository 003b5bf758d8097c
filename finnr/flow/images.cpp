// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/images.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "finnr/base/files.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

Diagnostic unusable(const std::string& name, std::string why) {
  return Diagnostic(Code::kBadArray, fmt::format("'{}' cannot be used as images", name)).at({name, "", ""}).because(std::move(why));
}

/// A number of the header of a PNM file, behind space and comments.
std::optional<std::int64_t> header_number(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (bytes.front() == '#') {
      bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size()));
    } else if (std::isspace(static_cast<unsigned char>(bytes.front())) != 0) {
      bytes.remove_prefix(1);
    } else {
      break;
    }
  }
  std::int64_t number = 0;
  std::size_t digits = 0;
  while (digits < bytes.size() && digits < 9 && std::isdigit(static_cast<unsigned char>(bytes[digits])) != 0)
    number = number * 10 + (bytes[digits++] - '0');
  bytes.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional(number);
}

}  // namespace

bool is_compressed(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

Result<std::string> decompress(std::string_view bytes, const std::string& name) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) return unusable(name, "it cannot be decompressed");
  std::string result;
  std::string room(1 << 18, '\0');
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0) {
      const std::size_t part = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      if (part == 0) break;
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(part);
      bytes.remove_prefix(part);
    }
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    status = inflate(&stream, Z_NO_FLUSH);
    result.append(room.data(), room.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return unusable(name, "its compressed data is damaged or cut short");
  return result;
}

std::optional<IdxHeader> read_idx(std::string_view bytes) {
  constexpr std::size_t kMagic = 4;
  constexpr char kUnsignedBytes = 8;
  if (bytes.size() < kMagic || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != kUnsignedBytes || bytes[3] < 1 || bytes[3] > 4)
    return std::nullopt;
  const auto axes = static_cast<std::size_t>(bytes[3]);
  if (bytes.size() < kMagic + 4 * axes) return std::nullopt;
  IdxHeader header;
  header.offset = kMagic + 4 * axes;
  std::uint64_t all = 1;
  for (std::size_t a = 0; a < axes; ++a) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[kMagic + 4 * a + i]);
    if (size == 0 || __builtin_mul_overflow(all, std::uint64_t{size}, &all)) return std::nullopt;
    if (a == 0) header.items = size;
    if (a != 0) header.item_bytes *= size;
  }
  return all == bytes.size() - header.offset ? std::optional(header) : std::nullopt;
}

std::vector<fs::path> images_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string end = entry.path().extension();
    if (end == ".pgm" || end == ".ppm" || end == ".pnm") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Result<std::string> read_image(const fs::path& path, const Shape& shape) {
  const std::string name = path.string();
  FINNR_ASSIGN(const std::string file, read_file(path));
  std::string_view bytes = file;
  if (!bytes.starts_with("P5") && !bytes.starts_with("P6")) return unusable(name, "it is no binary PGM or PPM image");
  const std::int64_t channels = bytes[1] == '5' ? 1 : 3;
  bytes.remove_prefix(2);
  const auto width = header_number(bytes);
  const auto height = width ? header_number(bytes) : std::nullopt;
  const auto most = height ? header_number(bytes) : std::nullopt;
  if (!most || *most != 255 || bytes.empty()) return unusable(name, "its header is damaged, or its samples are no bytes");
  bytes.remove_prefix(1);
  const std::int64_t pixels = *width * *height;
  if (std::ssize(bytes) != pixels * channels)
    return unusable(name, fmt::format("{} x {} pixels need {} bytes, but {} are there", *width, *height, pixels * channels, bytes.size()));
  const Shape first = {1, channels, *height, *width};
  const Shape last = {1, *height, *width, channels};
  if (shape != first && shape != last && !(shape.size() == 2 && count(shape) == pixels * channels)) {
    return Diagnostic(Code::kArrayShape, fmt::format("image '{}' of {} x {} pixels and {} channels does not fit an input of shape {}", name,
                                                     *width, *height, channels, to_text(shape)))
        .at({name, "", ""});
  }
  if (channels == 1 || shape == last) return std::string(bytes);
  std::string planes(bytes.size(), '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) planes[i % 3 * static_cast<std::size_t>(pixels) + i / 3] = bytes[i];
  return planes;
}

}  // namespace finnr
