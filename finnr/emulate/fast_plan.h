// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/emulate/fast.h"
#include "finnr/emulate/fast_layout.h"

namespace finnr::fast {

// A compiled network: buffers, and the steps that fill them, in order. Steps name buffers by index; a buffer belongs to one value
// in one layout, and no two share memory, so that borders and padding are written once.

struct Buffer {
  Layout layout;
  Shape shape;  ///< of the value
  std::vector<std::uint32_t> places;
  std::size_t memory = 0;  ///< buffers of one number are names of the same memory
};

/// Windows over a buffer.
struct WindowTable {
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> runs;
  std::size_t run_words = 0;
};

/// Where a step writes: a part of a buffer's channels.
struct Target {
  std::size_t buffer = 0;
  std::size_t offset = 0;  ///< bytes from the start of a position
  std::size_t channels = 0;
  std::size_t pool = 1;
};

/// Weights ready for a kernel.
struct PackedWeights {
  Product product = Product::kDot;
  bool narrow = false;
  std::vector<PlanePair> pairs;
  std::vector<std::uint32_t> words;
  std::size_t planes = 1;
  std::size_t blocks = 0;
};

struct MultiplyStep {
  std::size_t from = 0;
  std::size_t offset = 0;  ///< bytes from the start of a position
  std::shared_ptr<const WindowTable> windows;
  PackedWeights weights;
  FinishTables finish;
  Target to;
};

struct DepthwiseStep {
  std::size_t from = 0;
  std::shared_ptr<const WindowTable> windows;
  std::vector<std::int16_t> taps;
  std::size_t channels = 0;
  bool narrow = false;
  FinishTables finish;
  Target to;
};

struct MixStep {
  MixKind kind = MixKind::kAdd;
  std::int32_t left = 1;
  std::int32_t right = 1;
  std::vector<std::size_t> from;
  std::vector<std::shared_ptr<const WindowTable>> windows;
  FinishTables finish;
  Target to;
};

/// From a feed's elements through a chain of elementwise nodes to codes.
struct InputStep {
  std::size_t feed = 0;
  std::vector<NodeId> chain;
  std::size_t to = 0;
  std::vector<std::uint8_t> bytes;  ///< code of each byte 0 ... 255 taken as a number, a row of 256 for each channel, or one row
  int step_at = -1;                 ///< one row of codes 0 and 1 that changes once: at this byte; 256: never
  bool falls = false;               ///< and the codes start with 1
};

/// A feed as a tensor, a buffer as a tensor, and back.
struct TakeFeedStep {
  std::size_t feed = 0;
  ValueId value;
};
struct ExportStep {
  std::size_t from = 0;
  ValueId value;
};
struct ImportStep {
  ValueId value;
  std::size_t to = 0;
};

/// What has no kernel: the reference executor, from tensors to tensors.
struct ReferenceStep {
  std::vector<ValueId> feeds;
  std::vector<ValueId> fetches;
};

/// Wanted results.
struct TensorOutput {
  ValueId value;
  std::size_t fetch = 0;
};
struct BufferOutput {
  std::size_t from = 0;
  std::size_t fetch = 0;
};
/// Floats that are functions of one integer each: a row of `span` results for each element.
struct TableOutput {
  std::size_t from = 0;
  std::size_t fetch = 0;
  std::int64_t lo = 0;
  std::size_t span = 0;
  std::vector<float> table;
};

using Step = std::variant<MultiplyStep, DepthwiseStep, MixStep, InputStep, TakeFeedStep, ExportStep, ImportStep, ReferenceStep,
                          TensorOutput, BufferOutput, TableOutput>;

struct NetworkPlan {
  Graph graph;
  std::vector<ValueId> feeds;
  std::vector<ValueId> fetches;
  FastTarget target = FastTarget::kScalar;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<FastStep> about;  ///< by step
  std::size_t batch = 1;
};

/// Fails with kMissingInput.
Result<NetworkPlan> make_plan(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches, FastTarget target);

/// A number through a chain of elementwise nodes (one behind the other, their other operands constant), by the meaning of each
/// on scalars; `channel` picks parameters. The last node makes an integer, or all stay floats.
struct ChainValue {
  float real = 0;
  std::int64_t code = 0;
};
bool is_chain_node(const Graph& graph, NodeId node, ValueId operand);
ChainValue through_chain(const Graph& graph, std::span<const NodeId> chain, ChainValue x, std::size_t channel);

}  // namespace finnr::fast
