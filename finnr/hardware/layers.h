// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/graph/graph.h"
#include "finnr/graph/placement.h"
#include "finnr/hardware/image_windows.h"
#include "finnr/hardware/layout.h"
#include "finnr/hardware/steps.h"

namespace finnr {

// The hardware part of a network as layers and links, before anything is folded. A link is a stream between layers: a value
// and the order of its elements. Frames may hold several images (a batch); windows treat them one after the other.
//
// A layer says everything that folding, lowering and estimates need. The values of weights and thresholds are there when the
// network is, and missing when only a description of it is (description.h); then nothing can be generated.

/// Matrix times vector: a matrix product, or a convolution of `groups` groups. A vector is the window of one group, in the order
/// (kernel row, kernel column, channel).
struct MatrixLayer {
  NodeId node;
  std::optional<NodeId> thresholds;  ///< fused behind it
  std::optional<Windows> windows;    ///< in front of it; none where the input already comes as vectors
  std::int64_t groups = 1;
  std::int64_t inputs = 0;                ///< of a vector
  std::int64_t outputs = 0;               ///< of a group
  std::int64_t vectors = 1;               ///< in a frame, those of all groups
  std::shared_ptr<const Tensor> weights;  ///< [inputs, groups * outputs], rows in stream order
  IntType w;                              ///< of the weights as stored
  IntType accumulator;                    ///< of the plain sum of products
  std::optional<Steps> steps;             ///< of the fused thresholds
};

/// One window a channel: a depthwise convolution.
struct DepthwiseLayer {
  NodeId node;
  std::optional<NodeId> thresholds;
  std::optional<Windows> windows;  ///< none for one weight a channel on every pixel
  std::int64_t channels = 0;
  std::int64_t kernel = 1;
  std::int64_t pixels = 1;                ///< in a frame
  std::shared_ptr<const Tensor> weights;  ///< [kernel, channels]
  IntType w;
  IntType accumulator;
  std::optional<Steps> steps;
};

/// Maximum or sum, of windows or of `pixels` whole pixels one after the other.
struct PoolLayer {
  NodeId node;
  PoolKind kind = PoolKind::kMax;
  std::optional<Windows> windows;
  std::int64_t channels = 0;
  std::int64_t count = 1;   ///< elements of one result
  std::int64_t pixels = 1;  ///< results of a channel in a frame
};

struct ThresholdLayer {
  NodeId thresholds;
  std::int64_t channels = 0;  ///< of one period of the table, in stream order
  std::int64_t vectors = 1;
  Steps steps;
};

/// A number added to every element.
struct ShiftLayer {
  NodeId node;
  std::int64_t offset = 0;
  std::int64_t channels = 0;
  std::int64_t vectors = 1;
};

struct TopKLayer {
  NodeId top_k;
  std::int64_t labels = 0;
  std::int64_t k = 1;
};

/// Two streams, element by element. A stream of one pixel can be used again for every pixel of the other.
struct JoinLayer {
  NodeId node;
  std::int64_t channels = 0;
  std::int64_t vectors = 1;
  std::int64_t repeats[2] = {1, 1};  ///< how often a vector of each side is used
  JoinFunction function = JoinFunction::kAdd;
  std::int64_t left = 1;  ///< factors of a sum
  std::int64_t right = 1;
};

/// Runs of elements from each input in turn.
struct ConcatLayer {
  std::vector<std::int64_t> turns;  ///< elements of each input in a round
  std::int64_t rounds = 1;          ///< in a frame
};

/// A run of elements out of every period.
struct TakeLayer {
  std::int64_t period = 1;
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t rounds = 1;
};

/// Pixels picked, repeated or surrounded: crops, strides, nearest upsampling, padding.
struct ResampleLayer {
  Windows windows;
  std::int64_t channels = 0;
};

/// Any other order: element i of the result is element index[i] of the input, both in stream order.
struct PermuteLayer {
  std::int64_t elements = 1;        ///< of the input
  std::vector<std::int64_t> index;  ///< of the result
};

struct Link {
  ValueId value;
  Layout layout;
  IntType type;
  std::int64_t channels = 1;  ///< elements that belong together: what lanes divide
  std::int64_t vectors = 1;
};

struct Layer {
  std::string name;  ///< conv0, dw0, fc0, pool0, thr0, ...; top_k
  std::variant<MatrixLayer, DepthwiseLayer, PoolLayer, ThresholdLayer, ShiftLayer, TopKLayer, JoinLayer, ConcatLayer, TakeLayer,
               ResampleLayer, PermuteLayer>
      kind;
  std::vector<std::size_t> inputs;  ///< links
  std::size_t output = 0;           ///< link
  Origin origin;
};

/// The part of an integer network that becomes hardware; everything else runs on the host. Layers come in topological order.
/// Without layers, the one link passes through.
struct HardwarePart {
  std::vector<Link> links;
  std::vector<Layer> layers;
  std::vector<std::size_t> inputs;   ///< links that the host fills
  std::vector<std::size_t> outputs;  ///< links that the host reads
};

/// Thresholds of up to this many steps are compared at once and fused behind a matrix unit; more are searched in a unit
/// of their own.
inline constexpr std::int64_t kMaxFusedSteps = 15;

/// Finds the hardware part, or reports everything that stands in its way (all problems at once). The graph comes from the
/// streamline passes; an empty placement stands for place(graph).
std::optional<HardwarePart> find_hardware(const Graph& graph, const Placement& placement, Diagnostics& diagnostics);

/// Names for messages: "node 'Conv_3'" of the model behind a layer.
Place place_of(const Layer& layer);

}  // namespace finnr
