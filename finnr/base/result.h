// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "finnr/base/check.h"
#include "finnr/base/diagnostics.h"

namespace finnr {

/// A T, or the diagnostic that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` is the point
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;` is the point
  Result(Diagnostic error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The value, without the reason where there is none.
  [[nodiscard]] std::optional<T> value_or_nothing() && { return ok() ? std::optional<T>(std::move(value())) : std::nullopt; }

  [[nodiscard]] const Diagnostic& error() const& {
    FINNR_CHECK(!ok(), "error() of a good result");
    return std::get<1>(state_);
  }
  [[nodiscard]] Diagnostic error() && {
    FINNR_CHECK(!ok(), "error() of a good result");
    return std::get<1>(std::move(state_));
  }

 private:
  T& value() {
    FINNR_CHECK(ok(), "value of a failed result");
    return std::get<0>(state_);
  }
  const T& value() const {
    FINNR_CHECK(ok(), "value of a failed result");
    return std::get<0>(state_);
  }
  std::variant<T, Diagnostic> state_;
};

/// Success, or the diagnostic that says what failed.
class [[nodiscard]] Status {
 public:
  Status() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;` is the point
  Status(Diagnostic error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Diagnostic& error() const& {
    FINNR_CHECK(!ok(), "error() of a good status");
    return *error_;
  }
  [[nodiscard]] Diagnostic error() && {
    FINNR_CHECK(!ok(), "error() of a good status");
    return *std::move(error_);
  }

 private:
  std::optional<Diagnostic> error_;
};

inline Status ok_status() { return {}; }

#define FINNR_CONCAT_(a, b) a##b
#define FINNR_CONCAT(a, b) FINNR_CONCAT_(a, b)

/// `FINNR_ASSIGN(auto x, f());` declares x from a Result, or returns its diagnostic.
#define FINNR_ASSIGN(declaration, expression) FINNR_ASSIGN_IMPL_(FINNR_CONCAT(finnr_result_, __LINE__), declaration, expression)
#define FINNR_ASSIGN_IMPL_(result, declaration, expression) \
  auto result = (expression);                               \
  if (!result.ok()) return std::move(result).error();       \
  declaration = *std::move(result)

/// `FINNR_RETURN_IF_ERROR(f());` returns the diagnostic of a Status, if any.
#define FINNR_RETURN_IF_ERROR(expression)                                                             \
  do {                                                                                                \
    if (auto finnr_status = (expression); !finnr_status.ok()) return std::move(finnr_status).error(); \
  } while (false)

}  // namespace finnr
