// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <thread>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

constexpr std::int64_t kMostPrintedClasses = 16;

const std::map<std::string, Engine>& engines() {
  static const std::map<std::string, Engine> kEngines = {
      {"reference", Engine::kReference}, {"integer", Engine::kInteger}, {"fast", Engine::kFast}, {"rtl", Engine::kRtl}};
  return kEngines;
}

std::string name_of(Engine engine) {
  for (const auto& [name, value] : engines()) {
    if (value == engine) return name;
  }
  return "";
}

double percent(std::int64_t part, std::int64_t of) { return of == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(of); }

std::string to_text(const Accuracy& a) {
  std::string text = fmt::format("accuracy {} of {} = {:.2f} %", a.right, a.of, percent(a.right, a.of));
  if (a.classes > 5) text += fmt::format(", among the best five {} = {:.2f} %", a.top5, percent(a.top5, a.of));
  text += "\n";
  if (a.confusion.empty() || a.classes > kMostPrintedClasses) return text;
  text += "label \\ answer";
  for (std::size_t c = 0; c < a.confusion.size(); ++c) text += fmt::format(" {:>5}", c);
  text += "\n";
  for (std::size_t label = 0; label < a.confusion.size(); ++label) {
    text += fmt::format("{:>14}", label);
    for (const std::int64_t n : a.confusion[label]) text += fmt::format(" {:>5}", n);
    text += "\n";
  }
  return text;
}

Json to_json(const Accuracy& a) {
  const auto share = [&](std::int64_t n) { return percent(n, a.of) / 100; };
  return {{"right", a.right}, {"of", a.of}, {"top1", share(a.right)}, {"top5", share(a.top5)}, {"confusion", a.confusion}};
}

std::string to_text(const Profile& profile) {
  std::string text = fmt::format("{}: at most {:.2f} TOp/s of bits and {:.3f} TOp/s of bytes on one core\n", profile.target,
                                 profile.peaks.bits / 1e12, profile.peaks.bytes / 1e12);
  text += "    us/frame     GOp/s  of peak  kernel     nodes\n";
  for (const LayerProfile& layer : profile.layers) {
    const std::string speed = layer.gops > 0 ? fmt::format("{:9.1f} {:6.1f} %", layer.gops, 100 * layer.peak_share) : std::string(18, ' ');
    text += fmt::format("{:12.3f} {}  {:<10} {}\n", layer.microseconds, speed, layer.kernel, layer.name);
  }
  return text + fmt::format("{:.1f} % of the peaks in all\n", 100 * profile.peak_share);
}

void add_to(Json& json, const Profile& profile) {
  Json layers = Json::array();
  for (const LayerProfile& layer : profile.layers) {
    layers.push_back({{"name", layer.name},
                      {"kernel", layer.kernel},
                      {"microseconds", layer.microseconds},
                      {"gops", layer.gops},
                      {"peak_share", layer.peak_share}});
  }
  json.update({{"instructions", profile.target},
               {"peak_bits", profile.peaks.bits},
               {"peak_bytes", profile.peaks.bytes},
               {"peak_share", profile.peak_share},
               {"layers", std::move(layers)}});
}

}  // namespace

Action add_run(CLI::App& app, Common& common) {
  struct Options {
    RunConfig config;
    DesignOptions ends;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::string engine;
    std::string instructions;
  };
  CLI::App* command = app.add_subcommand("run", "Run frames through a model or an accelerator folder");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("TARGET", options->config.target, "Model file, or folder made by 'finnr build'")->required();
  command
      ->add_option("--input", options->inputs,
                   "[NAME=]FRAMES for each input: a .npy file, MNIST's idx (.gz too), CIFAR-10's .bin, or a folder of PGM or PPM images")
      ->take_all();
  command->add_option("--output", options->outputs, "[NAME=]Y.npy, for each wanted output")->take_all();
  command
      ->add_option("--engine", options->engine,
                   "reference, integer, fast or rtl (default: rtl for a folder; fast for a model, reference for up to 8 frames)")
      ->check(CLI::IsMember({"reference", "integer", "fast", "rtl"}));
  command->add_option("--labels", options->config.labels, "Labels (.npy, or MNIST's idx): accuracy and confusion matrix");
  command->add_option("--threads", options->config.threads, "Threads of the fast engine; 0: one for each core")->check(CLI::Range(0, 1024));
  command->add_flag("--profile", options->config.profile, "Time, speed and share of the machine's peak of each step of the fast engine");
  std::vector<std::string> targets;
  for (const FastTarget target : fast_targets()) targets.emplace_back(finnr::to_text(target));
  command->add_option("--instructions", options->instructions, "Instruction set of the fast engine (default: the best)")
      ->check(CLI::IsMember(targets));
  add_byte_options(*command, options->ends);
  return [options, &common] {
    Diagnostics diagnostics;
    RunConfig& config = options->config;
    config.inputs = named_files(options->inputs);
    config.outputs = named_files(options->outputs);
    if (!options->engine.empty()) config.engine = engines().at(options->engine);
    if (config.profile && !config.engine) config.engine = Engine::kFast;
    if (config.threads == 0) config.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    config.instructions = find_fast_target(options->instructions);
    std::optional<RunResult> result;
    if (std::optional<Boundary> boundary = boundary_of(options->ends, diagnostics)) {
      config.boundary = *std::move(boundary);
      ProgressBar bar(common);
      config.on_progress = bar.callback();
      result = run(config, diagnostics);
    }
    Json json = {{"target", config.target}};
    if (result) {
      const double rate = result->compute_seconds > 0 ? static_cast<double>(result->frames) / result->compute_seconds : 0;
      std::string text = fmt::format("{} frames with {} in {:.2f} s\n", result->frames, name_of(result->engine), result->seconds);
      json.update(
          {{"engine", name_of(result->engine)}, {"frames", result->frames}, {"seconds", result->seconds}, {"frames_per_second", rate}});
      if (result->accuracy) {
        const Accuracy& a = *result->accuracy;
        text += to_text(a);
        json.update({{"right", a.right}, {"of", a.of}, {"accuracy", to_json(a)}});
      }
      if (result->profile) {
        text += fmt::format("{:.0f} frames a second\n", rate) + to_text(*result->profile);
        add_to(json, *result->profile);
      }
      say(common, text);
    }
    print_json(common, diagnostics, json);
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
