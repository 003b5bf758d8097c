// SPDX-License-Identifier: Apache-2.0
#include "finnr/verify/verify.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"
#include "finnr/flow/check_accelerator.h"

namespace finnr::cli {

Action add_verify(CLI::App& app, Common& common) {
  struct Options {
    std::string folder;
    std::string stalls;
    VerifyOptions verify;
  };
  CLI::App* command = app.add_subcommand("verify", "Simulate an accelerator folder and compare every stream with the integer network");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folder, "Folder made by 'finnr build'")->required();
  command->add_option("--frames", options->verify.frames, "Frames of each run")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--stalls", options->stalls, "random, none or worst (default: one run of each)")
      ->check(CLI::IsMember({"random", "none", "worst"}));
  command->add_option("--seed", options->verify.seed, "Seed of frames and stalls")->capture_default_str();
  command->add_option("--trace", options->verify.trace, "Write a waveform of this unit into DIR/debug");
  return [options, &common] {
    Diagnostics diagnostics;
    if (options->stalls == "none") options->verify.stalls = {Stalls::kNone};
    if (options->stalls == "random") options->verify.stalls = {Stalls::kRandom};
    if (options->stalls == "worst") options->verify.stalls = {Stalls::kWorst};
    std::optional<Verdict> verdict;
    {
      ProgressBar bar(common);
      options->verify.on_progress = bar.callback();
      verdict = check_accelerator(options->folder, options->verify, diagnostics);
    }
    if (verdict && verdict->good()) {
      std::string text = fmt::format("{}: {} streams, {} elements bit-exact ({})\n", options->folder, verdict->streams, verdict->elements,
                                     verdict->simulator);
      if (verdict->measured_interval != 0) {
        text += fmt::format("interval {} cycles measured = predicted; latency of the first frame {} cycles, as predicted\n",
                            verdict->measured_interval, verdict->latency);
      }
      say(common, text);
    }
    print_json(common, diagnostics, {{"folder", options->folder}, {"verdict", verdict ? Json::parse(to_json(*verdict)) : Json()}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
