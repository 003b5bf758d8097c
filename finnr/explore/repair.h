// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "finnr/explore/dual.h"
#include "finnr/explore/stage.h"

namespace finnr {

/// A choice within the limits near one that is not. Alternatives of the same group are exchanged one at a time, each time the one
/// that takes away most of what is too much for what it costs more under the prices. None where no exchange helps: then there may
/// still be a choice.
std::optional<std::vector<std::size_t>> repair(const Stage& stage, const Amounts& limits, const Prices& prices,
                                               std::vector<std::size_t> alternatives);

}  // namespace finnr
