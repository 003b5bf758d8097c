// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/random_networks_for_test.h"

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(RandomNetworks, EveryPassKeepsTheNumbers) {
  int lifted = 0;

  for (std::uint64_t seed = 0; seed < 3000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const Graph original = RandomNetwork(seed).make();
    Graph graph = original;
    Diagnostics diagnostics;
    PassContext context{diagnostics, evaluate};
    for (const Pass& pass : streamline_passes()) {
      SCOPED_TRACE(pass.name);
      const Graph before = graph;
      const bool changed = pass.run(graph, context) == Changed::kYes;
      graph.remove_unused();
      if (!diagnostics.list().empty()) break;  // scales that meet in fixed point
      if (!changed) continue;
      expect_same_numbers(original, graph, 8);
      if (testing::Test::HasFailure()) {
        ADD_FAILURE() << print(original) << "\nbefore " << pass.name << ":\n" << print(before);
        break;
      }
    }
    for (const NodeId id : graph.order()) {
      const Node& node = graph.node(id);
      if (std::holds_alternative<Conv>(node.op) || std::holds_alternative<Join>(node.op) || std::holds_alternative<Pool>(node.op))
        lifted += graph.value(node.outputs[0]).type.is_float ? 0 : 1;
    }
  }
  EXPECT_GT(lifted, 3000) << "the networks must show something";
}

}  // namespace
}  // namespace finnr
