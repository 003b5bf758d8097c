// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/cli/command.h"
#include "finnr/flow/arrays.h"
#include "finnr/flow/compile.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace finnr::cli {

/// --json, -q, -v on a subcommand.
void add_common(CLI::App& command, Common& common);

/// Options of the two ends of the network and of the folding, as text.
struct DesignOptions {
  std::string input_type;
  std::vector<float> scale;
  std::vector<float> offset;
  std::optional<std::int64_t> top_k;
  std::vector<std::string> host_from;
  std::string folding;
  std::optional<double> fps;
  std::string device;
  bool fit = false;
  double share = 1;
  std::string costs = "fitted";
  std::optional<double> clock_mhz;
};
void add_design_options(CLI::App& command, DesignOptions& options);
/// --device, --fit, --share, behind those.
void add_device_options(CLI::App& command, DesignOptions& options);
/// --cost of a search.
CLI::Option* add_costs(CLI::App& command, std::string& costs);
/// --input-type, --input-scale, --input-offset.
void add_byte_options(CLI::App& command, DesignOptions& options);
/// What they say about the two ends, without the rest. Contradictions are diagnostics (kBadOption).
std::optional<Boundary> boundary_of(const DesignOptions& options, Diagnostics& diagnostics);
/// --host-from.
void add_host_from(CLI::App& command, std::vector<std::string>& names);

/// Into a configuration. Contradictions are diagnostics (kBadOption).
bool apply(const DesignOptions& options, Config& config, Diagnostics& diagnostics);

/// "NAME=FILE" or "FILE"; a name is only split off when such a file does not exist as a whole.
std::vector<NamedFile> named_files(const std::vector<std::string>& words);

}  // namespace finnr::cli
