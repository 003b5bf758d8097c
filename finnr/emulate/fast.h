// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/emulate/fast_target.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// Elements of an array as they lie in memory: what a file holds is read without being turned into tensors first.
enum class ElementKind : std::uint8_t { kUint8, kInt8, kInt64, kFloat32 };
std::size_t element_bytes(ElementKind kind);

/// Frames one behind the other, each in the row-major order of the network's value. Numbers of another kind than the value's are
/// converted: integers to float32 exactly as far as it goes, float32 to the integer it is (the caller has checked that).
struct FastInput {
  const void* data = nullptr;
  ElementKind kind = ElementKind::kFloat32;
};

/// Where the frames of a result go, row-major: `floats` for float values, `ints` for integers.
struct FastOutput {
  float* floats = nullptr;
  std::int64_t* ints = nullptr;
};

/// What the network does in one step, and what that costs.
struct FastStep {
  std::string name;           ///< of the model's nodes behind it
  std::string kernel;         ///< e.g. "xor", "dot", "depthwise", "mix", "scalar"
  std::int64_t products = 0;  ///< multiplications and additions of a frame, each a product with its sum
  bool on_bits = false;       ///< the products are of bits: the machine's peak is that of population counts
  int pairs = 1;              ///< bit products behind each product
};

/// What one core does at most with an instruction set, in operations a second: a product and its sum are two.
struct FastPeaks {
  double bits = 0;   ///< exclusive or, population count and addition
  double bytes = 0;  ///< dot products of 8-bit numbers
};
/// Measured, on registers alone: the best of several short runs (some 20 ms).
FastPeaks measure_fast_peaks(FastTarget target);

/// An integer network compiled for one instruction set, once: weights packed, thresholds fused into the layers in front of them,
/// small pools too. It computes what Executor computes from the same graph, bit for bit, some thousand times as fast: products
/// of up to 3 bits are counted in bits, those of up to 8 bits are dot products of bytes, and what has no kernel of its own is
/// computed by Executor, node by node. Constant after compile(): any number of threads may run it, each with a Scratch of its
/// own.
class FastNetwork {
 public:
  /// The values `feeds` are given for each frame, `fetches` are wanted. Fails with kMissingInput when a wanted value depends on
  /// something else. The default target is the best of this machine.
  static Result<FastNetwork> compile(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches,
                                     std::optional<FastTarget> target = std::nullopt);
  ~FastNetwork();
  FastNetwork(FastNetwork&&) noexcept;
  FastNetwork& operator=(FastNetwork&&) noexcept;

  /// Memory for one run at a time.
  class Scratch {
   public:
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    /// Seconds of processor time spent in each of steps(), added up over all runs since measure() was called.
    void measure();
    [[nodiscard]] const std::vector<double>& seconds() const;

   private:
    friend class FastNetwork;
    struct State;
    explicit Scratch(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  [[nodiscard]] Scratch make_scratch() const;

  /// Runs `frames` frames: an input for each of the feeds, an output for each of the fetches, in their order.
  void run(std::span<const FastInput> inputs, std::size_t frames, std::span<const FastOutput> outputs, Scratch& scratch) const;
  /// The same, from tensors of one frame each and to such.
  [[nodiscard]] std::vector<Tensor> run(std::span<const Tensor* const> inputs, Scratch& scratch) const;

  [[nodiscard]] const std::vector<FastStep>& steps() const;
  /// Frames that one pass through the layers takes together: fewer leave kernels half empty.
  [[nodiscard]] std::size_t batch() const;
  [[nodiscard]] FastTarget target() const;

 private:
  struct Plan;
  explicit FastNetwork(std::unique_ptr<const Plan> plan);
  std::unique_ptr<const Plan> plan_;
};

}  // namespace finnr
