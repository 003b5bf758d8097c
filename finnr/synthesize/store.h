// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "finnr/base/result.h"
#include "finnr/hardware/bundle.h"
#include "finnr/synthesize/place.h"

namespace finnr {

/// Results of one flow on one folder, kept in <folder>/synth/<flow>.json. `key` stands for everything they depend on.
struct SynthesisStore {
  std::string key;
  std::map<std::string, CellCounts> modules;       ///< by module type
  std::map<std::string, RoutedDesign> placements;  ///< by unit, "" the whole design
};

/// Hash of sources, memories, flow and tool. Fails with kNotABundle when a file is missing.
Result<std::string> synthesis_key(const std::filesystem::path& folder, const Bundle& bundle, Family family, const std::string& tool);

/// What is stored under this key; empty when there is nothing, something else, or a file that cannot be read.
SynthesisStore load_store(const std::filesystem::path& file, const std::string& key);
Status save_store(const std::filesystem::path& file, const SynthesisStore& store);

}  // namespace finnr
