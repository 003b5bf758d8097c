// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/synth.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/flow/prepare.h"

namespace finnr {
namespace {

Result<Synthesis> load_and_synthesize(const std::string& folder, const SynthesisOptions& options, Diagnostics& diagnostics) {
  FINNR_ASSIGN(const Bundle bundle, load_bundle(folder));
  return synthesize(folder, bundle, options, diagnostics);
}

}  // namespace

std::optional<Synthesis> synth(const std::string& folder, const SynthesisOptions& options, Diagnostics& diagnostics) {
  Result<Synthesis> synthesis = load_and_synthesize(folder, options, diagnostics);
  report_failure(synthesis, diagnostics, folder);
  return std::move(synthesis).value_or_nothing();
}

std::string table(const Synthesis& synthesis, const std::string& folder) {
  const bool ice40 = synthesis.family == Family::kIce40;
  std::size_t width = 5;
  for (const UnitResources& unit : synthesis.units) width = std::max(width, unit.name.size());
  std::string text = fmt::format("{:<{}}  {:<9}", "unit", width, "kind");
  for (const char* name : {"LUT", "FF", ice40 ? "BRAM4" : "BRAM18", "URAM", "DSP"}) text += fmt::format("  {:>7} {:>8}", name, "");
  text += "\n";
  // Measured, and in brackets what was predicted.
  const auto row = [&](const std::string& name, const std::string& kind, const Resources& found,
                       const std::optional<Resources>& predicted) {
    text += fmt::format("{:<{}}  {:<9}", name, width, kind);
    for (const auto member :
         {&Resources::lut, &Resources::ff, ice40 ? &Resources::bram4 : &Resources::bram18, &Resources::uram, &Resources::dsp})
      text += fmt::format("  {:>7} {:>8}", found.*member, predicted ? fmt::format("({})", (*predicted).*member) : "");
    text += "\n";
  };
  for (const UnitResources& unit : synthesis.units) row(unit.name, unit.kind, unit.resources, unit.estimate);
  if (synthesis.units.size() > 1) row("total", "", synthesis.totals, synthesis.estimate);
  if (synthesis.estimate) text += "in brackets: predicted when it was built, as 'finnr estimate' does\n";
  text += fmt::format("{}, {}, each unit for itself, without the AXI shell of a board{}\n{}\n", synthesis.tool,
                      info(synthesis.family).synthesis, synthesis.stored ? "; stored result" : "", counting_rule(synthesis.family));
  if (const auto& placement = synthesis.placement) {
    text += fmt::format("placed and routed on {}: {:.1f} MHz (all ports through shift registers); bitstream {}/{}\n", placement->device,
                        placement->fmax_mhz, folder, placement->bitstream);
  }
  return text;
}

}  // namespace finnr
