// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/layer_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

/// One layer as a part of its own. A link that it reads twice is two links there.
HardwarePart alone(const HardwarePart& part, std::size_t index, std::size_t readers) {
  HardwarePart single;
  Layer layer = part.layers[index];
  for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
    single.links.push_back(part.links[layer.inputs[port]]);
    single.inputs.push_back(port);
    layer.inputs[port] = port;
  }
  single.links.push_back(part.links[layer.output]);
  layer.output = single.links.size() - 1;
  single.outputs.assign(readers, layer.output);
  single.layers.push_back(std::move(layer));
  return single;
}

/// The units of a layer that are part of it whatever its neighbours are: not the queues at the edges, which stand for neighbours, and
/// not those that bring the sides of a join together.
bool counts(const Unit& unit, bool join, bool at_input, bool at_output) {
  if (!std::holds_alternative<Fifo>(unit.kind)) return true;
  if (unit.name.starts_with("fifo_in")) return at_input;
  if (unit.name.starts_with("fifo_out")) return at_output;
  return !join;
}

/// Which sizes of a matrix may be padded.
struct Free {
  bool inputs = false;
  bool outputs = false;
};

/// The divisors of a size and, if it may be padded, the fewest lanes that work it off in each number of turns, where that pads
/// it by no more than a quarter.
std::vector<std::int64_t> lane_choices(std::int64_t size, bool pad) {
  constexpr std::int64_t kLeastGain = 4;
  std::vector<std::int64_t> lanes = divisors(size);
  for (std::int64_t turns = 1; pad && turns <= size; ++turns) {
    const std::int64_t fewest = ceil_div(size, turns);
    if (ceil_div(size, fewest) == turns && size % fewest != 0 && kLeastGain * (fewest * turns - size) <= size) lanes.push_back(fewest);
  }
  return lanes;
}

std::vector<Fold> matrix_folds(const MatrixLayer& m, const Free& free) {
  std::vector<Fold> folds;
  for (const std::int64_t simd : lane_choices(m.inputs, free.inputs)) {
    for (const std::int64_t pe : lane_choices(m.outputs, free.outputs)) {
      const bool pad = m.inputs % simd != 0 || m.outputs % pe != 0;
      folds.push_back({static_cast<int>(pe), static_cast<int>(simd), pad, {}, 1});
    }
  }
  for (const std::int64_t pixels : pixel_choices(m)) {
    if (pixels > 1) folds.push_back({static_cast<int>(m.outputs), static_cast<int>(m.inputs), false, {}, static_cast<int>(pixels)});
  }
  return folds;
}

std::vector<Fold> folds_of(const HardwarePart& part, const Layer& layer, const Free& free) {
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) return matrix_folds(*m, free);
  std::vector<Fold> folds;
  if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) {
    for (const std::int64_t pe : divisors(d->channels)) {
      for (const std::int64_t simd : divisors(d->kernel)) folds.push_back({static_cast<int>(pe), static_cast<int>(simd), false, {}, 1});
    }
    return folds;
  }
  for (const std::int64_t lanes : divisors(most_lanes(layer, part))) folds.push_back({static_cast<int>(lanes), 1, false, {}, 1});
  return folds;
}

bool has_weights(const Layer& layer) {
  return std::holds_alternative<MatrixLayer>(layer.kind) || std::holds_alternative<DepthwiseLayer>(layer.kind);
}

/// Calls `visit` for every unit with weights.
template <class SomeDesign, class Visit>
void for_weights(SomeDesign& design, const Visit& visit) {
  for (auto& unit : design.units) {
    if (auto* mvu = std::get_if<Mvu>(&unit.kind)) visit(*mvu);
    if (auto* vvu = std::get_if<Vvu>(&unit.kind)) visit(*vvu);
  }
}

/// Where the units of a layer keep their weights, and what multiplies; nothing else depends on that.
void set(Design& design, Store store, std::optional<Core> core) {
  for_weights(design, [&](auto& unit) {
    unit.weight_store = store;
    if (core) unit.core = *core;
  });
}

/// Where weights can lie: few words that gates take in need no memory.
std::vector<Store> stores_of(const Design& design, const std::vector<Store>& stores) {
  bool merged = false;
  for_weights(design, [&](const auto& unit) { merged |= unit.weight_store == Store::kConstant; });
  return merged ? std::vector{Store::kConstant} : stores;
}

/// The cores of a unit, its default one first (none): gates for small operands, slices where several products fit into one, and the
/// tool's multipliers. A bipolar operand is best off with gates.
std::vector<std::optional<Core>> cores_of(const Design& design) {
  std::vector<std::optional<Core>> cores = {std::nullopt};
  for_weights(design, [&](const auto& unit) {
    if (cores.size() > 1 || unit.x.bipolar || unit.w.bipolar) return;
    for (const Core core : {Core::kLut, Core::kDsp, Core::kOperators}) {
      if (core != unit.core) cores.emplace_back(core);
    }
  });
  return cores;
}

struct LayerOptions {
  Decision decision;
  std::vector<Fold> folds;
};

class LayerCosts {
 public:
  /// `readers` of every link.
  LayerCosts(const HardwarePart& part, std::size_t index, const std::vector<std::size_t>& readers, const OptionRules& rules,
             const UnitCost& cost)
      : part_(part), layer_(part.layers[index]), rules_(rules), cost_(cost), single_(alone(part, index, readers[layer_.output])) {
    const auto has = [](const std::vector<std::size_t>& links, std::size_t link) { return std::ranges::find(links, link) != links.end(); };
    at_input_ = std::ranges::any_of(layer_.inputs, [&](std::size_t link) { return has(part.inputs, link); });
    at_output_ = has(part.outputs, layer_.output);
    const auto* m = std::get_if<MatrixLayer>(&layer_.kind);
    if (m == nullptr || m->groups > 1) return;
    free_.inputs = at_input_ && !m->windows && readers[layer_.inputs[0]] == 1;
    free_.outputs = at_output_ && readers[layer_.output] == 1;
  }

