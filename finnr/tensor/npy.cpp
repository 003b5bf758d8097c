// SPDX-License-Identifier: Apache-2.0
// The .npy format (numpy.lib.format): magic, version, length, a Python dictionary literal, then the elements. The
// reader takes exactly the three keys that the format defines and believes no size that the file does not hold.
#include "finnr/tensor/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cctype>
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

void append(std::string& bytes, std::uint64_t bits, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>((bits >> (8 * i)) & 0xFF));
}

}  // namespace

Result<Tensor> parse_npy(std::string_view bytes, const std::string& name_for_messages) {
  const auto failed = [&](std::string why) {
    return Diagnostic(Code::kBadArray, fmt::format("'{}' cannot be used as an array", name_for_messages))
        .at({name_for_messages, "", ""})
        .because(std::move(why))
        .fix("save it with numpy.save as an array of numbers");
  };
  constexpr std::size_t kFixed = 8;  // magic and version
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
  const std::optional<std::int64_t> n = checked_count(header->shape);
  if (!n) return failed(fmt::format("its shape {} has too many elements", to_text(header->shape)));
  if (static_cast<std::uint64_t>(*n) * format->bytes != bytes.size()) {
    return failed(fmt::format("its shape {} needs {} bytes of elements, but {} are there", to_text(header->shape),
                              static_cast<std::uint64_t>(*n) * format->bytes, bytes.size()));
  }

  // Fortran order of a shape is C order of the reversed shape.
  Shape stored = header->shape;
  if (header->fortran) std::ranges::reverse(stored);
  const auto size = static_cast<std::size_t>(*n);
  Tensor tensor = Tensor::zeros(stored, format->kind == 'f');
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t bits = load(bytes.data() + i * format->bytes, *format);
    if (format->kind == 'f') {
      tensor.floats()[i] = to_float(bits, format->bytes);
      continue;
    }
    const std::optional<std::int64_t> value = to_integer(bits, *format);
    if (!value) return failed("it holds an integer above 2^63 - 1");
    tensor.ints()[i] = *value;
  }
  if (!header->fortran || stored.size() < 2) return tensor;
  std::vector<int> perm(stored.size());
  for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<int>(perm.size() - 1 - i);
  return transpose(tensor, perm);
}

Result<Tensor> load_npy(const std::filesystem::path& path) {
  FINNR_ASSIGN(const std::string bytes, read_file(path));
  return parse_npy(bytes, path.string());
}

std::string format_npy(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", tensor.is_float() ? "<f4" : "<i8",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  // The elements begin at a multiple of 64 bytes, after the line break that ends the header.
  constexpr std::size_t kBefore = 10;
  header.append(63 - (kBefore + header.size()) % 64, ' ');
  header.push_back('\n');

  std::string bytes(kMagic);
  bytes += {1, 0};
  append(bytes, header.size(), 2);
  bytes += header;
  if (tensor.is_float()) {
    for (const float x : tensor.floats()) append(bytes, std::bit_cast<std::uint32_t>(x), 4);
  } else {
    for (const std::int64_t n : tensor.ints()) append(bytes, static_cast<std::uint64_t>(n), 8);
  }
  return bytes;
}

Status save_npy(const std::filesystem::path& path, const Tensor& tensor) { return write_file(path, format_npy(tensor)); }

}  // namespace finnr
