// SPDX-License-Identifier: Apache-2.0
// Random legal foldings of a model: random_foldings MODEL [--count N] [--seed N] [--interval MOST] [--macs MOST]
//
// A line of JSON each: the seed that gives it again, the interval of its design, its multiplications a cycle, and the folding file
// itself. Foldings that lowering refuses, and those of more cycles a frame or multiplications a cycle than asked for, are passed over.
#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "finnr/flow/prepare.h"
#include "finnr/hardware/folding_for_test.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/write_folding.h"

namespace finnr {
namespace {

int usage() {
  fmt::print(stderr, "usage: random_foldings MODEL [--count N] [--seed N] [--interval MOST] [--macs MOST]\n");
  return 2;
}

int run(std::span<char*> arguments) {
  constexpr int kMostTries = 100'000;
  std::string model;
  std::int64_t count = 1;
  std::int64_t seed = 1;
  std::int64_t most_cycles = std::int64_t{1} << 40;
  std::int64_t most_macs = std::int64_t{1} << 40;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with("--")) {
      model = argument;
      continue;
    }
    std::int64_t* const number = argument == "--count"      ? &count
                                 : argument == "--seed"     ? &seed
                                 : argument == "--interval" ? &most_cycles
                                 : argument == "--macs"     ? &most_macs
                                                            : nullptr;
    if (number == nullptr || ++i == arguments.size()) return usage();
    *number = std::strtoll(arguments[i], nullptr, 10);
  }
  if (model.empty()) return usage();

  Diagnostics diagnostics;
  std::optional<Network> network = read_network(model, diagnostics);
  std::optional<HardwarePart> part;
  if (network && streamline(*network, {}, diagnostics)) part = plan_hardware(*network, diagnostics);
  if (!part) {
    for (const Diagnostic& diagnostic : diagnostics.list()) fmt::print(stderr, "{}\n", to_text(diagnostic));
    return 1;
  }
  for (const std::int64_t last = seed + kMostTries; count > 0 && seed < last; ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed));
    const Folding folding = random_folding(*part, rng, rng.chance(0.5));
    const Result<Design> design = lower(*part, folding, "net");
    if (!design.ok() || interval(*design) > most_cycles || macs_per_cycle(*design) > most_macs) continue;
    const nlohmann::json line = {{"seed", seed},
                                 {"interval", interval(*design)},
                                 {"macs", macs_per_cycle(*design)},
                                 {"folding", nlohmann::json::parse(write_folding(*part, folding))}};
    fmt::print("{}\n", line.dump());
    --count;
  }
  return count == 0 ? 0 : 1;
}

}  // namespace
}  // namespace finnr

int main(int argc, char** argv) { return finnr::run({argv + 1, static_cast<std::size_t>(argc - 1)}); }
