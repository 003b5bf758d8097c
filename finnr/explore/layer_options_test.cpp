// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/layer_options.h"

#include <gtest/gtest.h>

#include "finnr/base/rng.h"
#include "finnr/explore/certificate.h"
#include "finnr/explore/checker.h"
#include "finnr/explore/explored_network_for_test.h"
#include "finnr/explore/search.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/write_folding.h"

namespace finnr {
namespace {

const OptionRules kAny{{Store::kLutRam, Store::kBlock, Store::kUltra}, {1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30}};

/// Any choice costs and takes what its lowered design does, but for the queues in front of joins, and can be written and read back.
void expect_exact(const HardwarePart& part, bool joins) {
  const Result<FoldingProblem> folds = folding_problem(part, kAny, plain_cost);
  ASSERT_TRUE(folds.ok());
  ASSERT_EQ(flaw_of(folds->problem), "");
  const Result<ScratchFolder> folder = ScratchFolder::make();
  const std::string path = (folder->path() / "folding.json").string();
  Rng rng(5);
  for (int i = 0; i < 200; ++i) {
    Choice choice;
    do {
      choice.clear();
      for (std::size_t d = 0; d < folds->folds.size(); ++d) {
        std::size_t option = 0;
        do {
          option = static_cast<std::size_t>(rng.between(0, std::ssize(folds->folds[d]) - 1));
        } while (joins && folds->folds[d][option].m > 1);  // copies have queues of their own, which this test does not tell apart
        choice.push_back(option);
      }
    } while (!cost_of(folds->problem, choice));  // sizes of neighbours that do not agree
    const Folding folding = folding_of(*folds, choice);
    const Result<Design> design = lower(part, folding, "design");
    ASSERT_TRUE(design.ok());
    Cost total = total_cost(*design, plain_cost);
    Cost queues;
    for (const Unit& unit : design->units) {
      if (joins && std::holds_alternative<Fifo>(unit.kind) && unit.name != "fifo_in" && unit.name != "fifo_out")
        queues += plain_cost(*design, unit);
    }
    EXPECT_EQ(total, cost_of(*cost_of(folds->problem, choice)) + queues) << write_folding(part, folding);
    EXPECT_EQ(interval(*design), interval_of(folds->problem, choice)) << write_folding(part, folding);

    ASSERT_TRUE(write_file(path, write_folding(part, folding)).ok());
    Diagnostics diagnostics;
    const Result<Folding> read = read_folding(part, path, "", diagnostics);
    ASSERT_TRUE(read.ok()) << to_text(read.error());
    EXPECT_EQ(write_folding(part, *read), write_folding(part, folding));
    const Result<Design> again = lower(part, *read, "design");
    EXPECT_EQ(print(*again), print(*design));
  }
}

TEST(LayerOptions, OfAChainCostWhatTheDesignCosts) { expect_exact(described_part(chain_text()), false); }
TEST(LayerOptions, OfBranchesCostWhatTheDesignCosts) { expect_exact(described_part(branch_text()), true); }

TEST(LayerOptions, PadTheEndsOfTheNetwork) {
  const HardwarePart part = described_part(R"({"name": "awkward", "input": {"shape": [1, 1, 14], "type": "uint2"}, "network": [
    {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 7], "weight_type": "int2", "act_out_type": "int8"},
    {"name": "thr0", "kind": "threshold", "inputs": ["fc0"], "out_shape": [1, 1, 7], "act_out_type": "uint2", "steps": 3},
    {"name": "fc1", "kind": "fc", "inputs": ["thr0"], "out_shape": [1, 1, 10], "weight_type": "int2", "act_out_type": "int8"}]})");
  expect_exact(part, false);
  const Result<FoldingProblem> folds = folding_problem(part, kAny, plain_cost);
  const auto has = [&](std::size_t layer, auto matches) { return std::ranges::any_of(folds->folds[layer], matches); };
  EXPECT_TRUE(has(0, [](const Fold& f) { return f.simd == 4 && f.pad; })) << "14 inputs in 4 turns";
  EXPECT_TRUE(has(0, [](const Fold& f) { return f.pe == 4 && f.padded == 8; })) << "7 outputs are awkward, 8 are not";
  EXPECT_FALSE(has(0, [](const Fold& f) { return f.padded != 8 && 7 % f.pe != 0; }));
  EXPECT_TRUE(has(1, [](const Fold& f) { return f.simd == 4 && f.pad; })) << "as many as the layer before gives";
  EXPECT_TRUE(has(1, [](const Fold& f) { return f.pe == 3 && f.pad; })) << "10 outputs in 4 turns";
  EXPECT_FALSE(has(1, [](const Fold& f) { return f.pe == 6; })) << "two turns take 5";
}

