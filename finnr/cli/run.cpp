// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

const std::map<std::string, Engine>& engines() {
  static const std::map<std::string, Engine> kEngines = {
      {"reference", Engine::kReference}, {"integer", Engine::kInteger}, {"rtl", Engine::kRtl}};
  return kEngines;
}

std::string name_of(Engine engine) {
  for (const auto& [name, value] : engines()) {
    if (value == engine) return name;
  }
  return "";
}

}  // namespace

Action add_run(CLI::App& app, Common& common) {
  struct Options {
    RunConfig config;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::string engine;
  };
  CLI::App* command = app.add_subcommand("run", "Run arrays through a model or an accelerator folder");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("TARGET", options->config.target, "Model file, or folder made by 'finnr build'")->required();
  command->add_option("--input", options->inputs, "[NAME=]X.npy, for each input")->take_all();
  command->add_option("--output", options->outputs, "[NAME=]Y.npy, for each wanted output")->take_all();
  command->add_option("--engine", options->engine, "reference, integer or rtl (default: reference for a model, rtl for a folder)")
      ->check(CLI::IsMember({"reference", "integer", "rtl"}));
  command->add_option("--labels", options->config.labels, "Labels (.npy) to count right answers");
  return [options, &common] {
    Diagnostics diagnostics;
    RunConfig& config = options->config;
    config.inputs = named_files(options->inputs);
    config.outputs = named_files(options->outputs);
    if (!options->engine.empty()) config.engine = engines().at(options->engine);
    std::optional<RunResult> result;
    {
      ProgressBar bar(common);
      config.on_progress = bar.callback();
      result = run(config, diagnostics);
    }
    Json json = {{"target", config.target}};
    if (result) {
      std::string text = fmt::format("{} frames with {} in {:.2f} s\n", result->frames, name_of(result->engine), result->seconds);
      json.update({{"engine", name_of(result->engine)}, {"frames", result->frames}, {"seconds", result->seconds}});
      if (result->accuracy) {
        const Accuracy& a = *result->accuracy;
        text += fmt::format("accuracy {} of {} = {:.2f} %\n", a.right, a.of,
                            a.of == 0 ? 0.0 : 100.0 * static_cast<double>(a.right) / static_cast<double>(a.of));
        json.update({{"right", a.right}, {"of", a.of}});
      }
      say(common, text);
    }
    print_json(common, diagnostics, json);
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
