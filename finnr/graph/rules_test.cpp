// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/rules.h"

#include <gtest/gtest.h>

#include <array>

namespace finnr {
namespace {

using Ints = Tensor::Ints;

/// Operands of an operator, kept alive.
class Operands {
 public:
  Operands& floats(const Shape& shape) { return add({"f", ElementType::float32(), shape, {}, {}, nullptr}); }
  Operands& ints(const Shape& shape, const IntType& type) { return add({"i", ElementType::integer(type), shape, {}, {}, nullptr}); }
  Operands& constant(Tensor tensor, const IntType& type) {
    const ElementType element = tensor.is_float() ? ElementType::float32() : ElementType::integer(type);
    return add({"c", element, tensor.shape(), {}, {}, std::make_shared<const Tensor>(std::move(tensor))});
  }
  [[nodiscard]] Result<std::vector<ResultType>> infer(const Op& op) const {
    std::vector<const Value*> pointers;
    for (const auto& value : values_) pointers.push_back(value.get());
    return finnr::infer(op, pointers);
  }
  [[nodiscard]] std::string type(const Op& op) const {
    const auto results = infer(op);
    if (!results.ok()) return std::string(to_text(results.error().code)) + " " + results.error().cause;
    std::string text;
    for (const ResultType& r : *results)
      text += (text.empty() ? "" : " ") + (r.type.is_float ? "f32" : finnr::to_text(r.type.ints)) + finnr::to_text(r.shape);
    return text;
  }
  [[nodiscard]] std::optional<Code> code(const Op& op) const {
    const auto results = infer(op);
    return results.ok() ? std::nullopt : std::optional(results.error().code);
  }

 private:
  static std::string to_text(Code code) { return std::to_string(static_cast<int>(code)); }
  Operands& add(Value value) {
    values_.push_back(std::make_shared<Value>(std::move(value)));
    return *this;
  }
  std::vector<std::shared_ptr<Value>> values_;
};

const Quantize kQuantize{QuantizeStyle::kOnnx, Rounding::kHalfEven, IntType{-4, 3}, {{0.5F}, 0}, {{0}, 0}};

TEST(Rules, Quantizers) {
  EXPECT_EQ(Operands().floats({2, 3}).type(kQuantize), "int[-4,3][2,3]");
  Quantize rows = kQuantize;
  rows.scale = {{1, 2, 3}, 1};
  EXPECT_EQ(Operands().floats({2, 3}).type(rows), "int[-4,3][2,3]");
  EXPECT_EQ(Operands().floats({3, 2}).code(rows), Code::kShapeMismatch);
  rows.scale.axis = 2;
  EXPECT_EQ(Operands().floats({2, 3}).code(rows), Code::kShapeMismatch);
  rows.scale.axis = -1;
  EXPECT_EQ(Operands().floats({2, 3}).code(rows), Code::kShapeMismatch);
  Quantize zeros = kQuantize;
  zeros.zero = {{0, 1}, 1};
  EXPECT_EQ(Operands().floats({2, 3}).code(zeros), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2}, {0, 3}).code(kQuantize), Code::kTypeMismatch);
  EXPECT_EQ(Operands().ints({2}, {0, 3}).type(Dequantize{{{1}, 0}, {{0}, 0}}), "f32[2]");
  EXPECT_EQ(Operands().floats({2}).code(Dequantize{{{1}, 0}, {{0}, 0}}), Code::kTypeMismatch);
}

