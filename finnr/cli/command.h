// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace finnr::cli {

/// Exit statuses.
enum Exit : int {
  kGood = 0,
  kUserError = 1,    ///< the model or the options are at fault
  kUsage = 2,        ///< the command line is
  kCheckFailed = 3,  ///< a verification found a difference
};

/// What every subcommand takes.
struct Common {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

/// Adds a subcommand; the function it leaves behind runs it and returns an exit status.
using Action = std::function<int()>;
using AddCommand = Action (*)(CLI::App& app, Common& common);

// One file each.
Action add_check(CLI::App& app, Common& common);
Action add_build(CLI::App& app, Common& common);
Action add_run(CLI::App& app, Common& common);
Action add_verify(CLI::App& app, Common& common);
Action add_synth(CLI::App& app, Common& common);
Action add_print(CLI::App& app, Common& common);
Action add_explain(CLI::App& app, Common& common);
Action add_devices(CLI::App& app, Common& common);
Action add_estimate(CLI::App& app, Common& common);
Action add_calibrate(CLI::App& app, Common& common);
Action add_explore(CLI::App& app, Common& common);
Action add_certify(CLI::App& app, Common& common);

}  // namespace finnr::cli
