// SPDX-License-Identifier: Apache-2.0
// Operators that move float numbers between integers and a quantizer are exchanged with what stands beside them until they
// move integers. Down: of dequantized integers, with what dequantizes them. Up: with the elementwise operators behind them and
// the quantizer at their end, which depend on the moved value and constants alone; for a maximum they must never decrease.
// Up is better where it makes the moved codes narrower, and is all there is where operands have no common scale.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "finnr/graph/per_axis.h"
#include "finnr/passes/grid.h"
#include "finnr/passes/pass.h"
#include "finnr/passes/pull_back.h"

namespace finnr {
namespace {

bool is_quantizer(const Op& op) { return std::holds_alternative<Quantize>(op) || std::holds_alternative<CountThresholds>(op); }

/// A quantizer and the elementwise operators between it and the one value they depend on, producers first.
struct Chain {
  NodeId quantizer;
  ValueId source;
  std::vector<NodeId> steps;  ///< without the quantizer
};

std::optional<Chain> chain_of(const Graph& graph, NodeId quantizer) {
  Chain chain{quantizer, {}, {}};
  std::set<NodeId> met;
  std::vector<ValueId> open = {graph.node(quantizer).inputs[0]};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (graph.value(value).constant || value == chain.source) continue;
    const NodeId producer = graph.value(value).producer;
    const bool elementwise = producer.valid() && (std::holds_alternative<Unary>(graph.node(producer).op) ||
                                                  std::holds_alternative<Binary>(graph.node(producer).op));
    if (!elementwise) {
      if (chain.source.valid()) return std::nullopt;
      chain.source = value;
      continue;
    }
    if (!met.insert(producer).second) continue;
    for (const ValueId input : graph.node(producer).inputs) open.push_back(input);
  }
  if (!chain.source.valid()) return std::nullopt;
  const Shape& shape = graph.value(chain.source).shape;
  std::map<NodeId, int> waiting;  // operands inside the chain that are not placed yet
  std::vector<NodeId> ready;
  for (const NodeId id : met) {
    if (graph.value(graph.node(id).outputs[0]).shape != shape) return std::nullopt;
    int inner = 0;
    for (const ValueId input : graph.node(id).inputs) inner += met.contains(graph.value(input).producer) ? 1 : 0;
    waiting[id] = inner;
    if (inner == 0) ready.push_back(id);
  }
  while (!ready.empty()) {
    const NodeId id = ready.back();
    ready.pop_back();
    chain.steps.push_back(id);
    for (const NodeId user : graph.value(graph.node(id).outputs[0]).users) {
      if (met.contains(user) && --waiting[user] == 0) ready.push_back(user);
    }
  }
  return chain;
}

/// True when each channel (index of axis 1) of the chain never decreases, exactly so in float32.
bool never_decreases(const Graph& graph, const Chain& chain) {
  const Shape& shape = graph.value(chain.source).shape;
  std::vector<int> sign(static_cast<std::size_t>(shape[1]), 1);
  const auto turn = [&](std::size_t channel, Monotone move) {
    sign[channel] *= move == Monotone::kIncreasing ? 1 : move == Monotone::kDecreasing ? -1 : 0;
  };
  for (const NodeId id : chain.steps) {
    const Node& node = graph.node(id);
    if (const auto* unary = std::get_if<Unary>(&node.op)) {
      for (std::size_t c = 0; c < sign.size(); ++c) turn(c, monotone(unary->function, unary->alpha, unary->beta));
      continue;
    }
    const std::size_t at = graph.value(node.inputs[0]).constant ? 0 : 1;
    const std::shared_ptr<const Tensor>& constant = graph.value(node.inputs[at]).constant;
    if (!constant) return false;
    // The constant is the same wherever windows reach, so that it varies by channel at most.
    const Shape& own = constant->shape();
    const bool by_channel = own.size() + 1 >= shape.size() && own[own.size() + 1 - shape.size()] == constant->size();
    if (constant->size() != 1 && !by_channel) return false;
    for (std::size_t c = 0; c < sign.size(); ++c)
      turn(c, monotone(std::get<Binary>(node.op).function, constant->floats()[constant->size() == 1 ? 0 : c], at == 0));
  }
  const Op& last = graph.node(chain.quantizer).op;
  if (const auto* quantize = std::get_if<Quantize>(&last)) {
    if (!quantize->scale.uniform() && quantize->scale.axis != 1) return false;
    for (std::size_t c = 0; c < sign.size(); ++c) {
      if (quantize->style != QuantizeStyle::kBipolar && quantize->scale.at(c) < 0) sign[c] = -sign[c];
    }
  } else if (const auto* counted = std::get_if<CountThresholds>(&last); counted != nullptr && counted->step < 0) {
    for (int& s : sign) s = -s;
  }
  return std::ranges::all_of(sign, [](int s) { return s > 0; });
}

class Settler {
 public:
  Settler(Graph& graph, PassContext& context) : graph_(graph), context_(context) {}

