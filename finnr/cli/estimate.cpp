// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/estimate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

std::string table(const EstimateConfig& config, const Estimate& e) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{}  {} costs\n\n  {:<34} {:<10} {:>11} {:>10}", config.config.model, config.cost, "unit", "kind", "PE x SIMD",
                 "interval");
  for (const std::string_view name : kCostNames) fmt::format_to(out, " {:>7}", name);
  text += "\n";
  const auto numbers = [&](const Cost& cost) {
    for (const auto member : Cost::kMembers) fmt::format_to(out, " {:>7}", cost.*member);
    text += "\n";
  };
  for (const UnitEstimate& unit : e.units) {
    const std::string fold = unit.simd > 0 ? fmt::format("{} x {}", unit.pe, unit.simd) : fmt::format("{}", unit.pe);
    fmt::format_to(out, "  {:<34} {:<10} {:>11} {:>10}", unit.name, unit.kind, fold, unit.interval);
    numbers(unit.cost);
  }
  fmt::format_to(out, "  {:<34} {:<10} {:>11} {:>10}", "total", "", "", e.interval);
  numbers(e.totals);
  if (e.device) {
    const Cost usable = e.device->usable();
    fmt::format_to(out, "  {:<34} {:<10} {:>11} {:>10}", fmt::format("of {}, %", e.device->name), "", "", "");
    for (const auto member : Cost::kMembers) {
      const bool there = usable.*member > 0;
      fmt::format_to(
          out, " {:>7}",
          there ? fmt::format("{:.1f}", 100.0 * static_cast<double>(e.totals.*member) / static_cast<double>(usable.*member)) : "-");
    }
    text += "\n";
  }
  fmt::format_to(out, "\n  {} cycles a frame, {:.6g} frames a second at {:g} MHz\n", e.interval, e.fps(), e.clock_mhz);
  if (e.latency) fmt::format_to(out, "  latency of the first frame {} cycles\n", *e.latency);
  return text;
}

Json members(const Cost& cost) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kCostNames.size(); ++i) json[std::string(kCostNames[i])] = cost.*Cost::kMembers[i];
  return json;
}

Json to_json(const Estimate& e) {
  Json units = Json::array();
  for (const UnitEstimate& unit : e.units) {
    Json row = {{"name", unit.name}, {"kind", unit.kind}, {"pe", unit.pe}};
    if (unit.simd > 0) row["simd"] = unit.simd;
    row.update(members(unit.cost));
    row["interval"] = unit.interval;
    units.push_back(std::move(row));
  }
  Json totals = members(e.totals);
  totals["interval"] = e.interval;
  totals["latency"] = e.latency ? Json(*e.latency) : Json();
  totals["fps"] = e.fps();
  Json json = {{"units", units}, {"totals", totals}, {"clock_mhz", e.clock_mhz}};
  if (e.device)
    json["device"] = {{"name", e.device->name}, {"usable", members(e.device->usable())}, {"fits", e.totals.fits(e.device->usable())}};
  return json;
}

}  // namespace

Action add_estimate(CLI::App& app, Common& common) {
  struct Options {
    EstimateConfig estimate;
    DesignOptions design;
  };
  CLI::App* command = app.add_subcommand("estimate", "Predict what an accelerator takes and how fast it is; builds nothing");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  options->estimate.cost = "fitted";
  command->add_option("MODEL", options->estimate.config.model, "Model file (.onnx), or description of a network (.json, FILE:VARIANT)")
      ->required();
  add_design_options(*command, options->design);
  command->add_option("--device", options->estimate.device, "Device, board, or device file");
  command->add_option("--cost", options->estimate.cost, "fitted, finn, or a file that 'finnr calibrate' wrote")->capture_default_str();
  return [options, &common] {
    Diagnostics diagnostics;
    EstimateConfig& config = options->estimate;
    std::optional<Estimate> result;
    if (apply(options->design, config.config, diagnostics)) result = estimate(config, diagnostics);
    if (result) say(common, table(config, *result));
    Json json = {{"model", config.config.model}, {"cost", config.cost}};
    if (result) json.update(to_json(*result));
    print_json(common, diagnostics, std::move(json));
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
