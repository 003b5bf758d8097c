// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "finnr/hardware/bundle.h"
#include "finnr/hardware/design.h"

namespace finnr {

/// A file to write, its path relative to the accelerator's folder.
struct GeneratedFile {
  std::string path;
  std::string text;
};

/// What generate() makes of a design.
struct Generated {
  Bundle bundle;
  std::vector<GeneratedFile> files;  ///< rtl/*.sv (library and top), rtl/*_wrapper.v, mem/*.hex, rtl/files.f
};

/// SystemVerilog of a design: instances of the parametric library, a top module with AXI4-Stream edges, memory images.
/// The same design gives the same bytes.
Generated generate(const Design& design);

}  // namespace finnr
