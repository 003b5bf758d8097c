// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/arrays.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "finnr/import/model_builder_for_test.h"
#include "finnr/tensor/npy.h"

namespace finnr {
namespace {

/// The frames that an array of this shape, holding 0, 1, 2, ..., gives an image input [1,2,2,3].
Result<Frames> images(const Shape& shape) {
  const testing::TestFolder folder;
  Graph graph;
  graph.set_outputs({graph.add_input("image", ElementType::float32(), {1, 2, 2, 3})});
  Tensor::Floats numbers(static_cast<std::size_t>(count(shape)));
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  const std::string file = (folder.path() / "x.npy").string();
  EXPECT_TRUE(save_npy(file, Tensor(shape, numbers)).ok());
  return load_frames(graph, {{"", file}});
}

TEST(Arrays, FramesOfImagesMayBeRows) {
  for (const Shape& shape : {Shape{5, 2, 2, 3}, Shape{5, 12}}) {
    const Result<Frames> frames = images(shape);
    ASSERT_TRUE(frames.ok()) << to_text(shape);
    ASSERT_EQ(frames->feeds.size(), 5U);
    EXPECT_FALSE(frames->exact_shape);
    const Tensor& last = frames->feeds[4].begin()->second;
    EXPECT_EQ(last.shape(), (Shape{1, 2, 2, 3}));
    EXPECT_EQ(last.floats()[0], 48.0F);
  }
}

TEST(Arrays, OtherShapesAreRefused) {
  for (const Shape& shape : {Shape{5, 11}, Shape{5, 2, 6}, Shape{5, 3, 2, 2}, Shape{12}, Shape{}})
    EXPECT_EQ(images(shape).error().code, Code::kArrayShape) << to_text(shape);
}

}  // namespace
}  // namespace finnr
