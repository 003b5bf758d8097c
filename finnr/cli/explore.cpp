// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/explore.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "finnr/base/files.h"
#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

std::string row(const ExplorePoint& p) {
  const std::string head = fmt::format("  {} {:<24} {:<14} {:>4.0f} %", p.front ? '*' : ' ',
                                       std::filesystem::path(p.job.model).stem().string(), p.job.device, 100 * p.job.share);
  if (!p.problem.empty()) return fmt::format("{}   {}\n", head, p.problem);
  const std::string twice = p.twice ? fmt::format("twice the rate: {:+} lut, {:+} bram18, {:+} dsp", p.twice->lut - p.cost.lut,
                                                  p.twice->bram18 - p.cost.bram18, p.twice->dsp - p.cost.dsp)
                                    : "unfolded: nothing is twice as fast";
  return fmt::format("{} {:>12.6g} {:>11} {:>8} {:>7} {:>5} {:>5}  {:<8} {:<8} {:>8.3g} of {:.3g}\n{:>47}{}{}{}\n", head, p.fps, p.interval,
                     p.cost.lut, p.cost.bram18, p.cost.uram, p.cost.dsp, p.bottleneck, p.binding, p.tops, p.attainable_tops, "", twice,
                     p.bound < p.interval ? fmt::format("; nothing below {} cycles fits", p.bound) : "",
                     p.gap > 1e-9 ? fmt::format("; cost within {:.2g} % of the least", 100 * p.gap) : "");
}

std::string table(const std::vector<ExplorePoint>& points) {
  std::string text = fmt::format("  {:<26} {:<14} {:>6} {:>12} {:>11} {:>8} {:>7} {:>5} {:>5}  {:<8} {:<8} {:>8}\n", "  network", "device",
                                 "share", "fps", "cycles", "lut", "bram18", "uram", "dsp", "slowest", "binding", "TOp/s");
  for (const ExplorePoint& p : points) text += row(p);
  text += "  * on the front: no other point is faster, smaller or more accurate without being worse in another regard\n";
  return text;
}

}  // namespace

Action add_explore(CLI::App& app, Common& common) {
  struct Options {
    ExploreConfig config;
    std::string json;
    std::string csv;
    std::string results;
    std::string certificates;
    std::string jobs_file;
    bool list = false;
  };
  CLI::App* command = app.add_subcommand("explore", "Find the best design of a network on every device, with proof");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  ExploreConfig& config = options->config;
  config.jobs = std::max(1U, std::thread::hardware_concurrency());
  command->add_option("MODEL", config.models, "Model files (.onnx) or descriptions of networks (.json)");
  command->add_option("--devices", config.devices, "Devices, boards or device files; all for those that come with finnr")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--share", config.shares, "Shares of a device to fill")
      ->delimiter(',')
      ->check(CLI::Range(0.001, 1.0))
      ->capture_default_str();
  command->add_option("--fps", config.fps, "Rates to reach at the least cost, instead of the highest rate")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  command->add_option("--clock", config.clock_mhz, "Clock in MHz; the one of each device if not given")->check(CLI::PositiveNumber);
  add_costs(*command, config.costs);
  command->add_option("--accuracy", config.accuracies, "Accuracy of each model, for the front")->delimiter(',');
  command->add_option("-o,--output", options->json, "File for all points, JSON");
  command->add_option("--csv", options->csv, "File for all points, CSV");
  command->add_option("--results", options->results,
                      "File of JSON lines that each point joins when it is done; points in it are not computed again");
  command->add_option("--certificates", options->certificates, "Folder for the certificate of each point");
  command->add_option("--jobs", config.jobs, "Points at once")->check(CLI::PositiveNumber);
  command->add_flag("--list-jobs", options->list, "Print the points as jobs, one JSON object a line, and do nothing");
  command->add_option("--run-jobs", options->jobs_file, "Run the jobs of a file instead of MODEL");
  return [options, &common] {
    Diagnostics diagnostics;
    ExploreConfig& run = options->config;
    run.results = options->results;
    run.certificates = options->certificates;
    Json json = Json::object();
    std::optional<std::vector<ExploreJob>> jobs;
    if (run.models.empty() && options->jobs_file.empty()) {
      diagnostics.add(Diagnostic(Code::kBadOption, "nothing to explore").fix("name a model, or a file of jobs with --run-jobs"));
    } else {
      Result<std::vector<ExploreJob>> listed = options->jobs_file.empty() ? list_jobs(run) : read_jobs(options->jobs_file);
      if (!listed.ok()) diagnostics.add(listed.error());
      jobs = std::move(listed).value_or_nothing();
    }
    if (jobs && options->list) {
      std::string text;
      for (const ExploreJob& job : *jobs) text += to_json(job) + "\n";
      std::fputs(text.c_str(), stdout);
      return report(diagnostics, common);
    }
    if (jobs) {
      ProgressBar bar(common);
      run.on_progress = bar.callback();
      if (const auto points = explore(run, *jobs, diagnostics)) {
        json["points"] = Json::array();
        for (const ExplorePoint& p : *points) json["points"].push_back(Json::parse(to_json(p)));
        const auto write = [&](const std::string& path, const std::string& text) {
          if (path.empty()) return;
          if (const Status written = write_file(path, text); !written.ok()) diagnostics.add(written.error());
        };
        write(options->json, json.dump(1) + "\n");
        write(options->csv, to_csv(*points));
        say(common, table(*points));
      }
    }
    print_json(common, diagnostics, json);
    return report(diagnostics, common);
  };
}

Action add_certify(CLI::App& app, Common& common) {
  CLI::App* command = app.add_subcommand("certify", "Check certificates of explorations, without the search");
  add_common(*command, common);
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *files, "Certificates")->required();
  return [files, &common] {
    Diagnostics diagnostics;
    Json json = Json::array();
    for (const std::string& file : *files) {
      const Result<std::string> subject = certify(file);
      if (!subject.ok()) {
        diagnostics.add(subject.error());
        continue;
      }
      json.push_back({{"file", file}, {"subject", *subject}, {"holds", true}});
      say(common, fmt::format("{}  holds: {}\n", file, *subject));
    }
    print_json(common, diagnostics, Json{{"certificates", json}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
