// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/synth.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {

Action add_synth(CLI::App& app, Common& common) {
  struct Options {
    std::string folder;
    std::string flow = "xilinx";
    SynthesisOptions synthesis;
    bool no_place = false;
  };
  CLI::App* command = app.add_subcommand("synth", "Synthesise an accelerator folder with Yosys: LUT, FF, RAM, DSP, clock");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folder, "Folder made by 'finnr build'")->required();
  command->add_option("--flow", options->flow, "Family of devices; ecp5 and ice40 are placed and routed too")
      ->check(CLI::IsMember({"xilinx", "ultrascale", "ecp5", "ice40"}))
      ->capture_default_str();
  command->add_option("--unit", options->synthesis.unit, "This unit alone");
  command->add_flag("--no-place", options->no_place, "Count only, where the family could be placed and routed");
  return [options, &common] {
    Diagnostics diagnostics;
    options->synthesis.family = *find_family(options->flow);
    options->synthesis.place = !options->no_place;
    std::optional<Synthesis> synthesis;
    {
      ProgressBar bar(common);
      options->synthesis.on_progress = bar.callback();
      synthesis = synth(options->folder, options->synthesis, diagnostics);
    }
    if (synthesis) say(common, table(*synthesis, options->folder));
    Json members = {{"folder", options->folder}};
    if (synthesis) members.update(Json::parse(to_json(*synthesis)));
    print_json(common, diagnostics, members);
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
