// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/threshold_words.h"

#include <algorithm>

#include "finnr/base/integers.h"
#include "finnr/hardware/layers.h"

namespace finnr {

std::int64_t StepFormat::sign_bits(std::int64_t width) const { return signs == 1 ? width : signs == 2 ? 1 : 0; }

HardwareSteps hardware_steps(const Steps& steps, const IntType& x, std::int64_t xnor_inputs, std::int64_t padded_behind) {
  const auto compared = [&](std::int64_t a) {
    return xnor_inputs > 0 ? floor_div(a + xnor_inputs + 1, 2) : a;
  };  // least p with 2p - n >= a
  const std::int64_t lo = compared(x.lo);
  const std::int64_t never = compared(x.hi + 1);
  HardwareSteps result;
  result.never = never;
  result.width = steps.count();
  result.rows = std::max({steps.thresholds->shape()[0], steps.base->shape()[0], steps.signs->shape()[0], padded_behind});
  result.shared = result.rows == 1 && padded_behind == 0;
  const auto row_of = [&](const Tensor& table, std::int64_t row) { return table.shape()[0] == 1 ? 0 : row; };
  const auto size = static_cast<std::size_t>(result.rows * result.width);
  result.thresholds.reserve(size);
  result.signs.reserve(size);
  bool any_negative = false;
  bool mixed_row = false;
  for (std::int64_t row = 0; row < result.rows; ++row) {
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    for (std::int64_t k = 0; k < result.width; ++k) {
      const std::int64_t t =
          compared(steps.thresholds->ints()[static_cast<std::size_t>(row_of(*steps.thresholds, row) * result.width + k)]);
      const std::int64_t sign = steps.signs->ints()[static_cast<std::size_t>(row_of(*steps.signs, row) * result.width + k)];
      result.thresholds.push_back(std::clamp(t, lo, never));  // outside the range: always or never, exactly
      result.signs.push_back(sign);
      if (t < never) ++(sign < 0 ? negative : positive);
    }
    any_negative = any_negative || negative > 0;
    mixed_row = mixed_row || (negative > 0 && positive > 0);
    result.base.push_back(steps.base->ints()[static_cast<std::size_t>(row_of(*steps.base, row))]);
  }
  StepFormat& format = result.format;
  const bool uniform_base = std::ranges::all_of(result.base, [&](std::int64_t b) { return b == result.base.front(); });
  format.base_in_memory = !uniform_base || (padded_behind > 0 && result.base.front() != 0);
  format.base = format.base_in_memory ? 0 : result.base.front();
  format.signs = mixed_row ? 1 : any_negative ? 2 : 0;
  format.out_bits = steps.codes.bits();
  format.is_signed = lo < 0;
  format.threshold_bits = IntType{lo, never, false}.bits();
  format.search = result.width > kMaxFusedSteps && !mixed_row;
  if (format.signs == 2) {  // one sign a channel: thresholds that are never reached follow the others
    for (std::int64_t row = 0; row < result.rows; ++row) {
      const auto first = result.signs.begin() + row * result.width;
      const auto reached = result.thresholds.begin() + row * result.width;
      std::int64_t sign = 1;
      for (std::int64_t k = 0; k < result.width; ++k) {
        if (reached[k] < never) sign = first[k];
      }
      std::fill(first, first + result.width, sign);
    }
  }
  return result;
}

HardwareSteps hardware_steps(const Mvu& unit) {
  const std::int64_t real_outputs = unit.weights->shape()[1];
  const bool padded = unit.groups == 1 && unit.mh != real_outputs;
  const bool xnor = unit.x.bipolar && unit.w.bipolar;
  return hardware_steps(*unit.steps, unit.accumulator, xnor ? unit.weights->shape()[0] : 0, padded ? real_outputs : 0);
}

HardwareSteps hardware_steps(const Vvu& unit) {
  return hardware_steps(*unit.steps, unit.accumulator, unit.x.bipolar && unit.w.bipolar ? unit.kernel : 0, 0);
}

HardwareSteps hardware_steps(const Threshold& unit, const Stream& in) {
  return hardware_steps(unit.steps, unit.x, unit.x.bipolar ? 1 : 0, in.padded != in.channels ? in.channels : 0);
}

std::vector<Field> threshold_entry(const HardwareSteps& steps, std::int64_t channel) {
  const StepFormat& format = steps.format;
  const std::int64_t row = steps.shared ? 0 : channel;
  const bool missing = row >= steps.rows;
  const auto at = [&](std::int64_t k) { return static_cast<std::size_t>(row * steps.width + k); };
  std::vector<Field> entry;
  entry.reserve(static_cast<std::size_t>(2 * steps.width + 1));
  for (std::int64_t k = 0; k < steps.width; ++k)
    entry.push_back({static_cast<std::uint64_t>(missing ? steps.never : steps.thresholds[at(k)]), format.threshold_bits});
  for (std::int64_t k = 0; k < format.sign_bits(steps.width); ++k) entry.push_back({!missing && steps.signs[at(k)] < 0 ? 1U : 0U, 1});
  if (format.base_in_memory)
    entry.push_back({missing ? 0 : static_cast<std::uint64_t>(steps.base[static_cast<std::size_t>(row)]), format.out_bits});
  return entry;
}

}  // namespace finnr
