// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include "finnr/import/names.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::optional<std::int64_t> parse_count(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const auto [folder_end, path_rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return folder_end == folder.end() && path_rest != path.end();
}

}  // namespace

Result<std::string> read_external(const fs::path& folder, const ExternalData& data, std::int64_t wanted, const std::string& tensor) {
  const std::string location = printable(data.location);
  const auto refuse = [&](const std::string& what) {
    return Diagnostic(Code::kExternalData, fmt::format("external data of {} {}", tensor_text(tensor), what))
        .at({"", "", tensor_text(tensor)});
  };
  if (data.location.empty() || data.location.find('\0') != std::string::npos) return refuse("names no file");

  std::error_code error;
  const fs::path home = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  if (error) return refuse("cannot be found").because(error.message());
  const fs::path path = fs::weakly_canonical(home / data.location, error);
  if (error || fs::path(data.location).is_absolute() || !lies_below(path, home)) {
    return refuse(fmt::format("is refused: path '{}' leaves the model's folder", location))
        .because("a model from a stranger must not read other files")
        .fix("put the file beside the model and name it without '..'");
  }
  if (!fs::is_regular_file(path, error)) {
    return refuse(fmt::format("is missing: file '{}' not found", location)).fix(fmt::format("copy '{}' into the model's folder", location));
  }
  const std::optional<std::int64_t> offset = parse_count(data.offset.value_or("0"));
  const std::optional<std::int64_t> length = data.length ? parse_count(*data.length) : wanted;
  if (!offset || !length) return refuse("has an offset or length that is no number");
  if (*length != wanted) return refuse(fmt::format("is {} bytes, its type and shape need {}", *length, wanted));
  const std::uintmax_t size = fs::file_size(path, error);
  const auto needed = static_cast<std::uintmax_t>(*offset) + static_cast<std::uintmax_t>(wanted);
  if (error || needed > size)
    return refuse(fmt::format("ends early: file '{}' has {} bytes, {} are needed", location, error ? 0 : size, needed))
        .fix("copy the file again");

  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  std::string bytes(static_cast<std::size_t>(wanted), '\0');
  if (!file || fseeko(file.get(), *offset, SEEK_SET) != 0 || std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) {
    return refuse(fmt::format("cannot be read from '{}'", location));
  }
  return bytes;
}

}  // namespace finnr
