// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/embedded.h"
#include "finnr/base/result.h"
#include "finnr/cost/cost_model.h"

namespace finnr {

/// What synthesis made of a unit.
struct Sample {
  UnitShape shape;
  Cost cost;
};

/// Samples of one kind from the text that tools/sample_costs.py writes. Fails with kBadCostFile.
Result<std::vector<Sample>> parse_samples(std::string_view text, const std::string& kind, const std::string& file);

/// Two of three samples for the fit, and every third to judge it by.
struct SplitSamples {
  std::vector<Sample> fitted;
  std::vector<Sample> held_out;
};
SplitSamples split_samples(std::span<const Sample> samples);

/// Constants for samples of one kind, which make the largest relative errors small rather than the mean: least squares of relative
/// errors, where large ones weigh more from round to round.
KindConstants fit(std::span<const Sample> samples, Cells cells);

/// The constants that fit `samples` of one kind best while staying close to `prior`: one factor for all LUTs and one for all flip-flops,
/// those of exact terms too. For a few units of one design, which cannot tell terms apart.
KindConstants scaled(const KindConstants& prior, std::span<const Sample> samples, Cells cells);

/// Errors of predictions, as shares of what synthesis made (of one LUT where that is nothing).
struct Errors {
  double median = 0;
  double worst = 0;
};
Errors errors(const CostModel& model, std::span<const Sample> samples, Cost::Member member);

}  // namespace finnr
