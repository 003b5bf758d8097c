// SPDX-License-Identifier: Apache-2.0
// One function for each kind of node that has a kernel: it either makes the steps and says true, or changes nothing.
#include <algorithm>
#include <limits>
#include <numeric>

#include "finnr/base/check.h"
#include "finnr/emulate/fast_planner.h"

namespace finnr::fast {
namespace {

const Tensor* constant_of(const Graph& graph, const Node& node, std::size_t input) {
  return graph.value(node.inputs[input]).constant.get();
}

ThresholdTables tables_of(const Graph& graph, const Node& node) {
  return {constant_of(graph, node, 1), constant_of(graph, node, 2), constant_of(graph, node, 3),
          std::get<Thresholds>(node.op).codes.bipolar};
}

/// The tables are constant, and have one row or one for each index of `axis`.
bool usable_thresholds(const Graph& graph, const Node& node, int axis) {
  const auto* op = std::get_if<Thresholds>(&node.op);
  if (op == nullptr || !constant_of(graph, node, 1) || !constant_of(graph, node, 2) || !constant_of(graph, node, 3)) return false;
  return op->axis == axis || (graph.value(node.inputs[1]).shape[0] == 1 && graph.value(node.inputs[2]).shape[0] == 1 &&
                              graph.value(node.inputs[3]).shape[0] == 1);
}

/// Windows side by side that cover no padding, small enough to be finished at once.
bool tiles_exactly(const Pool& op, const Shape& shape) {
  std::int64_t members = 1;
  for (std::size_t a = 0; a < op.kernel.size(); ++a) {
    if (op.stride[a] != op.kernel[a] || op.dilation[a] != 1 || op.begin[a] != 0 || op.end[a] != 0) return false;
    if (shape[a + 2] % op.kernel[a] != 0) return false;
    members *= op.kernel[a];
  }
  return members <= static_cast<std::int64_t>(kChunk);
}

Shape ones(std::size_t n) { return Shape(n, 1); }

/// Single positions, one after the other.
std::shared_ptr<const WindowTable> each_position(const Buffer& buffer) {
  auto table = std::make_shared<WindowTable>();
  table->starts = buffer.places;
  table->runs = {0};
  return table;
}

/// Single positions of a buffer, one for each position of `dims`: index i along axis a is taken from from(a, i).
template <class From>
std::shared_ptr<const WindowTable> positions_from(const Buffer& buffer, const Shape& dims, const From& from) {
  auto table = std::make_shared<WindowTable>();
  table->runs = {0};
  for (std::int64_t p = 0; p < count(dims); ++p) {
    std::int64_t rest = p;
    std::int64_t at = 0;
    std::int64_t size = 1;
    for (std::size_t a = dims.size(); a-- > 0; rest /= dims[a]) {
      at += from(a, rest % dims[a]) * size;
      size *= buffer.layout.dims[a];
    }
    table->starts.push_back(buffer.places[static_cast<std::size_t>(at)]);
  }
  return table;
}

}  // namespace

bool Planner::plan_node(NodeId id) {
  const Node& node = graph_.node(id);
  return std::visit(
      Overloaded{[&](const MatMul&) { return plan_layer(id); }, [&](const Conv&) { return plan_layer(id); },
                 [&](const Reshape&) { return plan_reshape(id); }, [&](const Thresholds&) { return plan_thresholds(id); },
                 [&](const Join&) { return plan_join(id); }, [&](const Pool&) { return plan_pool(id); },
                 [&](const Sum&) { return plan_sum(id); }, [&](const Concat&) { return plan_concat(id); },
                 [&](const Pad&) { return plan_pad(id); }, [&](const Take&) { return plan_take(id); }, [](const auto&) { return false; }},
      node.op);
}

Planner::Tail Planner::tail_behind(NodeId id, int axis, bool pools) {
  Tail tail;
  tail.sums = tail.out = graph_.node(id).outputs[0];
  tail.nodes = {id};
  const auto next = [&]() -> const Node* {
    const NodeId user = fetched_[tail.out.index()] || fed_[tail.out.index()] ? NodeId() : only_user(tail.out);
    if (!user.valid() || planned_[user.index()] || graph_.node(user).inputs[0] != tail.out) return nullptr;
    const Node& node = graph_.node(user);
    return fed_[node.outputs[0].index()] || !small_integers(node.outputs[0]) ? nullptr : &node;
  };
  const auto take = [&](const Node& node) {
    const NodeId user = graph_.value(node.outputs[0]).producer;
    planned_[user.index()] = true;
    tail.nodes.push_back(user);
    tail.out = node.outputs[0];
  };
  const Node* behind = next();
  if (behind != nullptr && usable_thresholds(graph_, *behind, axis)) {
    tail.thresholds = behind;
    take(*behind);
    behind = next();
  }
  if (!pools || behind == nullptr) return tail;
  const auto* pool = std::get_if<Pool>(&behind->op);
  if (pool != nullptr && pool->kind == PoolKind::kMax && axis == 1 && tiles_exactly(*pool, graph_.value(tail.out).shape)) {
    tail.pool = pool;
    take(*behind);
  }
  return tail;
}

FinishTables Planner::finish_of(const Tail& tail, std::size_t first, const SumMeaning& sums, const Layout& out) const {
  const bool words = out.form == Form::kWords;
  if (tail.thresholds == nullptr) return words ? plain_finish(sums) : recoding_finish(sums, out.encoding);
  const IntType& type = graph_.value(tail.sums).type.ints;
  return threshold_finish(tables_of(graph_, *tail.thresholds), first, sums, type.lo, type.hi, words ? Encoding{} : out.encoding);
}

bool Planner::plan_layer(NodeId id) {
  const std::optional<Layer>& found = layer(id);
  if (!found) return false;
  const Layer& layer = *found;
  if (!any_buffer(layer.x) && !small_integers(layer.x)) return false;
  Tail tail = tail_behind(id, layer.axis, true);
  Layout out = choose_layout(tail.out, layer.axis);
  const std::int64_t rows = layer.outputs / layer.groups;
  if (layer.groups > 1 && !layer.depthwise && rows % 16 != 0 && out.form != Form::kWords) {
    Layout plain = Layout::of(graph_.value(tail.out).shape, layer.axis);  // groups of other sizes do not end between 16 bits
    take_plain_form(plain, graph_.value(tail.out).type.ints);
    out = plain;
  }
  const std::size_t from = buffer_of(layer.x, layer.want);
  const std::size_t to = add_buffer(tail.out, out);
  const Layout& target = plan_.buffers[to].layout;

  Shape pool;
  if (tail.pool != nullptr) {
    pool = tail.pool->kernel;
    pool.insert(pool.begin(), 1);
  }
  FastStep about;
  about.products = layer.products();
  auto windows = std::make_shared<WindowTable>(windows_of(plan_.buffers[from].layout, layer.want.begin, layer.kernel, layer.stride,
                                                          layer.dilation, layer.out, pool, layer.groups > 1));
  if (layer.groups > 1) windows->run_words = static_cast<std::size_t>((layer.inputs + 3) / 4);
  const std::size_t members = pool.empty() ? 1 : static_cast<std::size_t>(count(pool));
  const std::string name = name_of(tail.nodes);
  if (layer.depthwise) {
    DepthwiseStep step;
    step.from = from;
    step.windows = windows;
    const auto channels = static_cast<std::size_t>(layer.outputs);
    step.channels = (channels + kBlock - 1) / kBlock * kBlock;
    SumMeaning sums;
    step.taps = pack_depthwise(layer, step.channels, sums);
    step.finish = finish_of(tail, 0, sums, target);
    step.narrow = layer.taps() * layer.want.encoding.most * layer.most_weight <= std::numeric_limits<std::int16_t>::max();
    step.to = {to, 0, channels, members};
    about.kernel = "depthwise";
    emit(std::move(step), name, about);
    return true;
  }
  for (std::int64_t group = 0; group < layer.groups; ++group) {
    MultiplyStep step;
    step.from = from;
    step.offset = static_cast<std::size_t>(group * layer.inputs);
    if (layer.groups == 1) step.offset = 0;
    step.windows = windows;
    const auto first = static_cast<std::size_t>(group * rows);
    SumMeaning sums;
    step.weights = pack_weights(layer, group, *windows, sums);
    step.finish = finish_of(tail, first, sums, target);
    const std::size_t offset = target.form == Form::kBits ? first / 8 : target.form == Form::kBytes ? first : first * 4;
    step.to = {to, offset, static_cast<std::size_t>(rows), members};
    FastStep part = about;
    part.products /= layer.groups;
    part.on_bits = layer.product != Product::kDot;
    part.pairs = part.on_bits ? static_cast<int>(step.weights.pairs.size()) : 1;
    part.kernel = layer.product == Product::kXor ? "xor" : layer.product == Product::kAnd ? "and" : "dot";
    emit(std::move(step), name, part);
  }
  return true;
}

/// The same elements in the same order of memory are another name for them; what a matrix reads through needs none.
bool Planner::plan_reshape(NodeId id) {
  const Node& node = graph_.node(id);
  const ValueId from = node.inputs[0];
  const ValueId to = node.outputs[0];
  if (graph_.value(to).type.is_float || fed_[to.index()]) return false;
  if (const NodeId user = only_user(to); user.valid() && std::holds_alternative<MatMul>(graph_.node(user).op) && !fetched_[to.index()]) {
    const std::optional<Layer>& behind = layer(user);
    if (behind && behind->x == from && (any_buffer(from) || small_integers(from))) return true;
  }
  const Shape& shape = graph_.value(to).shape;
  for (const std::size_t index : buffers_[from.index()]) {
    Buffer alias = plan_.buffers[index];
    const Layout& layout = alias.layout;
    const Layout renamed = Layout::of(shape, layout.axis);
    const bool bordered =
        layout.positions() * static_cast<std::int64_t>(layout.pixel_bytes) != static_cast<std::int64_t>(layout.plane_bytes);
    const auto before = [&](const Shape& s) {  // elements in front of the channels' axis
      return std::accumulate(s.begin(), s.begin() + std::min<std::ptrdiff_t>(layout.axis, std::ssize(s)), std::int64_t{1},
                             std::multiplies<>());
    };
    if (bordered || renamed.axis != layout.axis || renamed.channels != layout.channels || before(shape) != before(alias.shape)) continue;
    alias.layout.dims = renamed.dims;
    alias.layout.begin = renamed.begin;
    alias.layout.end = renamed.end;
    alias.shape = shape;
    plan_.buffers.push_back(std::move(alias));
    plan_.buffers.back().memory = plan_.buffers[index].memory;
    buffers_[to.index()].push_back(plan_.buffers.size() - 1);
    return true;
  }
  return false;
}

void Planner::emit_mix(MixStep step, const Tail& tail, std::size_t channels, int axis) {
  const Layout out = choose_layout(tail.out, axis);
  const std::size_t to = add_buffer(tail.out, out);
  step.finish = finish_of(tail, 0, SumMeaning::plain(channels), plan_.buffers[to].layout);
  step.to = {to, 0, channels, 1};
  emit(std::move(step), name_of(tail.nodes), {.name = "", .kernel = "mix"});
}

bool Planner::plan_thresholds(NodeId id) {
  const Node& node = graph_.node(id);
  const auto from = any_buffer(node.inputs[0]);
  if (!from || !small_integers(node.outputs[0])) return false;
  const int axis = plan_.buffers[*from].layout.axis;
  if (!usable_thresholds(graph_, node, axis)) return false;
  Tail tail;
  tail.sums = node.inputs[0];
  tail.thresholds = &node;
  tail.out = node.outputs[0];
  tail.nodes = {id};
  MixStep step;
  step.from = {*from};
  step.windows = {each_position(plan_.buffers[*from])};
  emit_mix(std::move(step), tail, static_cast<std::size_t>(plan_.buffers[*from].layout.channels), axis);
  return true;
}

bool Planner::plan_join(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& op = std::get<Join>(node.op);
  const ValueId out = node.outputs[0];
  if (!small_integers(out)) return false;
  MixStep step;
  step.kind = op.function == JoinFunction::kAdd ? MixKind::kAdd : MixKind::kMul;
  const auto fits = [](std::int64_t x) { return x == static_cast<std::int32_t>(x); };
  if (!fits(op.left) || !fits(op.right)) return false;
  step.left = static_cast<std::int32_t>(op.left);
  step.right = static_cast<std::int32_t>(op.right);
  const auto first = any_buffer(node.inputs[0]);
  if (!first) return false;
  const int axis = plan_.buffers[*first].layout.axis;
  const Layout result = Layout::of(graph_.value(out).shape, axis);
  for (std::size_t i = 0; i < 2; ++i) {
    const ValueId input = node.inputs[i];
    const auto from = any_buffer(input);
    if (!from) return false;
    const IntType& type = graph_.value(input).type.ints;
    const std::int64_t factor = i == 0 ? op.left : op.right;
    for (const std::int64_t end : {type.lo, type.hi}) {
      if (!fits(end * factor)) return false;
    }
    const Layout& layout = plan_.buffers[*from].layout;
    if (layout.axis != axis || layout.channels != result.channels || layout.dims.size() != result.dims.size()) return false;
    for (std::size_t a = 0; a < result.dims.size(); ++a) {
      if (layout.dims[a] != result.dims[a] && layout.dims[a] != 1) return false;
    }
    step.from.push_back(*from);
    step.windows.push_back(positions_from(plan_.buffers[*from], result.dims,
                                          [&](std::size_t a, std::int64_t index) { return layout.dims[a] == 1 ? 0 : index; }));
  }
  const Tail tail = tail_behind(id, axis, false);
  emit_mix(std::move(step), tail, static_cast<std::size_t>(result.channels), axis);
  return true;
}

void Planner::plan_window(NodeId id, MixKind kind, const Pool& op, Layout want) {
  const ValueId x = graph_.node(id).inputs[0];
  const std::size_t from = buffer_of(x, want);
  MixStep step;
  step.kind = kind;
  step.from = {from};
  const auto with_batch = [](const Shape& shape) {
    Shape all = shape;
    all.insert(all.begin(), 1);
    return all;
  };
  const Layout& layout = plan_.buffers[from].layout;
  Shape out = {layout.dims[0]};
  for (std::size_t a = 0; a < op.kernel.size(); ++a) {
    const std::int64_t span = (op.kernel[a] - 1) * op.dilation[a] + 1;
    out.push_back((want.dims[a + 1] + want.begin[a + 1] + want.end[a + 1] - span) / op.stride[a] + 1);
  }
  step.windows = {std::make_shared<WindowTable>(
      windows_of(layout, want.begin, with_batch(op.kernel), with_batch(op.stride), with_batch(op.dilation), out, {}, true))};
  const Tail tail = tail_behind(id, 1, false);
  emit_mix(std::move(step), tail, static_cast<std::size_t>(layout.channels), 1);
}

bool Planner::plan_pool(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& op = std::get<Pool>(node.op);
  const ValueId x = node.inputs[0];
  if (!any_buffer(x) || !small_integers(node.outputs[0]) || count(graph_.value(node.outputs[0]).shape) == 0) return false;
  const IntType& type = graph_.value(x).type.ints;
  bool padded = false;
  for (std::size_t a = 0; a < op.kernel.size(); ++a) {
    if (op.begin[a] < 0 || op.end[a] < 0) return false;
    if (op.begin[a] == 0 && op.end[a] == 0) continue;
    padded = true;
    // A maximum of padding alone is no number of ours.
    if (op.kind == PoolKind::kMax && (op.dilation[a] != 1 || op.begin[a] >= op.kernel[a] || op.end[a] >= op.kernel[a])) return false;
  }
  Layout want = Layout::of(graph_.value(x).shape, 1);
  if (!padded) {
    want = plan_.buffers[*any_buffer(x)].layout;
    if (want.axis != 1) return false;
    std::ranges::fill(want.begin, 0);
    std::ranges::fill(want.end, 0);
    want.settle();
  } else {
    std::ranges::copy(op.begin, want.begin.begin() + 1);
    std::ranges::copy(op.end, want.end.begin() + 1);
    want.fill = op.kind == PoolKind::kMax ? type.lo : op.fill;
    const Encoding encoding = encoding_of(type, &want.fill);
    want.form = encoding.most <= 255 ? Form::kBytes : Form::kWords;
    if (want.form == Form::kBytes) want.encoding = encoding;
    if (want.fill != static_cast<std::int32_t>(want.fill)) return false;
    want.settle();
  }
  plan_window(id, op.kind == PoolKind::kMax ? MixKind::kMax : MixKind::kSum, op, want);
  return true;
}

/// Over all positions of an image.
bool Planner::plan_sum(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& op = std::get<Sum>(node.op);
  const ValueId x = node.inputs[0];
  const auto from = any_buffer(x);
  const Shape& shape = graph_.value(x).shape;
  if (!from || shape.size() < 3 || !small_integers(node.outputs[0]) || plan_.buffers[*from].layout.axis != 1) return false;
  std::vector<int> spatial(shape.size() - 2);
  std::iota(spatial.begin(), spatial.end(), 2);
  if (op.axes != spatial || count(shape) == 0) return false;
  Pool pool;
  pool.kind = PoolKind::kSum;
  pool.kernel = pool.stride = spatial_part(shape);
  pool.dilation = ones(pool.kernel.size());
  Layout want = plan_.buffers[*from].layout;
  std::ranges::fill(want.begin, 0);
  std::ranges::fill(want.end, 0);
  want.settle();
  plan_window(id, MixKind::kSum, pool, want);
  return true;
}

/// Position by position, in the form of the other buffer.
void Planner::emit_copy(std::size_t from, Target to, std::string name) {
  const Layout& layout = plan_.buffers[to.buffer].layout;
  const SumMeaning numbers = SumMeaning::plain(to.channels);
  MixStep step;
  step.from = {from};
  step.windows = {each_position(plan_.buffers[from])};
  step.finish = layout.form == Form::kWords ? plain_finish(numbers) : recoding_finish(numbers, layout.encoding);
  step.to = to;
  emit(std::move(step), std::move(name), {.name = "", .kernel = "copy"});
}

bool Planner::plan_concat(NodeId id) {
  const Node& node = graph_.node(id);
  const ValueId out = node.outputs[0];
  const auto& op = std::get<Concat>(node.op);
  if (!small_integers(out) || !any_buffer(node.inputs[0])) return false;
  const int axis = plan_.buffers[*any_buffer(node.inputs[0])].layout.axis;
  for (const ValueId input : node.inputs) {
    if (!any_buffer(input) || plan_.buffers[*any_buffer(input)].layout.axis != axis) return false;
  }
  Layout layout = Layout::of(graph_.value(out).shape, axis);
  take_plain_form(layout, graph_.value(out).type.ints);
  const std::size_t to = add_buffer(out, layout);
  std::size_t first = 0;  // of the channels, or of the positions along the axis
  for (const ValueId input : node.inputs) {
    const std::size_t from = *any_buffer(input);
    const auto channels = static_cast<std::size_t>(plan_.buffers[from].layout.channels);
    if (op.axis == axis) {
      const std::size_t offset = plan_.buffers[to].layout.form == Form::kWords ? first * 4 : first;
      emit_copy(from, {to, offset, channels, 1}, name_of({id}));
      first += channels;
      continue;
    }
    Buffer part = plan_.buffers[to];  // of the same memory, with the positions of this operand
    const Shape dims = plan_.buffers[from].layout.dims;
    const auto along = static_cast<std::size_t>(op.axis < axis ? op.axis : op.axis - 1);
    part.places = positions_from(part, dims, [&](std::size_t a, std::int64_t i) {
                    return a == along ? i + static_cast<std::int64_t>(first) : i;
                  })->starts;
    plan_.buffers.push_back(std::move(part));
    emit_copy(from, {plan_.buffers.size() - 1, 0, channels, 1}, name_of({id}));
    first += static_cast<std::size_t>(dims[along]);
  }
  return true;
}

/// A copy with a border, which the result has as positions of its own.
bool Planner::plan_pad(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& op = std::get<Pad>(node.op);
  const ValueId out = node.outputs[0];
  const auto from = any_buffer(node.inputs[0]);
  if (!from || !small_integers(out)) return false;
  Layout want = plan_.buffers[*from].layout;
  const auto channels = static_cast<std::size_t>(want.axis);
  if (op.begin[channels] != 0 || op.end[channels] != 0) return false;
  want.begin = op.begin;
  want.end = op.end;
  want.begin.erase(want.begin.begin() + want.axis);
  want.end.erase(want.end.begin() + want.axis);
  want.fill = op.code;
  take_plain_form(want, graph_.value(out).type.ints);
  const std::size_t to = add_buffer(node.inputs[0], want);
  emit_copy(*from, {to, 0, static_cast<std::size_t>(want.channels), 1}, name_of({id}));
  Buffer whole = plan_.buffers[to];
  for (std::size_t a = 0; a < want.dims.size(); ++a) whole.layout.dims[a] += want.begin[a] + want.end[a];
  std::ranges::fill(whole.layout.begin, 0);
  std::ranges::fill(whole.layout.end, 0);
  whole.layout.settle();
  FINNR_CHECK(whole.layout.frame_bytes == plan_.buffers[to].layout.frame_bytes, "a border takes the room of its positions");
  whole.shape = graph_.value(out).shape;
  whole.places = whole.layout.places();
  plan_.buffers.push_back(std::move(whole));
  buffers_[out.index()].push_back(plan_.buffers.size() - 1);
  return true;
}

bool Planner::plan_take(NodeId id) {
  const Node& node = graph_.node(id);
  const auto& op = std::get<Take>(node.op);
  const auto from = any_buffer(node.inputs[0]);
  if (!from || !small_integers(node.outputs[0])) return false;
  const Layout& layout = plan_.buffers[*from].layout;
  if (op.axis == layout.axis) return false;
  const Layout result = Layout::of(graph_.value(node.outputs[0]).shape, layout.axis);
  const auto axis = static_cast<std::size_t>(op.axis < layout.axis ? op.axis : op.axis - 1);
  if (result.positions() == 0) return false;
  MixStep step;
  step.from = {*from};
  step.windows = {positions_from(plan_.buffers[*from], result.dims,
                                 [&](std::size_t a, std::int64_t i) { return a == axis ? op.indices[static_cast<std::size_t>(i)] : i; })};
  const auto channels = static_cast<std::size_t>(layout.channels);
  const int channel_axis = layout.axis;
  const Tail tail = tail_behind(id, channel_axis, false);
  emit_mix(std::move(step), tail, channels, channel_axis);
  return true;
}

}  // namespace finnr::fast
