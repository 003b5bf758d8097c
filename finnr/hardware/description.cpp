// SPDX-License-Identifier: Apache-2.0
// Nodes become layers as those of a graph do (layers.cpp): thresholds of few steps are fused behind a matrix that nobody else
// reads, an average is a sum and thresholds, a pool of a whole image has no windows.
#include "finnr/hardware/description.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace finnr {
namespace {

Shape batch_of(const ImageShape& image) { return {1, image.channels, image.height, image.width}; }

class Builder {
 public:
  explicit Builder(const NetworkDescription& description) : description_(description) {
    for (const DescribedNode& node : description.nodes) {
      for (const std::string& input : node.inputs) readers_[input].push_back(&node);
    }
  }

  Result<HardwarePart> run() {
    link_of_["input"] = add_link(description_.input, description_.input_type);
    part_.inputs = {0};
    for (const DescribedNode& node : description_.nodes) {
      if (!fused_.contains(node.name)) add(node);
    }
    std::vector<bool> read(part_.links.size(), false);
    for (const Layer& layer : part_.layers) {
      for (const std::size_t link : layer.inputs) read[link] = true;
    }
    for (const DescribedNode& node : description_.nodes) {  // what is only seen through forks and channelwise nodes is the host's
      const std::size_t link = link_of_[node.name];
      const bool end = !read[link] && std::ranges::find(part_.outputs, link) == part_.outputs.end();
      if (end) part_.outputs.push_back(link);
    }
    if (part_.layers.empty()) {
      return Diagnostic(Code::kBadDescription, "the described network has no node that becomes hardware")
          .fix("describe at least one of conv, depthwise, fc, threshold or a pool");
    }
    return std::move(part_);
  }

 private:
  std::size_t add_link(const ImageShape& image, const IntType& type) {
    part_.links.push_back({{}, Layout::channels_last(batch_of(image)), type, image.channels, image.pixels()});
    return part_.links.size() - 1;
  }

  std::size_t add_layer(const DescribedNode& node, std::string name, decltype(Layer::kind) kind, std::vector<std::size_t> inputs,
                        const IntType& type) {
    const std::size_t link = add_link(node.out, type);
    part_.layers.push_back({std::move(name), std::move(kind), std::move(inputs), link, {node.name}});
    return link;
  }

  static Steps steps_of(std::int64_t count, std::int64_t rows, const IntType& codes) {
    return {nullptr, nullptr, nullptr, codes, count, rows};
  }

  /// The thresholds fused behind a matrix, whose name then stands for the result.
  const DescribedNode* fusible(const DescribedNode& matrix) {
    const std::vector<const DescribedNode*>& readers = readers_[matrix.name];
    if (readers.size() != 1) return nullptr;
    if (readers[0]->kind == NodeKind::kChannelwise) return fusible(*readers[0]);
    const bool few = readers[0]->kind == NodeKind::kThreshold && readers[0]->steps <= kMaxFusedSteps;
    return few ? readers[0] : nullptr;
  }

  /// The layer of a matrix, under its own name; channelwise nodes between it and its thresholds are absorbed.
  template <class L>
  void add_matrix(const DescribedNode& node, L layer) {
    layer.w = node.w;
    layer.accumulator = node.y;
    const DescribedNode* thresholds = fusible(node);
    if (thresholds != nullptr) layer.steps = steps_of(thresholds->steps, thresholds->per_channel ? node.out.channels : 1, thresholds->y);
    const std::size_t link = add_layer(node, node.name, std::move(layer), inputs(node), thresholds != nullptr ? thresholds->y : node.y);
    link_of_[node.name] = link;
    if (thresholds == nullptr) return;
    for (const DescribedNode* next = readers_[node.name][0];; next = readers_[next->name][0]) {
      fused_.insert(next->name);
      link_of_[next->name] = link;
      if (next == thresholds) break;
    }
  }

  std::vector<std::size_t> inputs(const DescribedNode& node) {
    std::vector<std::size_t> links;
    for (const std::string& input : node.inputs) links.push_back(link_of_[input]);
    return links;
  }

  static std::optional<Windows> windows_of_node(const DescribedNode& n, std::int64_t fill) {
    Windows windows = windows_of(batch_of(n.in), batch_of(n.out), {n.kernel[0], n.kernel[1]}, {n.stride[0], n.stride[1]}, {1, 1},
                                 {n.padding[0], n.padding[1]}, {1, 1}, fill);
    if (windows.trivial()) return std::nullopt;
    return windows;
  }

