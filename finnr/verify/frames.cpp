// SPDX-License-Identifier: Apache-2.0
// Trial frames. Each frame depends on the seed, its own index and the input alone. To drive an accumulator of the first
// matrix or convolution to an end, the activations in front of it are computed once for the least and once for the greatest
// input; every element then takes the end whose activation moves the accumulator further.
#include <algorithm>
#include <optional>

#include "finnr/base/integers.h"
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

/// The weights by which elements of an input first meet others.
struct FirstSums {
  NodeId node;
  ValueId activations;
  const Tensor* weights;  ///< [inputs, outputs], or a convolution's [outputs, inputs / groups, ...]
};

/// Follows the only user of the input through operators that keep elements apart and in their places.
std::optional<FirstSums> first_sums(const Graph& network, ValueId value) {
  for (;;) {
    const Value& here = network.value(value);
    if (here.users.size() != 1) return std::nullopt;
    const Node& node = network.node(here.users[0]);
    if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Conv>(node.op)) {
      const Value& weights = network.value(node.inputs[1]);
      const auto* conv = std::get_if<Conv>(&node.op);
      const bool usual = node.inputs[0] == value && weights.constant != nullptr && !weights.constant->is_float() &&
                         weights.constant->size() > 0 && (conv != nullptr || weights.shape.size() == 2) &&
                         (conv == nullptr || std::ranges::all_of(conv->spacing, [](std::int64_t s) { return s == 1; }));
      return usual ? std::optional(FirstSums{here.users[0], value, weights.constant.get()}) : std::nullopt;
    }
    if (!std::holds_alternative<Thresholds>(node.op) && !std::holds_alternative<Reshape>(node.op)) return std::nullopt;
    value = node.outputs[0];
  }
}

/// What reaches the first sums at both ends of the input.
struct Drive {
  FirstSums sums;
  Tensor::Ints least;  ///< activations of the frame that is least everywhere
  Tensor::Ints greatest;
};

std::optional<Drive> find_drive(const Graph& network, const Port& input) {
  if (input.is_float) return std::nullopt;
  const auto sums = first_sums(network, input.value);
  if (!sums) return std::nullopt;
  const Shape& shape = network.value(input.value).shape;
  const auto size = static_cast<std::size_t>(count(shape));
  Executor executor(network);
  const auto at = [&](std::int64_t code) -> std::optional<Tensor::Ints> {
    if (sums->activations == input.value) return Tensor::Ints(size, code);
    Tensors feeds;
    feeds.emplace(input.value, Tensor(shape, Tensor::Ints(size, code)));
    auto result = executor.run(feeds, {&sums->activations, 1});
    if (!result.ok() || (*result)[0].size() != static_cast<std::int64_t>(size)) return std::nullopt;
    return as_ints((*result)[0]);
  };
  auto least = at(input.element.lo);
  auto greatest = at(input.element.hi);
  if (!least || !greatest) return std::nullopt;
  return Drive{*sums, *std::move(least), *std::move(greatest)};
}

/// Every element by its weight: the frame at which sums are greatest or least. `weight` is called in row-major order.
template <class Weight>
Tensor::Ints by_gain(const Drive& drive, const IntType& type, bool greatest, Weight&& weight) {
  Tensor::Ints frame(drive.least.size(), type.lo);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const std::int64_t gain = weight(static_cast<std::int64_t>(i)) * (drive.greatest[i] - drive.least[i]);
    if (greatest ? gain > 0 : gain < 0) frame[i] = type.hi;
  }
  return frame;
}

/// One output of the matrix, in every vector.
Tensor::Ints extreme_vectors(const Drive& drive, const IntType& type, bool greatest, Rng& rng) {
  const Shape& shape = drive.sums.weights->shape();
  const std::int64_t column = rng.between(0, shape[1] - 1);
  return by_gain(drive, type, greatest,
                 [&](std::int64_t i) { return drive.sums.weights->ints()[static_cast<std::size_t>(i % shape[0] * shape[1] + column)]; });
}

