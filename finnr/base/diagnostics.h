// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/codes.h"

namespace finnr {

/// A spot in the user's own model or options, never in our data structures.
/// Empty members are unknown; an empty place as a whole is allowed.
struct Place {
  std::string file;  ///< model or option file as the user spelled it
  std::string node;  ///< name of a model node, or "" for the whole file
  std::string port;  ///< e.g. "input 1 (tensor 'w0')", "attribute 'strides'"

  bool operator==(const Place&) const = default;
};

enum class Severity : std::uint8_t { kNote, kWarning, kError };

/// One thing a user should know: what, where, why, and what to do about it.
/// Built in place: `Diagnostic(Code::kX, "...").at({...}).because("...").fix("...")`.
struct Diagnostic {
  Code code = Code::kInternal;
  Severity severity = Severity::kError;
  std::string message;  ///< one sentence about the user's model
  std::string cause;    ///< why that is so (may be empty)
  std::string way_out;  ///< what the user can do (may be empty)
  std::vector<Place> places;

  Diagnostic() = default;
  Diagnostic(Code c, std::string text) : code(c), message(std::move(text)) {}

  Diagnostic at(Place place) &&;
  Diagnostic because(std::string text) &&;
  Diagnostic fix(std::string text) &&;
  Diagnostic as_warning() &&;
  Diagnostic as_note() &&;
};

/// The user-visible text, several lines, without colour:
///   error F0214: message
///     model.onnx: node 'x', input 0
///     cause: ...
///     way out: ...
///     finnr explain F0214
std::string to_text(const Diagnostic& diagnostic);

/// "model.onnx: node 'x', input 0"; "" for an empty place.
std::string to_text(const Place& place);

/// Collects what a user should see in full. Handed down by reference, never global.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { list_.push_back(std::move(diagnostic)); }
  [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }
  [[nodiscard]] bool has_errors() const;

 private:
  std::vector<Diagnostic> list_;
};

}  // namespace finnr
