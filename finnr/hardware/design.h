// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "finnr/base/ids.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/layout.h"
#include "finnr/hardware/steps.h"
#include "finnr/hardware/window.h"

namespace finnr {

using UnitId = Id<struct UnitTag>;

/// Where a unit keeps its constants. The numbers are those of the RTL's Style parameters.
/// kSplit keeps in blocks what fills them well, and the other bits and words in LUTs (memory_cost.h).
enum class Store : std::uint8_t { kConstant = 0, kLutRam = 1, kBlock = 2, kUltra = 3, kSplit = 4 };
std::string_view to_text(Store store);
std::optional<Store> find_store(std::string_view name);

/// What multiplies and adds in a unit. The numbers are those of the RTL's Core parameter.
enum class Core : std::uint8_t { kOperators = 0, kLut = 1, kDsp = 2 };

/// Matrix times vector, with fused thresholds when `steps` is set. With several groups, vector v of a frame meets the weights of
/// group v mod groups.
struct Mvu {
  std::int64_t mw = 0;                    ///< inputs of a vector, padded to a multiple of simd
  std::int64_t mh = 0;                    ///< outputs of a group, padded to a multiple of pe
  int pe = 1;                             ///< outputs computed at once; divides mh
  int simd = 1;                           ///< inputs taken at once; divides mw
  std::int64_t groups = 1;                ///< padding needs 1
  std::int64_t vectors = 1;               ///< in a frame, of all groups
  std::shared_ptr<const Tensor> weights;  ///< [real inputs, groups * real outputs]
  IntType x;
  IntType w;
  IntType accumulator;  ///< of the plain sum of products
  Store weight_store = Store::kLutRam;
  Core core = Core::kLut;
  int pipeline = 0;  ///< levels of a tree of adders between registers, 0 for none in the tree
  std::optional<Steps> steps;
};

/// One dot product a channel: depthwise convolution.
struct Vvu {
  std::int64_t channels = 0;              ///< divided by pe
  std::int64_t kernel = 1;                ///< elements of a window; divided by simd
  int pe = 1;                             ///< channels at once
  int simd = 1;                           ///< elements of each at once
  std::int64_t pixels = 1;                ///< in a frame
  std::shared_ptr<const Tensor> weights;  ///< [kernel, channels]
  IntType x;
  IntType w;
  IntType accumulator;
  Store weight_store = Store::kLutRam;
  Core core = Core::kLut;
  int pipeline = 0;
  std::optional<Steps> steps;
};

/// Windows, padding, spacing, cropping, repetition of pixels, out of a ring of rows.
struct WindowUnit {
  WindowShape shape;  ///< with the beats of a pixel
  std::int64_t rows = 1;
  std::int64_t images = 1;  ///< in a frame
  std::int64_t fill = 0;
  std::int64_t cycles = 1;  ///< between images, window_interval(shape, rows)
};

/// Maximum or sum of `count` beats that stand `inner` beats apart, of `simd` elements of each channel.
struct PoolUnit {
  PoolKind kind = PoolKind::kMax;
  std::int64_t simd = 1;  ///< more than one where inner is 1
  std::int64_t count = 1;
  std::int64_t inner = 1;
  IntType x;
};

/// Thresholds on a stream.
struct Threshold {
  std::int64_t channels = 0;  ///< of a vector; divided by the lanes
  std::int64_t vectors = 1;
  IntType x;
  Steps steps;
  bool table = false;  ///< the codes are looked up instead: one entry for every pattern of x
};

/// left * a + right * b, or a * b, of two streams.
struct JoinUnit {
  JoinFunction function = JoinFunction::kAdd;
  std::int64_t left = 1;
  std::int64_t right = 1;
};

/// Each run of `words` beats `passes` times.
struct ReplayUnit {
  std::int64_t words = 1;
  std::int64_t passes = 1;
};

/// One stream to several readers.
struct ForkUnit {};

/// Beats of each input in turn.
struct ConcatUnit {
  std::vector<std::int64_t> turns;
};

/// `count` beats from `first` on out of every `period`.
struct TakeUnit {
  std::int64_t period = 1;
  std::int64_t first = 0;
  std::int64_t count = 1;
};

/// Beat i of a frame of the output is beat index[i] of the input.
struct PermuteUnit {
  std::vector<std::int64_t> index;
};

/// The same numbers in the encoding of a wider type.
struct CastUnit {};

/// Lanes to lanes, one dividing the other.
struct Width {};

/// A queue of `depth` beats.
struct Fifo {
  std::int64_t depth = 2;
};

/// Indices of the k largest.
struct TopKUnit {
  std::int64_t labels = 0;
  std::int64_t k = 1;
  IntType x;
};

struct Unit {
  std::string name;  ///< "conv0", "width1", ...: legal and unique
  std::variant<Mvu, Vvu, WindowUnit, PoolUnit, Threshold, JoinUnit, ReplayUnit, ForkUnit, ConcatUnit, TakeUnit, PermuteUnit, CastUnit,
               Width, Fifo, TopKUnit>
      kind;
  Origin origin;                     ///< nodes of the model behind it
  std::vector<std::size_t> inputs;   ///< streams by port, as indices
  std::vector<std::size_t> outputs;  ///< the same
};

/// "mvu", "vvu", "window", "pool", "threshold", "table", "join", "replay", "fork", "concat", "take", "permute", "cast", "width",
/// "fifo", "top_k".
std::string_view kind_name(const Unit& unit);

/// Beats of `lanes` elements from one unit to the next. An invalid end is the edge of the accelerator.
struct Stream {
  std::string name;
  UnitId from;
  UnitId to;
  IntType element;
  int lanes = 1;
  std::int64_t vectors = 1;   ///< in a frame
  std::int64_t channels = 0;  ///< real elements of a vector
  std::int64_t padded = 0;    ///< elements of a vector that travel: a multiple of lanes; the extra ones carry anything
  ValueId value;              ///< of the integer network: what the real elements are; invalid where windows repeat them
  Layout layout;              ///< the order in which they come

  [[nodiscard]] std::int64_t beats() const { return vectors * padded / lanes; }  ///< in a frame
  [[nodiscard]] int beat_bits() const { return lanes * element.bits(); }
};

/// An accelerator as intent: units and streams, nothing measured.
struct Design {
  std::string name;                  ///< a legal module name
  std::vector<Unit> units;           ///< in the order of the data: producers before readers
  std::vector<Stream> streams;       ///< each with its two ends
  std::vector<std::size_t> inputs;   ///< streams that the host fills
  std::vector<std::size_t> outputs;  ///< streams that the host reads
  double clock_mhz = 100;
};

/// Cycles between frames of one unit when it is never stalled: exact and sustained (docs/hardware.md).
std::int64_t interval(const Design& design, const Unit& unit);

/// Cycles between frames of the whole accelerator: that of its slowest unit or edge.
std::int64_t interval(const Design& design);

/// Multiplications a cycle of the matrix and depthwise units.
std::int64_t macs_per_cycle(const Design& design);

/// One line a unit and a stream, for people and golden tests.
std::string print(const Design& design);

}  // namespace finnr
