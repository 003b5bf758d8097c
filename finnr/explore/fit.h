// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/explore/certificate.h"
#include "finnr/explore/layer_options.h"

namespace finnr {

/// Where a design must fit.
struct Room {
  std::string device;
  Cost limit;    ///< of the whole design
  Cost largest;  ///< of one layer: what a region of the device has
  double clock_mhz = 100;
};

/// The best folding of a network in a room.
struct Fit {
  Folding folding;
  std::int64_t interval = 0;  ///< cycles a frame
  std::int64_t bound = 0;     ///< proved: no folding within the limits takes fewer; as asked where a rate was asked
  Cost cost;                  ///< of the lowered design; of that with sized queues (queues.h) where it would not fit else
  Cost queues;                ///< of it: queues in front of joins, which the search counts as nothing
  double least_share = 0;     ///< proved: the cost, as shares of the limits in sum, cannot be less at this interval; queues apart
  double share = 0;           ///< what it is, queues apart
  std::string bottleneck;     ///< the slowest layer
  std::string binding;        ///< the resource that counts most in the proof that nothing is faster; "" when nothing binds
  std::optional<Cost> twice;  ///< the cheapest design of half the interval, whatever it takes; none if there is none
  Certificate certificate;
};

/// The fewest cycles a frame within the limits, and the least cost at that; with `interval`, the least cost at no more than that.
/// Fails with kDeviceTooSmall, kRateBeyondDevice or kFpsUnreachable, which name the binding resource, the best that can be reached and
/// what would have to give; and with kTooWide.
Result<Fit> best_fit(const std::string& name, const HardwarePart& part, const Room& room, std::optional<std::int64_t> interval,
                     const UnitCost& cost);

}  // namespace finnr