TEST(Rules, ThresholdTables) {
  const Tensor table({3, 2}, Tensor::Floats{0, 1, 0, 1, 0, 1});
  EXPECT_EQ(Operands().floats({1, 3}).constant(table, {}).type(CountThresholds{1, 2, -1, false}), "int[-1,3][1,3]");
  EXPECT_EQ(Operands().floats({1, 3}).constant(table, {}).type(CountThresholds{1, -2, 1, false}), "int[-3,1][1,3]");
  EXPECT_EQ(Operands().floats({1, 3}).constant(table, {}).type(CountThresholds{1, 2, -1, true}), "bipolar[1,3]");
  EXPECT_EQ(Operands().floats({1, 4}).constant(table, {}).code(CountThresholds{1, 1, 0, false}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({1, 3}).constant(table, {}).code(CountThresholds{2, 1, 0, false}), Code::kShapeMismatch);

  const Tensor steps({2, 1}, Ints{0, 1});
  const Tensor base({2}, Ints{0, 0});
  const auto with = [&](const Tensor& t, const Tensor& b, const Tensor& s, const Shape& shape) {
    return Operands().ints(shape, {-9, 9}).constant(t, {0, 1}).constant(b, {0, 0}).constant(s, {1, 1}).code(Thresholds{0, {0, 1}});
  };
  EXPECT_EQ(with(steps, base, steps, {2, 5}), std::nullopt);
  EXPECT_EQ(with(steps, base, steps, {3, 5}), Code::kShapeMismatch);
  EXPECT_EQ(with(steps, steps, steps, {2, 5}), Code::kShapeMismatch) << "base is a list";
  EXPECT_EQ(with(steps, base, Tensor({2, 2}, Ints{1, 1, 1, 1}), {2, 5}), Code::kShapeMismatch) << "a sign for each threshold";
}

TEST(Rules, MatrixShapes) {
  const auto product = [](const Shape& a, const Shape& b) { return Operands().floats(a).floats(b).type(MatMul{}); };
  EXPECT_EQ(product({2, 3}, {3, 4}), "f32[2,4]");
  EXPECT_EQ(product({3}, {3, 4}), "f32[4]");
  EXPECT_EQ(product({2, 3}, {3}), "f32[2]");
  EXPECT_EQ(product({3}, {3}), "f32[]");
  EXPECT_EQ(product({5, 1, 2, 3}, {7, 3, 4}), "f32[5,7,2,4]");
  EXPECT_NE(product({2, 3}, {4, 2}).find("3 inputs, weights expect 4"), std::string::npos);
  EXPECT_EQ(Operands().floats({}).floats({3}).code(MatMul{}), Code::kShapeMismatch);
  EXPECT_EQ(product({2, 1, 3}, {1, 3, 4}), "f32[2,1,4]");
  EXPECT_EQ(Operands().floats({2, 1, 3}).floats({4, 3, 4}).code(MatMul{}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({1 << 16, 1}).floats({1, 1 << 16}).code(MatMul{}), Code::kTooLarge);
  EXPECT_EQ(Operands().floats({1, 2}).ints({2, 2}, {0, 1}).code(MatMul{}), Code::kTypeMismatch);
}

TEST(Rules, AccumulatorRangesWithRealWeights) {
  const Tensor weights({2, 3}, Ints{1, -2, 0, 3, -1, 0});
  EXPECT_EQ(accumulator_ranges({-4, 3}, weights), (std::vector<IntType>{{-16, 12}, {-9, 12}, {0, 0}}));
  EXPECT_EQ(accumulator_ranges({0, 15}, weights), (std::vector<IntType>{{0, 60}, {-45, 0}, {0, 0}}));
  EXPECT_EQ(accumulator_ranges(IntType::bipolar_type(), weights), (std::vector<IntType>{{-4, 4}, {-3, 3}, {0, 0}}));
  EXPECT_EQ(Operands().ints({1, 2}, {-4, 3}).constant(weights, {-2, 3}).type(MatMul{}), "int[-16,12][1,3]");
  EXPECT_EQ(Operands().ints({1, 2}, {-4, 3}).ints({2, 3}, {-2, 3}).type(MatMul{}), "int[-24,18][1,3]") << "from types alone";
}

TEST(Rules, AccumulatorsBeyondAllWidths) {
  const IntType wide = IntType::of_bits(40, true);
  const Tensor weights({2, 1}, Ints{wide.lo, wide.lo});
  EXPECT_EQ(Operands().ints({1, 2}, wide).constant(weights, wide).code(MatMul{}), Code::kRangeTooLarge);
  EXPECT_EQ(Operands().ints({1, 2}, wide).ints({2, 1}, wide).code(MatMul{}), Code::kRangeTooLarge);
  EXPECT_EQ(Operands().ints({1, 2}, IntType::of_bits(64, true)).constant(Tensor({2, 1}, Ints{-1, 1}), {-1, 1}).code(MatMul{}),
            Code::kRangeTooLarge);
}

TEST(Rules, Elementwise) {
  const Binary add{BinaryFunction::kAdd};
  EXPECT_EQ(Operands().floats({4, 1, 3}).floats({2, 1}).type(add), "f32[4,2,3]");
  EXPECT_EQ(Operands().floats({4, 2}).floats({3}).code(add), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2}).ints({2}, {0, 1}).code(add), Code::kTypeMismatch);
  EXPECT_EQ(Operands().ints({2}, {0, 3}).ints({2}, {0, 1}).code(add), Code::kTypeMismatch) << "integer types must be the same";
  EXPECT_EQ(Operands().floats({1 << 16, 1}).floats({1 << 16}).code(add), Code::kTooLarge);
  EXPECT_EQ(Operands().ints({2}, {0, 1}).code(Unary{}), Code::kTypeMismatch);
}