  void add_pool(const DescribedNode& n) {
    const bool max = n.kind == NodeKind::kMaxPool;
    std::optional<Windows> windows = windows_of_node(n, max ? n.x.lo : 0);
    if (windows && n.out.pixels() == 1 && n.kernel_size() == n.in.pixels() && !windows->filled()) windows.reset();
    const PoolLayer layer{{}, max ? PoolKind::kMax : PoolKind::kSum, windows, n.in.channels, n.kernel_size(), n.out.pixels()};
    const IntType sum{n.x.lo * n.kernel_size(), n.x.hi * n.kernel_size(), false};
    const bool divided = !max && (n.y.lo > sum.lo || n.y.hi < sum.hi);
    const std::string name = divided ? n.name + "_sum" : n.name;
    link_of_[n.name] = add_layer(n, name, layer, inputs(n), max ? n.x : sum);
    if (!divided) return;
    const std::int64_t steps = n.y.bipolar ? 1 : n.y.hi - n.y.lo;
    const ThresholdLayer thresholds{{}, n.out.channels, n.out.pixels(), steps_of(steps, 1, n.y)};
    link_of_[n.name] = add_layer(n, n.name, thresholds, {link_of_[n.name]}, n.y);
  }

  void add(const DescribedNode& n) {
    switch (n.kind) {
      case NodeKind::kConv:
      case NodeKind::kFc: {
        MatrixLayer layer;
        if (n.kind == NodeKind::kConv) layer.windows = windows_of_node(n, 0);
        layer.groups = n.groups;
        layer.inputs = n.matrix_inputs();
        layer.outputs = n.matrix_outputs();
        layer.vectors = n.out.pixels() * n.groups;
        return add_matrix(n, std::move(layer));
      }
      case NodeKind::kDepthwise: {
        DepthwiseLayer layer;
        layer.windows = windows_of_node(n, 0);
        layer.channels = n.in.channels;
        layer.kernel = n.kernel_size();
        layer.pixels = n.out.pixels();
        return add_matrix(n, std::move(layer));
      }
      case NodeKind::kMaxPool:
      case NodeKind::kAvgPool:
        return add_pool(n);
      case NodeKind::kThreshold: {
        if (description_.float_input && n.inputs[0] == "input") {  // the host's
          part_.links[0].type = n.y;
          link_of_[n.name] = 0;
          return;
        }
        const ThresholdLayer layer{{}, n.in.channels, n.in.pixels(), steps_of(n.steps, n.per_channel ? n.in.channels : 1, n.y)};
        link_of_[n.name] = add_layer(n, n.name, layer, inputs(n), n.y);
        return;
      }
      case NodeKind::kAdd:
      case NodeKind::kMul: {
        JoinLayer layer;
        layer.channels = n.in.channels;
        layer.vectors = n.in.pixels();
        layer.function = n.kind == NodeKind::kAdd ? JoinFunction::kAdd : JoinFunction::kMul;
        link_of_[n.name] = add_layer(n, n.name, layer, inputs(n), n.y);
        return;
      }
      case NodeKind::kConcat: {
        ConcatLayer layer;
        for (const std::size_t link : inputs(n)) layer.turns.push_back(part_.links[link].channels);
        layer.rounds = n.in.pixels();
        link_of_[n.name] = add_layer(n, n.name, layer, inputs(n), n.y);
        return;
      }
      case NodeKind::kTopK:
        link_of_[n.name] = add_layer(n, n.name, TopKLayer{{}, n.in.elements(), n.k}, inputs(n), n.y);
        return;
      case NodeKind::kFork:
      case NodeKind::kChannelwise:
        link_of_[n.name] = link_of_[n.inputs[0]];
        return;
    }
  }

  const NetworkDescription& description_;
  HardwarePart part_;
  std::map<std::string, std::vector<const DescribedNode*>> readers_;
  std::map<std::string, std::size_t> link_of_;
  std::set<std::string> fused_;
};

}  // namespace

Result<HardwarePart> hardware_of(const NetworkDescription& description) { return Builder(description).run(); }

}  // namespace finnr
