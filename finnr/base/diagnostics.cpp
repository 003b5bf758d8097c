// SPDX-License-Identifier: Apache-2.0
#include "finnr/base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace finnr {

Diagnostic Diagnostic::at(Place place) && {
  places.push_back(std::move(place));
  return std::move(*this);
}

Diagnostic Diagnostic::because(std::string text) && {
  cause = std::move(text);
  return std::move(*this);
}

Diagnostic Diagnostic::fix(std::string text) && {
  way_out = std::move(text);
  return std::move(*this);
}

Diagnostic Diagnostic::as_warning() && {
  severity = Severity::kWarning;
  return std::move(*this);
}

Diagnostic Diagnostic::as_note() && {
  severity = Severity::kNote;
  return std::move(*this);
}

std::string to_text(const Place& place) {
  std::string text = place.file;
  if (!place.node.empty()) text += fmt::format("{}node '{}'", text.empty() ? "" : ": ", place.node);
  if (!place.port.empty()) text += fmt::format("{}{}", place.node.empty() ? (text.empty() ? "" : ": ") : ", ", place.port);
  return text;
}

std::string to_text(const Diagnostic& diagnostic) {
  static constexpr std::string_view kWords[] = {"note", "warning", "error"};
  std::string text =
      fmt::format("{} {}: {}\n", kWords[static_cast<int>(diagnostic.severity)], to_text(diagnostic.code), diagnostic.message);
  constexpr std::size_t kShown = 4;
  for (std::size_t i = 0; i < std::min(diagnostic.places.size(), kShown); ++i) {
    if (std::string place = to_text(diagnostic.places[i]); !place.empty()) text += fmt::format("  {}\n", place);
  }
  if (diagnostic.places.size() > kShown) text += fmt::format("  and {} more places\n", diagnostic.places.size() - kShown);
  if (!diagnostic.cause.empty()) text += fmt::format("  cause: {}\n", diagnostic.cause);
  if (!diagnostic.way_out.empty()) text += fmt::format("  way out: {}\n", diagnostic.way_out);
  text += fmt::format("  finnr explain {}\n", to_text(diagnostic.code));
  return text;
}

bool Diagnostics::has_errors() const {
  return std::ranges::any_of(list_, [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

}  // namespace finnr
