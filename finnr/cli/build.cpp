// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iterator>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

/// "1 lane", "2 lanes".
std::string counted(std::int64_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

/// "1,562,500".
std::string grouped(std::int64_t n) {
  std::string text = fmt::format("{}", n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string summary(const Config& config, const Record& record, bool verbose) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{}  ONNX (opset {}{})\n", config.model, record.model.opset,
                 record.model.producer.empty() ? "" : ", " + record.model.producer);
  for (const StepRecord& step : record.steps) {
    fmt::format_to(out, "  {:<10} {:6.2f} s   {}\n", step.name, step.seconds, step.summary);
    if (!verbose || step.name != "streamline") continue;
    for (const StepRecord& pass : record.passes) fmt::format_to(out, "    {:<18} {:8.4f} s   {}\n", pass.name, pass.seconds, pass.summary);
  }

  fmt::format_to(out, "\n  {:<12} {:<10} {:<14} {:>12}\n", "unit", "kind", "PE x SIMD", "interval");
  for (const UnitSummary& unit : record.units) {
    const std::string fold = unit.simd > 0 ? fmt::format("{} x {}", unit.pe, unit.simd) : counted(unit.pe, "lane");
    fmt::format_to(out, "  {:<12} {:<10} {:<14} {:>12}\n", unit.name, unit.kind, fold, unit.interval);
  }
  const auto cycles = static_cast<double>(interval(record.design));
  fmt::format_to(out, "\n  {} cycles a frame, {} frames a second at {:g} MHz", interval(record.design),
                 grouped(std::llround(record.design.clock_mhz * 1e6 / cycles)), record.design.clock_mhz);
  if (record.verdict) {
    fmt::format_to(out, "; latency of the first frame {} cycles = {:.4g} us\n", record.verdict->latency,
                   static_cast<double>(record.verdict->latency) / record.design.clock_mhz);
    fmt::format_to(out, "  verified by simulation ({}): every element of {} streams equal, with and without stalls\n",
                   record.verdict->simulator, record.verdict->streams);
  } else {
    text += "\n  not verified (--verify 0)\n";
  }
  return text;
}

Json to_json(const Config& config, const Record& record) {
  Json steps = Json::array();
  for (const StepRecord& step : record.steps) steps.push_back({{"name", step.name}, {"seconds", step.seconds}, {"summary", step.summary}});
  Json json = {{"model", config.model},
               {"output", config.output.string()},
               {"interval", interval(record.design)},
               {"macs_per_cycle", macs_per_cycle(record.design)},
               {"clock_mhz", record.design.clock_mhz},
               {"steps", steps}};
  json["verdict"] = record.verdict ? Json::parse(finnr::to_json(*record.verdict)) : Json();
  return json;
}

}  // namespace

Action add_build(CLI::App& app, Common& common) {
  struct Options {
    Config config;
    DesignOptions design;
    std::string output;
  };
  CLI::App* command = app.add_subcommand("build", "Build a verified accelerator from a model");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("MODEL", options->config.model, "Model file (.onnx)")->required();
  command->add_option("-o,--output", options->output, "Folder to make")->required();
  add_design_options(*command, options->design);
  add_device_options(*command, options->design);
  command->add_option("--verify", options->config.verify_frames, "Frames to simulate and compare; 0 builds without simulation")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--force", options->config.force, "Replace an accelerator folder");
  return [options, &common] {
    Diagnostics diagnostics;
    Config& config = options->config;
    config.output = options->output;
    std::optional<Record> record;
    if (apply(options->design, config, diagnostics)) {
      ProgressBar bar(common);
      config.on_progress = bar.callback();
      record = compile(config, diagnostics);
    }
    if (record)
      say(common, summary(config, *record, common.verbose) +
                      fmt::format("\n{}/  rtl/  mem/  bundle.json{}\n", config.output.string(), record->verdict ? "  verdict.json" : ""));
    print_json(common, diagnostics, record ? to_json(config, *record) : Json{{"model", config.model}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
