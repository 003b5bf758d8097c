// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>
#include <vector>

#include "finnr/base/check.h"
#include "finnr/base/process.h"
#include "finnr/cli/command.h"
#include "finnr/cli/options.h"

namespace finnr::cli {
namespace {

int run_command(int argc, char** argv) {
  catch_interrupts();

  CLI::App app{"finnr turns a trained, quantized neural network into a verified FPGA accelerator.", "finnr"};
  app.set_version_flag("--version", std::string("finnr ") + FINNR_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Common common;
  add_common(app, common);

  static constexpr AddCommand kCommands[] = {add_check,   add_build,   add_run,      add_verify,    add_synth,   add_print,
                                             add_explain, add_devices, add_estimate, add_calibrate, add_explore, add_certify};
  std::vector<Action> actions;
  for (const AddCommand add : kCommands) actions.push_back(add(app, common));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUsage;
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (app.get_subcommands({})[i]->parsed()) return actions[i]();
  }
  return kUsage;
}

}  // namespace
}  // namespace finnr::cli

int main(int argc, char** argv) {
  try {
    return finnr::cli::run_command(argc, argv);
  } catch (const std::exception& error) {  // of the standard library alone, e.g. when memory is used up
    finnr::report_bug("no exception leaves a folder", error.what(), __FILE__, __LINE__);
  }
}
