// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/flow/prepare.h"

namespace finnr {

/// What becomes of one node of the model.
enum class Fate : std::uint8_t {
  kNative,     ///< a unit of its own
  kFused,      ///< part of a unit, or of a constant, or only a name
  kHost,       ///< computed by the host, in front or behind
  kRefused,    ///< stands in the way
  kUndecided,  ///< fine by itself; what becomes of it depends on refused nodes
};
std::string_view to_text(Fate fate);

struct NodePlan {
  std::string name;
  std::string type;
  Fate fate = Fate::kFused;
  std::string where;   ///< unit or part: "fc0", "constant", "input side"
  std::string reason;  ///< for refused nodes
};

/// The plan for the whole network at once; builds nothing. Problems stand in `diagnostics` too; nothing is returned only
/// when the file is no model file.
std::optional<std::vector<NodePlan>> plan(const std::string& model, const Boundary& boundary, Diagnostics& diagnostics);

}  // namespace finnr
