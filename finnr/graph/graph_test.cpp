// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "finnr/graph/text.h"

namespace finnr {
namespace {

const Unary kNeg{UnaryFunction::kNeg, 0, 0};
const Binary kAdd{BinaryFunction::kAdd};

TEST(Graph, UsersHoldOneEntryPerUse) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2});
  const ValueId twice = graph.must_add(kAdd, {x, x}, {});
  graph.set_outputs({twice});
  EXPECT_EQ(graph.value(x).users.size(), 2U);
  EXPECT_TRUE(verify(graph).ok());

  const ValueId y = graph.must_add(kNeg, {x}, {});
  graph.set_input(graph.value(twice).producer, 1, y);
  EXPECT_EQ(graph.value(x).users.size(), 2U) << "the sum and the negation";
  EXPECT_EQ(graph.value(y).users.size(), 1U);
  EXPECT_TRUE(verify(graph).ok());
}

TEST(Graph, ReplaceMovesAllUsesAndOutputs) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2});
  const ValueId a = graph.must_add(kNeg, {x}, {});
  const ValueId sum = graph.must_add(kAdd, {a, a}, {});
  const ValueId b = graph.must_add(kNeg, {x}, {});
  graph.set_outputs({a, sum, a});
  graph.replace(a, b);
  EXPECT_EQ(std::vector(graph.outputs().begin(), graph.outputs().end()), (std::vector<ValueId>{b, sum, b}));
  EXPECT_TRUE(graph.value(a).users.empty());
  EXPECT_EQ(graph.value(b).users.size(), 2U);
  EXPECT_TRUE(verify(graph).ok());
  graph.remove(graph.value(a).producer);
  EXPECT_TRUE(verify(graph).ok());
  EXPECT_EQ(graph.order().size(), 2U);
  graph.replace(b, b);
  EXPECT_EQ(graph.value(b).users.size(), 2U) << "a value in place of itself";
}

TEST(Graph, RemoveUnusedKeepsWhatOutputsNeed) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2});
  const ValueId lost = graph.add_constant(Tensor({2}, Tensor::Floats{1, 2}));
  const ValueId kept = graph.add_constant(Tensor({2}, Tensor::Floats{3, 4}));
  ValueId dead = graph.must_add(kAdd, {x, lost}, {});
  for (int i = 0; i < 5; ++i) dead = graph.must_add(kNeg, {dead}, {});
  const ValueId y = graph.must_add(kAdd, {x, kept}, {});
  graph.set_outputs({y});
  EXPECT_EQ(graph.remove_unused(), 6);
  EXPECT_EQ(graph.remove_unused(), 0);
  EXPECT_EQ(graph.order().size(), 1U);
  EXPECT_EQ(graph.value(x).users.size(), 1U);
  EXPECT_EQ(graph.value(lost).constant->size(), 1) << "its elements are let go";
  EXPECT_EQ(graph.value(kept).constant->size(), 2);
  EXPECT_TRUE(verify(graph).ok());
}

TEST(Graph, ChangeInputTakesPlaceAndName) {
  Graph graph;
  const ValueId a = graph.add_input("a", ElementType::float32(), {2});
  const ValueId b = graph.add_input("b", ElementType::float32(), {2});
  graph.set_outputs({graph.must_add(kAdd, {a, b}, {})});
  const ValueId fresh = graph.change_input(a, ElementType::integer({0, 3}));
  EXPECT_EQ(std::vector(graph.inputs().begin(), graph.inputs().end()), (std::vector<ValueId>{fresh, b}));
  EXPECT_EQ(graph.value(fresh).name, "a");
  graph.replace(a, graph.must_add(Dequantize{{{1.0}, 0}, {{0}, 0}}, {fresh}, {}));
  EXPECT_TRUE(verify(graph).ok());
}

TEST(Graph, ConstantsTakeTheRangeOfTheirElements) {
  Graph graph;
  EXPECT_EQ(graph.value(graph.add_constant(Tensor({3}, Tensor::Ints{-3, 0, 9}))).type, ElementType::integer({-3, 9}));
  EXPECT_EQ(graph.value(graph.add_constant(Tensor({0}, Tensor::Ints{}))).type, ElementType::integer({0, 0}));
  EXPECT_EQ(graph.value(graph.add_constant(Tensor({1}, Tensor::Ints{1}), "", IntType{-8, 7})).type, ElementType::integer({-8, 7}));
}