/// One output channel of every group, at windows that lie side by side: the kernel repeats over the image, around a random
/// window that lies on the image where one does.
Tensor::Ints extreme_windows(const Drive& drive, const Shape& image, const Conv& conv, const IntType& type, bool greatest, Rng& rng) {
  const Shape& shape = drive.sums.weights->shape();
  const std::int64_t outputs = shape[0] / conv.groups;
  const std::int64_t row = rng.between(0, outputs - 1);
  const std::size_t axes = shape.size() - 2;
  std::vector<std::int64_t> from(axes);  // where the window begins
  for (std::size_t a = 0; a < axes; ++a) {
    const std::int64_t room = image[a + 2] - (shape[a + 2] - 1) * conv.dilation[a] - 1;
    const std::int64_t first = ceil_div(std::max<std::int64_t>(0, conv.begin[a]), conv.stride[a]);
    const std::int64_t last = (room + conv.begin[a]) / conv.stride[a];
    from[a] = rng.between(first, std::max(first, last)) * conv.stride[a] - conv.begin[a];
  }
  return by_gain(drive, type, greatest, [&](std::int64_t i) -> std::int64_t {
    std::int64_t at = 0;  // in the kernel
    std::int64_t step = 1;
    for (std::size_t a = axes; a-- > 0; i /= image[a + 2], step *= shape[a + 2]) {
      const std::int64_t period = shape[a + 2] * conv.dilation[a];
      const std::int64_t offset = ((i % image[a + 2] - from[a]) % period + period) % period;
      at += offset / conv.dilation[a] * step;  // pixels between those of a dilated kernel go with one of them
    }
    const std::int64_t channel = i % image[1];
    const std::int64_t output = channel / shape[1] * outputs + row;
    return drive.sums.weights->ints()[static_cast<std::size_t>((output * shape[1] + channel % shape[1]) * step + at)];
  });
}

Tensor::Ints extreme_frame(const Graph& network, const Drive& drive, const IntType& type, bool greatest, Rng& rng) {
  if (const auto* conv = std::get_if<Conv>(&network.node(drive.sums.node).op))
    return extreme_windows(drive, network.value(drive.sums.activations).shape, *conv, type, greatest, rng);
  return extreme_vectors(drive, type, greatest, rng);
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

/// The first input's frames are those of a network that has no other.
Tensor::Ints trial(const Graph& network, const Port& input, const std::optional<Drive>& drive, std::int64_t index, std::uint64_t seed) {
  const IntType type = input.is_float ? IntType::of_bits(32, input.element.is_signed()) : input.element;
  const auto size = static_cast<std::size_t>(input.vectors * input.channels);
  Rng rng(seed + 0x632BE59BD9B4E019ULL * static_cast<std::uint64_t>(index + 1));
  if (index < 2) return Tensor::Ints(size, index == 0 ? type.lo : type.hi);
  // Every other frame, so that few frames are of both kinds.
  if (drive && index % 2 == 0 && index < 20) return extreme_frame(network, *drive, type, index % 4 == 2, rng);
  return random_frame(type, size, rng);
}

}  // namespace

std::vector<PortFrame> trial_frames(const Graph& network, const Bundle& bundle, std::int64_t frames, std::uint64_t seed) {
  std::vector<PortFrame> list(static_cast<std::size_t>(frames));
  for (std::size_t port = 0; port < bundle.inputs.size(); ++port) {
    const Port& input = bundle.inputs[port];
    const std::uint64_t own = port == 0 ? seed : Rng(seed ^ (0xA0761D6478BD642FULL * port)).next();
    std::optional<Drive> drive;
    if (frames > 2) drive = find_drive(network, input);
    for (std::int64_t i = 0; i < frames; ++i) list[static_cast<std::size_t>(i)].push_back(trial(network, input, drive, i, own));
  }
  return list;
}

}  // namespace finnr
