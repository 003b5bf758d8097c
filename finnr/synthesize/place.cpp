// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/place.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/base/process.h"
#include "finnr/base/tool.h"
#include "finnr/synthesize/output_registers.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

/// The program itself, or that of YoWASP.
Result<std::string> find_tool(const FamilyInfo& family, std::string_view name) {
  for (const std::string& program : {std::string(name), fmt::format("yowasp-{}", name)}) {
    if (find_program(program)) return program;
  }
  return Diagnostic(Code::kToolMissing, fmt::format("placing and routing needs '{}', which is not on the PATH", name))
      .because(fmt::format("the counts of '--flow {}' do not need it, its clock and bitstream do", family.name))
      .fix(fmt::format("install {}", family.router_package));
}

/// The line that has the version; tools of YoWASP print others in front when they run for the first time.
std::string version_line(std::string_view text) {
  const std::size_t at = text.find("Version");
  const std::size_t start = at == std::string_view::npos ? 0 : text.rfind('\n', at) + 1;  // npos + 1 is 0
  return std::string(text.substr(start, text.find('\n', start) - start));
}

Diagnostic does_not_fit(Family family, const Resources& cells) {
  const Device& largest = info(family).devices.back();
  return Diagnostic(Code::kDoesNotFit, fmt::format("the design fits no {} device", info(family).name))
      .because(fmt::format("it takes {} LUT, {} blocks of RAM and {} multipliers; {} has {}, {} and {}", cells.lut,
                           cells.bram18 + cells.bram4, cells.dsp, largest.name, largest.luts, largest.blocks, largest.dsps))
      .fix("fold the layers more, or place one unit with --unit");
}

}  // namespace

const Device* smallest_device(Family family, const Resources& cells) {
  for (const Device& device : info(family).devices) {
    if (cells.lut <= device.luts && cells.ff <= device.luts && cells.bram18 + cells.bram4 <= device.blocks && cells.dsp <= device.dsps)
      return &device;
  }
  return nullptr;
}

bool read_router_report(const std::string& text, RoutedDesign& placement) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("fmax") || !json.contains("utilization") || json["fmax"].empty()) return false;
  placement.fmax_mhz = 0;
  for (const auto& [clock, times] : json["fmax"].items()) {
    const double achieved = times.value("achieved", 0.0);
    if (placement.fmax_mhz == 0 || achieved < placement.fmax_mhz) placement.fmax_mhz = achieved;
  }
  for (const auto& [kind, sites] : json["utilization"].items()) {
    if (sites.value("used", 0) > 0) placement.used[kind] = {sites.value("used", 0), sites.value("available", 0)};
  }
  return placement.fmax_mhz > 0;
}

Result<RoutedDesign> place_and_route(YosysRun& yosys, Family family, const std::string& type, const std::string& bitstream,
                                     const std::function<void(const std::string&, double)>& on_progress) {
  const FamilyInfo& about = info(family);
  FINNR_ASSIGN(const std::string router, find_tool(about, about.router));
  FINNR_ASSIGN(const std::string packer, find_tool(about, about.packer));
  if (on_progress) on_progress("netlist", 0);
  FINNR_ASSIGN(const CellCounts counts, yosys.netlist_with_pins(type));
  const Resources cells = count(counts);
  const Device* device = smallest_device(family, cells);
  if (device == nullptr) return does_not_fit(family, cells);

  if (family == Family::kEcp5) {
    FINNR_ASSIGN(const std::string netlist, read_file(yosys.folder() / yosys.netlist()));
    FINNR_ASSIGN(const std::string better, absorb_output_registers(netlist));
    FINNR_RETURN_IF_ERROR(write_file(yosys.folder() / yosys.netlist(), better));
  }

  RoutedDesign placement;
  placement.device = device->name;
  placement.target_mhz = about.target_mhz;
  placement.bitstream = bitstream;
  FINNR_ASSIGN(const std::string version, run_tool({router, "--version"}, {}));
  placement.router = version_line(version);
  if (on_progress) on_progress(fmt::format("place and route on {}", device->name), 0.3);
  const std::string configuration = yosys.work() / "configuration.txt";
  const std::string report = yosys.work() / "router.json";
  std::vector<std::string> command = {router,
                                      std::string(device->option),
                                      "--package",
                                      std::string(device->package),
                                      "--json",
                                      yosys.netlist(),
                                      std::string(about.netlist),
                                      configuration,
                                      "--report",
                                      report,
                                      "--freq",
                                      fmt::format("{}", about.target_mhz),
                                      "--timing-allow-fail",
                                      "--seed",
                                      "1",
                                      "--quiet"};
  command.emplace_back(family == Family::kEcp5 ? "--lpf-allow-unconstrained" : "--pcf-allow-unconstrained");
  FINNR_RETURN_IF_ERROR(run_tools({command}, yosys.folder()));
  FINNR_ASSIGN(const std::string text, read_file(yosys.folder() / report));
  if (!read_router_report(text, placement)) return tool_failed(fmt::format("'{}' left no report", router), text);
  if (on_progress) on_progress("bitstream", 0.9);
  FINNR_RETURN_IF_ERROR(run_tools({{packer, configuration, bitstream}}, yosys.folder()));
  return placement;
}

}  // namespace finnr
