// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(Layout, RowMajor) {
  EXPECT_TRUE(Layout::row_major(6).is_row_major());
  EXPECT_TRUE(Layout::row_major(1).is_row_major());
  EXPECT_TRUE(Layout::row_major(1).loops.empty());
  EXPECT_EQ(Layout::row_major(4).order(), (Ints{0, 1, 2, 3}));
  EXPECT_EQ(Layout::row_major(4).elements(), 4);
}

TEST(Layout, AxesInAnyOrder) {
  const int turned[] = {1, 0};
  EXPECT_EQ(Layout::of_axes({2, 3}, turned).order(), (Ints{0, 3, 1, 4, 2, 5}));
  const int same[] = {0, 1, 2};
  EXPECT_TRUE(Layout::of_axes({2, 3, 4}, same).is_row_major()) << "neighbours that are one loop are one";
}

TEST(Layout, ChannelsLast) {
  EXPECT_EQ(Layout::channels_last({1, 2, 2, 2}), (Layout{{{1, 4}, {4, 2}}}));
  EXPECT_EQ(Layout::channels_last({1, 2, 2, 2}).order(), (Ints{0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(Layout::channels_last({2, 3, 5}), (Layout{{{15, 2}, {1, 5}, {5, 3}}}));
  EXPECT_TRUE(Layout::channels_last({4, 5}).is_row_major());
  EXPECT_TRUE(Layout::channels_last({1, 1, 4, 5}).is_row_major()) << "one channel";
  EXPECT_TRUE(Layout::channels_last({1, 7, 1, 1}).is_row_major()) << "one pixel";
}

/// The order after a transpose, one element after the other.
Ints turned_order(const Layout& layout, const Shape& shape, const std::vector<int>& perm) {
  const std::vector<std::int64_t> from = strides(shape);
  Shape turned;
  for (const int axis : perm) turned.push_back(shape[static_cast<std::size_t>(axis)]);
  const std::vector<std::int64_t> to = strides(turned);
  Ints order = layout.order();
  for (std::int64_t& flat : order) {
    std::int64_t moved = 0;
    for (std::size_t i = 0; i < perm.size(); ++i) {
      const auto axis = static_cast<std::size_t>(perm[i]);
      moved += flat / from[axis] % shape[axis] * to[i];
    }
    flat = moved;
  }
  return order;
}

TEST(Layout, TransposesKeepTheOrderOfTheElements) {
  Rng rng(1);
  int found = 0;
  for (int i = 0; i < 500; ++i) {
    Shape shape;
    const std::int64_t axes = rng.between(1, 4);
    for (std::int64_t a = 0; a < axes; ++a) shape.push_back(rng.between(1, 4));
    std::vector<int> perm(shape.size());
    std::iota(perm.begin(), perm.end(), 0);
    for (std::size_t a = perm.size(); a > 1; --a) {
      const std::int64_t other = rng.between(0, static_cast<std::int64_t>(a) - 1);
      std::swap(perm[a - 1], perm[static_cast<std::size_t>(other)]);
    }
    // Of the value under another shape, so that loops cross axes.
    Layout layout = Layout::channels_last(shape);
    if (rng.chance(0.3)) layout = Layout::row_major(count(shape));
    if (rng.chance(0.3) && count(shape) % 2 == 0) layout = Layout{{{1, count(shape) / 2}, {count(shape) / 2, 2}}};
    const std::optional<Layout> turned = layout.transposed(shape, perm);
    if (!turned) continue;
    ++found;
    EXPECT_EQ(turned->order(), turned_order(layout, shape, perm)) << to_text(shape);
  }
  EXPECT_GT(found, 400);
}

TEST(Layout, SomeOrdersAreNoNestOfLoops) {
  // Pairs of six elements, seen as rows of three: a pair crosses from one row into the next.
  const Layout pairs{{{1, 3}, {3, 2}}};
  const int perm[] = {1, 0};
  EXPECT_TRUE(pairs.transposed({2, 3}, perm).has_value());
  EXPECT_FALSE(pairs.transposed({3, 2}, perm).has_value());
}

TEST(Layout, BackAndForthIsTheSame) {
  const Shape shape = {2, 3, 4, 5};
  const int there[] = {0, 2, 3, 1};
  const int back[] = {0, 3, 1, 2};
  const Layout layout = Layout::channels_last(shape);
  const std::optional<Layout> turned = layout.transposed(shape, there);
  ASSERT_TRUE(turned.has_value());
  EXPECT_TRUE(turned->is_row_major());
  EXPECT_EQ(turned->transposed({2, 4, 5, 3}, back), layout);
}

}  // namespace
}  // namespace finnr