TEST(Rules, Moves) {
  EXPECT_EQ(Operands().floats({2, 3}).type(Reshape{{3, 1, 2}}), "f32[3,1,2]");
  EXPECT_EQ(Operands().floats({2, 3}).code(Reshape{{7}}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2, 3}).code(Reshape{{-2, -3}}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3, 4}, {0, 1}).type(Transpose{{2, 0, 1}}), "int[0,1][4,2,3]");
  for (const std::vector<int>& bad : std::vector<std::vector<int>>{{0}, {0, 0}, {0, 2}, {-1, 0}, {0, 1, 2}})
    EXPECT_EQ(Operands().floats({2, 3}).code(Transpose{bad}), Code::kShapeMismatch);
}

TEST(Rules, OrderAndLabels) {
  EXPECT_EQ(Operands().floats({2, 5}).type(ArgMax{1, true, false}), "int[0,4][2,1]");
  EXPECT_EQ(Operands().ints({2, 5}, {0, 9}).type(ArgMax{0, false, false}), "int[0,1][5]");
  EXPECT_EQ(Operands().floats({2, 5}).code(ArgMax{2, true, false}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2, 0}).code(ArgMax{1, true, false}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({5}, {0, 9}).type(TopK{2, 0, true}), "int[0,9][2] int[0,4][2]");
  EXPECT_EQ(Operands().floats({5}).code(TopK{6, 0, true}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({5}).code(TopK{0, 0, true}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2, 5}).type(Softmax{0, 2, false}), "f32[2,5]");
  EXPECT_EQ(Operands().floats({2, 5}).code(Softmax{1, 3, false}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2, 5}).code(Softmax{2, 1, false}), Code::kShapeMismatch);
}

Conv conv(const Shape& stride, const Shape& begin, const Shape& end, const Shape& spacing = {1, 1}, std::int64_t groups = 1) {
  return {stride, {1, 1}, begin, end, spacing, groups, 0};
}

