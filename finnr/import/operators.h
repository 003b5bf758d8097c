// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "finnr/import/node_import.h"

namespace finnr {

/// One operator that finnr imports. Versions of the operator sets differ in where a parameter stands (attribute or
/// input); each importer looks for both, so that one row serves all versions.
struct OperatorInfo {
  std::string_view name;
  int least;    ///< inputs, counting up to the last that is not left out
  int most;     ///< inputs; -1: any number
  int outputs;  ///< at most; -1: any number
  Status (*import)(NodeImport&);
};

/// The row of a node's domain and type, if there is one.
const OperatorInfo* find_operator(const FileNode& node);

/// Why there is no row for this node: control flow, not part of this version, or unknown (kUnknownOperator, no place).
Diagnostic unknown_operator(const FileNode& node);

/// kBadOperands when the node's operands are too few or too many.
Status check_operands(const FileNode& node, const OperatorInfo& info);

}  // namespace finnr