/// 7 and 13 channels, with a branch, a pool and a layer that takes channels one by one.
const char* awkward_text() {
  return R"({"name": "awkward", "input": {"shape": [8, 8, 3], "type": "uint4"}, "network": [
    {"name": "conv0", "kind": "conv", "inputs": ["input"], "out_shape": [6, 6, 7], "kernel": [3, 3], "weight_type": "int2", "act_out_type": "int10"},
    {"name": "thr0", "kind": "threshold", "inputs": ["conv0"], "out_shape": [6, 6, 7], "act_out_type": "uint5", "steps": 31},
    {"name": "fork0", "kind": "fork", "inputs": ["thr0"], "out_shape": [6, 6, 7], "act_out_type": "uint5"},
    {"name": "dw1", "kind": "depthwise", "inputs": ["fork0"], "out_shape": [6, 6, 7], "kernel": [3, 3], "padding": [1, 1, 1, 1], "weight_type": "int2", "act_out_type": "int12"},
    {"name": "thr1", "kind": "threshold", "inputs": ["dw1"], "out_shape": [6, 6, 7], "act_out_type": "uint5", "steps": 31},
    {"name": "add2", "kind": "add", "inputs": ["thr1", "fork0"], "out_shape": [6, 6, 7], "act_out_type": "uint6"},
    {"name": "pool2", "kind": "maxpool", "inputs": ["add2"], "out_shape": [3, 3, 7], "kernel": [2, 2], "stride": [2, 2], "act_out_type": "uint6"},
    {"name": "conv3", "kind": "conv", "inputs": ["pool2"], "out_shape": [1, 1, 13], "kernel": [3, 3], "weight_type": "bipolar", "act_out_type": "int14"},
    {"name": "fc4", "kind": "fc", "inputs": ["conv3"], "out_shape": [1, 1, 6], "weight_type": "int2", "act_out_type": "int20"}]})";
}

TEST(LayerOptions, PadAwkwardSizesInside) {
  const HardwarePart part = described_part(awkward_text());
  expect_exact(part, true);
  const Result<FoldingProblem> folds = folding_problem(part, kAny, plain_cost);
  ASSERT_TRUE(folds.ok());
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const bool seven = part.links[part.layers[i].output].channels == 7;
    EXPECT_EQ(std::ranges::any_of(folds->folds[i], [](const Fold& f) { return f.padded == 8; }), seven) << part.layers[i].name;
  }
}

/// The same problem without options that pad inside.
FoldingProblem unpadded(FoldingProblem folds, const HardwarePart& part) {
  for (std::size_t d = 0; d < folds.folds.size(); ++d) {
    const auto inside = [&](const Fold& fold) {
      const auto* m = std::get_if<MatrixLayer>(&part.layers[d].kind);
      return fold.padded > 0 || (d > 0 && m != nullptr && (m->inputs % fold.simd != 0));
    };
    for (std::size_t o = 0; o < folds.folds[d].size(); ++o) {
      if (inside(folds.folds[d][o])) folds.problem.decisions[d].options[o].interval = std::int64_t{1} << 30;
    }
  }
  return folds;
}

