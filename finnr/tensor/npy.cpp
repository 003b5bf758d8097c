// SPDX-License-Identifier: Apache-2.0
// The .npy format (numpy.lib.format): magic, version, length, a Python dictionary literal, then the elements. The
// reader takes exactly the three keys that the format defines and believes no size that the file does not hold.
#include "finnr/tensor/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "finnr/base/files.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxAxes = 64;  // as numpy

struct Header {
  std::string descr;
  bool fortran = false;
  Shape shape;
};

/// Reads the dictionary; every member returns nothing, or false, at the first character that does not fit.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  std::optional<Header> read() {
    Header header;
    bool seen[3] = {};
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      const std::optional<std::string> key = quoted();
      if (!key || !take(':')) return std::nullopt;
      const std::size_t which = *key == "descr" ? 0 : *key == "fortran_order" ? 1 : *key == "shape" ? 2 : 3;
      if (which == 3 || seen[which]) return std::nullopt;
      seen[which] = true;
      if (which == 0) {
        std::optional<std::string> descr = quoted();
        if (!descr) return std::nullopt;
        header.descr = *std::move(descr);
      } else if (which == 1) {
        header.fortran = word("True");
        if (!header.fortran && !word("False")) return std::nullopt;
      } else if (!tuple(header.shape)) {
        return std::nullopt;
      }
      if (!take(',')) {
        if (!take('}')) return std::nullopt;
        break;
      }
    }
    skip_space();
    if (!text_.empty() || !seen[0] || !seen[1] || !seen[2]) return std::nullopt;
    return header;
  }

 private:
  void skip_space() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front())) != 0) text_.remove_prefix(1);
  }
  bool word(std::string_view expected) {
    skip_space();
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  bool take(char c) { return word(std::string_view(&c, 1)); }

  std::optional<std::string> quoted() {
    skip_space();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) return std::nullopt;
    const std::size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string result(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return result;
  }

  std::optional<std::int64_t> number() {
    skip_space();
    std::size_t digits = 0;
    std::int64_t value = 0;
    for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
      if (value > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
      value = value * 10 + (text_[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    text_.remove_prefix(digits);
    if (text_.starts_with('L')) text_.remove_prefix(1);  // written by Python 2
    return value;
  }

  bool tuple(Shape& shape) {
    if (!take('(')) return false;
    while (!take(')')) {
      const std::optional<std::int64_t> size = number();
      if (!size || shape.size() == kMaxAxes) return false;
      shape.push_back(*size);
      if (!take(',')) return take(')') && shape.size() != 1;  // "(3)" is no tuple
    }
    return true;
  }

  std::string_view text_;
};

struct ElementFormat {
  char kind = 'f';  ///< of 'f', 'i', 'u', 'b'
  std::size_t bytes = 4;
  bool big_endian = false;
};

std::optional<ElementFormat> find_format(std::string_view descr) {
  ElementFormat format;
  if (descr == "?") return ElementFormat{'b', 1, false};
  if (!descr.empty() && std::string_view("<>=|").find(descr.front()) != std::string_view::npos) {
    format.big_endian = descr.front() == '>';
    descr.remove_prefix(1);
  }
  for (const std::string_view known : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}) {
    if (descr != known) continue;
    format.kind = known[0];
    format.bytes = static_cast<std::size_t>(known[1] - '0');
    return format;
  }
  return std::nullopt;
}

std::uint64_t load(const char* bytes, const ElementFormat& format) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < format.bytes; ++i) {
    const std::size_t place = format.big_endian ? format.bytes - 1 - i : i;
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * place);
  }
  return bits;
}

float half_to_float(std::uint32_t half) {
  const std::uint32_t exponent = (half >> 10) & 31;
  const std::uint32_t fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction != 0 ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
}

