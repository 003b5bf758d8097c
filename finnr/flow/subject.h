// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finnr/cost/fpga.h"
#include "finnr/explore/fit.h"
#include "finnr/flow/prepare.h"

namespace finnr {

/// What prediction and exploration speak of: the hardware part of a model, or of a description without weights.
struct Subject {
  std::string name;
  HardwarePart part;
  std::vector<Work> work;    ///< of every layer with weights, in a frame; a product and its addition are two operations
  std::int64_t io_bits = 0;  ///< that enter and leave in a frame

  [[nodiscard]] double operations() const;
};
std::optional<Subject> read_subject(const std::string& path, const Boundary& boundary, Diagnostics& diagnostics);

/// A share of a device.
Room room_in(const Fpga& device, double share, double clock_mhz);

}  // namespace finnr
