// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/calibrate.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

#include "finnr/base/files.h"
#include "finnr/cost/report.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

double ratio(const CostModel& model, const std::vector<Sample>& samples) {
  std::int64_t said = 0;
  std::int64_t is = 0;
  for (const Sample& sample : samples) {
    said += model.cost(sample.shape).lut;
    is += sample.cost.lut;
  }
  return is > 0 ? static_cast<double>(said) / static_cast<double>(is) : 1.0;
}

/// Kinds without samples take the constants that there are: only they need any, so that new formulas can be fitted.
Result<Calibration> of_samples(const CalibrateConfig& config, LogicFamily family) {
  Calibration result;
  CostModel model{cells_of(family), {}};
  for (const std::string_view name : costed_kinds()) {
    const std::string kind(name);
    const fs::path file = fs::path(config.report) / (kind + ".json");
    std::error_code error;
    if (!fs::exists(file, error)) continue;
    FINNR_ASSIGN(const std::string text, read_file(file));
    FINNR_ASSIGN(const std::vector<Sample> samples, parse_samples(text, kind, file.string()));
    const SplitSamples split = split_samples(samples);
    model.kinds[kind] = fit(split.fitted, model.cells);
    const double share = ratio(model, split.held_out);
    result.kinds.push_back(
        {kind, split.fitted.size(), share, share, errors(model, split.held_out, &Cost::lut), errors(model, split.held_out, &Cost::ff)});
  }
  if (result.kinds.empty()) {
    return Diagnostic(Code::kBadCostFile, fmt::format("the folder '{}' holds no samples", config.report))
        .at({config.report, "", ""})
        .fix("write them with tools/sample_costs.py");
  }
  if (model.kinds.size() < costed_kinds().size()) {
    FINNR_ASSIGN(CostModel prior, cost_model(config.estimate.cost, family));
    model.kinds.merge(prior.kinds);
  }
  FINNR_RETURN_IF_ERROR(write_file(config.output, to_json(model)));
  return result;
}

Result<Calibration> of_report(const CalibrateConfig& config, CostModel model, Diagnostics& diagnostics) {
  FINNR_ASSIGN(const std::string text, read_file(config.report));
  FINNR_ASSIGN(const auto reported, read_report(text, config.report));
  FINNR_ASSIGN(const PlannedPart planned, plan_part(config.estimate.config.model, config.estimate.config.boundary, diagnostics));
  FINNR_ASSIGN(const Design design, plan_design(config.estimate.config, planned, diagnostics));
  std::map<std::string, std::vector<Sample>> samples;
  std::size_t found = 0;
  for (const Unit& unit : design.units) {
    const auto row = reported.find(unit.name);
    if (row == reported.end()) continue;
    ++found;
    UnitShape shape = shape_of(design, unit);
    samples[shape.kind].push_back({shape, row->second});
  }
  if (found == 0) {
    return Diagnostic(Code::kBadCostFile, fmt::format("the report '{}' is of another design", config.report))
        .at({config.report, "", ""})
        .because("none of its instances is a unit of the model with this folding")
        .fix("name the model and the folding that were built");
  }
  Calibration result;
  result.unknown = reported.size() - found;
  const CostModel before = model;
  for (const auto& [kind, units] : samples) {
    model.kinds[kind] = scaled(model.kinds[kind], units, model.cells);
    result.kinds.push_back(
        {kind, units.size(), ratio(before, units), ratio(model, units), errors(model, units, &Cost::lut), errors(model, units, &Cost::ff)});
  }
  FINNR_RETURN_IF_ERROR(write_file(config.output, to_json(model)));
  return result;
}

Result<Calibration> run(const CalibrateConfig& config, Diagnostics& diagnostics) {
  LogicFamily family = LogicFamily::kXc7;
  if (!config.estimate.device.empty()) {
    FINNR_ASSIGN(const Fpga device, find_device(config.estimate.device));
    family = device.family;
  }
  std::error_code error;
  if (fs::is_directory(config.report, error)) return of_samples(config, family);
  if (config.estimate.config.model.empty()) {
    return Diagnostic(Code::kBadOption, "a report says nothing about the units behind its names")
        .fix("add --model MODEL, and the folding that was built");
  }
  FINNR_ASSIGN(CostModel model, cost_model(config.estimate.cost, family));
  return of_report(config, std::move(model), diagnostics);
}

}  // namespace

std::optional<Calibration> calibrate(const CalibrateConfig& config, Diagnostics& diagnostics) {
  Result<Calibration> result = run(config, diagnostics);
  report_failure(result, diagnostics, config.report);
  return std::move(result).value_or_nothing();
}

}  // namespace finnr