/// 59 and 61 are prime: without padding a layer takes all or one at a time.
TEST(LayerOptions, PaddingReachesWhatNoDivisorDoes) {
  const HardwarePart part = described_part(R"({"name": "primes", "input": {"shape": [1, 1, 784], "type": "uint2"}, "network": [
    {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 61], "weight_type": "int2", "act_out_type": "int12"},
    {"name": "thr0", "kind": "threshold", "inputs": ["fc0"], "out_shape": [1, 1, 61], "act_out_type": "uint2", "steps": 3},
    {"name": "fc1", "kind": "fc", "inputs": ["thr0"], "out_shape": [1, 1, 59], "weight_type": "int2", "act_out_type": "int9"},
    {"name": "thr1", "kind": "threshold", "inputs": ["fc1"], "out_shape": [1, 1, 59], "act_out_type": "uint2", "steps": 3},
    {"name": "fc2", "kind": "fc", "inputs": ["thr1"], "out_shape": [1, 1, 10], "weight_type": "int2", "act_out_type": "int9"}]})");
  const Result<FoldingProblem> folds = folding_problem(part, kAny, plain_cost);
  ASSERT_TRUE(folds.ok());
  const FoldingProblem divisors_only = unpadded(*folds, part);
  const Budget lut = budget_of(folds->problem, 0, 700);
  const Answer padded = fastest(folds->problem, {lut});
  const Answer divided = fastest(divisors_only.problem, {lut});
  ASSERT_TRUE(padded.choice && divided.choice);
  EXPECT_LT(2 * padded.value, divided.value);
  EXPECT_TRUE(padded.proved());
  Certificate certificate{"primes", folds->problem, padded.choice, padded.value, {lut}, {}};
  if (padded.claim) certificate.claims.push_back(*padded.claim);
  EXPECT_EQ(check(certificate), "");
  const Answer cheap = cheapest(folds->problem, 1000, {}, lut);
  const Answer dear = cheapest(divisors_only.problem, 1000, {}, lut);
  ASSERT_TRUE(cheap.choice && dear.choice);
  EXPECT_LT(cheap.value, dear.bound);
  const Result<Design> design = lower(part, folding_of(*folds, *cheap.choice), "primes");
  ASSERT_TRUE(design.ok());
  EXPECT_EQ(total_cost(*design, plain_cost).lut, cheap.value);
}

TEST(LayerOptions, OfferCoresToMultipliersAlone) {
  const HardwarePart part = described_part(R"({"name": "cores", "input": {"shape": [1, 1, 4], "type": "bipolar"}, "network": [
    {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 4], "weight_type": "bipolar", "act_out_type": "int4"},
    {"name": "thr0", "kind": "threshold", "inputs": ["fc0"], "out_shape": [1, 1, 4], "act_out_type": "uint4", "steps": 15},
    {"name": "fc1", "kind": "fc", "inputs": ["thr0"], "out_shape": [1, 1, 4], "weight_type": "int4", "act_out_type": "int12"}]})");
  const Result<FoldingProblem> folds = folding_problem(part, kAny, plain_cost);
  EXPECT_TRUE(std::ranges::none_of(folds->folds[0], [](const Fold& f) { return f.core.has_value(); }));
  EXPECT_TRUE(std::ranges::any_of(folds->folds[1], [](const Fold& f) { return f.core == Core::kLut; }));
  EXPECT_TRUE(std::ranges::any_of(folds->folds[1], [](const Fold& f) { return !f.core; }));
}

TEST(LayerOptions, KeepToARegion) {
  const HardwarePart part = described_part(chain_text());
  OptionRules rules = kAny;
  const Result<FoldingProblem> all = folding_problem(part, rules, plain_cost);
  rules.largest.lut = 1000;
  const Result<FoldingProblem> few = folding_problem(part, rules, plain_cost);
  EXPECT_LT(few->folds[0].size(), all->folds[0].size());
  for (const Option& o : few->problem.decisions[0].options) EXPECT_LE(o.cost[0], 1000);
  rules.largest.lut = 1;
  const Result<FoldingProblem> none = folding_problem(part, rules, plain_cost);
  EXPECT_EQ(none->folds[0].size(), all->folds[0].size()) << "a layer that fits no region spans several";
}

}  // namespace
}  // namespace finnr
