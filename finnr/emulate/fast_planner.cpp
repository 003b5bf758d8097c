// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/fast_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "finnr/base/check.h"
#include "finnr/emulate/reference.h"

namespace finnr::fast {
namespace {

constexpr std::int64_t kMostTable = std::int64_t{1} << 20;  ///< floats in a table of results
constexpr std::int64_t kMostSpan = 4096;                    ///< integers that it is computed for, one run of the executor each
constexpr std::size_t kCache = std::size_t{768} << 10;      ///< what the buffers of a batch may take
constexpr std::size_t kMostBatch = 96;

/// A constant of a chain: one for all, or one for each channel of axis 1.
bool chain_constant(const Value& value, const Shape& shape) {
  if (!value.constant || !value.constant->is_float()) return false;
  if (value.constant->size() == 1) return true;
  const Shape& own = value.shape;
  if (own.size() > shape.size() || shape.size() < 2) return false;
  for (std::size_t a = 0; a < own.size(); ++a) {
    const std::size_t axis = shape.size() - own.size() + a;
    if (own[a] != (axis == 1 ? shape[1] : 1)) return false;
  }
  return own.size() + 1 >= shape.size();
}

float constant_at(const Value& value, std::size_t channel) {
  const Tensor::Floats& floats = value.constant->floats();
  return floats[floats.size() == 1 ? 0 : channel];
}

template <class T>
bool by_channel(const PerAxis<T>& parameters) {
  return parameters.uniform() || parameters.axis == 1;
}

}  // namespace

bool is_chain_node(const Graph& graph, NodeId id, ValueId operand) {
  const Node& node = graph.node(id);
  const Shape& shape = graph.value(operand).shape;
  if (const auto* op = std::get_if<Quantize>(&node.op)) return by_channel(op->scale) && by_channel(op->zero);
  if (const auto* op = std::get_if<CountThresholds>(&node.op)) return op->axis == 1 || graph.value(node.inputs[1]).shape[0] == 1;
  if (std::holds_alternative<Unary>(node.op)) return true;
  if (!std::holds_alternative<Binary>(node.op) || graph.value(node.outputs[0]).shape != shape) return false;
  if (node.inputs[0] == node.inputs[1]) return false;
  return chain_constant(graph.value(node.inputs[node.inputs[0] == operand ? 1 : 0]), shape);
}

ChainValue through_chain(const Graph& graph, std::span<const NodeId> chain, ChainValue x, std::size_t channel) {
  for (const NodeId id : chain) {
    const Node& node = graph.node(id);
    const auto apply_to = [&](const auto& op) {
      using T = std::decay_t<decltype(op)>;
      if constexpr (std::is_same_v<T, Quantize>) {
        x.code = quantize(op.style, op.rounding, op.codes, x.real, op.scale.at(channel), op.zero.at(channel));
      } else if constexpr (std::is_same_v<T, Unary>) {
        x.real = apply(op.function, x.real, op.alpha, op.beta);
      } else if constexpr (std::is_same_v<T, Binary>) {
        const bool first = graph.value(node.inputs[0]).constant != nullptr;
        const float constant = constant_at(graph.value(node.inputs[first ? 0 : 1]), channel);
        x.real = first ? apply(op.function, constant, x.real) : apply(op.function, x.real, constant);
      } else if constexpr (std::is_same_v<T, CountThresholds>) {
        const Tensor& t = *graph.value(node.inputs[1]).constant;
        const auto steps = static_cast<std::size_t>(t.shape()[1]);
        const float* row = t.floats().data() + (t.shape()[0] == 1 ? 0 : channel) * steps;
        x.code = op.base + op.step * std::count_if(row, row + steps, [&](float threshold) { return x.real >= threshold; });
      }
    };
    std::visit(apply_to, node.op);
  }
  return x;
}

Planner::Planner(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches, FastTarget target)
    : graph_(graph),
      needed_(graph.node_count()),
      planned_(graph.node_count()),
      slow_(graph.node_count()),
      uses_(graph.value_count()),
      users_(graph.value_count()),
      fed_(graph.value_count()),
      fetched_(graph.value_count()),
      tensor_(graph.value_count()),
      buffers_(graph.value_count()) {
  plan_.feeds.assign(feeds.begin(), feeds.end());
  plan_.fetches.assign(fetches.begin(), fetches.end());
  plan_.target = target;
  for (const ValueId id : feeds) fed_[id.index()] = true;
  for (const ValueId id : fetches) fetched_[id.index()] = true;
}

Result<NetworkPlan> Planner::make() {
  FINNR_RETURN_IF_ERROR(find_needed());
  for (std::size_t i = 0; i < plan_.feeds.size(); ++i) plan_feed(i);
  for (const NodeId id : graph_.order()) {
    if (!needed_[id.index()] || planned_[id.index()]) continue;
    planned_[id.index()] = true;
    if (plan_node(id)) continue;
    slow_[id.index()] = true;
    slow_nodes_.push_back(id);
  }
  plan_outputs();
  std::size_t bytes = 1;
  for (std::size_t i = 0; i < plan_.buffers.size(); ++i) bytes += plan_.buffers[i].memory == i ? plan_.buffers[i].layout.frame_bytes : 0;
  plan_.batch = std::clamp<std::size_t>(kCache / bytes, 1, kMostBatch);
  if (plan_.batch > kChunk) plan_.batch = plan_.batch / kChunk * kChunk;
  return std::move(plan_);
}

Status Planner::find_needed() {
  std::vector<ValueId> open = plan_.fetches;
  for (const ValueId id : open) ++uses_[id.index()];
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    const Value& value = graph_.value(id);
    if (fed_[id.index()] || value.constant) continue;
    if (!value.producer.valid()) {
      const std::string name = value.name.empty() ? fmt::format("%{}", id.value) : value.name;
      return Diagnostic(Code::kMissingInput, fmt::format("input '{}' of the network is missing", name))
          .fix(fmt::format("give an array of shape {} for it", to_text(value.shape)));
    }
    if (needed_[value.producer.index()]) continue;
    needed_[value.producer.index()] = true;
    for (const ValueId input : graph_.node(value.producer).inputs) {
      ++uses_[input.index()];
      users_[input.index()].push_back(value.producer);
      open.push_back(input);
    }
  }
  return ok_status();
}

