// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/import/model_file.h"

namespace finnr {

/// What to do of a file's nodes, and in which order.
struct Links {
  std::vector<std::size_t> order;  ///< nodes with producers before users, in file order where there is a choice; without cycles
  std::vector<bool> needed;        ///< by node: a graph output depends on it (all, when the outputs themselves are wrong)
};

/// Checks that every tensor has one producer, that what is read exists, that there is no cycle, and that the graph has
/// inputs and outputs. Reports kUndefinedTensor, kDuplicateTensor, kCycle, kNoInputOrOutput.
Links check_links(const ModelFile& file, Diagnostics& diagnostics);

}  // namespace finnr
