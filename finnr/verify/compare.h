// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/bundle.h"
#include "finnr/simulate/packing.h"
#include "finnr/simulate/simulate.h"
#include "finnr/verify/verify.h"

namespace finnr {

/// What every stream that carries a value should carry, as beats: the taps in order, then the outputs.
struct Expected {
  std::vector<Recording> taps;                ///< by tap; empty ones for streams without a value
  std::vector<Recording> outputs;             ///< by port
  [[nodiscard]] std::size_t streams() const;  ///< that carry a value
};

/// From the integer network; each value of a frame is computed once and kept only as beats. Fails with kNotABundle when the
/// bundle's values are not those of the network, kMismatch when a stream has no room for a number that its value takes.
Result<Expected> expected_streams(const Graph& network, const Bundle& bundle, const std::vector<PortFrame>& frames);

/// The first difference: of the first frame that differs, in the first stream of the data's way. Frames beyond those
/// expected repeat them. What a trace does not have is not compared. `compared` grows by the elements looked at.
std::optional<Mismatch> first_mismatch(const Graph& network, const Bundle& bundle, const Expected& expected, const Trace& trace,
                                       std::int64_t& compared);

/// Cycles between frames in a run without stalls: the mean over the last frames, whole when it is exact; else the next
/// whole number that is not `predicted`. 0 when there are fewer than 2 differences after `warm_up` frames.
std::int64_t measured_interval(const std::vector<std::int64_t>& frame_ends, std::int64_t warm_up, std::int64_t predicted);

}  // namespace finnr
