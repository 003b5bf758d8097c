// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "finnr/base/integers.h"

namespace finnr {
namespace {

constexpr int kMaxOperandBits = 16;
constexpr int kMaxTableBits = 12;
constexpr int kEdgeDepth = 2;  ///< beats queued at the edges, so that no outside wire reaches a unit's logic

/// A layer's own view of one of its streams.
struct Side {
  std::int64_t vectors = 1;
  std::int64_t channels = 0;
  int lanes = 1;
};

Side input_side(const Layer& layer, const Fold& fold) {
  return std::visit(Overloaded{[&](const MatrixLayer& m) {
                                 return Side{m.vectors, m.inputs, fold.simd};
                               },
                               [&](const ThresholdLayer& t) {
                                 return Side{t.vectors, t.channels, fold.pe};
                               },
                               [&](const TopKLayer& t) {
                                 return Side{1, t.labels, fold.pe};
                               }},
                    layer.kind);
}

Side output_side(const Layer& layer, const Fold& fold) {
  return std::visit(Overloaded{[&](const MatrixLayer& m) {
                                 return Side{m.vectors, m.outputs, fold.pe};
                               },
                               [&](const ThresholdLayer& t) {
                                 return Side{t.vectors, t.channels, fold.pe};
                               },
                               [&](const TopKLayer& t) {
                                 return Side{1, t.k, 1};
                               }},
                    layer.kind);
}

/// Exact type of the weights as stored: bipolar when only -1 and +1 occur.
IntType weight_type(const Tensor& weights) {
  const auto [lo, hi] = std::ranges::minmax(weights.ints());
  const bool bipolar = lo == -1 && hi == 1 && std::ranges::find(weights.ints(), 0) == weights.ints().end();
  return bipolar ? IntType::bipolar_type() : IntType{lo, hi, false};
}

/// A threshold table in stream order: one row, or one row for each of the `period` elements.
Steps steps_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto constant = [&](std::size_t i) { return graph.value(node.inputs[i]).constant; };
  Steps steps{constant(1), constant(2), constant(3), graph.value(node.outputs[0]).type.ints};
  const Shape& shape = graph.value(node.inputs[0]).shape;
  const auto axis = static_cast<std::size_t>(std::get<Thresholds>(node.op).axis);
  const std::int64_t inner = strides(shape)[axis];
  if (steps.thresholds->shape()[0] == 1 || inner == 1) return steps;
  // The channel axis is not innermost: spell the table out for every element.
  const std::int64_t elements = count(shape);
  const auto spell = [&](const Tensor& table) {
    const std::int64_t width = table.size() / table.shape()[0];
    Tensor::Ints rows;
    for (std::int64_t i = 0; i < elements; ++i) {
      const std::int64_t row = i / inner % shape[axis];
      for (std::int64_t k = 0; k < width; ++k) rows.push_back(table.ints()[static_cast<std::size_t>(row * width + k)]);
    }
    Shape full = table.shape();
    full[0] = elements;
    return std::make_shared<const Tensor>(std::move(full), std::move(rows));
  };
  return {spell(*steps.thresholds), spell(*steps.base), spell(*steps.signs), steps.codes};
}

/// Builds the chain unit by unit; the last stream is where the next unit attaches.
class Builder {
 public:
  Builder(const Graph& graph, Design& design) : graph_(graph), design_(design) {}

  void start(const Side& side, std::int64_t padded, ValueId value, const IntType& element) {
    design_.streams.push_back({"in", {}, {}, element, side.lanes, side.vectors, side.channels, padded, value});
  }
  Stream& last() { return design_.streams.back(); }

  void add(std::string name, decltype(Unit::kind) kind, Origin origin, Stream result) {
    const UnitId id{static_cast<std::uint32_t>(design_.units.size())};
    last().to = id;
    result.from = id;
    result.to = {};
    result.name = name;
    design_.units.push_back({std::move(name), std::move(kind), std::move(origin)});
    design_.streams.push_back(std::move(result));
  }

  void add_fifo(std::string name, int depth) { add(std::move(name), Fifo{depth}, {}, last()); }

