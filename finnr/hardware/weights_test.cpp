// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/weights.h"

#include "finnr/hardware/network_for_test.h"
#include "finnr/hardware/steps_for_test.h"

namespace finnr {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(WithRows, RowsFollowTheStream) {
  const auto w = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(with_rows(w, {}), w);
  EXPECT_EQ(with_rows(w, {0, 1, 2}), w) << "the same tensor";
  EXPECT_EQ(*with_rows(w, {2, 0, 1}), Tensor({3, 2}, Ints{5, 6, 1, 2, 3, 4}));
}

TEST(ConvolutionWeights, KernelPositionThenChannel) {
  // Two outputs of two channels under two kernel positions: element m c k is 100 m + 10 c + k.
  const Tensor w({2, 2, 1, 2}, Ints{0, 1, 10, 11, 100, 101, 110, 111});
  EXPECT_EQ(*convolution_weights(w, {0, 1}), Tensor({4, 2}, Ints{0, 100, 10, 110, 1, 101, 11, 111}));
  EXPECT_EQ(*convolution_weights(w, {1, 0}), Tensor({4, 2}, Ints{10, 110, 0, 100, 11, 111, 1, 101})) << "channel 1 comes first";
}

TEST(ConvolutionWeights, GroupsStandBesideEachOther) {
  const Tensor w({4, 1, 2}, Ints{1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(*convolution_weights(w, {}), Tensor({2, 4}, Ints{1, 3, 5, 7, 2, 4, 6, 8}));
}

TEST(PaddedWeights, ZerosStandBehindEachPosition) {
  const Tensor w({4, 1}, Ints{1, 2, 3, 4});
  EXPECT_EQ(*with_empty_rows(w, 2, 3), Tensor({6, 1}, Ints{1, 2, 0, 3, 4, 0}));
  EXPECT_EQ(*with_first_columns(Tensor({2, 2}, Ints{1, 2, 3, 4}), 3), Tensor({2, 3}, Ints{1, 2, 1, 3, 4, 3}));
}

TEST(DepthwiseWeights, AColumnAChannel) {
  const Tensor w({2, 1, 1, 3}, Ints{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(*convolution_weights(w, {}), Tensor({3, 2}, Ints{1, 4, 2, 5, 3, 6}));
}

/// Thresholds with a row for each index of `axis`, on a value of this shape.
struct Table {
  Graph graph;
  NodeId node;
};
Table table(const Shape& shape, int axis) {
  SmallNetwork net;
  const ValueId y = net.thresholds(net.input(shape), 2, axis);
  Table result{net.done({y}), {}};
  result.node = result.graph.value(y).producer;
  return result;
}

TEST(TablePeriod, OfTheOrderOfTheStream) {
  const Table channels = table({1, 3, 2, 2}, 1);
  EXPECT_EQ(table_period(channels.graph, channels.node, Layout::channels_last({1, 3, 2, 2})), 3);
  EXPECT_EQ(table_rows(channels.graph, channels.node, Layout::channels_last({1, 3, 2, 2})), (Ints{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(table_period(channels.graph, channels.node, Layout::row_major(12)), 12);
  EXPECT_EQ(table_rows(channels.graph, channels.node, Layout::row_major(12)), (Ints{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}));

  const Table batches = table({4, 3, 2}, 1);
  EXPECT_EQ(table_period(batches.graph, batches.node, Layout::row_major(24)), 6) << "rows of one image, again and again";

  const Table columns = table({1, 3, 2, 2}, 3);
  EXPECT_EQ(table_period(columns.graph, columns.node, Layout::channels_last({1, 3, 2, 2})), 6);

  const Table one = table({1, 3, 2, 2}, 0);
  EXPECT_EQ(table_period(one.graph, one.node, Layout::row_major(12)), 1);
}

TEST(WeightType, BipolarOnlyWhenBothSignsAndNothingElseOccur) {
  EXPECT_TRUE(weight_type(Tensor({3}, Ints{1, -1, 1})).bipolar);
  EXPECT_EQ(weight_type(Tensor({3}, Ints{1, -1, 0})), (IntType{-1, 1, false}));
  EXPECT_EQ(weight_type(Tensor({2}, Ints{1, 1})), (IntType{1, 1, false}));
  EXPECT_EQ(weight_type(Tensor({2}, Ints{-5, 2})), (IntType{-5, 2, false}));
}

}  // namespace
}  // namespace finnr
