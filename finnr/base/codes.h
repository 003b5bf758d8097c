// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace finnr {

/// Stable numbers of everything finnr can tell a user. A number is never reused.
/// F01xx model files, F02xx meaning and streamlining, F03xx hardware and folding,
/// F04xx data and options, F05xx simulation and verification, F06xx synthesis, F09xx our own bugs.
/// The long text of each stands in codes.cpp and is shown by `finnr explain`.
enum class Code : std::uint16_t {
#define FINNR_CODE(name, number, title, text) name = number,
#include "finnr/base/codes.inc"
#undef FINNR_CODE
};

/// What `finnr explain` shows of one code.
struct CodeInfo {
  Code code;
  std::string_view title;  ///< a short phrase
  std::string_view text;   ///< a paragraph: meaning, usual causes, ways out
};

/// "F0123".
std::string_view to_text(Code code);

/// All codes, ascending.
std::span<const CodeInfo> all_codes();

/// The code spelled "F0123" (any case), or nothing.
std::optional<CodeInfo> find_code(std::string_view spelled);

}  // namespace finnr