NodeId Planner::only_user(ValueId value) const {
  return users_[value.index()].size() == 1 && only_use(value) ? users_[value.index()][0] : NodeId();
}

bool Planner::small_integers(ValueId value) const {
  const ElementType& type = graph_.value(value).type;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() - 1;
  return !type.is_float && type.ints.lo >= -kMost && type.ints.hi <= kMost;
}

void Planner::plan_feed(std::size_t feed) {
  const ValueId id = plan_.feeds[feed];
  if (uses_[id.index()] == 0) return;
  InputStep step;
  step.feed = feed;
  ValueId value = id;
  bool moved = false;
  while (graph_.value(value).type.is_float) {
    const NodeId user = only_user(value);
    if (!user.valid()) break;
    const Node& node = graph_.node(user);
    const bool reshape = std::holds_alternative<Reshape>(node.op);
    if (fed_[node.outputs[0].index()]) break;
    if (!reshape && !is_chain_node(graph_, user, value)) break;
    moved = moved || reshape;
    step.chain.push_back(user);
    value = node.outputs[0];
  }
  const Value& last = graph_.value(value);
  const bool plain = !moved || std::ranges::all_of(step.chain, [&](NodeId node) {  // channels mean nothing behind a reshape
    const Node& n = graph_.node(node);
    if (const auto* q = std::get_if<Quantize>(&n.op)) return q->scale.uniform() && q->zero.uniform();
    return std::ranges::all_of(n.inputs, [&](ValueId v) {
      return !graph_.value(v).constant || graph_.value(v).constant->size() == 1 || std::holds_alternative<Reshape>(n.op);
    });
  });
  if (!small_integers(value) || !plain) {
    tensor_[id.index()] = true;
    return emit(TakeFeedStep{feed, id}, last.name, {.name = "", .kernel = "input"});
  }
  for (const NodeId node : step.chain) planned_[node.index()] = true;
  Layout layout = choose_layout(value, 1);
  step.to = add_buffer(value, layout);
  const Shape& shape = graph_.value(id).shape;
  const std::size_t rows = moved || shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[1]);
  const std::vector<NodeId> chain = step.chain;
  if (layout.form != Form::kWords) {
    const Encoding& encoding = layout.encoding;
    for (std::size_t c = 0; c < rows; ++c) {
      for (std::int64_t byte = 0; byte < 256; ++byte) {
        ChainValue x{static_cast<float>(byte), byte};
        x = through_chain(graph_, chain, x, c);
        const bool possible = last.type.ints.contains(x.code);
        step.bytes.push_back(possible ? static_cast<std::uint8_t>(encoding.code(x.code)) : std::uint8_t{0});
      }
    }
    bool one_row = true;
    for (std::size_t i = 256; i < step.bytes.size(); ++i) one_row = one_row && step.bytes[i] == step.bytes[i % 256];
    if (one_row) step.bytes.resize(256);
    if (one_row && encoding.most <= 1) {
      const auto change = std::ranges::adjacent_find(step.bytes, std::ranges::not_equal_to());
      const auto at = change == step.bytes.end() ? 256 : change - step.bytes.begin() + 1;
      if (std::all_of(step.bytes.begin() + at, step.bytes.end(), [&](std::uint8_t b) { return b != step.bytes[0]; })) {
        step.step_at = static_cast<int>(at);
        step.falls = step.bytes[0] != 0;
      }
    }
  }
  const std::string name = chain.empty() ? graph_.value(id).name : name_of(chain);
  emit(std::move(step), name, {.name = "", .kernel = "input"});
}

