// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"
#include "finnr/flow/print.h"

namespace finnr::cli {

Action add_print(CLI::App& app, Common& common) {
  struct Options {
    PrintConfig print;
    DesignOptions design;
    std::string stage = "graph";
  };
  CLI::App* command = app.add_subcommand("print", "Show the text form of a network or its design");
  add_common(*command, common);
  auto options = std::make_shared<Options>();
  command->add_option("TARGET", options->print.target, "Model file, or folder made by 'finnr build'")->required();
  command->add_option("--after", options->print.after, "Stop after this pass; 'import' for none");
  command->add_option("--stage", options->stage, "graph or design")->check(CLI::IsMember({"graph", "design"}))->capture_default_str();
  command->add_flag("--full", options->print.full, "All elements of large constants");
  add_design_options(*command, options->design);
  add_device_options(*command, options->design);
  return [options, &common] {
    Diagnostics diagnostics;
    std::optional<std::string> text;
    options->print.design = options->stage == "design";
    if (apply(options->design, options->print.config, diagnostics)) text = print_text(options->print, diagnostics);
    if (text && !common.json) std::fputs(text->c_str(), stdout);
    print_json(common, diagnostics, {{"target", options->print.target}, {"text", text.value_or("")}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
