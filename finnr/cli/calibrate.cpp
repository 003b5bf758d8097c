// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/calibrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

std::string table(const CalibrateConfig& config, const Calibration& result) {
  std::string text =
      fmt::format("  {:<10} {:>6} {:>20} {:>9} {:>11} {:>10}\n", "kind", "units", "LUT predicted/report", "refitted", "median", "worst");
  for (const CalibratedKind& kind : result.kinds) {
    fmt::format_to(std::back_inserter(text), "  {:<10} {:>6} {:>20.3f} {:>9.3f} {:>9.1f} % {:>8.1f} %\n", kind.kind, kind.units,
                   kind.lut_before, kind.lut_after, 100 * kind.lut.median, 100 * kind.lut.worst);
  }
  if (result.unknown > 0) text += fmt::format("  {} instances of the report are no units\n", result.unknown);
  return text + fmt::format("\n{}  (use it with --cost {})\n", config.output, config.output);
}

}  // namespace

Action add_calibrate(CLI::App& app, Common& common) {
  struct Options {
    CalibrateConfig calibrate;
    DesignOptions design;
  };
  CLI::App* command = app.add_subcommand("calibrate", "Refit the cost functions to a utilisation report");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  options->calibrate.estimate.cost = "fitted";
  command->add_option("REPORT", options->calibrate.report, "Report of Yosys (JSON) or Vivado (hierarchical text), or a folder of samples")
      ->required();
  command->add_option("-o,--output", options->calibrate.output, "Cost file to write")->required();
  command->add_option("--model", options->calibrate.estimate.config.model, "Model or description that the report is about");
  add_design_options(*command, options->design);
  command->add_option("--device", options->calibrate.estimate.device, "Device whose family the report is of");
  command->add_option("--cost", options->calibrate.estimate.cost, "Costs to start from: fitted, or a cost file")->capture_default_str();
  return [options, &common] {
    Diagnostics diagnostics;
    CalibrateConfig& config = options->calibrate;
    std::optional<Calibration> result;
    if (apply(options->design, config.estimate.config, diagnostics)) result = calibrate(config, diagnostics);
    Json kinds = Json::array();
    if (result) {
      say(common, table(config, *result));
      for (const CalibratedKind& kind : result->kinds)
        kinds.push_back({{"kind", kind.kind},
                         {"units", kind.units},
                         {"lut_before", kind.lut_before},
                         {"lut_after", kind.lut_after},
                         {"lut_median", kind.lut.median},
                         {"lut_worst", kind.lut.worst},
                         {"ff_median", kind.ff.median},
                         {"ff_worst", kind.ff.worst}});
    }
    print_json(common, diagnostics, {{"report", config.report}, {"output", config.output}, {"kinds", kinds}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