float to_float(std::uint64_t bits, std::size_t bytes) {
  if (bytes == 2) return half_to_float(static_cast<std::uint32_t>(bits));
  if (bytes == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return static_cast<float>(std::bit_cast<double>(bits));
}

/// Sign extension for 'i'; nothing for what 64 signed bits do not hold.
std::optional<std::int64_t> to_integer(std::uint64_t bits, const ElementFormat& format) {
  if (format.kind == 'b') return bits != 0 ? 1 : 0;
  const auto unused = static_cast<int>(64 - 8 * format.bytes);
  if (format.kind == 'i') return static_cast<std::int64_t>(bits << unused) >> unused;
  if (bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::int64_t>(bits);
}

Diagnostic unusable(const std::string& name, std::string why) {
  return Diagnostic(Code::kBadArray, fmt::format("'{}' cannot be used as an array", name))
      .at({name, "", ""})
      .because(std::move(why))
      .fix("save it with numpy.save as an array of numbers");
}

void append_little_endian(std::string& bytes, std::uint64_t bits, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>((bits >> (8 * i)) & 0xFF));
}

}  // namespace

Result<NpyHeader> read_npy_header(std::string_view bytes, const std::string& name_for_messages) {
  const auto failed = [&](std::string why) { return unusable(name_for_messages, std::move(why)); };
  constexpr std::size_t kFixed = 8;  // magic and version
  const std::size_t all = bytes.size();
  if (!bytes.starts_with(kMagic) || bytes.size() < kFixed) return failed("it does not begin like a .npy file");
  const int version = bytes[6];
  if (version < 1 || version > 3) return failed("its version is none of 1, 2, 3");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < kFixed + length_bytes) return failed("its header is cut short");
  const std::uint64_t header_length = load(bytes.data() + kFixed, {'u', length_bytes, false});
  bytes.remove_prefix(kFixed + length_bytes);
  if (bytes.size() < header_length) return failed("its header is cut short");
  const std::optional<Header> header = HeaderReader(bytes.substr(0, header_length)).read();
  if (!header) return failed("its header cannot be read");
  bytes.remove_prefix(header_length);

  const std::optional<ElementFormat> format = find_format(header->descr);
  if (!format) return failed(fmt::format("its elements are of type '{}', not plain numbers", header->descr));
  std::int64_t n = 1;
  bool overflow = false;
  for (const std::int64_t size : header->shape) overflow = __builtin_mul_overflow(n, size, &n) || overflow;
  const bool empty = std::ranges::find(header->shape, 0) != header->shape.end();
  if (empty) n = 0;
  if ((overflow && !empty) || n > std::numeric_limits<std::int64_t>::max() / 8)
    return failed(fmt::format("its shape {} has too many elements", to_text(header->shape)));
  if (static_cast<std::uint64_t>(n) * format->bytes != bytes.size()) {
    return failed(fmt::format("its shape {} needs {} bytes of elements, but {} are there", to_text(header->shape),
                              static_cast<std::uint64_t>(n) * format->bytes, bytes.size()));
  }
  return NpyHeader{format->kind, format->bytes, format->big_endian, header->fortran, header->shape, n, all - bytes.size()};
}

Result<Tensor> npy_elements(std::string_view bytes, const NpyHeader& header, std::int64_t first, std::int64_t n,
                            const std::string& name_for_messages) {
  const ElementFormat format{header.kind, header.bytes, header.big_endian};
  const char* at = bytes.data() + header.offset + static_cast<std::size_t>(first) * format.bytes;
  Tensor tensor = Tensor::zeros({n}, format.kind == 'f');
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const std::uint64_t bits = load(at + i * format.bytes, format);
    if (format.kind == 'f') {
      tensor.floats()[i] = to_float(bits, format.bytes);
      continue;
    }
    const std::optional<std::int64_t> value = to_integer(bits, format);
    if (!value) return unusable(name_for_messages, "it holds an integer above 2^63 - 1");
    tensor.ints()[i] = *value;
  }
  return tensor;
}

