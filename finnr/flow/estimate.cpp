// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/estimate.h"

#include <fmt/format.h>

#include <filesystem>

#include "finnr/cost/cost_model.h"
#include "finnr/cost/finn_design.h"
#include "finnr/hardware/description.h"
#include "finnr/hardware/timing.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

/// FILE:VARIANT, where no file has the whole name.
std::pair<std::string, std::string> split_variant(const std::string& name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || fs::exists(name)) return {name, ""};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

Estimate fitted(const Design& design, const CostModel& costs) {
  Estimate result;
  for (const Unit& unit : design.units) {
    UnitEstimate row{unit.name, std::string(kind_name(unit)), design.streams[unit.outputs[0]].lanes,
                     0,         costs.cost(design, unit),     interval(design, unit)};
    if (const auto* m = std::get_if<Mvu>(&unit.kind)) row.pe = m->pe, row.simd = m->simd;
    if (const auto* v = std::get_if<Vvu>(&unit.kind)) row.pe = v->pe, row.simd = v->simd;
    result.totals += row.cost;
    result.units.push_back(std::move(row));
  }
  result.interval = interval(design);
  return result;
}

Result<Estimate> finn(const EstimateConfig& config, const PlannedPart& planned) {
  const bool own = config.config.folding.empty();
  const std::string& file = own ? planned.file : config.config.folding;
  if (!is_description(file)) {
    return Diagnostic(Code::kBadOption, "FINN's estimator needs a published design")
        .because("it counts FINN's own units, memory modes and RAM styles, which a model and a folding of ours do not have")
        .fix("name one as MODEL or as --folding: an object with 'network' and 'folding'");
  }
  FINNR_ASSIGN(FinnDesign design, read_finn_design(file, own ? planned.variant : config.config.variant));
  if (!planned.described && !take_real_accumulators(design, planned.part)) {
    return Diagnostic(Code::kBadFoldingFile, fmt::format("the published design '{}' is of another network", file))
        .at({file, "", ""})
        .because("the model has other matrix layers")
        .fix("name the design that was published for this model");
  }
  const FinnTotals totals = finnr::totals(design);
  Estimate result;
  for (const FinnUnit& unit : design.units) {
    const std::string kind = unit.name.substr(0, unit.name.rfind('_'));
    result.units.push_back({unit.name, kind, unit.pe, unit.simd, cost(unit), cycles(unit)});
  }
  result.totals = totals.cost;
  result.interval = totals.cycles;
  result.latency = totals.longest_path;
  result.clock_mhz = design.clock_mhz;
  return result;
}

Result<Estimate> run(const EstimateConfig& config, Diagnostics& diagnostics) {
  std::optional<Fpga> device;
  if (!config.device.empty()) {
    FINNR_ASSIGN(device, find_device(config.device));
  }
  FINNR_ASSIGN(const PlannedPart planned, plan_part(config.config.model, config.config.boundary, diagnostics));
  if (config.cost == "finn") {
    FINNR_ASSIGN(Estimate result, finn(config, planned));
    result.device = device;
    return result;
  }
  FINNR_ASSIGN(const CostModel costs, cost_model(config.cost, device ? device->family : LogicFamily::kXc7));
  FINNR_ASSIGN(const Design design, plan_design(config.config, planned, diagnostics));
  Estimate result = fitted(design, costs);
  FINNR_ASSIGN(result.latency, first_frame_latency(design));
  result.clock_mhz = design.clock_mhz;
  result.device = device;
  return result;
}

}  // namespace

Result<PlannedPart> plan_part(const std::string& model, const Boundary& boundary, Diagnostics& diagnostics) {
  const auto [file, variant] = split_variant(model);
  if (is_description(file)) {
    FINNR_ASSIGN(const NetworkDescription description, read_description(file));
    FINNR_ASSIGN(HardwarePart part, hardware_of(description));
    return PlannedPart{std::move(part), file, variant, true};
  }
  const Diagnostic reported;  // stands for "already in diagnostics"; never shown
  std::optional<Network> network = read_network(model, diagnostics);
  if (!network || !streamline(*network, boundary, diagnostics)) return reported;
  std::optional<HardwarePart> part = plan_hardware(*network, diagnostics);
  if (!part) return reported;
  return PlannedPart{*std::move(part), model, "", false};
}

Result<Design> plan_design(const Config& config, const PlannedPart& planned, Diagnostics& diagnostics) {
  Config folded = config;
  folded.model = planned.file;
  if (planned.described && folded.folding.empty() && !folded.fps && has_folding(planned.file)) {
    folded.folding = planned.file;
    folded.variant = planned.variant;
  }
  return make_design(folded, planned.part, diagnostics);
}

std::optional<Estimate> estimate(const EstimateConfig& config, Diagnostics& diagnostics) {
  Result<Estimate> result = run(config, diagnostics);
  report_failure(result, diagnostics, config.config.model);
  return std::move(result).value_or_nothing();
}

}  // namespace finnr
