// SPDX-License-Identifier: Apache-2.0
// Trial frames. Each frame depends on the seed and its own index alone. To drive an accumulator of the first matrix to an
// end, the activations in front of it are computed once for the least and once for the greatest input; every input then
// takes the end whose activation moves the accumulator further.
#include <algorithm>
#include <optional>

#include "finnr/base/rng.h"
#include "finnr/emulate/reference.h"
#include "finnr/verify/verify.h"

namespace finnr {
namespace {

std::int64_t random_code(const IntType& type, Rng& rng) {
  if (type.bipolar) return rng.chance(0.5) ? 1 : -1;
  if (type.codes() == 0) return static_cast<std::int64_t>(rng.next());
  return rng.between(type.lo, type.hi);
}

/// Follows the only user of the input through operators that keep elements apart and in their places.
std::optional<NodeId> first_matmul(const Graph& network, ValueId value) {
  for (;;) {
    const Value& here = network.value(value);
    if (here.users.size() != 1) return std::nullopt;
    const Node& node = network.node(here.users[0]);
    if (std::holds_alternative<MatMul>(node.op)) {
      const Value& weights = network.value(node.inputs[1]);
      const bool usual =
          node.inputs[0] == value && weights.constant != nullptr && !weights.constant->is_float() && weights.shape.size() == 2;
      return usual ? std::optional(here.users[0]) : std::nullopt;
    }
    if (!std::holds_alternative<Thresholds>(node.op) && !std::holds_alternative<Reshape>(node.op)) return std::nullopt;
    value = node.outputs[0];
  }
}

/// The first matrix and what reaches it at both ends of the input.
struct FirstMatrix {
  Tensor::Ints least;  ///< activations of the frame that is least everywhere
  Tensor::Ints greatest;
  const Tensor* weights;  ///< [inputs, outputs]
};

std::optional<FirstMatrix> first_matrix(const Graph& network, const Port& input) {
  if (input.is_float) return std::nullopt;
  const auto node = first_matmul(network, input.value);
  if (!node) return std::nullopt;
  const ValueId activations = network.node(*node).inputs[0];
  const Shape& shape = network.value(input.value).shape;
  const auto size = static_cast<std::size_t>(count(shape));
  Executor executor(network);
  const auto at = [&](std::int64_t code) -> std::optional<Tensor::Ints> {
    Tensors feeds;
    feeds.emplace(input.value, Tensor(shape, Tensor::Ints(size, code)));
    if (activations == input.value) return Tensor::Ints(size, code);
    auto result = executor.run(feeds, {&activations, 1});
    if (!result.ok() || (*result)[0].size() != static_cast<std::int64_t>(size)) return std::nullopt;
    return as_ints((*result)[0]);
  };
  auto least = at(input.element.lo);
  auto greatest = at(input.element.hi);
  if (!least || !greatest) return std::nullopt;
  return FirstMatrix{*std::move(least), *std::move(greatest), network.value(network.node(*node).inputs[1]).constant.get()};
}

/// The frame at which one accumulator of the matrix, in every vector, is greatest or least.
Tensor::Ints extreme_frame(const FirstMatrix& matrix, const IntType& type, std::int64_t column, bool greatest) {
  const std::int64_t inputs = matrix.weights->shape()[0];
  const std::int64_t outputs = matrix.weights->shape()[1];
  Tensor::Ints frame(matrix.least.size(), type.lo);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const std::int64_t weight = matrix.weights->ints()[static_cast<std::size_t>(static_cast<std::int64_t>(i) % inputs * outputs + column)];
    const std::int64_t gain = weight * (matrix.greatest[i] - matrix.least[i]);
    if (greatest ? gain > 0 : gain < 0) frame[i] = type.hi;
  }
  return frame;
}

Tensor::Ints random_frame(const IntType& type, std::size_t size, Rng& rng) {
  Tensor::Ints frame(size);
  const std::int64_t rest = type.contains(0) ? 0 : type.lo;
  switch (rng.next() % 4) {
    case 0:  // few elements differ from one code
      for (std::int64_t& code : frame) code = rng.chance(0.05) ? random_code(type, rng) : rest;
      break;
    case 1:  // long equal runs
      for (std::size_t i = 0; i < size;) {
        const std::int64_t code = random_code(type, rng);
        for (std::int64_t left = rng.between(1, 32); left > 0 && i < size; --left) frame[i++] = code;
      }
      break;
    default:
      for (std::int64_t& code : frame) code = random_code(type, rng);
  }
  return frame;
}

}  // namespace

std::vector<Tensor::Ints> trial_frames(const Graph& network, const Bundle& bundle, std::int64_t frames, std::uint64_t seed) {
  const Port& input = bundle.input;
  const IntType type = input.is_float ? IntType::of_bits(32, input.element.is_signed()) : input.element;
  const auto size = static_cast<std::size_t>(input.vectors * input.channels);
  std::optional<FirstMatrix> matrix;
  if (frames > 2) matrix = first_matrix(network, input);
  std::vector<Tensor::Ints> list;
  for (std::int64_t i = 0; i < frames; ++i) {
    Rng rng(seed + 0x632BE59BD9B4E019ULL * static_cast<std::uint64_t>(i + 1));
    if (i < 2) {
      list.emplace_back(size, i == 0 ? type.lo : type.hi);
    } else if (matrix && i % 2 == 0 && i < 20) {  // every other one, so that few frames are of both kinds
      const std::int64_t column = rng.between(0, matrix->weights->shape()[1] - 1);
      list.push_back(extreme_frame(*matrix, type, column, i % 4 == 2));
    } else {
      list.push_back(random_frame(type, size, rng));
    }
  }
  return list;
}

}  // namespace finnr
