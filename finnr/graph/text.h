// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "finnr/graph/graph.h"

namespace finnr {

/// How much of large constants is printed.
enum class Constants : std::uint8_t {
  kFull,    ///< everything, packed in base64 above 16 elements: parse() gives the same graph back
  kElided,  ///< "..." instead of the elements of large ones: for people
};

/// The text form: one statement a line, in topological order.
///   graph "tfc"
///   input %0 "image" : f32[1,784]
///   const %1 : int[-1,1][784,64] = base64 1 "..."
///   %2 = matmul(%0, %1) : f32[1,64] from "MatMul_16"
///   output %2
std::string print(const Graph& graph, Constants constants = Constants::kFull);

/// The operator and its attributes as the text form writes them: "unary {function=relu, alpha=0, beta=0}".
std::string attributes_text(const Op& op);

/// Reads the text form; errors name the line. The types after ':' must agree with the rules.
Result<Graph> parse(std::string_view text);

}  // namespace finnr
