// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "finnr/base/result.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// An array of a .npy file. float16/32/64 become float32, booleans and integers of any width become integers
/// (exactly; uint64 above 2^63-1 is refused). Versions 1 to 3, either byte order, C order (Fortran order is put right).
/// Fails with kBadArray.
Result<Tensor> parse_npy(std::string_view bytes, const std::string& name_for_messages);
Result<Tensor> load_npy(const std::filesystem::path& path);

/// What the header of a .npy file says about the elements behind it.
struct NpyHeader {
  char kind = 'f';  ///< 'f', 'i', 'u' or 'b' (booleans)
  std::size_t bytes = 4;
  bool big_endian = false;
  bool fortran = false;
  Shape shape;
  std::int64_t elements = 0;
  std::size_t offset = 0;  ///< of the first element in the file
};
/// Fails with kBadArray. Unlike tensors, an array in a file may have any number of elements.
Result<NpyHeader> read_npy_header(std::string_view bytes, const std::string& name_for_messages);
/// Elements [first, first + n) of a file in C order, as parse_npy gives them. Fails with kBadArray.
Result<Tensor> npy_elements(std::string_view bytes, const NpyHeader& header, std::int64_t first, std::int64_t n,
                            const std::string& name_for_messages);

/// Writes an array piece by piece, as format_npy gives it, beside its place; finish() puts it there.
class NpyWriter {
 public:
  /// The shape is that of the whole. Fails with kCannotWrite.
  static Result<NpyWriter> create(const std::filesystem::path& path, const Shape& shape, bool is_float);
  ~NpyWriter();
  NpyWriter(NpyWriter&& other) noexcept;
  NpyWriter& operator=(NpyWriter&&) = delete;

  Status append(std::span<const float> floats);
  Status append(std::span<const std::int64_t> ints);
  /// All elements have come.
  Status finish();

 private:
  NpyWriter(std::FILE* file, std::filesystem::path path, std::filesystem::path beside)
      : file_(file), path_(std::move(path)), beside_(std::move(beside)) {}
  Status append_bytes(std::string_view bytes);

  std::FILE* file_ = nullptr;
  std::filesystem::path path_;
  std::filesystem::path beside_;
};

/// Version 1.0, little endian: '<f4' or '<i8'.
std::string format_npy(const Tensor& tensor);
Status save_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace finnr