TEST(Rules, Convolutions) {
  const auto shape = [](const Conv& op, const Shape& x, const Shape& w) { return Operands().floats(x).floats(w).type(op); };
  const Conv plain = conv({1, 1}, {0, 0}, {0, 0});
  EXPECT_EQ(shape(plain, {2, 3, 8, 9}, {4, 3, 3, 2}), "f32[2,4,6,8]");
  EXPECT_EQ(shape(conv({2, 3}, {1, 0}, {1, 2}), {1, 3, 8, 9}, {4, 3, 3, 2}), "f32[1,4,4,4]");
  EXPECT_EQ(shape(conv({1, 1}, {-1, 0}, {0, -3}), {1, 3, 8, 9}, {4, 3, 3, 2}), "f32[1,4,5,5]") << "negative padding crops";
  EXPECT_EQ(shape(conv({1, 1}, {1, 1}, {1, 1}, {2, 3}), {1, 3, 4, 4}, {4, 3, 3, 3}), "f32[1,4,7,10]") << "spacing";
  EXPECT_EQ(shape(conv({1, 1}, {0, 0}, {0, 0}, {1, 1}, 3), {1, 6, 4, 4}, {9, 2, 1, 1}), "f32[1,9,4,4]");
  EXPECT_EQ(Operands().floats({1, 2, 9}).floats({4, 2, 3}).type(Conv{{1}, {2}, {0}, {0}, {1}, 1, 0}), "f32[1,4,5]") << "a signal, dilated";
  const auto code = [](const Conv& op, const Shape& x, const Shape& w) { return Operands().floats(x).floats(w).code(op); };
  EXPECT_EQ(code(plain, {1, 3, 8, 9}, {4, 2, 3, 3}), Code::kShapeMismatch) << "channels";
  EXPECT_EQ(code(plain, {1, 3, 2, 9}, {4, 3, 3, 3}), Code::kShapeMismatch) << "the window is larger than the image";
  EXPECT_EQ(code(plain, {1, 3, 8}, {4, 3, 3}), Code::kShapeMismatch) << "lists for two axes";
  EXPECT_EQ(code(conv({0, 1}, {0, 0}, {0, 0}), {1, 3, 8, 9}, {4, 3, 3, 3}), Code::kShapeMismatch);
  EXPECT_EQ(code(conv({1, 1}, {0, 0}, {0, 0}, {0, 1}), {1, 3, 8, 9}, {4, 3, 3, 3}), Code::kShapeMismatch);
  EXPECT_EQ(code(conv({1, 1}, {0, 0}, {0, 0}, {1, 1}, 2), {1, 3, 8, 9}, {4, 3, 3, 3}), Code::kShapeMismatch) << "3 channels in 2 groups";
  EXPECT_EQ(code(conv({1, 1}, {std::int64_t{1} << 31, 0}, {0, 0}), {1, 3, 8, 9}, {4, 3, 3, 3}), Code::kTooLarge);
  EXPECT_EQ(Operands().floats({1, 1, 2, 2}).ints({1, 1, 1, 1}, {0, 1}).code(plain), Code::kTypeMismatch);
}

TEST(Rules, ConvolutionRangesWithRealWeights) {
  const Tensor weights({2, 1, 1, 2}, Ints{1, -2, 3, 1});
  const Conv plain = conv({1, 1}, {0, 0}, {0, 0});
  EXPECT_EQ(accumulator_ranges(plain, {1, 4}, weights), (std::vector<IntType>{{-7, 2}, {4, 16}}));
  EXPECT_EQ(accumulator_ranges(conv({1, 1}, {1, 0}, {0, 0}), {1, 4}, weights), (std::vector<IntType>{{-8, 4}, {0, 16}})) << "padding is 0";
  EXPECT_EQ(Operands().ints({1, 1, 3, 3}, {1, 4}).constant(weights, {-2, 3}).type(plain), "int[-7,16][1,2,3,2]");
  EXPECT_EQ(Operands().ints({1, 1, 3, 3}, {1, 4}).ints({2, 1, 1, 2}, {-2, 3}).type(plain), "int[-16,24][1,2,3,2]") << "from types alone";
}

TEST(Rules, Pools) {
  const auto pool = [](PoolKind kind, const Shape& begin) { return Pool{kind, {2, 2}, {2, 2}, {1, 1}, begin, {0, 0}, 0}; };
  EXPECT_EQ(Operands().floats({1, 3, 8, 8}).type(pool(PoolKind::kMax, {0, 0})), "f32[1,3,4,4]");
  EXPECT_EQ(Operands().ints({1, 3, 8, 8}, {1, 5}).type(pool(PoolKind::kMax, {1, 0})), "int[1,5][1,3,4,4]") << "padding never wins";
  EXPECT_EQ(Operands().ints({1, 3, 8, 8}, {1, 5}).type(pool(PoolKind::kSum, {0, 0})), "int[4,20][1,3,4,4]");
  EXPECT_EQ(Operands().ints({1, 3, 8, 8}, {1, 5}).type(pool(PoolKind::kSum, {1, 0})), "int[0,20][1,3,4,4]") << "padding is 0";
  EXPECT_EQ(Operands().ints({1, 3, 8}, {1, 5}).code(pool(PoolKind::kSum, {0, 0})), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({1, 3, 1, 8}, {1, 5}).code(pool(PoolKind::kSum, {0, 0})), Code::kShapeMismatch);
}

