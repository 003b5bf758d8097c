// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/bundle.h"
#include "finnr/synthesize/resources.h"
#include "finnr/synthesize/rtlil.h"

namespace finnr {

/// A tool as it is called, and how it names itself.
struct SynthesisTool {
  std::string program;
  std::string version;  ///< "Yosys 0.23 (...)"
};

/// Yosys on the PATH, or that of YoWASP; the newer one where there are both. Fails with kToolMissing.
Result<SynthesisTool> find_yosys();

/// The number in "Yosys 0.23 (...)" as major and minor; {0, 0} where there is none.
std::pair<int, int> yosys_version(std::string_view text);

/// Yosys on one accelerator folder. The folder is the working folder of every command, so that memory images are found;
/// `work` is a folder inside it for everything that is written.
class YosysRun {
 public:
  YosysRun(SynthesisTool tool, Family family, std::filesystem::path folder, std::filesystem::path work)
      : tool_(std::move(tool)), family_(family), folder_(std::move(folder)), work_(std::move(work)) {}

  using Command = std::vector<std::string>;

  /// Reads the sources, so that every module has its parameters. Returns the top module; with `cell` without its other cells, which
  /// then need not be elaborated.
  Result<RtlilModule> elaborate(const Bundle& bundle, const std::string& cell);
  /// Ports and cells of any module after elaborate().
  Result<RtlilModule> module(const std::string& type);
  /// A command that synthesises one module with all that is in it; `index` names its files.
  Result<Command> count_command(const std::string& type, std::size_t index);
  /// What the command left.
  Result<CellCounts> counts(std::size_t index);
  /// Synthesises a module inside pins_module(); the netlist is netlist().
  Result<CellCounts> netlist_with_pins(const std::string& type);
  [[nodiscard]] std::filesystem::path netlist() const { return work_ / "netlist.json"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::filesystem::path& work() const { return work_; }

 private:
  Result<Command> script(const std::string& name, const std::string& text);
  Result<CellCounts> read_counts(const std::string& file);

  SynthesisTool tool_;
  Family family_;
  std::filesystem::path folder_;
  std::filesystem::path work_;  ///< relative to folder_
};

}  // namespace finnr
