// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "finnr/graph/rules.h"

namespace finnr::rules {

// What the files of rules have in common. Each `rule` is one operator's.

using Results = Result<std::vector<ResultType>>;
using Operands = std::span<const Value* const>;

__extension__ using Wide = __int128;
inline constexpr std::int64_t kMaxRange = std::int64_t{1} << 62;

inline Diagnostic shape_error(std::string cause) {
  return Diagnostic(Code::kShapeMismatch, "the operands do not fit").because(std::move(cause));
}
inline Diagnostic type_error(std::string cause) {
  return Diagnostic(Code::kTypeMismatch, "an operand has the wrong element type").because(std::move(cause));
}
inline Status check_size(const Shape& shape) {
  if (checked_count(shape)) return ok_status();
  return Diagnostic(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(shape)));
}
inline Results one(ElementType type, Shape shape) { return std::vector<ResultType>{{type, std::move(shape)}}; }

/// A range computed without overflow, as an integer type; kRangeTooLarge beyond 62 bits.
Result<ElementType> ranged(Wide lo, Wide hi);

Results rule(const Quantize& op, Operands in);
Results rule(const Dequantize& op, Operands in);
Results rule(const CountThresholds& op, Operands in);
Results rule(const MatMul& op, Operands in);
Results rule(const Binary& op, Operands in);
Results rule(const Unary& op, Operands in);
Results rule(const Reshape& op, Operands in);
Results rule(const Transpose& op, Operands in);
Results rule(const Softmax& op, Operands in);
Results rule(const ArgMax& op, Operands in);
Results rule(const TopK& op, Operands in);
Results rule(const Thresholds& op, Operands in);
Results rule(const Conv& op, Operands in);
Results rule(const Pool& op, Operands in);
Results rule(const Sum& op, Operands in);
Results rule(const Concat& op, Operands in);
Results rule(const Take& op, Operands in);
Results rule(const Pad& op, Operands in);
Results rule(const Join& op, Operands in);

}  // namespace finnr::rules
