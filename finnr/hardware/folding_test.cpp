// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/folding.h"

#include <cmath>

#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

std::int64_t slowest(const HardwarePart& part, const Folding& folding) {
  std::int64_t cycles = 0;
  for (std::size_t i = 0; i < folding.size(); ++i) {
    if (std::holds_alternative<MatrixLayer>(part.layers[i].kind)) cycles = std::max(cycles, layer_interval(part.layers[i], folding[i]));
  }
  return cycles;
}
std::int64_t macs(const Folding& folding) {
  std::int64_t sum = 0;
  for (const Fold& fold : folding) sum += std::int64_t{fold.pe} * fold.simd;
  return sum;
}

TEST(Divisors, Ascending) {
  EXPECT_EQ(divisors(1), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(divisors(12), (std::vector<std::int64_t>{1, 2, 3, 4, 6, 12}));
  EXPECT_EQ(divisors(49), (std::vector<std::int64_t>{1, 7, 49}));
}

TEST(Balance, LeastMultiplicationsThatMeetTheTarget) {
  const HardwarePart part = part_of(integer_chain({12, 10, 7}));
  for (const std::int64_t cycles : {1, 2, 5, 11, 30, 70, 1000}) {
    const Folding folding = balance(part, cycles);
    for (std::size_t i = 0; i < folding.size(); ++i) {
      const auto& m = std::get<MatrixLayer>(part.layers[i].kind);
      EXPECT_LE(layer_interval(part.layers[i], folding[i]), cycles);
      for (const std::int64_t pe : divisors(m.outputs)) {
        for (const std::int64_t simd : divisors(m.inputs)) {
          if ((m.outputs / pe) * (m.inputs / simd) > cycles) continue;
          EXPECT_LE(std::int64_t{folding[i].pe} * folding[i].simd, pe * simd) << cycles;
        }
      }
    }
  }
}

TEST(Balance, ChannelsThatShareSlicesComeFirst) {
  const HardwarePart part = part_of(integer_chain({8, 10, 10}, 31));  // fc1 of 5-bit activations and 2-bit weights: 5 channels a slice
  std::size_t found = 0;
  const Folding folding = balance(part, 10);
  for (std::size_t i = 0; i < folding.size(); ++i) {
    if (part.layers[i].name == "fc0") {
      ++found;
      EXPECT_EQ(folding[i].simd, 8) << "in gates the widest SIMD";
    }
    if (part.layers[i].name == "fc1") {
      ++found;
      EXPECT_EQ(folding[i].pe, 5);
      EXPECT_EQ(folding[i].simd, 2);
    }
  }
  EXPECT_EQ(found, 2U);
}

TEST(Balance, FullParallelismWhereNothingIsFastEnough) {
  const HardwarePart part = part_of(integer_chain({6, 4}, 3, 3));
  const Folding folding = balance(part, 1);
  EXPECT_EQ(folding[0].pe, 4);
  EXPECT_EQ(folding[0].simd, 6);
  EXPECT_EQ(layer_interval(part.layers[0], folding[0]), 3) << "one vector a cycle";
}

TEST(Balance, WholeWindowsInsteadOfCopies) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 4, 8, 8}), 6, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  x = net.thresholds(net.conv(x, 6, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 6}));
  const HardwarePart part = part_of(net.done({x}));
  const Folding folding = balance(part, 64);
  EXPECT_EQ(folding[0].m, 1);
  EXPECT_EQ(folding[0].simd, 36);
  EXPECT_EQ(folding[1].pe, 6);
  EXPECT_EQ(folding[1].simd, 9);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(layer_interval(part.layers[i], folding[i]), 64) << "the pixels of the image";
  EXPECT_EQ(balance(part, 1)[0].m, 1) << "copies would wait for the image, too";
}

TEST(Balance, CopiesWhereWindowsSendOnePositionAtOnce) {
  SmallNetwork net;
  const HardwarePart part = part_of(
      net.done({net.conv(net.input({1, 4, 8, 8}), 6, {3, 3}, {.begin = {2, 2}, .end = {2, 2}, .spacing = {2, 2}})}));  // 17 x 17 windows
  const Folding folding = balance(part, 1000);
  EXPECT_EQ(folding[0].m, 17);
  EXPECT_LE(layer_interval(part.layers[0], folding[0]), 1000);
}

