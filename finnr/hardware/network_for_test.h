// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// The attributes of a convolution or a pool; empty lists mean 1, or 0 for the padding.
struct Around {
  PoolKind kind = PoolKind::kMax;
  Shape kernel = {};
  Shape stride = {};
  Shape dilation = {};
  Shape begin = {};
  Shape end = {};
  Shape spacing = {};
  std::int64_t groups = 1;
  std::int64_t fill = 0;
};

/// Builds small integer networks with random constants. Nodes are named after their operator: conv_0, pool_0, join_0, ...
class SmallNetwork {
 public:
  Graph graph;

  explicit SmallNetwork(std::uint64_t seed = 7) : rng_(seed) {}

  ValueId input(const Shape& shape, const IntType& type = {0, 3, false}) {
    return graph.add_input(fmt::format("x{}", graph.inputs().size()), ElementType::integer(type), shape);
  }

  ValueId add(const Op& op, std::initializer_list<ValueId> operands) {
    const std::string name(op_name(op));
    return graph.must_add(op, operands, {fmt::format("{}_{}", name, counts_[name]++)});
  }

  ValueId constant(const Shape& shape, const IntType& type = {-2, 1, false}) {
    Tensor tensor = Tensor::zeros(shape, false);
    for (std::int64_t& x : tensor.ints()) x = type.bipolar ? 2 * rng_.between(0, 1) - 1 : rng_.between(type.lo, type.hi);
    return graph.add_constant(std::move(tensor), "", type);
  }

  [[nodiscard]] const Shape& shape(ValueId x) const { return graph.value(x).shape; }

  ValueId conv(ValueId x, std::int64_t outputs, const Shape& kernel, Around a = {}, const IntType& type = {-2, 1, false}) {
    complete(kernel.size(), a);
    Shape w = {outputs, shape(x)[1] / a.groups};
    w.insert(w.end(), kernel.begin(), kernel.end());
    return add(Conv{a.stride, a.dilation, a.begin, a.end, a.spacing, a.groups, a.fill}, {x, constant(w, type)});
  }
  ValueId pool(ValueId x, Around a) {
    complete(a.kernel.size(), a);
    return add(Pool{a.kind, a.kernel, a.stride, a.dilation, a.begin, a.end, a.fill}, {x});
  }
  ValueId matmul(ValueId x, std::int64_t outputs, const IntType& type = {-2, 1, false}) {
    return add(MatMul{}, {x, constant({shape(x).back(), outputs}, type)});
  }
  ValueId pad(ValueId x, Shape begin, Shape end, std::int64_t code = 0) { return add(Pad{std::move(begin), std::move(end), 0, code}, {x}); }

  /// `steps` thresholds a channel along `axis`, spread over the range of x; `steps` + 1 codes from 0, or bipolar ones.
  ValueId thresholds(ValueId x, std::int64_t steps = 3, int axis = 1, bool bipolar = false) {
    const IntType from = graph.value(x).type.ints;
    const std::int64_t rows = shape(x)[static_cast<std::size_t>(axis)];
    Tensor::Ints table;
    for (std::int64_t r = 0; r < rows; ++r) {
      Tensor::Ints row;
      const std::int64_t middle = (from.lo + from.hi) / 2;
      const std::int64_t reach = std::max<std::int64_t>(1, (from.hi - from.lo) / 4);
      for (std::int64_t k = 0; k < steps; ++k) row.push_back(rng_.between(middle - reach, middle + reach));
      std::ranges::sort(row);
      table.insert(table.end(), row.begin(), row.end());
    }
    const ValueId t = graph.add_constant(Tensor({rows, steps}, std::move(table)));
    const ValueId base = graph.add_constant(Tensor({rows}, Tensor::Ints(static_cast<std::size_t>(rows), 0)));
    const ValueId signs = graph.add_constant(Tensor({rows, steps}, Tensor::Ints(static_cast<std::size_t>(rows * steps), 1)));
    return add(Thresholds{axis, bipolar ? IntType::bipolar_type() : IntType{0, steps, false}}, {x, t, base, signs});
  }

  /// Indices of the largest of all elements.
  ValueId top_k(ValueId x, std::int64_t k, int axis) {
    const ValueId operands[] = {x};
    const Result<NodeId> node = graph.add(TopK{k, axis, true}, operands, {"top_k_0"});
    EXPECT_TRUE(node.ok());
    return graph.node(*node).outputs[1];
  }

  Graph done(std::vector<ValueId> outputs) {
    graph.name = "small";
    graph.set_outputs(std::move(outputs));
    return std::move(graph);
  }

 private:
  static void complete(std::size_t axes, Around& a) {
    for (Shape* list : {&a.stride, &a.dilation, &a.spacing}) list->resize(axes, 1);
    for (Shape* list : {&a.begin, &a.end}) list->resize(axes, 0);
  }

  Rng rng_;
  std::map<std::string, int> counts_;
};

}  // namespace finnr
