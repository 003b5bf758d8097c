// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/files.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

namespace finnr {
namespace fs = std::filesystem;
namespace {

Diagnostic cannot_write(const fs::path& path, std::string_view why) {
  return Diagnostic(Code::kCannotWrite, fmt::format("'{}' cannot be written", path.string()))
      .because(std::string(why))
      .fix("make its folder first, or choose another place");
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const auto failed = [&](std::string why) {
    return Diagnostic(Code::kFileUnreadable, fmt::format("'{}' cannot be read", path.string()))
        .at({path.string(), "", ""})
        .because(std::move(why));
  };
  std::error_code error;
  if (fs::is_directory(path, error)) return failed("it is a folder");
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) return failed(std::strerror(errno));
  std::string bytes;
  char chunk[1 << 16];
  while (const std::size_t n = std::fread(chunk, 1, sizeof chunk, file.get())) bytes.append(chunk, n);
  if (std::ferror(file.get()) != 0) return failed(std::strerror(errno));
  return bytes;
}

Status write_file(const fs::path& path, std::string_view bytes) {
  const fs::path beside = path.string() + fmt::format(".{}.part", ::getpid());
  {
    const File file(std::fopen(beside.c_str(), "wb"));
    if (!file) return cannot_write(path, std::strerror(errno));
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0) {
      const std::string why = std::strerror(errno);
      std::remove(beside.c_str());
      return cannot_write(path, why);
    }
  }
  std::error_code error;
  fs::rename(beside, path, error);
  if (error) {
    std::remove(beside.c_str());
    return cannot_write(path, error.message());
  }
  return ok_status();
}

Result<ScratchFolder> ScratchFolder::make(const fs::path& parent, std::string_view prefix) {
  std::error_code error;
  fs::path where = parent.empty() ? fs::temp_directory_path(error) : parent;
  if (error) return cannot_write("temporary folder", error.message());
  std::string pattern = (where / fmt::format(".{}-XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) return cannot_write(where, std::strerror(errno));
  return ScratchFolder(fs::path(pattern));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Status ScratchFolder::publish(const fs::path& target) && {
  std::error_code error;
  fs::permissions(
      path_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec, error);
  fs::path old;
  if (fs::exists(target)) {
    old = path_.string() + ".old";
    fs::rename(target, old, error);
    if (error) return cannot_write(target, error.message());
  }
  fs::rename(path_, target, error);
  if (error) {
    std::error_code ignored;
    if (!old.empty()) fs::rename(old, target, ignored);
    return cannot_write(target, error.message());
  }
  path_.clear();
  if (!old.empty()) fs::remove_all(old, error);
  return ok_status();
}

}  // namespace finnr
