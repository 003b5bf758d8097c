// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "finnr/base/result.h"

namespace finnr {

/// Whole file as bytes. Fails with kFileUnreadable.
Result<std::string> read_file(const std::filesystem::path& path);

/// Writes beside and renames, so that a good file is never half replaced. Fails with kCannotWrite.
Status write_file(const std::filesystem::path& path, std::string_view bytes);

/// A new empty folder that is removed with everything in it when this object goes.
class ScratchFolder {
 public:
  /// In `parent`, or where temporary files belong. Fails with kCannotWrite.
  static Result<ScratchFolder> make(const std::filesystem::path& parent = {}, std::string_view prefix = "finnr");
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Renames the folder to `target`, replacing a folder of that name; afterwards nothing is removed.
  Status publish(const std::filesystem::path& target) &&;

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace finnr
