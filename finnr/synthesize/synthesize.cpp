// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/synthesize.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/base/tool.h"
#include "finnr/synthesize/store.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// Of "$paramod$0123\finnr_mvu", "$paramod\finnr_last\Beats=...", "\finnr_fork": the name behind the prefix of the library.
std::string kind_of_type(std::string_view type) {
  constexpr std::string_view kPrefix = "\\finnr_";
  const std::size_t at = type.find(kPrefix);
  if (at == std::string_view::npos) return std::string(type);
  type.remove_prefix(at + kPrefix.size());
  return std::string(type.substr(0, type.find('\\')));
}

/// A unit of the design stands in the top module as u_<name>.
std::string unit_of_cell(const std::string& cell) { return cell.starts_with("u_") ? cell.substr(2) : cell; }
std::string cell_of_unit(const std::string& unit) { return unit.empty() ? "" : "u_" + unit; }

Status check_unit(const Bundle& bundle, const std::string& unit) {
  std::string names;
  for (const UnitSummary& summary : bundle.units) {
    if (summary.name == unit) return ok_status();
    names += (names.empty() ? "" : ", ") + summary.name;
  }
  if (unit.empty()) return ok_status();
  return Diagnostic(Code::kBadOption, fmt::format("there is no unit '{}'", unit)).fix(fmt::format("take one of: {}", names));
}

class Synthesizer {
 public:
  Synthesizer(const fs::path& folder, const Bundle& bundle, const SynthesisOptions& options, Diagnostics& diagnostics)
      : folder_(folder), bundle_(bundle), options_(options), diagnostics_(diagnostics) {}

  Result<Synthesis> run() {
    FINNR_RETURN_IF_ERROR(check_unit(bundle_, options_.unit));
    FINNR_ASSIGN(const SynthesisTool tool, find_yosys());
    FINNR_ASSIGN(const std::string key, synthesis_key(folder_, bundle_, options_.family, tool.version));
    file_ = folder_ / "synth" / fmt::format("{}.json", info(options_.family).name);
    store_ = load_store(file_, key);
    FINNR_ASSIGN(const ScratchFolder scratch, ScratchFolder::make(folder_, ".synth"));
    YosysRun yosys(tool, options_.family, folder_, scratch.path().filename());

    report("elaborate", 0);
    FINNR_ASSIGN(const RtlilModule top, yosys.elaborate(bundle_, cell_of_unit(options_.unit)));
    Synthesis result;
    result.family = options_.family;
    result.tool = tool.version;
    std::vector<RtlilModule::Cell> cells;
    for (const RtlilModule::Cell& cell : top.cells) {
      if (options_.unit.empty() || unit_of_cell(cell.name) == options_.unit) cells.push_back(cell);
    }
    // In the order of the data, which the bundle has; what is no unit comes last.
    std::ranges::stable_sort(cells, {}, [&](const RtlilModule::Cell& cell) {
      return std::ranges::find(bundle_.units, unit_of_cell(cell.name), &UnitSummary::name) - bundle_.units.begin();
    });
    FINNR_RETURN_IF_ERROR(count_modules(yosys, cells));
    for (const RtlilModule::Cell& cell : cells) {
      const std::string name = unit_of_cell(cell.name);
      result.units.push_back({name, kind_of_type(cell.type), count(store_.modules.at(cell.type)), predicted(name)});
      result.totals += result.units.back().resources;
      if (const auto& estimate = result.units.back().estimate)
        (result.estimate ? *result.estimate : result.estimate.emplace()) += *estimate;
    }
    if (options_.place && !info(options_.family).router.empty())
      FINNR_RETURN_IF_ERROR(place(yosys, options_.unit.empty() ? "\\" + bundle_.top : cells.at(0).type, result));
    result.stored = !ran_;
    return result;
  }

 private:
  void report(const std::string& what, double share) const {
    if (options_.on_progress) options_.on_progress(what, share);
  }

  /// What the bundle says of a unit in this family's cells.
  [[nodiscard]] std::optional<Resources> predicted(const std::string& unit) const {
    const auto summary = std::ranges::find(bundle_.units, unit, &UnitSummary::name);
    if (summary == bundle_.units.end()) return std::nullopt;
    const auto cost = summary->predicted.find(std::string(info(options_.family).predicted));
    if (cost == summary->predicted.end()) return std::nullopt;
    return Resources{cost->second.lut, cost->second.ff, cost->second.bram18, 0, cost->second.uram, cost->second.dsp};
  }

