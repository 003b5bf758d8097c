// SPDX-License-Identifier: Apache-2.0
#include "random_mlp.h"

#include "random_parts.h"

namespace finnr {
namespace {

class Maker : RandomParts {
 public:
  Maker(Rng& rng, const MlpLimits& limits) : RandomParts(rng, limits.integer_only), limits_(limits) {}

  Graph make() {
    graph_.name = "random";
    const std::int64_t vectors = rng_.chance(0.75) ? 1 : rng_.between(2, 3);
    make_input({vectors, rng_.between(1, limits_.width)});
    const std::int64_t layers = rng_.between(1, limits_.layers);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      between_layers();
      add_matmul(rng_.between(1, limits_.width));
      const bool last = layer + 1 == layers;
      if (last && rng_.chance(0.6)) {
        if (rng_.chance(0.5)) add_bias();
        if (rng_.chance(0.5)) add_uniform_affine();
        break;
      }
      add_activation_chain();
      if (rng_.chance(0.1)) {
        add_count_thresholds();
      } else {
        add_quantizer(true);
      }
      if (rng_.chance(0.1)) requantize();
    }
    graph_.set_outputs({at_.x});
    return std::move(graph_);
  }

 private:
  MlpLimits limits_;
};

}  // namespace

Graph random_mlp(Rng& rng, const MlpLimits& limits) { return Maker(rng, limits).make(); }

}  // namespace finnr