Result<Tensor> parse_npy(std::string_view bytes, const std::string& name_for_messages) {
  FINNR_ASSIGN(const NpyHeader header, read_npy_header(bytes, name_for_messages));
  if (!checked_count(header.shape))
    return unusable(name_for_messages, fmt::format("its shape {} has too many elements", to_text(header.shape)));
  FINNR_ASSIGN(Tensor elements, npy_elements(bytes, header, 0, header.elements, name_for_messages));
  // Fortran order of a shape is C order of the reversed shape.
  Shape stored = header.shape;
  if (header.fortran) std::ranges::reverse(stored);
  Tensor tensor = std::move(elements).reshaped(stored);
  if (!header.fortran || stored.size() < 2) return tensor;
  std::vector<int> perm(stored.size());
  for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<int>(perm.size() - 1 - i);
  return transpose(tensor, perm);
}

Result<Tensor> load_npy(const std::filesystem::path& path) {
  FINNR_ASSIGN(const std::string bytes, read_file(path));
  return parse_npy(bytes, path.string());
}

namespace {

/// Everything in front of the elements.
std::string header_of(const Shape& shape, bool is_float) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", is_float ? "<f4" : "<i8",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  // The elements begin at a multiple of 64 bytes, after the line break that ends the header.
  constexpr std::size_t kBefore = 10;
  header.append(63 - (kBefore + header.size()) % 64, ' ');
  header.push_back('\n');

  std::string bytes(kMagic);
  bytes += {1, 0};
  append_little_endian(bytes, header.size(), 2);
  return bytes + header;
}

void append_elements(std::string& bytes, std::span<const float> floats) {
  for (const float x : floats) append_little_endian(bytes, std::bit_cast<std::uint32_t>(x), 4);
}
void append_elements(std::string& bytes, std::span<const std::int64_t> ints) {
  for (const std::int64_t n : ints) append_little_endian(bytes, static_cast<std::uint64_t>(n), 8);
}

Diagnostic cannot_write(const std::filesystem::path& path) {
  return Diagnostic(Code::kCannotWrite, fmt::format("'{}' cannot be written", path.string()))
      .because(std::strerror(errno))
      .fix("make its folder first, or choose another place");
}

}  // namespace

std::string format_npy(const Tensor& tensor) {
  std::string bytes = header_of(tensor.shape(), tensor.is_float());
  if (tensor.is_float()) append_elements(bytes, tensor.floats());
  if (!tensor.is_float()) append_elements(bytes, tensor.ints());
  return bytes;
}

Result<NpyWriter> NpyWriter::create(const std::filesystem::path& path, const Shape& shape, bool is_float) {
  const std::filesystem::path beside = path.string() + fmt::format(".{}.part", ::getpid());
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  if (file == nullptr) return cannot_write(path);
  NpyWriter writer(file, path, beside);
  FINNR_RETURN_IF_ERROR(writer.append_bytes(header_of(shape, is_float)));
  return writer;
}

NpyWriter::~NpyWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(beside_.c_str());
}

NpyWriter::NpyWriter(NpyWriter&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)), path_(std::move(other.path_)), beside_(std::move(other.beside_)) {}

Status NpyWriter::append_bytes(std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size() ? ok_status() : Status(cannot_write(path_));
}

Status NpyWriter::append(std::span<const float> floats) {
  std::string bytes;
  append_elements(bytes, floats);
  return append_bytes(bytes);
}

Status NpyWriter::append(std::span<const std::int64_t> ints) {
  std::string bytes;
  append_elements(bytes, ints);
  return append_bytes(bytes);
}

Status NpyWriter::finish() {
  std::FILE* file = std::exchange(file_, nullptr);
  const bool written = std::fclose(file) == 0 && std::rename(beside_.c_str(), path_.c_str()) == 0;
  if (written) return ok_status();
  const Diagnostic failed = cannot_write(path_);
  std::remove(beside_.c_str());
  return failed;
}

Status save_npy(const std::filesystem::path& path, const Tensor& tensor) { return write_file(path, format_npy(tensor)); }

}  // namespace finnr
