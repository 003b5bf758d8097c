// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/flow/arrays.h"
#include "finnr/hardware/bundle.h"

namespace finnr {

/// What computes.
enum class Engine : std::uint8_t {
  kReference,  ///< the network as the model file means it
  kInteger,    ///< the streamlined integer network
  kRtl,        ///< the generated hardware, simulated; the host part around it by the integer network
};

/// `finnr run`.
struct RunConfig {
  std::string target;  ///< model file, or folder made by `finnr build`
  std::vector<NamedFile> inputs;
  std::vector<NamedFile> outputs;
  std::optional<Engine> engine;                                            ///< default: reference for a model, rtl for a folder
  std::string labels;                                                      ///< .npy of labels, "" for none
  std::function<void(const std::string& what, double share)> on_progress;  ///< may be empty
};

struct RunResult {
  Engine engine = Engine::kReference;
  std::size_t frames = 0;
  double seconds = 0;
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
