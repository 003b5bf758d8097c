// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "finnr/base/embedded.h"
#include "finnr/base/result.h"
#include "finnr/hardware/cost.h"

namespace finnr {

/// Families that share their logic cells, and with them cost functions.
enum class LogicFamily : std::uint8_t { kXc7, kXcu, kXcup, kVersal, kEcp5, kIce40 };
std::string_view to_text(LogicFamily family);

/// Inputs of a cell's look-up table: 6 in all families of AMD, else 4.
int lut_inputs(LogicFamily family);

/// An FPGA on a board, as its data sheets tell. Where a number comes from stands in its file (devices/*.json).
struct Fpga {
  std::string name;
  std::vector<std::string> boards;
  std::string part;
  LogicFamily family = LogicFamily::kXc7;
  Cost total;                      ///< of the device
  std::int64_t bram_bits = 18432;  ///< of a block
  int multiplier_a = 0;            ///< bits of the multiplier of a DSP block, 0 without one
  int multiplier_b = 0;
  std::vector<double> shell_share;  ///< what a shell takes of each super logic region, one entry a region
  double memory_gbytes_per_s = 0;   ///< external memory
  double clock_mhz = 100;           ///< sensible for streaming designs

  [[nodiscard]] std::int64_t regions() const { return static_cast<std::int64_t>(shell_share.size()); }
  /// What is left beside the shell in one region, and in all.
  [[nodiscard]] Cost region(std::int64_t index) const;
  [[nodiscard]] Cost usable() const;
};

/// Products of w-bit weights and x-bit activations that one DSP block computes in a cycle: as many as fit side by side into the longer
/// side of its multiplier, 1 + (a - w) / (w + x - 1); 0 where they do not fit at all.
std::int64_t products_per_dsp(const Fpga& device, int w_bits, int x_bits);

/// The flat roof: 10^12 operations a second (a product and its addition are two) when all LUTs compute at 0.29 * w * x LUT an operation,
/// as our smallest core does, and all DSP blocks do. FINN-R (2018) counts 70 % of the LUTs at 2.5, which our designs exceed.
double peak_tops(const Fpga& device, int w_bits, int x_bits);

/// Operations of one precision in a frame.
struct Work {
  double operations = 0;
  int w_bits = 1;
  int x_bits = 1;
};

/// The flat roof of work of several precisions: all operations over the time that each kind would take on the whole device.
double peak_tops(const Fpga& device, std::span<const Work> work);

/// The roofline: the flat roof, or what external memory feeds when a frame moves `bytes` over it.
double attainable_tops(const Fpga& device, std::span<const Work> work, double bytes);

/// devices/*.json inside the binary.
std::span<const EmbeddedFile> device_files();

/// All devices that come with finnr, smallest first.
std::vector<Fpga> known_devices();

/// A known device by its name or the name of a board of it (case does not matter), or one from a file of the same form. Fails with
/// kBadDevice.
Result<Fpga> find_device(const std::string& name_or_path);

}  // namespace finnr