void Planner::plan_outputs() {
  for (std::size_t i = 0; i < plan_.fetches.size(); ++i) {
    const ValueId id = plan_.fetches[i];
    if (!graph_.value(id).constant && !tensor_[id.index()]) {
      if (const auto buffer = any_buffer(id)) {
        emit(BufferOutput{*buffer, i}, graph_.value(id).name, {.name = "", .kernel = "output"});
        continue;
      }
      if (plan_table(id, i)) continue;
      need_tensor(id);
    }
    emit(TensorOutput{id, i}, graph_.value(id).name, {.name = "", .kernel = "output"});
  }
}

/// A float that is a function of one integer, element by element: what the reference executor makes of each integer, looked up.
bool Planner::plan_table(ValueId fetched, std::size_t fetch) {
  ValueId value = fetched;
  std::vector<NodeId> chain;
  while (graph_.value(value).type.is_float) {
    const NodeId producer = graph_.value(value).producer;
    if (!producer.valid() || fed_[value.index()]) return false;
    const Node& node = graph_.node(producer);
    const bool renames = std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Dequantize>(node.op);
    std::optional<ValueId> data;
    for (const ValueId input : node.inputs) {
      if (graph_.value(input).constant) continue;
      if (data) return false;
      data = input;
    }
    const bool elementwise = renames || std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
    if (!data || !elementwise || count(graph_.value(*data).shape) != count(graph_.value(value).shape)) return false;
    chain.push_back(producer);
    value = *data;
  }
  const auto from = any_buffer(value);
  const IntType& type = graph_.value(value).type.ints;
  const std::int64_t elements = count(graph_.value(value).shape);
  if (!from || fed_[value.index()] || type.hi - type.lo >= kMostSpan || (type.hi - type.lo + 1) * elements > kMostTable) return false;
  TableOutput step{*from, fetch, type.lo, static_cast<std::size_t>(type.hi - type.lo + 1), {}};
  step.table.resize(step.span * static_cast<std::size_t>(elements));
  Executor executor(graph_);
  for (std::size_t i = 0; i < step.span; ++i) {
    const std::int64_t x = type.lo + static_cast<std::int64_t>(i);
    Tensors feeds;
    feeds.emplace(value, Tensor(graph_.value(value).shape, Tensor::Ints(static_cast<std::size_t>(elements), x)));
    const Result<std::vector<Tensor>> results = executor.run(feeds, {&fetched, 1});
    FINNR_CHECK(results.ok(), "a chain of one operand needs nothing else");
    const Tensor::Floats& floats = (*results)[0].floats();
    for (std::size_t e = 0; e < floats.size(); ++e) step.table[e * step.span + i] = floats[e];
  }
  std::ranges::reverse(chain);
  emit(std::move(step), name_of(chain), {.name = "", .kernel = "table"});
  return true;
}

std::size_t Planner::add_buffer(ValueId value, Layout layout) {
  layout.settle();
  plan_.buffers.push_back({layout, graph_.value(value).shape, layout.places(), plan_.buffers.size()});
  buffers_[value.index()].push_back(plan_.buffers.size() - 1);
  return plan_.buffers.size() - 1;
}

std::optional<std::size_t> Planner::any_buffer(ValueId value) const {
  const auto& list = buffers_[value.index()];
  return list.empty() ? std::nullopt : std::optional(list.front());
}

std::size_t Planner::buffer_of(ValueId value, const Layout& want) {
  for (const std::size_t index : buffers_[value.index()]) {
    if (plan_.buffers[index].layout.serves(want)) return index;
  }
  const auto source = any_buffer(value);
  const bool moved = source && plan_.buffers[*source].layout.axis == want.axis && plan_.buffers[*source].layout.dims == want.dims;
  const std::string name = graph_.value(value).name;
  if (!moved) {
    need_tensor(value);
    const std::size_t to = add_buffer(value, want);
    emit(ImportStep{value, to}, name, {.name = "", .kernel = "import"});
    return to;
  }
  const std::size_t to = add_buffer(value, want);
  emit_copy(*source, {to, 0, static_cast<std::size_t>(want.channels), 1}, name);
  return to;
}

