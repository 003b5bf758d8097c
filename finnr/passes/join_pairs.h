// SPDX-License-Identifier: Apache-2.0
// Joins that are found by looking at all pairs of two integers, which must be few enough (JoinProblem::enumerable).
#pragma once

#include <optional>

#include "finnr/passes/join_problem.h"

namespace finnr {

/// The greater (kMax) or lesser (kMin) of the codes of each integer alone:
/// g(x, y) = max(min over y' of g(x, y'), min over x' of g(x', y)), and mirrored.
std::optional<JoinPlan> plan_greater(const JoinProblem& join, JoinKind kind);

/// Steps of (x - zero)(y - zero): exact, or with the middle level where pairs of one product differ by no more than a step.
std::optional<JoinPlan> plan_product(const JoinProblem& join, bool exact);

/// Steps of |Y| x + y, which names every pair: any function of at most kMaxPairBits bits.
std::optional<JoinPlan> plan_pair(const JoinProblem& join);

}  // namespace finnr