TEST(Graph, AddRefusesOperandsThatDoNotFit) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2, 3});
  const std::array operands = {x, x};
  const Result<NodeId> node = graph.add(MatMul{}, operands);
  ASSERT_FALSE(node.ok());
  EXPECT_EQ(node.error().code, Code::kShapeMismatch);
  EXPECT_EQ(graph.node_count(), 0U) << "nothing was added";
  EXPECT_TRUE(graph.value(x).users.empty());
}

TEST(Graph, OrderPutsProducersFirst) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  const ValueId first = graph.must_add(kNeg, {x}, {});
  const ValueId second = graph.must_add(kNeg, {x}, {});
  graph.set_input(graph.value(first).producer, 0, second);  // now the older node reads the younger
  graph.set_outputs({first});
  const std::vector<NodeId> order = graph.order();
  ASSERT_EQ(order.size(), 2U);
  EXPECT_EQ(order[0], graph.value(second).producer);
  EXPECT_TRUE(verify(graph).ok());
}

TEST(Graph, OrderOfLongChainsAndWideFans) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  ValueId y = x;
  for (int i = 0; i < 50000; ++i) y = graph.must_add(kNeg, {y}, {});
  ValueId sum = y;
  for (int i = 0; i < 2000; ++i) sum = graph.must_add(kAdd, {graph.must_add(kNeg, {x}, {}), sum}, {});
  graph.set_outputs({sum});
  const std::vector<NodeId> order = graph.order();
  ASSERT_EQ(order.size(), 54000U);
  std::vector<std::size_t> place(graph.node_count());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i].index()] = i;
  for (const NodeId id : order) {
    for (const ValueId input : graph.node(id).inputs) {
      if (graph.value(input).producer.valid()) {
        ASSERT_LT(place[graph.value(input).producer.index()], place[id.index()]);
      }
    }
  }
  EXPECT_EQ(graph.remove_unused(), 0);
}

TEST(VerifyGraph, FindsCycles) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  const ValueId a = graph.must_add(kNeg, {x}, {});
  const ValueId b = graph.must_add(kNeg, {a}, {});
  graph.set_outputs({b});
  ASSERT_TRUE(verify(graph).ok());
  graph.set_input(graph.value(a).producer, 0, b);
  const Status status = verify(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("cycle"), std::string::npos);
}

TEST(VerifyGraph, FindsTypesThatDoNotFollow) {
  Graph graph;
  const ValueId narrow = graph.add_input("n", ElementType::integer({0, 1}), {1, 2});
  const ValueId wide = graph.add_input("w", ElementType::integer({0, 9}), {1, 2});
  const ValueId weights = graph.add_constant(Tensor({2, 1}, Tensor::Ints{1, 1}));
  graph.set_outputs({graph.must_add(MatMul{}, {narrow, weights}, {})});
  graph.replace(narrow, wide);
  const Status status = verify(graph);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("another type"), std::string::npos) << status.error().message;
}

TEST(VerifyGraph, FindsOperandsThatNoLongerFit) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2});
  const ValueId other = graph.add_input("y", ElementType::float32(), {3});
  const ValueId row = graph.add_constant(Tensor({2}, Tensor::Floats{1, 2}));
  graph.set_outputs({graph.must_add(kAdd, {x, row}, {})});
  graph.set_input(graph.order()[0], 0, other);
  ASSERT_FALSE(verify(graph).ok());
  EXPECT_EQ(verify(graph).error().code, Code::kShapeMismatch);
}

TEST(VerifyGraph, FindsUsesOfRemovedNodes) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  const ValueId a = graph.must_add(kNeg, {x}, {});
  graph.remove(graph.value(a).producer);
  graph.set_outputs({a});
  ASSERT_FALSE(verify(graph).ok());
  EXPECT_NE(verify(graph).error().message.find("removed"), std::string::npos);
  graph.set_outputs({graph.must_add(kNeg, {a}, {})});
  ASSERT_FALSE(verify(graph).ok());
}

TEST(Graph, NamesForMessages) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  const NodeId plain = graph.value(graph.must_add(kNeg, {x}, {})).producer;
  const NodeId named = graph.value(graph.must_add(kNeg, {x}, {"Neg_3", "Neg_4"})).producer;
  EXPECT_EQ(describe(graph, plain), "unary");
  EXPECT_EQ(describe(graph, named), "node 'Neg_3'");
  EXPECT_EQ(place_of(graph, named).node, "Neg_3");
  graph.add_origin(named, {"Neg_4", "Neg_5"});
  EXPECT_EQ(graph.node(named).origin, (Origin{"Neg_3", "Neg_4", "Neg_5"}));
}

}  // namespace
}  // namespace finnr
