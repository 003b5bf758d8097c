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
#include "finnr/hardware/bundle.h"
#include "finnr/simulate/packing.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// How the ports of the accelerator behave, each on its own.
enum class Stalls : std::uint8_t {
  kNone,    ///< inputs always valid, outputs always ready: measures the interval
  kRandom,  ///< all pause at random
  kWorst,   ///< long pauses: outputs stop until everything inside is full, then inputs until everything is empty, then some ports
};

/// Integers of a frame, by port: a value in row-major order each (float bit patterns when passed through).
using PortFrame = std::vector<Tensor::Ints>;

/// What to run.
struct Run {
  std::vector<PortFrame> frames;  ///< what the inputs get, at least one frame
  std::int64_t count = 0;         ///< frames to run: the given ones again and again; 0 for each of them once
  std::int64_t kept = -1;         ///< streams inside are recorded for that many frames, -1 for all
  Stalls stalls = Stalls::kNone;
  std::uint64_t seed = 1;
  std::filesystem::path waveform;                   ///< FST file to write, absolute, "" for none (needs a simulator built with waveforms)
  std::function<void(std::int64_t done)> on_frame;  ///< progress, may be empty

  [[nodiscard]] std::int64_t frame_count() const { return count > 0 ? count : std::ssize(frames); }
};

/// What came out. Beats are kept as they are; a recording unpacks them.
struct Trace {
  std::vector<Recording> outputs;        ///< by port
  std::vector<Recording> taps;           ///< by tap; empty ones for streams that carry no value of the network
  std::int64_t cycles = 0;               ///< from the first offered input beat to the last output beat
  std::int64_t first_frame = 0;          ///< latency: cycles from the first input beat taken on any port to the end of frame 0
  std::vector<std::int64_t> frame_ends;  ///< cycle of each frame's last beat on the last output that sends one, counted like `cycles`
  std::optional<Diagnostic> fault;       ///< observe() only: why it ended early; frames are then missing or short
};

/// How to compile a simulation.
struct SimulatorOptions {
  bool waveforms = false;
  bool taps = true;         ///< watch the streams inside; without, it is faster
  std::int64_t cycles = 0;  ///< that it will run in all, about: many are worth a better compilation; 0 for few
};

/// A compiled simulation of one accelerator folder.
class Simulator {
 public:
  /// Compiles <folder>'s sources with Verilator and the system's C++ compiler in `work_folder` (kept by the caller).
  /// Fails with kToolMissing, kToolFailed, kNotABundle (a file is missing), kCannotWrite, kInterrupted.
  static Result<Simulator> build(const std::filesystem::path& folder, const Bundle& bundle, const std::filesystem::path& work_folder,
                                 const SimulatorOptions& options);

  /// Every beat of every stream that carries a value, and the timing. The rules of the streams are checked along the way: tlast on the last
  /// beat of each frame and there alone, zeros above the elements of tdata, beats that stay as they are until taken, the
  /// right number of beats, and the assertions of the library. Several runs at once are fine.
  /// Fails with kNoProgress (naming where data waits), kMismatch (a rule is broken), kToolFailed, kInterrupted.
  [[nodiscard]] Result<Trace> run(const Run& run) const;

  /// The same, except that kNoProgress and kMismatch become `fault` of the trace, which holds what came before.
  [[nodiscard]] Result<Trace> observe(const Run& run) const;

 private:
  Simulator(std::filesystem::path folder, std::filesystem::path work_folder, Bundle bundle)
      : folder_(std::move(folder)), work_folder_(std::move(work_folder)), bundle_(std::move(bundle)) {}
  std::filesystem::path folder_;
  std::filesystem::path work_folder_;
  Bundle bundle_;
};

/// "verilator 5.006", or "" when there is none.
std::string simulator_version();

}  // namespace finnr
