// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "finnr/flow/run.h"
#include "finnr/graph/text.h"
#include "finnr/passes/pass.h"

namespace finnr {
namespace {

std::string units_of(const Bundle& bundle) {
  std::string text = fmt::format("design {} clock {} MHz interval {}\n", bundle.name, bundle.clock_mhz, bundle.interval);
  for (const UnitSummary& unit : bundle.units) {
    text += fmt::format("unit {} : {} pe {}{} interval {}\n", unit.name, unit.kind, unit.pe,
                        unit.simd > 0 ? fmt::format(" simd {}", unit.simd) : "", unit.interval);
  }
  return text;
}

Result<std::string> text_of(const PrintConfig& config, Diagnostics& diagnostics) {
  const bool folder = std::filesystem::is_directory(config.target);
  if (!config.after.empty() && (config.design || folder)) {
    return Diagnostic(Code::kBadOption, "--after shows a graph on its way")
        .fix(folder ? "name the model file" : "leave out --stage design");
  }
  const Constants constants = config.full ? Constants::kFull : Constants::kElided;
  if (folder) {
    FINNR_ASSIGN(const Accelerator accelerator, load_accelerator(config.target));
    return config.design ? units_of(accelerator.bundle) : print(accelerator.network, constants);
  }
  const std::span<const Pass> passes = streamline_passes();
  if (!config.after.empty() && config.after != "import" && std::ranges::find(passes, config.after, &Pass::name) == passes.end()) {
    std::string names = "import";
    for (const Pass& pass : passes) names += fmt::format(", {}", pass.name);
    return Diagnostic(Code::kBadOption, fmt::format("there is no pass '{}'", config.after)).fix("the passes are " + names);
  }
  std::optional<Network> network = read_network(config.target, diagnostics);
  if (!network) return Diagnostic();
  if (config.after == "import") return print(network->graph, constants);
  if (!streamline(*network, config.config.boundary, diagnostics, config.after)) return Diagnostic();
  if (!config.design) return print(network->graph, constants);
  const std::optional<HardwarePart> part = plan_hardware(*network, diagnostics);
  if (!part) return Diagnostic();
  Config named = config.config;
  named.model = config.target;
  FINNR_ASSIGN(const Design design, make_design(named, *part, diagnostics));
  return print(design);
}

}  // namespace

std::optional<std::string> print_text(const PrintConfig& config, Diagnostics& diagnostics) {
  Result<std::string> text = text_of(config, diagnostics);
  report_failure(text, diagnostics, config.target);
  return std::move(text).value_or_nothing();
}

}  // namespace finnr
