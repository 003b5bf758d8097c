// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/cost.h"
#include "finnr/hardware/layout.h"
#include "finnr/tensor/int_type.h"

namespace finnr {

/// An AXI4-Stream port of the top module: `<name>_tdata` and so on.
struct Port {
  std::string name;       ///< port_name()
  ValueId value;          ///< of network.txt: what a frame holds
  IntType element;        ///< one element in element.bits() bits, lane 0 lowest
  bool is_float = false;  ///< pass-through of float32 bit patterns
  int lanes = 1;
  std::int64_t vectors = 1;
  std::int64_t channels = 0;  ///< real elements of a vector
  std::int64_t padded = 0;    ///< elements of a vector on the port, a multiple of lanes
  int data_bits = 8;          ///< width of tdata: a beat padded to bytes
  Layout layout;              ///< which elements of the value the real ones are, in the order of the stream; without loops: row-major

  [[nodiscard]] std::int64_t beats() const { return vectors * padded / lanes; }
};

/// A stream inside, for verification.
struct Tap {
  std::string unit;    ///< the unit that drives it
  std::string signal;  ///< prefix of <signal>_valid, _ready, _data in the top module
  std::string node;    ///< first model node behind it, for messages
  ValueId value;       ///< invalid when the stream carries no value of the network, such as pixels repeated for windows
  IntType element;
  int lanes = 1;
  std::int64_t vectors = 1;
  std::int64_t channels = 0;
  std::int64_t padded = 0;
  Layout layout;  ///< as a port's

  [[nodiscard]] std::int64_t beats() const { return vectors * padded / lanes; }
};

/// A unit, for reports.
struct UnitSummary {
  std::string name;
  std::string kind;
  int pe = 0;    ///< lanes for units that are not matrices
  int simd = 0;  ///< 0 for units that are not matrices
  std::int64_t interval = 0;
  std::map<std::string, Cost> predicted;  ///< by the cells that costs are fitted to (cost_model.h)
};

/// What a folder made by `finnr build` holds besides the files themselves; stored as bundle.json. Paths are relative to it.
struct Bundle {
  static constexpr int kFormat = 4;

  std::string name;
  std::string top;    ///< top module; its wrapper in plain Verilog is <top>_wrapper
  std::string model;  ///< file the user gave
  double clock_mhz = 100;
  std::int64_t interval = 0;         ///< predicted cycles between frames
  std::int64_t latency = 0;          ///< predicted cycles of the first frame (timing.h)
  std::vector<std::string> sources;  ///< SystemVerilog and Verilog files, in compile order
  std::vector<std::string> memories;
  std::vector<Port> inputs;   ///< at least one
  std::vector<Port> outputs;  ///< at least one
  std::vector<Tap> taps;
  std::vector<UnitSummary> units;
};

/// "s_axis", or "s_axis_0", "s_axis_1" and so on when there are several inputs; outputs the same with "m_axis".
inline constexpr std::string_view kInputName = "s_axis";
inline constexpr std::string_view kOutputName = "m_axis";
std::string port_name(std::string_view base, std::size_t index, std::size_t count);

/// Names inside the folder.
inline constexpr const char* kBundleFile = "bundle.json";
inline constexpr const char* kNetworkFile = "network.txt";
inline constexpr const char* kVerdictFile = "verdict.json";

std::string to_json(const Bundle& bundle);
/// Fails with kNotABundle.
Result<Bundle> bundle_from_json(const std::string& text);
Result<Bundle> load_bundle(const std::filesystem::path& folder);

}  // namespace finnr
