// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "finnr/base/result.h"

namespace finnr {

/// The bytes of a file, read when they are looked at: a file may be larger than memory.
class MappedFile {
 public:
  /// What cannot be mapped (a pipe, say) is read whole. Fails with kFileUnreadable.
  static Result<MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  [[nodiscard]] std::string_view bytes() const;
  /// Bytes in front of `end` are not needed in memory any more; they are read again when looked at.
  void let_go(std::size_t end) const;

 private:
  MappedFile() = default;
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::string read_;
};

}  // namespace finnr
