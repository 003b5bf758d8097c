// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/emulate/fast.h"
#include "finnr/flow/arrays.h"
#include "finnr/flow/prepare.h"
#include "finnr/flow/score.h"
#include "finnr/hardware/bundle.h"

namespace finnr {

/// What computes.
enum class Engine : std::uint8_t {
  kReference,  ///< the network as the model file means it
  kInteger,    ///< the streamlined integer network
  kFast,       ///< the same in packed bits and bytes: equal to kInteger
  kRtl,        ///< the generated hardware, simulated; the host part around it by the integer network
};

/// `finnr run`.
struct RunConfig {
  std::string target;  ///< model file, or folder made by `finnr build`
  std::vector<NamedFile> inputs;
  std::vector<NamedFile> outputs;
  std::optional<Engine> engine;            ///< default: rtl for a folder; reference for a model and up to kFewFrames frames, else fast
  std::string labels;                      ///< file of labels, "" for none
  Boundary boundary;                       ///< raw bytes in
  int threads = 1;                         ///< of the fast engine
  bool profile = false;                    ///< of the fast engine
  std::optional<FastTarget> instructions;  ///< of the fast engine; the best by default
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

/// Frames up to which a model runs on the reference engine when no engine is named.
inline constexpr std::int64_t kFewFrames = 8;

/// Time and speed of one step of the fast engine.
struct LayerProfile {
  std::string name;
  std::string kernel;
  double microseconds = 0;  ///< a frame, all threads together
  double gops = 0;          ///< 10^9 operations a second, a product and its sum are two
  double peak_share = 0;    ///< of what the core does at most with these operands
};

struct Profile {
  std::string target;
  FastPeaks peaks;
  std::vector<LayerProfile> layers;
  double peak_share = 0;  ///< of the whole: the time that all products would take at the peaks, in that of all steps
};

struct RunResult {
  Engine engine = Engine::kReference;
  std::size_t frames = 0;
  double seconds = 0;          ///< of everything, reading the model included
  double compute_seconds = 0;  ///< of the frames alone
  std::optional<Profile> profile;
  std::optional<Accuracy> accuracy;
};

/// Runs arrays through a network and writes the results.
std::optional<RunResult> run(const RunConfig& config, Diagnostics& diagnostics);

/// An accelerator folder with its network.
struct Accelerator {
  std::filesystem::path folder;
  Bundle bundle;
  Graph network;
};
Result<Accelerator> load_accelerator(const std::filesystem::path& folder);

}  // namespace finnr
