// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/npy.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "finnr/base/files.h"
#include "finnr/base/rng.h"

namespace finnr {
namespace {

std::string file(const std::string& header, const std::string& elements, char version = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += {version, 0};
  const std::size_t n = header.size();
  bytes += {static_cast<char>(n & 0xFF), static_cast<char>(n >> 8)};
  if (version > 1) bytes += {0, 0};
  return bytes + header + elements;
}

std::string dictionary(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

Tensor parsed(const std::string& bytes) {
  Result<Tensor> tensor = parse_npy(bytes, "x.npy");
  EXPECT_TRUE(tensor.ok()) << (tensor.ok() ? "" : to_text(tensor.error()));
  return tensor.ok() ? *std::move(tensor) : Tensor();
}

void expect_refused(const std::string& bytes) {
  const Result<Tensor> tensor = parse_npy(bytes, "x.npy");
  ASSERT_FALSE(tensor.ok());
  EXPECT_EQ(tensor.error().code, Code::kBadArray);
  EXPECT_EQ(tensor.error().places.at(0).file, "x.npy");
}

TEST(Npy, RoundTrip) {
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{1, 2, 3, 4}, Shape{0, 3}}) {
    Tensor floats = Tensor::zeros(shape, true);
    Tensor ints = Tensor::zeros(shape, false);
    Rng rng(4);
    for (float& x : floats.floats()) x = std::bit_cast<float>(static_cast<std::uint32_t>(rng.next()));
    for (std::int64_t& n : ints.ints()) n = static_cast<std::int64_t>(rng.next());
    EXPECT_EQ(parsed(format_npy(floats)), floats);
    EXPECT_EQ(parsed(format_npy(ints)), ints);
    EXPECT_EQ(format_npy(floats).find('\n') % 64, 63U);
  }
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" + std::string(60, ' ') + "\n";
  const std::string expected = file(header, bytes_of({0, 0, 0x80, 0x3F}));
  EXPECT_EQ(format_npy(Tensor({1}, Tensor::Floats{1})), expected);
}

TEST(Npy, EveryElementType) {
  EXPECT_EQ(parsed(file(dictionary("|b1", "(2,)"), bytes_of({0, 1}))), Tensor({2}, Tensor::Ints{0, 1}));
  EXPECT_EQ(parsed(file(dictionary("|i1", "(2,)"), bytes_of({0xFF, 0x7F}))), Tensor({2}, Tensor::Ints{-1, 127}));
  EXPECT_EQ(parsed(file(dictionary("|u1", "(1,)"), bytes_of({0xFF}))), Tensor({1}, Tensor::Ints{255}));
  EXPECT_EQ(parsed(file(dictionary("<i2", "(1,)"), bytes_of({0xFE, 0xFF}))), Tensor({1}, Tensor::Ints{-2}));
  EXPECT_EQ(parsed(file(dictionary(">u2", "(1,)"), bytes_of({0x01, 0x02}))), Tensor({1}, Tensor::Ints{258}));
  EXPECT_EQ(parsed(file(dictionary(">i4", "()"), bytes_of({0xFF, 0xFF, 0xFF, 0xFE}))), Tensor::scalar(std::int64_t{-2}));
  EXPECT_EQ(parsed(file(dictionary("<u8", "()"), bytes_of({1, 0, 0, 0, 0, 0, 0, 0}))), Tensor::scalar(std::int64_t{1}));
  EXPECT_EQ(parsed(file(dictionary(">f8", "()"), bytes_of({0x3F, 0xF8, 0, 0, 0, 0, 0, 0}))), Tensor::scalar(1.5F));
  EXPECT_EQ(parsed(file(dictionary(">f4", "()"), bytes_of({0x3F, 0xC0, 0, 0}))), Tensor::scalar(1.5F));
  expect_refused(file(dictionary("<u8", "()"), bytes_of({0, 0, 0, 0, 0, 0, 0, 0x80})));
}

TEST(Npy, HalfPrecision) {
  const auto half = [](int bits) { return parsed(file(dictionary("<f2", "()"), bytes_of({bits & 0xFF, bits >> 8}))).floats()[0]; };
  EXPECT_EQ(half(0x3C00), 1.0F);
  EXPECT_EQ(half(0xC100), -2.5F);
  EXPECT_EQ(half(0x0001), 0x1p-24F);
  EXPECT_EQ(half(0x7BFF), 65504.0F);
  EXPECT_TRUE(std::isinf(half(0xFC00)));
  EXPECT_TRUE(std::isnan(half(0x7E00)));
}

TEST(Npy, VersionsAndFortranOrder) {
  const std::string elements = bytes_of({0, 1, 2, 3, 4, 5});
  for (const char version : {'\1', '\2', '\3'}) {
    EXPECT_EQ(parsed(file(dictionary("|u1", "(2, 3)"), elements, version)), Tensor({2, 3}, Tensor::Ints{0, 1, 2, 3, 4, 5}));
  }
  EXPECT_EQ(parsed(file(dictionary("|u1", "(2, 3)", "True"), elements)), Tensor({2, 3}, Tensor::Ints{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(parsed(file(dictionary("|u1", "(1, 3, 2)", "True"), elements)), Tensor({1, 3, 2}, Tensor::Ints{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(parsed(file(dictionary("|u1", "(6,)", "True"), elements)).shape(), Shape{6});
}

TEST(Npy, OtherSpellingsOfTheHeader) {
  EXPECT_EQ(parsed(file("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"|u1\"}", bytes_of({1, 2}))), Tensor({2}, Tensor::Ints{1, 2}));
}

TEST(Npy, HostileHeaders) {
  const std::string good = file(dictionary("|u1", "(2,)"), bytes_of({1, 2}));
  for (std::size_t n = 0; n < good.size(); ++n) expect_refused(good.substr(0, n));
  expect_refused(good + "x");
  expect_refused(file(dictionary("<f4", "(4611686018427387904,)"), ""));
  expect_refused(file(dictionary("<f4", "(99999999999999999999999,)"), ""));
  expect_refused(file(dictionary("<f4", "(0, 4611686018427387904, 4611686018427387904)"), ""));
  expect_refused(file(dictionary("<f4", "(1073741824,)"), "1234"));
  expect_refused(file(dictionary("<f4", "(-1,)"), ""));
  expect_refused(file(dictionary("<f4", "(3)"), "123412341234"));
  expect_refused(file(dictionary("|O", "(1,)"), "12345678"));
  expect_refused(file(dictionary("<c8", "(1,)"), "12345678"));
  expect_refused(file(dictionary("", "()"), "1234"));
  expect_refused(file("{'descr': '<f4', 'shape': ()}", "1234"));
  expect_refused(file("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "1234"));
  expect_refused(file("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}", "1234"));
  expect_refused(file("{'descr': '<f4", "1234"));
  expect_refused(file(dictionary("<f4", "()") + "x", "1234"));
  expect_refused(file(dictionary("<f4", "()"), "1234", 4));
  std::string axes = "(";
  for (int i = 0; i < 1000; ++i) axes += "1,";
  expect_refused(file(dictionary("|u1", axes + ")"), "1"));
}

TEST(Npy, BrokenBytesNeverCrash) {
  Rng rng(5);
  const std::string good = format_npy(Tensor({2, 2}, Tensor::Floats{1, 2, 3, 4}));
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (int n = 0; n < 3; ++n) bytes[static_cast<std::size_t>(rng.between(6, 75))] = static_cast<char>(rng.next());
    (void)parse_npy(bytes, "x.npy");
  }
}

TEST(Npy, Files) {
  Result<ScratchFolder> folder = ScratchFolder::make();
  ASSERT_TRUE(folder.ok());
  const Tensor tensor({2}, Tensor::Ints{3, -4});
  ASSERT_TRUE(save_npy(folder->path() / "a.npy", tensor).ok());
  const Result<Tensor> loaded = load_npy(folder->path() / "a.npy");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(*loaded, tensor);
  EXPECT_EQ(load_npy(folder->path() / "b.npy").error().code, Code::kFileUnreadable);
}

}  // namespace
}  // namespace finnr