  /// Every module of these cells that the store does not know.
  Status count_modules(YosysRun& yosys, const std::vector<RtlilModule::Cell>& cells) {
    std::vector<std::string> types;
    for (const RtlilModule::Cell& cell : cells) {
      if (!store_.modules.contains(cell.type) && std::find(types.begin(), types.end(), cell.type) == types.end())
        types.push_back(cell.type);
    }
    std::vector<YosysRun::Command> commands;
    for (std::size_t i = 0; i < types.size(); ++i) {
      FINNR_ASSIGN(YosysRun::Command command, yosys.count_command(types[i], i));
      commands.push_back(std::move(command));
    }
    if (commands.empty()) return ok_status();
    ran_ = true;
    std::size_t done = 0;
    return run_tools(commands, folder_, [&](std::size_t i) -> Status {
      FINNR_ASSIGN(CellCounts counts, yosys.counts(i));
      store_.modules[types[i]] = std::move(counts);
      report("synthesise", static_cast<double>(++done) / static_cast<double>(types.size()));
      return save_store(file_, store_);
    });
  }

  Status place(YosysRun& yosys, const std::string& type, Synthesis& result) {
    const auto known = store_.placements.find(options_.unit);
    if (known != store_.placements.end() && fs::is_regular_file(folder_ / known->second.bitstream)) {
      result.placement = known->second;
      return ok_status();
    }
    ran_ = true;
    const std::string bitstream =
        fmt::format("synth/{}_{}.bit", options_.unit.empty() ? bundle_.top : options_.unit, info(options_.family).name);
    Result<RoutedDesign> placement = place_and_route(yosys, options_.family, type, bitstream, options_.on_progress);
    if (!placement.ok()) {
      const Code code = placement.error().code;
      if (code != Code::kToolMissing && code != Code::kDoesNotFit) return std::move(placement).error();
      diagnostics_.add(std::move(placement).error().as_warning());
      return ok_status();
    }
    result.placement = *placement;
    store_.placements[options_.unit] = *std::move(placement);
    return save_store(file_, store_);
  }

  const fs::path& folder_;
  const Bundle& bundle_;
  const SynthesisOptions& options_;
  Diagnostics& diagnostics_;
  fs::path file_;
  SynthesisStore store_;
  bool ran_ = false;
};

Json resources_json(const Resources& resources, Family family) {
  Json json = {
      {"lut", resources.lut}, {"ff", resources.ff}, {"bram18", resources.bram18}, {"uram", resources.uram}, {"dsp", resources.dsp}};
  if (family == Family::kIce40) json["bram4"] = resources.bram4;
  return json;
}

}  // namespace

Result<Synthesis> synthesize(const fs::path& folder, const Bundle& bundle, const SynthesisOptions& options, Diagnostics& diagnostics) {
  return Synthesizer(folder, bundle, options, diagnostics).run();
}

std::string to_json(const Synthesis& synthesis) {
  Json json = {{"flow", info(synthesis.family).name}, {"tool", synthesis.tool}, {"counting", counting_rule(synthesis.family)}};
  json["units"] = Json::array();
  for (const UnitResources& unit : synthesis.units) {
    Json row = {{"name", unit.name}, {"kind", unit.kind}};
    row.update(resources_json(unit.resources, synthesis.family));
    if (unit.estimate) row["estimate"] = resources_json(*unit.estimate, synthesis.family);
    json["units"].push_back(std::move(row));
  }
  json["totals"] = resources_json(synthesis.totals, synthesis.family);
  if (synthesis.estimate) json["totals"]["estimate"] = resources_json(*synthesis.estimate, synthesis.family);
  json["fmax_mhz"] = nullptr;
  if (const auto& placement = synthesis.placement) {
    json["fmax_mhz"] = placement->fmax_mhz;
    json["placement"] = {{"device", placement->device},
                         {"router", placement->router},
                         {"target_mhz", placement->target_mhz},
                         {"bitstream", placement->bitstream},
                         {"pins", "serial: all ports but clock and reset go through shift registers"}};
    for (const auto& [kind, sites] : placement->used) json["placement"]["used"][kind] = {sites.first, sites.second};
  }
  json["stored"] = synthesis.stored;
  return json.dump();
}

}  // namespace finnr
