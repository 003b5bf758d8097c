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
#include "finnr/tensor/tensor.h"

namespace finnr {

/// How the two ends of the accelerator behave.
enum class Stalls : std::uint8_t {
  kNone,    ///< input always valid, output always ready: measures the interval
  kRandom,  ///< both pause at random
  kWorst,   ///< long pauses: the output stops until everything inside is full, then the input until everything is empty
};

/// What to run.
struct Run {
  std::vector<Tensor::Ints> frames;  ///< integers of the input value of each frame (float bit patterns when passed through)
  Stalls stalls = Stalls::kNone;
  std::uint64_t seed = 1;
  bool taps = true;                                 ///< record the streams inside
  std::filesystem::path waveform;                   ///< FST file to write, absolute, "" for none (needs a simulator built with waveforms)
  std::function<void(std::int64_t done)> on_frame;  ///< progress, may be empty
};

/// What came out. Elements are real ones only, in row-major order of the value, sign-extended (bipolar: -1, +1).
struct Trace {
  std::vector<Tensor::Ints> outputs;            ///< a frame each
  std::vector<std::vector<Tensor::Ints>> taps;  ///< by tap, then frame
  std::int64_t cycles = 0;                      ///< from the first offered input beat to the last output beat
  std::int64_t first_frame = 0;                 ///< latency: cycles from the first input beat taken to the last output beat of frame 0
  std::vector<std::int64_t> frame_ends;         ///< cycle of the last output beat of each frame, counted like `cycles`
  std::optional<Diagnostic> fault;              ///< observe() only: why it ended early; frames are then missing or short
};

/// A compiled simulation of one accelerator folder.
class Simulator {
 public:
  /// Compiles <folder>'s sources with Verilator and the system's C++ compiler in `work_folder` (kept by the caller).
  /// Fails with kToolMissing, kToolFailed, kNotABundle (a file is missing), kCannotWrite, kInterrupted.
  static Result<Simulator> build(const std::filesystem::path& folder, const Bundle& bundle, const std::filesystem::path& work_folder,
                                 bool waveforms);

  /// Every element of every stream, and its timing. The rules of the streams are checked along the way: tlast on the last
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
