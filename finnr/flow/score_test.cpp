// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/score.h"

#include <gtest/gtest.h>

namespace finnr {
namespace {

TEST(Score, BestOneAndBestFive) {
  Score score({0, 6, 2, 1});
  score.add(std::vector<float>{9, 1, 2, 3, 4, 5, 6});
  score.add(std::vector<float>{9, 8, 7, 7, 7, 1, 7});  // fifth: the three 7 in front of it come first
  score.add(std::vector<float>{9, 8, 7, 6, 5, 4, 3});
  score.add(std::vector<float>{1, 1, 0, 0, 0, 0, 0});  // a tie goes to the lower index
  const Accuracy a = score.accuracy();
  EXPECT_EQ(a.of, 4);
  EXPECT_EQ(a.right, 1);
  EXPECT_EQ(a.top5, 3);
  EXPECT_EQ(a.classes, 7);
  EXPECT_EQ(a.confusion[6][0], 1);
  EXPECT_EQ(a.confusion[0][0], 1);
}

TEST(Score, NetworksThatReturnIndices) {
  Score score({3, 1});
  score.add(std::vector<std::int64_t>{3, 2, 1});
  score.add(std::vector<std::int64_t>{0, 1, 2});
  EXPECT_EQ(score.accuracy().right, 1);
  EXPECT_EQ(score.accuracy().top5, 2);
  EXPECT_EQ(score.accuracy().classes, 4);
}

TEST(Score, ManyClassesHaveNoMatrix) {
  Score score({100});
  score.add(std::vector<float>(200, 0.0F));
  EXPECT_EQ(score.accuracy().classes, 200);
  EXPECT_TRUE(score.accuracy().confusion.empty());
}

}  // namespace
}  // namespace finnr
