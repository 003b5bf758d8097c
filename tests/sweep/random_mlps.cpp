// SPDX-License-Identifier: Apache-2.0
// Random perceptrons; sweep.h says what is compared and what the arguments are.
#include "random_mlp.h"
#include "sweep.h"

int main(int argc, char** argv) {
  using namespace finnr;
  const auto make = [](Rng& rng, bool hardware) {
    if (!hardware) return random_mlp(rng, {});
    const std::int64_t width = rng.chance(0.4) ? 5 : 24;  // vectors of few beats are the hardest for the interval
    return random_mlp(rng, {4, width, true});
  };
  return sweep({"random_mlps", make}, {argv + 1, static_cast<std::size_t>(argc - 1)});
}