TEST(Rules, SumsOverAxes) {
  EXPECT_EQ(Operands().ints({2, 3, 4}, {-1, 2}).type(Sum{{1, 2}, true}), "int[-12,24][2,1,1]");
  EXPECT_EQ(Operands().ints({2, 3, 4}, {-1, 2}).type(Sum{{0}, false}), "int[-2,4][3,4]");
  EXPECT_EQ(Operands().floats({2, 3}).type(Sum{{0, 1}, false}), "f32[]");
  EXPECT_EQ(Operands().floats({2, 3}).code(Sum{{1, 0}, true}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().floats({2, 3}).code(Sum{{2}, true}), Code::kShapeMismatch);
}

TEST(Rules, PartsOfTensors) {
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).ints({2, 1}, {-1, 1}).type(Concat{1}), "int[-1,3][2,4]");
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).ints({2, 1}, {-1, 1}).code(Concat{0}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).code(Concat{2}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2}, {0, 3}).floats({2}).code(Concat{0}), Code::kTypeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).type(Take{1, {2, 0, 0, 2}}), "int[0,3][2,4]");
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).code(Take{1, {3}}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).code(Take{0, {-1}}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {0, 3}).code(Take{2, {0}}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {1, 3}).type(Pad{{1, 0}, {0, 2}, 0, 0}), "int[0,3][3,5]");
  EXPECT_EQ(Operands().ints({2, 3}, {1, 3}).type(Pad{{0, 0}, {0, 0}, 0, 0}), "int[1,3][2,3]");
  EXPECT_EQ(Operands().ints({2, 3}, {1, 3}).code(Pad{{-1, 0}, {0, 0}, 0, 0}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {1, 3}).code(Pad{{0}, {0}, 0, 0}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2, 3}, {1, 3}).code(Pad{{std::int64_t{1} << 31, 0}, {0, 0}, 0, 0}), Code::kTooLarge);
}

TEST(Rules, Joins) {
  const auto join = [](JoinFunction function, std::int64_t left, std::int64_t right) {
    return Operands().ints({2, 3}, {-1, 3}).ints({3}, {-2, 5}).type(Join{function, left, right});
  };
  EXPECT_EQ(join(JoinFunction::kAdd, 1, 1), "int[-3,8][2,3]");
  EXPECT_EQ(join(JoinFunction::kAdd, 2, -3), "int[-17,12][2,3]");
  EXPECT_EQ(join(JoinFunction::kMul, 1, 1), "int[-6,15][2,3]");
  EXPECT_EQ(Operands().ints({2, 3}, {0, 1}).ints({2}, {0, 1}).code(Join{}), Code::kShapeMismatch);
  EXPECT_EQ(Operands().ints({2}, {0, 1}).floats({2}).code(Join{}), Code::kTypeMismatch);
  const IntType wide = IntType::of_bits(40, true);
  EXPECT_EQ(Operands().ints({2}, wide).ints({2}, wide).code(Join{JoinFunction::kMul, 1, 1}), Code::kRangeTooLarge);
}

TEST(Rules, NumberOfOperands) {
  EXPECT_EQ(Operands().floats({2}).code(MatMul{}), Code::kBadOperands);
  EXPECT_EQ(Operands().floats({2}).floats({2}).code(Unary{}), Code::kBadOperands);
  EXPECT_EQ(Operands().code(kQuantize), Code::kBadOperands);
}

}  // namespace
}  // namespace finnr