  /// Lanes to lanes; through the least common multiple when neither divides the other, which keeps the full rate.
  void add_width(int lanes) {
    const int from = last().lanes;
    if (from == lanes) return;
    if (from % lanes != 0 && lanes % from != 0) {
      add_width(std::lcm(from, lanes));
      add_width(lanes);
      return;
    }
    Stream result = last();
    result.lanes = lanes;
    if (result.padded % lanes != 0) {  // beats reach across vectors (without padding): one long vector
      result.channels = result.padded = result.vectors * result.padded;
      result.vectors = 1;
    }
    add(fmt::format("width{}", widths_++), Width{}, {}, std::move(result));
  }

  /// The same elements seen as the consumer's vectors.
  void regroup(const Side& side, std::int64_t padded, ValueId value) {
    last().vectors = side.vectors;
    last().channels = side.channels;
    last().padded = padded;
    last().value = value;
  }

  void add_layer(const Layer& layer, const Fold& fold, std::int64_t padded_in, std::int64_t padded_out) {
    const Side side = output_side(layer, fold);
    Stream result{"", {}, {}, graph_.value(layer.output).type.ints, side.lanes, side.vectors, side.channels, padded_out, layer.output};
    std::visit(Overloaded{[&](const MatrixLayer& m) { add(layer.name, mvu(layer, m, fold, padded_in, padded_out), layer.origin, result); },
                          [&](const ThresholdLayer& t) { add(layer.name, threshold(layer, t), layer.origin, result); },
                          [&](const TopKLayer& t) {
                            add(layer.name, TopKUnit{t.labels, t.k, graph_.value(layer.input).type.ints}, layer.origin, result);
                          }},
               layer.kind);
  }

 private:
  /// Thresholds; a table where a function that rises and falls has many steps on few bits.
  Threshold threshold(const Layer& layer, const ThresholdLayer& t) const {
    Threshold unit{t.channels, t.vectors, graph_.value(layer.input).type.ints, steps_of(graph_, t.thresholds), false};
    unit.table = unit.steps.count() > kMaxFusedSteps && unit.x.bits() <= kMaxTableBits && unit.steps.mixed(unit.x);
    return unit;
  }

  Mvu mvu(const Layer& layer, const MatrixLayer& m, const Fold& fold, std::int64_t padded_in, std::int64_t padded_out) const {
    const Node& product = graph_.node(m.matmul);
    Mvu unit;
    unit.mw = padded_in;
    unit.mh = padded_out;
    unit.pe = fold.pe;
    unit.simd = fold.simd;
    unit.vectors = m.vectors;
    unit.weights = graph_.value(product.inputs[1]).constant;
    unit.x = graph_.value(layer.input).type.ints;
    unit.w = weight_type(*unit.weights);
    // Padded inputs must add nothing. In front of bipolar weights only bipolar inputs have a way to (memory.h).
    if (unit.w.bipolar && !unit.x.bipolar && unit.mw != m.inputs) unit.w = {-1, 1, false};
    unit.accumulator = graph_.value(product.outputs[0]).type.ints;
    if (m.thresholds) unit.steps = steps_of(graph_, *m.thresholds);
    const std::int64_t depth = (unit.mh / unit.pe) * (unit.mw / unit.simd);
    constexpr std::int64_t kLutRamDepth = 128;  // deeper memories fill block RAM better
    unit.weight_store = fold.weight_store.value_or(depth > kLutRamDepth ? Store::kBlock : Store::kLutRam);
    return unit;
  }