  Result<LayerOptions> run() {
    LayerOptions options{{layer_.name, {}}, {}};
    LayerOptions beyond = options;
    for (const Fold& fold : folds_of(part_, layer_, free_)) {
      FINNR_ASSIGN(const Design design, lower(single_, {fold}, "option"));
      if (!has_weights(layer_)) {
        add(options, beyond, design, fold);
        continue;
      }
      for (const std::optional<Core> core : cores_of(design)) {
        for (const Store store : stores_of(design, rules_.stores)) {
          Design made = design;
          set(made, store, core);
          Fold stored = fold;
          stored.weight_store = store;
          stored.core = core;
          add(options, beyond, made, stored);
        }
      }
    }
    return options.folds.empty() ? beyond : options;
  }

 private:
  void add(LayerOptions& options, LayerOptions& beyond, const Design& design, const Fold& fold) const {
    const bool join = std::holds_alternative<JoinLayer>(layer_.kind);
    Cost sum;
    for (const Unit& unit : design.units) {
      if (counts(unit, join, at_input_, at_output_)) sum += cost_(design, unit);
    }
    LayerOptions& list = sum.fits(rules_.largest) ? options : beyond;
    list.decision.options.push_back({interval(design), bill_of(sum)});
    list.folds.push_back(fold);
  }

  const HardwarePart& part_;
  const Layer& layer_;
  const OptionRules& rules_;
  const UnitCost& cost_;
  HardwarePart single_;
  bool at_input_ = false;
  bool at_output_ = false;
  Free free_;
};

/// What it takes to bring a link from some lanes to others, through the least common multiple where neither divides the other.
Cost converter_cost(const Link& link, int from, int to, const UnitCost& cost) {
  if (from == to) return {};
  if (from % to != 0 && to % from != 0) {
    const int both = std::lcm(from, to);
    return converter_cost(link, from, both, cost) + converter_cost(link, both, to, cost);
  }
  Design design;
  Stream stream{"from", {}, UnitId{0}, link.type, from, link.vectors, link.channels, link.channels, link.value, link.layout};
  design.streams.push_back(stream);
  stream = {"to", UnitId{0}, {}, link.type, to, link.vectors, link.channels, link.channels, link.value, link.layout};
  if (stream.padded % to != 0) {
    stream.channels = stream.padded = link.vectors * link.channels;
    stream.vectors = 1;
  }
  design.streams.push_back(stream);
  design.units.push_back({"width", Width{}, {}, {0}, {1}});
  return cost(design, design.units[0]);
}

/// The classes of numbers, and which number each class is.
struct Classes {
  std::vector<std::size_t> of;
  std::vector<int> lanes;
};

template <class LanesOf>
Classes classes_of(const std::vector<Fold>& folds, const LanesOf& lanes_of) {
  Classes classes;
  std::map<int, std::size_t> found;
  for (const Fold& fold : folds) {
    const int lanes = lanes_of(fold);
    const auto [at, fresh] = found.emplace(lanes, found.size());
    if (fresh) classes.lanes.push_back(lanes);
    classes.of.push_back(at->second);
  }
  return classes;
}

}  // namespace

Bill bill_of(const Cost& cost) {
  Bill bill;
  for (const auto member : Cost::kMembers) bill.push_back(cost.*member);
  return bill;
}

Cost cost_of(const Bill& bill) {
  Cost cost;
  for (std::size_t r = 0; r < bill.size(); ++r) cost.*Cost::kMembers[r] = bill[r];
  return cost;
}

Result<FoldingProblem> folding_problem(const HardwarePart& part, const OptionRules& rules, const UnitCost& cost) {
  FoldingProblem result;
  for (const std::string_view name : kCostNames) result.problem.resources.emplace_back(name);
  std::vector<std::size_t> readers(part.links.size(), 0);
  std::vector<std::optional<std::size_t>> producer(part.links.size());
  for (const std::size_t link : part.outputs) ++readers[link];
  for (const Layer& layer : part.layers) {
    for (const std::size_t link : layer.inputs) ++readers[link];
  }
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    producer[layer.output] = i;
    FINNR_ASSIGN(LayerOptions options, LayerCosts(part, i, readers, rules, cost).run());
    result.problem.decisions.push_back(std::move(options.decision));
    result.folds.push_back(std::move(options.folds));
  }
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      const std::optional<std::size_t> from = producer[layer.inputs[port]];
      if (!from) continue;
      const Link& link = part.links[layer.inputs[port]];
      Classes out = classes_of(result.folds[*from], [&](const Fold& fold) { return output_lanes(part.layers[*from], fold); });
      Classes in = classes_of(result.folds[i], [&](const Fold& fold) { return input_side(layer, fold, port).lanes; });
      Coupling coupling{*from, i, std::move(out.of), std::move(in.of), {}};
      for (const int a : out.lanes) {
        std::vector<Bill>& row = coupling.cost.emplace_back();
        for (const int b : in.lanes) row.push_back(bill_of(converter_cost(link, a, b, cost)));
      }
      result.problem.couplings.push_back(std::move(coupling));
    }
  }
  return result;
}

Folding folding_of(const FoldingProblem& problem, const Choice& choice) {
  Folding folding;
  for (std::size_t i = 0; i < choice.size(); ++i) folding.push_back(problem.folds[i][choice[i]]);
  return folding;
}

}  // namespace finnr
