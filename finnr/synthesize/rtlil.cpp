// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/rtlil.h"

#include <charconv>

namespace finnr {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

/// "wire width 49 input 6 \s_data_i", also without a width; wires that are no ports give nothing.
void add_port(const std::vector<std::string_view>& words, RtlilModule& module) {
  RtlilModule::Wire wire;
  bool is_port = false;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] == "width") std::from_chars(words[i + 1].data(), words[i + 1].data() + words[i + 1].size(), wire.width);
    if (words[i] == "input") is_port = wire.is_input = true;
    if (words[i] == "output") is_port = true;
  }
  wire.name = words.back().substr(1);
  if (is_port) module.ports.push_back(std::move(wire));
}

}  // namespace

RtlilModule parse_rtlil_module(std::string_view text) {
  RtlilModule module;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with("  wire ") && !line.starts_with("  cell ")) continue;
    const std::vector<std::string_view> words = words_of(line);
    if (words[0] == "wire") add_port(words, module);
    if (words[0] == "cell" && words.size() == 3 && words[2].starts_with('\\'))
      module.cells.push_back({std::string(words[1]), std::string(words[2].substr(1))});
  }
  return module;
}

}  // namespace finnr