  bool run() {
    bool changed = false;
    for (bool again = true; again;) {
      again = raise_all(false);
      again = lower_all() || again;
      again = raise_all(true) || again;
      changed = changed || again;
    }
    return changed;
  }

 private:
  /// Values that depend on integers inside the network: what stands in front of them is the host's.
  void find_behind() {
    behind_.assign(graph_.value_count(), false);
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      const bool starts = std::holds_alternative<Dequantize>(node.op) && !graph_.value(node.inputs[0]).constant;
      const bool on = starts || std::ranges::any_of(node.inputs, [&](ValueId input) { return behind_[input.index()]; });
      for (const ValueId output : node.outputs) behind_[output.index()] = on;
    }
  }

  /// Bits of the integers that the operands of a move come from; 64 when they are computed.
  [[nodiscard]] int source_bits(ValueId id) const {
    std::vector<ValueId> open = {id};
    std::set<ValueId> met;
    int bits = 0;
    while (!open.empty()) {
      const ValueId value = open.back();
      open.pop_back();
      if (!met.insert(value).second || graph_.value(value).constant) continue;
      const NodeId producer = graph_.value(value).producer;
      if (!producer.valid()) return 64;
      const Node& node = graph_.node(producer);
      if (std::holds_alternative<Dequantize>(node.op)) {
        bits = std::max(bits, graph_.value(node.inputs[0]).type.ints.bits());
      } else if (moves_elements(node.op)) {
        open.insert(open.end(), node.inputs.begin(), node.inputs.end());
      } else {
        return 64;
      }
    }
    return bits;
  }

