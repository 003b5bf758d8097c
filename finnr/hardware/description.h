// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/hardware/layers.h"
#include "finnr/tensor/int_type.h"

namespace finnr {

// A network that is only described: kinds, shapes and precisions, no weights. It stands for a model wherever nothing is
// generated, so that a design can be judged before anything is trained. docs/estimate.md has the file format.

enum class NodeKind : std::uint8_t {
  kConv,
  kDepthwise,
  kFc,
  kThreshold,
  kMaxPool,
  kAvgPool,
  kAdd,
  kMul,
  kConcat,
  kFork,
  kChannelwise,
  kTopK
};

/// Height, width, channels.
struct ImageShape {
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t channels = 1;

  [[nodiscard]] std::int64_t pixels() const { return height * width; }
  [[nodiscard]] std::int64_t elements() const { return pixels() * channels; }
  bool operator==(const ImageShape&) const = default;
};

struct DescribedNode {
  std::string name;
  NodeKind kind = NodeKind::kConv;
  std::vector<std::string> inputs;  ///< names of nodes before it, or "input"
  ImageShape in;                    ///< of the first input
  ImageShape out;
  std::array<std::int64_t, 2> kernel = {1, 1};  ///< rows, columns
  std::array<std::int64_t, 2> stride = {1, 1};
  std::array<std::int64_t, 4> padding = {0, 0, 0, 0};  ///< top, left, bottom, right
  std::int64_t groups = 1;
  IntType x;  ///< of the first input
  IntType w;
  IntType y;
  std::int64_t steps = 0;   ///< thresholds a channel
  bool per_channel = true;  ///< each channel has thresholds of its own
  std::int64_t k = 1;       ///< of a top-k

  [[nodiscard]] std::int64_t padded_height() const { return in.height + padding[0] + padding[2]; }
  [[nodiscard]] std::int64_t padded_width() const { return in.width + padding[1] + padding[3]; }
  [[nodiscard]] std::int64_t kernel_size() const { return kernel[0] * kernel[1]; }
  [[nodiscard]] bool has_weights() const { return kind == NodeKind::kConv || kind == NodeKind::kDepthwise || kind == NodeKind::kFc; }
  /// Rows and columns of the matrix of a convolution or a fully connected node: inputs and outputs of a group.
  [[nodiscard]] std::int64_t matrix_inputs() const { return kind == NodeKind::kFc ? in.elements() : kernel_size() * in.channels / groups; }
  [[nodiscard]] std::int64_t matrix_outputs() const { return out.channels / groups; }
};

struct NetworkDescription {
  std::string name;
  ImageShape input;
  IntType input_type;
  bool float_input = false;          ///< the host applies the thresholds behind it
  std::vector<DescribedNode> nodes;  ///< producers before readers
};

/// True for a file that describes a network: a JSON object with a `network` list. Anything else is left to others to judge.
bool is_description(const std::string& path);

/// True for a description that has a `folding` of its own: a published design.
bool has_folding(const std::string& path);

/// Reads and checks a description, or the `network` of a published design. Fails with kBadDescription.
Result<NetworkDescription> read_description(const std::string& path);

/// The hardware part of a described network, with layers of the same names. Forks and channelwise nodes become no layers: fan-out
/// is free, and constants of channels are absorbed into thresholds or left to the host.
Result<HardwarePart> hardware_of(const NetworkDescription& description);

}  // namespace finnr