  const Graph& graph_;
  Design& design_;
  int widths_ = 0;
};

Status check_widths(const Graph& graph, const Layer& layer) {
  const auto* m = std::get_if<MatrixLayer>(&layer.kind);
  if (m == nullptr) return ok_status();
  const int x = graph.value(layer.input).type.ints.bits();
  const int w = weight_type(*graph.value(graph.node(m->matmul).inputs[1]).constant).bits();
  if (x <= kMaxOperandBits && w <= kMaxOperandBits) return ok_status();
  return Diagnostic(Code::kTooWide, fmt::format("layer {} multiplies {}-bit activations by {}-bit weights", layer.name, x, w))
      .at({"", layer.origin.empty() ? "" : layer.origin.front(), ""})
      .because(fmt::format("matrix units take operands of up to {} bits", kMaxOperandBits))
      .fix("quantize to fewer bits");
}

/// Elements of a vector that travel in front of each layer, and behind the last: all lanes divide it. What enters a
/// stand-alone threshold unit also leaves it, so the streams around it are padded together.
Result<std::vector<std::int64_t>> padding(const std::vector<Layer>& layers, const Folding& folding) {
  const auto is_threshold = [&](std::size_t i) { return i < layers.size() && std::holds_alternative<ThresholdLayer>(layers[i].kind); };
  std::vector<std::int64_t> padded(layers.size() + 1);
  for (std::size_t first = 0, last = 0; first <= layers.size(); first = ++last) {
    while (is_threshold(last)) ++last;
    std::vector<Side> sides;
    for (std::size_t i = first; i <= last; ++i) {
      if (i > 0) sides.push_back(output_side(layers[i - 1], folding[i - 1]));
      if (i < layers.size()) sides.push_back(input_side(layers[i], folding[i]));
      padded[i] = (i > 0 ? sides[sides.size() - (i < layers.size() ? 2 : 1)] : sides.back()).channels;
    }
    if (std::ranges::all_of(sides, [](const Side& side) { return side.channels % side.lanes == 0; })) continue;
    const bool alike = std::ranges::all_of(
        sides, [&](const Side& side) { return side.channels == sides[0].channels && side.vectors == sides[0].vectors; });
    const bool top_k = last < layers.size() && std::holds_alternative<TopKLayer>(layers[last].kind);
    if (!alike || top_k) {
      return Diagnostic(Code::kIllegalFolding,
                        fmt::format("padding is not possible between {} and its neighbour", layers[std::min(last, layers.size() - 1)].name))
          .because(top_k ? "extra outputs would compete for the top-k" : "the two layers see different vectors")
          .fix("take a PE that divides the number of outputs and a SIMD that divides the number of inputs");
    }
    std::int64_t lanes = 1;
    for (const Side& side : sides) lanes = std::lcm(lanes, std::int64_t{side.lanes});
    for (std::size_t i = first; i <= last; ++i) padded[i] = ceil_div(sides[0].channels, lanes) * lanes;
  }
  return padded;
}

}  // namespace

Result<Design> lower(const Graph& graph, const HardwarePart& part, const Folding& given, const std::string& name) {
  Design design;
  design.name = name;
  Builder builder(graph, design);
  if (part.layers.empty()) {
    const Value& value = graph.value(part.input);
    const IntType element = value.type.is_float ? IntType::of_bits(32, false) : value.type.ints;
    builder.start({1, count(value.shape), 1}, count(value.shape), part.input, element);
    builder.add_fifo("pass", kEdgeDepth);
    return design;
  }

  const std::vector<Layer>& layers = part.layers;
  Folding folding = given;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    FINNR_RETURN_IF_ERROR(check_widths(graph, layers[i]));
    if (folding[i].pe != 0) continue;  // lanes of the neighbour: the next matrix's SIMD, else the previous layer's
    const bool feeds_matrix = i + 1 < layers.size() && std::holds_alternative<MatrixLayer>(layers[i + 1].kind);
    const std::int64_t channels = input_side(layers[i], folding[i]).channels;
    int lanes = feeds_matrix ? folding[i + 1].simd : i > 0 ? output_side(layers[i - 1], folding[i - 1]).lanes : 1;
    if (channels % lanes != 0) lanes = static_cast<int>(std::gcd(channels, std::int64_t{lanes}));
    folding[i].pe = lanes;
  }

  FINNR_ASSIGN(const std::vector<std::int64_t> padded, padding(layers, folding));
  const Side first = input_side(layers[0], folding[0]);
  builder.start(first, padded[0], layers[0].input, graph.value(layers[0].input).type.ints);
  builder.add_fifo("fifo_in", kEdgeDepth);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Side side = input_side(layers[i], folding[i]);
    builder.add_width(side.lanes);
    // A vector of the consumer's; without padding the grouping may differ from the producer's.
    const std::int64_t padded_in =
        padded[i] == (i > 0 ? output_side(layers[i - 1], folding[i - 1]).channels : first.channels) ? side.channels : padded[i];
    builder.regroup(side, padded_in, layers[i].input);
    builder.add_layer(layers[i], folding[i], padded_in, padded[i + 1]);
  }
  builder.add_fifo("fifo_out", kEdgeDepth);
  return design;
}

}  // namespace finnr
