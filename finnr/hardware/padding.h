// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// Each channel of the result depends on the same channel of the inputs alone.
bool by_channel(const Layer& layer);

/// Which links are padded together: what enters a layer channel by channel (thresholds, pools, joins, depthwise convolutions) also
/// leaves it. Matrices of one group begin and end such a set, for they can drop padding.
struct PaddingSets {
  std::vector<std::size_t> of;        ///< by link: the first link of its set
  std::vector<std::string> obstacle;  ///< by set: why its vectors can have no extra elements; "" if they can
};
PaddingSets padding_sets(const HardwarePart& part);

/// By link: whether the layers that have a PE ask for more elements than there are channels.
std::vector<bool> asks_for_padding(const HardwarePart& part, const Folding& folding);

/// Elements of a vector that travel on each link: at least its channels, those of `least` (by link; empty for none) and those that a
/// fold of its set asks for, and a multiple of the lanes at both ends; windows in front of a matrix give multiples of its SIMD. Fails
/// with kIllegalFolding where padding is not possible. The folding is settled (lanes.h).
Result<std::vector<std::int64_t>> padding(const HardwarePart& part, const Folding& folding, const std::vector<std::int64_t>& least = {});

/// The part with layers of so many channels on each link, those of matrices without windows excepted, whose extra inputs stand behind
/// the real ones. Extra channels of windows meet weights of 0; those of depthwise layers have the weights of the first one.
HardwarePart padded_part(const HardwarePart& part, const std::vector<std::int64_t>& padded);

}  // namespace finnr
