// SPDX-License-Identifier: Apache-2.0
// Random convolutional networks with branches; sweep.h says what is compared and what the arguments are.
#include "random_cnn.h"
#include "sweep.h"

int main(int argc, char** argv) {
  using namespace finnr;
  const auto make = [](Rng& rng, bool hardware) {
    if (!hardware) return random_cnn(rng, {});
    const std::int64_t side = rng.chance(0.4) ? 4 : 7;  // small images are the hardest for the interval, large ones slow
    return random_cnn(rng, {.blocks = 3, .channels = 6, .side = side, .products = 50'000, .integer_only = true});
  };
  return sweep({"random_cnns", make, 300, 2500}, {argv + 1, static_cast<std::size_t>(argc - 1)});
}