TEST(DefaultFolding, SmallNetworksTakeUpToFiftyThousandCycles) {
  const HardwarePart part = part_of(integer_chain({784, 64, 64, 10}));
  const Folding folding = default_folding(part);
  EXPECT_LE(slowest(part, folding), 50'000);
  EXPECT_EQ(macs(folding), 2 + 1 + 1) << "fc0 has 50,176 products";
}

TEST(DefaultFolding, LargeNetworksTakeUpToFourThousandMacs) {
  const HardwarePart part = part_of(integer_chain({512, 512, 10}, 3, 4000));
  const Folding folding = default_folding(part);
  EXPECT_LE(macs(folding), 4096);
  EXPECT_GT(slowest(part, folding), 50'000);
  EXPECT_GT(macs(balance(part, slowest(part, folding) - 1)), 4096) << "a cycle less would cost too much";
}

TEST(FoldingForFps, MeetsTheRate) {
  const HardwarePart part = part_of(integer_chain({784, 64, 10}));
  for (const double fps : {1000.0, 20000.0, 1e6, 1e8}) {
    const Result<Folding> folding = folding_for_fps(part, fps, 100);
    ASSERT_TRUE(folding.ok());
    EXPECT_LE(static_cast<double>(slowest(part, *folding)), std::floor(1e8 / fps));
  }
}

TEST(FoldingForFps, UnreachableNamesTheBestRate) {
  const HardwarePart part = part_of(integer_chain({8, 4, 2}, 3, 5));
  ASSERT_TRUE(folding_for_fps(part, 20e6, 100).ok());
  const Result<Folding> folding = folding_for_fps(part, 25e6, 100);
  ASSERT_FALSE(folding.ok());
  EXPECT_EQ(folding.error().code, Code::kFpsUnreachable);
  EXPECT_EQ(folding.error().places[0].node, "MatMul_0");
  EXPECT_NE(folding.error().cause.find("4 cycles a frame, and layer fc0 needs 5"), std::string::npos) << folding.error().cause;
  EXPECT_NE(folding.error().way_out.find("2e+07 frames"), std::string::npos) << folding.error().way_out;
  EXPECT_NE(folding.error().way_out.find("--clock 125"), std::string::npos) << folding.error().way_out;
}

TEST(LayerInterval, OfEveryKind) {
  const HardwarePart part = part_of(integer_chain({6, 5}, 3, 2, 2, 3));
  ASSERT_EQ(part.layers.size(), 3U);
  EXPECT_EQ(layer_interval(part.layers[0], {4, 1, false, {}}), 2 * 2) << "thresholds on six channels, four at a time";
  EXPECT_EQ(layer_interval(part.layers[1], {2, 4, true, {}}), 2 * 3 * 2) << "padded to 6 x 8";
  EXPECT_EQ(layer_interval(part.layers[2], {5, 1, false, {}}), 3) << "ten labels in two beats, three indices out";
  EXPECT_EQ(layer_interval(part.layers[2], {0, 1, false, {}}), 10);
}

TEST(Balance, ConvolutionsTakeWholePixelsOrPartsOfTheChannels) {
  SmallNetwork net;
  const HardwarePart part = part_of(net.done({net.conv(net.input({1, 6, 8, 8}), 10, {3, 3})}));
  const auto& m = std::get<MatrixLayer>(part.layers[0].kind);
  for (const std::int64_t cycles : {324, 500, 1000, 3000, 10'000, 30'000, 200'000}) {
    const Folding folding = balance(part, cycles);
    EXPECT_LE(layer_interval(part.layers[0], folding[0]), cycles);
    EXPECT_EQ(m.outputs % folding[0].pe, 0);
    EXPECT_TRUE(6 % folding[0].simd == 0 || folding[0].simd % 6 == 0) << folding[0].simd;
    EXPECT_EQ(m.inputs % folding[0].simd, 0);
  }
  // The 64 pixels come one a cycle, and 36 whole windows leave in that time.
  const Folding full = balance(part, 1);
  EXPECT_EQ(full[0].m, 1);
  EXPECT_EQ(full[0].pe, 10);
  EXPECT_EQ(full[0].simd, 54);
  EXPECT_EQ(layer_interval(part.layers[0], full[0]), 64);
}

TEST(Balance, DepthwiseConvolutionsUnfoldTheirChannels) {
  SmallNetwork net;
  const HardwarePart part = part_of(net.done({net.conv(net.input({1, 12, 6, 6}), 12, {3, 3}, {.groups = 12})}));
  for (const std::int64_t cycles : {144, 200, 300, 1000, 1728}) {
    const Folding folding = balance(part, cycles);
    EXPECT_LE(layer_interval(part.layers[0], folding[0]), cycles);
    for (const std::int64_t pe : divisors(12))
      EXPECT_TRUE(pe >= folding[0].pe || 16 * 9 * (12 / pe) > cycles) << "the fewest channels at once";
  }
  EXPECT_EQ(balance(part, 1)[0].pe, 12);
}

TEST(FoldingForFps, LayersWithoutWeightsLimitTheRateToo) {
  SmallNetwork net;
  const ValueId x = net.conv(net.input({1, 2, 4, 4}), 8, {1, 1});
  const HardwarePart part = part_of(net.done({net.pool(x, {.kernel = {2, 2}, .begin = {1, 1}, .end = {1, 1}})}));
  const Result<Folding> folding = folding_for_fps(part, 5e6, 100);
  ASSERT_FALSE(folding.ok()) << "25 windows, one a cycle";
  EXPECT_NE(folding.error().cause.find("layer pool0 needs 25"), std::string::npos) << folding.error().cause;
  EXPECT_TRUE(folding_for_fps(part, 4e6, 100).ok());
}

TEST(LayerInterval, OfMoves) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.input({1, 4, 2, 3}));
  x = net.add(Take{1, {1, 2}}, {x});
  x = net.add(Concat{2}, {x, x});
  x = net.add(Take{3, {0, 0, 1, 1, 2, 2}}, {x});
  const HardwarePart part = part_of(net.done({net.add(Join{}, {x, x})}));
  const auto cycles = [&](std::size_t layer, int lanes) { return layer_interval(part.layers.at(layer), {lanes, 0, false, {}}); };
  EXPECT_EQ(cycles(1, 1), 24) << "a take reads everything";
  EXPECT_EQ(cycles(2, 1), 24);
  EXPECT_EQ(cycles(2, 2), 12);
  EXPECT_EQ(cycles(3, 2), 24) << "12 pixels become 24";
  EXPECT_EQ(cycles(4, 1), 48);
}

}  // namespace
}  // namespace finnr