void Planner::need_tensor(ValueId value) {
  if (tensor_[value.index()] || graph_.value(value).constant) return;
  if (const auto buffer = any_buffer(value)) {
    emit(ExportStep{*buffer, value}, graph_.value(value).name, {.name = "", .kernel = "export"});
    tensor_[value.index()] = true;
    return;
  }
  if (fed_[value.index()]) {
    const auto feed = static_cast<std::size_t>(std::ranges::find(plan_.feeds, value) - plan_.feeds.begin());
    emit(TakeFeedStep{feed, value}, graph_.value(value).name, {.name = "", .kernel = "input"});
    tensor_[value.index()] = true;
    return;
  }
  run_reference(value);
}

/// Computes `value`, and with it every other integer of slow nodes that fast ones may read.
void Planner::run_reference(ValueId value) {
  ReferenceStep step;
  step.fetches = {value};
  for (const NodeId id : slow_nodes_) {
    for (const ValueId output : graph_.node(id).outputs) {
      const bool for_others = std::ranges::any_of(users_[output.index()], [&](NodeId user) { return !slow_[user.index()]; });
      if (output == value || tensor_[output.index()] || graph_.value(output).type.is_float || !for_others) continue;
      step.fetches.push_back(output);
    }
  }
  std::vector<bool> met(graph_.value_count());
  std::vector<ValueId> open = step.fetches;
  std::vector<NodeId> nodes;
  for (const ValueId id : open) met[id.index()] = true;
  while (!open.empty()) {
    const NodeId producer = graph_.value(open.back()).producer;
    open.pop_back();
    nodes.push_back(producer);
    for (const ValueId input : graph_.node(producer).inputs) {
      if (met[input.index()] || graph_.value(input).constant) continue;
      met[input.index()] = true;
      // Codes may be handed over; floats only as the network's input, since the executor knows more of them than their numbers.
      const bool there = !graph_.value(input).type.is_float && (tensor_[input.index()] || any_buffer(input));
      if (there || fed_[input.index()]) {
        need_tensor(input);
        step.feeds.push_back(input);
      } else {
        open.push_back(input);
      }
    }
  }
  for (const ValueId id : step.fetches) tensor_[id.index()] = true;
  emit(std::move(step), name_of(nodes), {.name = "", .kernel = "scalar"});
}

const std::optional<Layer>& Planner::layer(NodeId node) {
  const auto found = layers_.find(node);
  if (found != layers_.end()) return found->second;
  const ValueId x = graph_.node(node).inputs[0];
  const NodeId reshape = graph_.value(x).producer;
  const bool may_flatten = reshape.valid() && needed_[reshape.index()] && !fed_[x.index()] && only_use(x) && !fetched_[x.index()];
  return layers_.emplace(node, layer_of(graph_, node, may_flatten)).first->second;
}

/// The form that the first product behind the value reads, with the border that any product of that form wants.
Layout Planner::choose_layout(ValueId value, int axis) {
  const Value& v = graph_.value(value);
  std::optional<Layout> best;
  std::vector<ValueId> open = {value};
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    for (const NodeId user : users_[id.index()]) {
      const Node& node = graph_.node(user);
      if (std::holds_alternative<Reshape>(node.op)) {
        open.push_back(node.outputs[0]);
      } else if ((std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Conv>(node.op)) && node.inputs[0] == id) {
        const std::optional<Layer>& known = layer(user);
        if (!known || known->want.axis != axis) continue;
        Layout here = known->want;
        if (known->x != value) {  // behind a reshape: the same form of codes
          here = Layout::of(v.shape, axis);
          if (here.channels != known->want.channels) continue;
          here.form = known->want.form;
          here.planes = known->want.planes;
          here.encoding = known->want.encoding;
          here.settle();
        }
        if (!best || here.serves(*best)) best = here;
      }
    }
  }
  if (best) return *best;
  Layout layout = Layout::of(v.shape, axis);
  take_plain_form(layout, v.type.ints);
  layout.settle();
  return layout;
}

std::string Planner::name_of(const std::vector<NodeId>& nodes) const {
  Origin origin;
  for (const NodeId id : nodes) merge(origin, graph_.node(id).origin);
  std::string name;
  for (const std::string& each : origin) name += (name.empty() ? "" : " ") + each;
  return name;
}

void Planner::emit(Step step, std::string name, FastStep about) {
  about.name = std::move(name);
  plan_.steps.push_back(std::move(step));
  plan_.about.push_back(std::move(about));
}

Result<NetworkPlan> make_plan(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches, FastTarget target) {
  FINNR_ASSIGN(NetworkPlan plan, Planner(graph, feeds, fetches, target).make());
  plan.graph = graph;
  return plan;
}

}  // namespace finnr::fast
