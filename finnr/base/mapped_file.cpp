// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "finnr/base/files.h"

namespace finnr {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  MappedFile file;
  const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (handle >= 0 && ::fstat(handle, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, handle, 0);
    if (data != MAP_FAILED) {
      file.data_ = data;
      file.size_ = size;
    }
  }
  if (handle >= 0) ::close(handle);
  if (file.data_ == nullptr) {
    FINNR_ASSIGN(file.read_, read_file(path));
  }
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), read_(std::move(other.read_)) {}

std::string_view MappedFile::bytes() const {
  return data_ != nullptr ? std::string_view(static_cast<const char*>(data_), size_) : std::string_view(read_);
}

void MappedFile::let_go(std::size_t end) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (data_ != nullptr && end >= page) ::madvise(data_, std::min(end, size_) / page * page, MADV_DONTNEED);
}

}  // namespace finnr
