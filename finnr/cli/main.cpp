// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <vector>

#include "finnr/base/process.h"
#include "finnr/cli/command.h"

namespace finnr::cli {
namespace {

int run_command(int argc, char** argv) {
  catch_interrupts();

  CLI::App app{"finnr turns a trained, quantized neural network into a verified FPGA accelerator.", "finnr"};
  app.set_version_flag("--version", std::string("finnr ") + FINNR_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Common common;

  static constexpr AddCommand kCommands[] = {add_check, add_build, add_run, add_verify, add_print, add_explain};
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

int main(int argc, char** argv) { return finnr::cli::run_command(argc, argv); }