  /// Every quantizer, new ones too, as far as it goes. Wider codes move only when `always`.
  bool raise_all(bool always) {
    find_behind();
    std::vector<NodeId> open;
    for (const NodeId id : graph_.order()) {
      if (is_quantizer(graph_.node(id).op)) open.push_back(id);
    }
    bool changed = false;
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      const std::optional<Chain> chain = chain_of(graph_, id);
      if (!chain) continue;
      const NodeId move = graph_.value(chain->source).producer;
      if (!move.valid() || !moves_elements(graph_.node(move).op) || !behind_[chain->source.index()]) continue;
      const int codes = graph_.value(graph_.node(id).outputs[0]).type.ints.bits();
      const bool better = std::holds_alternative<Reshape>(graph_.node(move).op) || codes < source_bits(chain->source);
      if (!better && !always) continue;
      const std::vector<NodeId> fresh = raise(*chain, move);
      open.insert(open.end(), fresh.begin(), fresh.end());
      changed = changed || !fresh.empty();
    }
    return changed;
  }

  struct Step {
    Op op;
    std::optional<Tensor> constant;  ///< in place of the operand that was constant
    std::size_t constant_at = 0;
  };

  /// One step of a chain in front of the move.
  std::optional<Step> pulled(const PullBack& back, const Node& node) {
    Step step{node.op, std::nullopt, 0};
    if (const auto* quantize = std::get_if<Quantize>(&node.op)) {
      std::optional<Quantize> own = back.quantizer(*quantize);
      if (!own) return std::nullopt;
      step.op = *std::move(own);
      return step;
    }
    if (auto* counted = std::get_if<CountThresholds>(&step.op)) {
      const std::shared_ptr<const Tensor>& table = graph_.value(node.inputs[1]).constant;
      if (!table) return std::nullopt;
      PerAxis<std::int64_t> rows{{}, counted->axis};
      for (std::int64_t row = 0; row < table->shape()[0]; ++row) rows.values.push_back(row);
      const std::optional<PerAxis<std::int64_t>> own = back.parameters(rows);
      if (!own) return std::nullopt;
      counted->axis = own->axis;
      const Op take = Take{0, own->values};
      const Tensor* operand = table.get();
      step.constant = std::move(context_.evaluate(take, {&operand, 1}, {})[0]);
      step.constant_at = 1;
      return step;
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::shared_ptr<const Tensor>& constant = graph_.value(node.inputs[i]).constant;
      if (!constant) continue;
      step.constant = back.tensor(*constant);
      step.constant_at = i;
      if (!step.constant) return std::nullopt;
    }
    return step;
  }

  /// The code that padding becomes when the chain runs behind it, if it is one.
  std::optional<std::int64_t> code_of_padding(const Chain& chain, const Pad& pad, const Shape& from) {
    Tensor full = Tensor::zeros(graph_.value(chain.source).shape, true);
    std::ranges::fill(full.floats(), pad.value);
    std::unordered_map<ValueId, Tensor> values;
    values.emplace(chain.source, std::move(full));
    const auto run = [&](const Node& node) {
      std::vector<const Tensor*> inputs;
      for (const ValueId input : node.inputs) {
        const std::shared_ptr<const Tensor>& constant = graph_.value(input).constant;
        inputs.push_back(constant ? constant.get() : &values.at(input));
      }
      values.insert_or_assign(node.outputs[0], std::move(context_.evaluate(node.op, inputs, {})[0]));
    };
    for (const NodeId step : chain.steps) run(graph_.node(step));
    run(graph_.node(chain.quantizer));
    const Tensor inside = Tensor::zeros(from, false);
    const Tensor* operand = &inside;
    const Tensor padding = std::move(context_.evaluate(Pad{pad.begin, pad.end, 0, 1}, {&operand, 1}, {})[0]);
    const Tensor& codes = values.at(graph_.node(chain.quantizer).outputs[0]);
    std::optional<std::int64_t> code;
    for (std::size_t i = 0; i < codes.ints().size(); ++i) {
      if (padding.ints()[i] == 0) continue;
      if (code && *code != codes.ints()[i]) return std::nullopt;
      code = codes.ints()[i];
    }
    return code;
  }

  /// The new quantizers, one an operand of the move; none when the two do not commute.
  std::vector<NodeId> raise(const Chain& chain, NodeId move_id) {
    const Node move = graph_.node(move_id);
    Op on_codes = move.op;
    std::vector<Shape> shapes;
    for (const ValueId input : move.inputs) shapes.push_back(graph_.value(input).shape);
    if (const auto* pool = std::get_if<Pool>(&move.op)) {
      if (!never_decreases(graph_, chain) || !every_window_reads(*pool, shapes[0])) return {};
    }
    if (auto* pad = std::get_if<Pad>(&on_codes)) {
      const std::optional<std::int64_t> code = code_of_padding(chain, *pad, shapes[0]);
      if (!code) return {};
      *pad = Pad{pad->begin, pad->end, 0, *code};
    }
    std::vector<NodeId> nodes = chain.steps;
    nodes.push_back(chain.quantizer);
    std::vector<std::vector<Step>> plans;
    for (std::size_t i = 0; i < move.inputs.size(); ++i) {
      if (count(shapes[i]) == 0) return {};
      const PullBack back(move.op, shapes, graph_.value(chain.source).shape, i);
      std::vector<Step> plan;
      for (const NodeId id : nodes) {
        std::optional<Step> step = pulled(back, graph_.node(id));
        if (!step) return {};
        plan.push_back(*std::move(step));
      }
      plans.push_back(std::move(plan));
    }

    std::vector<NodeId> fresh;
    std::vector<ValueId> codes;
    for (std::size_t i = 0; i < move.inputs.size(); ++i) {
      std::unordered_map<ValueId, ValueId> values = {{chain.source, move.inputs[i]}};
      for (std::size_t k = 0; k < nodes.size(); ++k) {
        const Node node = graph_.node(nodes[k]);
        Step& step = plans[i][k];
        std::vector<ValueId> inputs;
        for (std::size_t at = 0; at < node.inputs.size(); ++at) {
          const bool constant = step.constant && at == step.constant_at;
          inputs.push_back(constant ? graph_.add_constant(*step.constant) : values.at(node.inputs[at]));
        }
        const Result<NodeId> added = graph_.add(step.op, inputs, node.origin);
        FINNR_CHECK(added.ok(), "an elementwise operator fits in front of what moves its operand");
        values[node.outputs[0]] = graph_.node(*added).outputs[0];
        if (k + 1 == nodes.size()) fresh.push_back(*added);
      }
      codes.push_back(values.at(graph_.node(chain.quantizer).outputs[0]));
    }
    const Result<NodeId> moved_codes = graph_.add(on_codes, codes, move.origin);
    FINNR_CHECK(moved_codes.ok(), "codes move as numbers do");
    const ValueId output = graph_.node(chain.quantizer).outputs[0];
    const ValueId result = graph_.node(*moved_codes).outputs[0];
    FINNR_CHECK(graph_.value(result).type == graph_.value(output).type, "moved codes are codes of the quantizer");
    graph_.set_name(result, graph_.value(output).name);
    graph_.replace(output, result);
    graph_.remove(chain.quantizer);
    return fresh;
  }

  /// Moves of dequantized integers become moves of the integers where a quantizer is behind them.
  bool lower_all() {
    graph_.remove_unused();
    find_behind();
    const std::vector<NodeId> order = graph_.order();
    std::vector<bool> wanted(graph_.value_count(), false);
    for (auto id = order.rbegin(); id != order.rend(); ++id) {
      const Node& node = graph_.node(*id);
      const bool passes = moves_elements(node.op) || std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
      const bool on = is_quantizer(node.op) || (passes && wanted[node.outputs[0].index()]);
      for (const ValueId input : node.inputs) wanted[input.index()] = wanted[input.index()] || on;
    }
    bool changed = false;
    for (const NodeId id : order) {
      const Node node = graph_.node(id);
      const ValueId output = node.outputs[0];
      if (!moves_elements(node.op) || !graph_.value(output).type.is_float || !wanted[output.index()]) continue;
      changed = lower(id, node, output) || changed;
    }
    return changed;
  }

  bool lower(NodeId id, const Node& node, ValueId output) {
    std::vector<Grid> grids;
    std::vector<Shape> shapes;
    std::vector<ValueId> codes;
    for (const ValueId input : node.inputs) {
      const auto* dequantize = graph_.producer_as<Dequantize>(input);
      if (dequantize == nullptr) return false;
      const Node& producer = graph_.node(graph_.value(input).producer);
      const Value& integers = graph_.value(producer.inputs[0]);
      if (integers.constant) return false;
      grids.push_back({dequantize->scale, dequantize->zero, integers.type.ints, false, true, producer.origin});
      shapes.push_back(integers.shape);
      codes.push_back(producer.inputs[0]);
    }
    std::vector<const Grid*> parts;
    for (const Grid& grid : grids) parts.push_back(&grid);
    const std::optional<Grid> grid = moved_grid(node.op, parts, shapes, graph_.value(output).shape);
    const std::optional<Op> op = on_codes(node.op, grids[0]);
    if (!grid || !op) return false;
    const bool larger = grid->scale.values.size() > grids[0].scale.values.size() || grid->zero.values.size() > grids[0].zero.values.size();
    if (std::holds_alternative<Reshape>(node.op) && larger) return false;  // a chain behind it looks through it anyway
    const Result<NodeId> added = graph_.add(*op, codes, node.origin);
    if (!added.ok()) return false;
    Origin origin = grid->origin;
    merge(origin, node.origin);
    const ValueId value = graph_.must_add(Dequantize{grid->scale, grid->zero}, {graph_.node(*added).outputs[0]}, origin);
    graph_.set_name(value, graph_.value(output).name);
    graph_.replace(output, value);
    graph_.remove(id);
    return true;
  }

  Graph& graph_;
  PassContext& context_;
  std::vector<bool> behind_;
};

}  // namespace

Changed settle_moves(Graph& graph, PassContext& context) { return Settler(graph, context).run() ? Changed::kYes : Changed::kNo; }

}  // namespace finnr
