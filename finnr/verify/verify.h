// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/bundle.h"
#include "finnr/simulate/simulate.h"

namespace finnr {

/// What to check.
struct VerifyOptions {
  std::int64_t frames = 8;  ///< frames of each run, at least 1
  std::vector<Stalls> stalls = {Stalls::kNone, Stalls::kRandom, Stalls::kWorst};
  std::uint64_t seed = 1;
  std::string trace;                                                       ///< unit whose streams are wanted as a waveform, "" for none
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

/// One run under one kind of stalls.
struct RunRecord {
  Stalls stalls = Stalls::kNone;
  std::int64_t frames = 0;
  std::int64_t cycles = 0;
  double seconds = 0;
};

/// The first element that differs between the integer network and the simulated hardware.
struct Mismatch {
  std::string unit;
  std::string node;    ///< of the model
  std::string stream;  ///< of the top module
  Stalls stalls = Stalls::kNone;
  std::int64_t frame = 0;           ///< of the run
  std::int64_t vector = 0;          ///< of the value; pixels in row-major order when it has three axes or more
  std::int64_t channel = 0;         ///< of the value
  std::vector<std::int64_t> pixel;  ///< where the vector is on the axes behind the channels, when there are some
  std::int64_t expected = 0;
  std::int64_t got = 0;
  bool inputs_equal = false;  ///< everything in front of the unit was equal in that frame
};

/// What was compared, by whom, and what came out.
struct Verdict {
  bool exact = false;  ///< every element of every stream of every run is equal
  std::optional<Mismatch> mismatch;
  std::int64_t predicted_interval = 0;
  std::int64_t measured_interval = 0;  ///< 0 when no run without stalls was long enough
  std::int64_t predicted_latency = 0;
  std::int64_t latency = 0;  ///< measured cycles of the first frame, never stalled; 0 when no run was without stalls
  std::int64_t frames = 0;   ///< of each run; the one that measures the interval has more
  std::vector<RunRecord> runs;
  std::size_t streams = 0;    ///< compared, the outputs included
  std::int64_t elements = 0;  ///< compared in all
  std::uint64_t seed = 0;
  std::string simulator;  ///< who measured, e.g. "verilator 5.006"
  double compile_seconds = 0;

  [[nodiscard]] bool same_interval() const { return measured_interval == 0 || measured_interval == predicted_interval; }
  [[nodiscard]] bool good() const { return exact && same_interval() && (latency == 0 || latency == predicted_latency); }
};

/// Stored as verdict.json.
std::string to_json(const Verdict& verdict);

/// "no stalls", "random stalls", "worst stalls".
std::string_view to_text(Stalls stalls);

/// Frames that try an accelerator: every element least, every element greatest, frames that drive the accumulators of the
/// first matrices and convolutions behind the inputs to their ends, then random ones. Integers of the input values; the same
/// seed gives the same frames, and fewer frames are the first ones of more.
std::vector<PortFrame> trial_frames(const Graph& network, const Bundle& bundle, std::int64_t frames, std::uint64_t seed);

/// Builds the simulator of an accelerator folder and compares every stream that carries a value with the integer network,
/// element by element.
/// The values of the bundle are those of `network`. A difference is part of the verdict, not an error; errors are those of
/// the simulator, kNotABundle when folder and network do not fit, and kBadOption when the unit to trace does not exist.
/// The waveform, when wanted, is <folder>/debug/<unit>.fst: of the run that differs, else of the first one.
Result<Verdict> verify_bundle(const std::filesystem::path& folder, const Bundle& bundle, const Graph& network,
                              const VerifyOptions& options);

/// The diagnostic of a verdict that is not good: kMismatch, kIntervalDiffers or kLatencyDiffers, with the command that shows it again.
Diagnostic explain(const Verdict& verdict, const std::filesystem::path& folder);

}  // namespace finnr
