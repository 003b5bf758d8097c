// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/frames.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "finnr/base/files.h"
#include "finnr/flow/images.h"
#include "finnr/tensor/npy.h"

namespace finnr {
namespace {

class FramesTest : public testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& bytes) {
    const std::string path = scratch_->path() / name;
    EXPECT_TRUE(write_file(path, bytes).ok());
    return path;
  }
  static Value input(Shape shape, ElementType type = ElementType::float32()) {
    Value value;
    value.name = "x";
    value.type = type;
    value.shape = std::move(shape);
    return value;
  }
  /// All numbers of a source of bytes.
  static std::vector<int> bytes_of(const Result<FrameSource>& source, std::int64_t first, std::int64_t n, std::int64_t elements) {
    if (!source.ok()) return {-1};
    FrameSource::Room room;
    const Result<FastInput> read = source->read(first, n, room);
    if (!read.ok() || read->kind != ElementKind::kUint8) return {-2};
    const auto* data = static_cast<const std::uint8_t*>(read->data);
    return {data, data + n * elements};
  }

  Result<ScratchFolder> scratch_ = ScratchFolder::make();
};

const std::string kIdx = std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03", 16) + "\x01\x02\x03\xF4\xF5\xF6";

TEST_F(FramesTest, Idx) {
  const auto source = FrameSource::open(put("a.idx", kIdx), input({1, 1, 1, 3}));
  ASSERT_TRUE(source.ok()) << to_text(source.error());
  EXPECT_EQ(source->calls(), 2);
  EXPECT_EQ(bytes_of(source, 0, 2, 3), (std::vector<int>{1, 2, 3, 0xF4, 0xF5, 0xF6}));
  EXPECT_EQ(bytes_of(source, 1, 1, 3), (std::vector<int>{0xF4, 0xF5, 0xF6}));
  EXPECT_EQ(FrameSource::open(put("a.idx", kIdx), input({1, 4})).error().code, Code::kArrayShape);
  EXPECT_EQ(FrameSource::open(put("short.idx", kIdx.substr(0, 20)), input({1, 3})).error().code, Code::kBadArray);
}

TEST_F(FramesTest, CompressedIdx) {
  const std::string path = scratch_->path() / "a.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, kIdx.data(), static_cast<unsigned>(kIdx.size()));
  gzclose(file);
  EXPECT_EQ(bytes_of(FrameSource::open(path, input({1, 3})), 1, 1, 3), (std::vector<int>{0xF4, 0xF5, 0xF6}));
  const std::string whole = *read_file(path);
  EXPECT_EQ(FrameSource::open(put("cut.gz", whole.substr(0, whole.size() - 9)), input({1, 3})).error().code, Code::kBadArray);
}

TEST_F(FramesTest, CifarBatchesHoldTheirLabels) {
  std::string bytes;
  for (const char label : {'\x03', '\x07'}) bytes += label + std::string(3072, static_cast<char>(label * 2));
  const auto source = FrameSource::open(put("batch.bin", bytes), input({1, 3, 32, 32}));
  ASSERT_TRUE(source.ok()) << to_text(source.error());
  EXPECT_EQ(source->labels(), (Tensor::Ints{3, 7}));
  EXPECT_EQ(bytes_of(source, 0, 2, 3072).at(0), 6);
  EXPECT_EQ(bytes_of(source, 0, 2, 3072).at(3072), 14);
}

TEST_F(FramesTest, FoldersOfImages) {
  put("b.ppm", "P6 # colours\n2 1\n255\n\x01\x02\x03\x11\x12\x13");
  put("a.ppm", "P6\n2 1 255\n\x21\x22\x23\x31\x32\x33");
  put("notes.txt", "no image");
  const std::string folder = scratch_->path();
  const auto planes = FrameSource::open(folder, input({1, 3, 1, 2}));
  EXPECT_EQ(bytes_of(planes, 0, 2, 6), (std::vector<int>{0x21, 0x31, 0x22, 0x32, 0x23, 0x33, 1, 0x11, 2, 0x12, 3, 0x13}));
  EXPECT_EQ(bytes_of(FrameSource::open(folder, input({1, 1, 2, 3})), 1, 1, 6), (std::vector<int>{1, 2, 3, 0x11, 0x12, 0x13}));
  FrameSource::Room room;
  EXPECT_EQ(FrameSource::open(folder, input({1, 3, 2, 2}))->read(0, 1, room).error().code, Code::kArrayShape);
  put("c.ppm", "P6\n2 1 65535\n");
  EXPECT_EQ(planes->read(0, 2, room).ok(), true);
  EXPECT_EQ(FrameSource::open(folder, input({1, 3, 1, 2}))->read(2, 1, room).error().code, Code::kBadArray);
}

TEST_F(FramesTest, ArraysAreReadWhereTheyLie) {
  const Tensor floats({3, 2}, Tensor::Floats{1, 2, 3, 4, 5, 6.5F});
  const auto source = FrameSource::open(put("f.npy", format_npy(floats)), input({1, 2}));
  FrameSource::Room room;
  const auto read = source->read(2, 1, room);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(static_cast<const float*>(read->data)[1], 6.5F);
  source->let_go(2);
  EXPECT_EQ(static_cast<const float*>(source->read(0, 3, room)->data)[0], 1.0F);
  const ElementType codes = ElementType::integer({0, 5});
  const auto whole = FrameSource::open(put("f.npy", format_npy(floats)), input({1, 2}, codes));
  EXPECT_EQ(static_cast<const std::int64_t*>(whole->read(1, 1, room)->data)[0], 3);
  EXPECT_EQ(whole->read(2, 1, room).error().code, Code::kValueOutOfRange);
}

TEST_F(FramesTest, WrittenPieceByPiece) {
  const std::string path = scratch_->path() / "out.npy";
  {
    Result<NpyWriter> writer = NpyWriter::create(path, {2, 3}, false);
    ASSERT_TRUE(writer.ok());
    EXPECT_TRUE(writer->append(std::vector<std::int64_t>{1, 2}).ok());
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(writer->append(std::vector<std::int64_t>{3, 4, 5, -6}).ok());
    EXPECT_TRUE(writer->finish().ok());
  }
  EXPECT_EQ(*load_npy(path), Tensor({2, 3}, Tensor::Ints{1, 2, 3, 4, 5, -6}));
  EXPECT_EQ(NpyWriter::create(scratch_->path() / "no" / "out.npy", {1}, true).error().code, Code::kCannotWrite);
}

}  // namespace
}  // namespace finnr
