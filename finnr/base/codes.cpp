// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/codes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace finnr {
namespace {

constexpr std::array kCodes = {
#define FINNR_CODE(name, number, title, text) CodeInfo{Code::name, title, text},
#include "finnr/base/codes.inc"
#undef FINNR_CODE
};

static_assert(std::ranges::is_sorted(kCodes, {}, &CodeInfo::code), "numbers ascend");

}  // namespace

std::string_view to_text(Code code) {
  switch (code) {
#define FINNR_CODE(name, number, title, text) \
  case Code::name:                            \
    return "F0" #number;
#include "finnr/base/codes.inc"
#undef FINNR_CODE
  }
  return "F0000";
}

std::span<const CodeInfo> all_codes() { return kCodes; }

std::optional<CodeInfo> find_code(std::string_view spelled) {
  std::string upper(spelled);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const CodeInfo& info : kCodes) {
    if (to_text(info.code) == upper) return info;
  }
  return std::nullopt;
}

}  // namespace finnr
