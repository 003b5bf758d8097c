// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/names.h"

#include <fmt/format.h>

namespace finnr {
namespace {

constexpr std::size_t kLongest = 200;

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the well-formed UTF-8 sequence at `i`, 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(text, i + k) & 0xC0U) != 0x80U) return 0;
  }
  if (length == 1) return 1;
  const unsigned second = byte_at(text, i + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string printable(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size();) {
    if (text.size() >= kLongest) return text + "...";
    const std::size_t length = sequence_length(name, i);
    const unsigned first = byte_at(name, i);
    if (first == '\n') {
      text += "\\n";
    } else if (length == 0 || first < 0x20 || first == 0x7F) {
      text += fmt::format("\\x{:02X}", first);
    } else {
      text += name.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return text;
}

std::string tensor_text(std::string_view name) { return fmt::format("tensor '{}'", printable(name)); }

std::string input_text(std::size_t index, std::string_view tensor) { return fmt::format("input {} ({})", index, tensor_text(tensor)); }

}  // namespace finnr
