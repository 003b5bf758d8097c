// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/pass.h"

#include <algorithm>
#include <chrono>

namespace finnr {

std::span<const Pass> streamline_passes() {
  static constexpr Pass kPasses[] = {
      {"fold_constants", "compute what depends on constants alone", fold_constants},
      {"simplify_renames", "make transposes that move nothing reshapes, and drop reshapes that change nothing", simplify_renames},
      {"simplify_moves", "drop and merge operators that move elements", simplify_moves},
      {"lift_linear", "turn linear operators on quantized values into integer ones with one scale behind", lift_linear},
      {"fold_parameters", "make float constants of quantized ones that no product needs", fold_parameters},
      {"settle_moves", "let pools, concatenations and what else moves numbers in front of a quantizer move integers", settle_moves},
      {"simplify_settled", "the same as simplify_moves, on what settle_moves left", simplify_moves},
      {"join_values", "turn a quantizer behind two integers into thresholds on their sum or product", join_values},
      {"derive_thresholds", "turn everything between an integer and the next quantizer into integer thresholds", derive_thresholds},
      {"merge_equal", "keep one of several equal nodes", merge_equal},
  };
  return kPasses;
}

std::vector<PassRecord> run_passes(Graph& graph, std::span<const Pass> passes, PassContext& context, std::string_view last) {
  std::vector<PassRecord> records;
  for (const Pass& pass : passes) {
    const auto start = std::chrono::steady_clock::now();
    const bool changed = pass.run(graph, context) == Changed::kYes;
    if (changed) graph.remove_unused();
    const Status status = verify(graph);
    FINNR_CHECK(status.ok(), status.ok() ? "" : status.error().message.c_str());
    records.push_back({pass.name, changed, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
    if (pass.name == last) break;
  }
  return records;
}

}  // namespace finnr
