// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/layer_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/padding.h"

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

/// Which sizes of a matrix may be padded as it likes.
struct Free {
  bool inputs = false;
  bool outputs = false;
};

/// What the ends of a layer are padded to: elements of a vector on its links; all of its inputs have as many.
struct Padded {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
};

constexpr std::int64_t kLeastGain = 4;  // padding adds no more than one part in so many

/// The divisors of a size and, if it may be padded, the fewest lanes that work it off in each number of turns, where that pads
/// it by no more than a quarter.
std::vector<std::int64_t> lane_choices(std::int64_t size, bool pad) {
  std::vector<std::int64_t> lanes = divisors(size);
  for (std::int64_t turns = 1; pad && turns <= size; ++turns) {
    const std::int64_t fewest = ceil_div(size, turns);
    if (ceil_div(size, fewest) == turns && size % fewest != 0 && kLeastGain * (fewest * turns - size) <= size) lanes.push_back(fewest);
  }
  return lanes;
}

/// Whether some factor above two lies between numbers of lanes that follow each other: those of 61 are 1 and 61.
bool is_awkward(std::int64_t size) {
  const std::vector<std::int64_t> lanes = divisors(size);
  return std::ranges::adjacent_find(lanes, [](std::int64_t a, std::int64_t b) { return b > 2 * a; }) != lanes.end();
}

/// What an awkward size may be padded to: the next two that are not.
std::vector<std::int64_t> padded_sizes(std::int64_t size) {
  constexpr std::size_t kMost = 2;
  std::vector<std::int64_t> sizes{size};
  if (!is_awkward(size)) return sizes;
  for (std::int64_t more = size + 1; kLeastGain * (more - size) <= size && sizes.size() <= kMost; ++more) {
    if (!is_awkward(more)) sizes.push_back(more);
  }
  return sizes;
}

/// By link: what it may be padded to, all links of a set alike. Sizes that the host shares with several readers stay: no coupling would
/// hold those together.
std::vector<std::vector<std::int64_t>> padded_choices(const HardwarePart& part, const std::vector<std::size_t>& readers) {
  const PaddingSets sets = padding_sets(part);
  std::vector<bool> open(part.links.size(), false);  // by set: some layer writes it, and nothing stands in the way
  for (const Layer& layer : part.layers) open[sets.of[layer.output]] = sets.obstacle[sets.of[layer.output]].empty();
  for (const std::size_t link : part.inputs) open[sets.of[link]] = open[sets.of[link]] && readers[link] == 1;
  std::vector<std::vector<std::int64_t>> choices;
  for (std::size_t link = 0; link < part.links.size(); ++link) {
    const std::int64_t channels = part.links[link].channels;
    choices.push_back(open[sets.of[link]] ? padded_sizes(channels) : std::vector{channels});
  }
  return choices;
}

std::vector<Fold> matrix_folds(const MatrixLayer& m, const Free& free, std::int64_t inputs, std::int64_t outputs) {
  std::vector<Fold> folds;
  const bool padded = inputs > m.inputs || outputs > m.outputs;
  for (const std::int64_t simd : lane_choices(inputs, free.inputs)) {
    for (const std::int64_t pe : lane_choices(outputs, free.outputs)) {
      Fold fold{static_cast<int>(pe), static_cast<int>(simd)};
      fold.pad = padded || inputs % simd != 0 || outputs % pe != 0;
      fold.padded = outputs > m.outputs ? outputs : 0;
      folds.push_back(fold);
    }
  }
  for (const std::int64_t pixels : pixel_choices(m)) {
    if (pixels > 1 && !padded)
      folds.push_back({static_cast<int>(m.outputs), static_cast<int>(m.inputs), false, {}, static_cast<int>(pixels)});
  }
  return folds;
}

/// Of the only layer of a part; its first input link and its last link are padded so.
std::vector<Fold> folds_of(const HardwarePart& single, const Free& free, const Padded& padded) {
  const Layer& layer = single.layers.front();
  const bool more_outputs = padded.outputs > single.links.back().channels;
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) {
    const std::int64_t kernel = m->windows ? m->windows->kernel() : 1;
    const std::int64_t inputs = padded.inputs > single.links.front().channels ? kernel * padded.inputs : m->inputs;
    return matrix_folds(*m, free, inputs, more_outputs ? padded.outputs : m->outputs);
  }
  std::vector<Fold> folds;
  const auto add = [&](std::int64_t pe, std::int64_t simd) {
    Fold fold{static_cast<int>(pe), static_cast<int>(simd), more_outputs};
    fold.padded = more_outputs ? padded.outputs : 0;
    folds.push_back(fold);
  };
  if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) {
    for (const std::int64_t pe : divisors(more_outputs ? padded.outputs : d->channels)) {
      for (const std::int64_t simd : divisors(d->kernel)) add(pe, simd);
    }
    return folds;
  }
  for (const std::int64_t lanes : divisors(more_outputs ? padded.outputs : most_lanes(layer, single))) add(lanes, 1);
  return folds;
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

/// How an option meets a neighbour: lanes of the link, and elements of a vector on it.
struct End {
  int lanes = 1;
  std::int64_t padded = 0;
  auto operator<=>(const End&) const = default;
};

struct LayerOptions {
  Decision decision;
  std::vector<Fold> folds;
  std::vector<std::vector<End>> inputs;  ///< by port and option
  std::vector<End> outputs;              ///< by option
};

class LayerCosts {
 public:
  /// `readers` of every link, and `padded` as it may be.
  LayerCosts(const HardwarePart& part, std::size_t index, const std::vector<std::size_t>& readers,
             const std::vector<std::vector<std::int64_t>>& padded, const OptionRules& rules, const UnitCost& cost)
      : layer_(part.layers[index]), rules_(rules), cost_(cost), single_(alone(part, index, readers[layer_.output])) {
    const auto has = [](const std::vector<std::size_t>& links, std::size_t link) { return std::ranges::find(links, link) != links.end(); };
    at_input_ = std::ranges::any_of(layer_.inputs, [&](std::size_t link) { return has(part.inputs, link); });
    at_output_ = has(part.outputs, layer_.output);
    const auto* m = std::get_if<MatrixLayer>(&layer_.kind);
    if (m != nullptr && m->groups == 1) {
      free_.inputs = at_input_ && !m->windows && readers[layer_.inputs[0]] == 1;
      free_.outputs = at_output_ && readers[layer_.output] == 1;
    }
    const std::int64_t inputs = single_.links.front().channels;
    for (const std::int64_t out : free_.outputs ? std::vector{single_.links.back().channels} : padded[layer_.output]) {
      if (by_channel(layer_)) {
        padded_.push_back({out > single_.links.back().channels ? out : inputs, out});
        continue;
      }
      for (const std::int64_t in : padded[layer_.inputs[0]]) padded_.push_back({in, out});
    }
  }

  Result<LayerOptions> run() {
    LayerOptions options{{layer_.name, {}}, {}, std::vector<std::vector<End>>(layer_.inputs.size()), {}};
    LayerOptions beyond = options;
    for (const Padded& padded : padded_) {
      const std::vector<std::int64_t> elements = elements_of(padded);
      for (const Fold& fold : folds_of(single_, free_, padded)) {
        FINNR_ASSIGN(Design design, lower(single_, {fold}, "option", elements));
        add_stored(options, beyond, std::move(design), fold, elements);
      }
    }
    return options.folds.empty() ? beyond : options;
  }

 private:
  /// By link.
  std::vector<std::int64_t> elements_of(const Padded& padded) const {
    std::vector<std::int64_t> elements;
    for (const Link& link : single_.links) elements.push_back(link.channels);
    if (padded.inputs > elements.front()) std::fill(elements.begin(), elements.end() - 1, padded.inputs);
    elements.back() = padded.outputs;
    return elements;
  }

  /// A fold with every store and core of its weights, on which neither its interval nor the cost of other units depends.
  void add_stored(LayerOptions& options, LayerOptions& beyond, Design design, const Fold& fold,
                  const std::vector<std::int64_t>& elements) const {
    const bool join = std::holds_alternative<JoinLayer>(layer_.kind);
    Cost others;
    std::vector<const Unit*> with_weights;
    for (const Unit& unit : design.units) {
      if (std::holds_alternative<Mvu>(unit.kind) || std::holds_alternative<Vvu>(unit.kind)) {
        with_weights.push_back(&unit);
      } else if (counts(unit, join, at_input_, at_output_)) {
        others += cost_(design, unit);
      }
    }
    const std::int64_t cycles = interval(design);
    const auto add = [&](const Cost& cost, const Fold& made) {
      LayerOptions& list = cost.fits(rules_.largest) ? options : beyond;
      list.decision.options.push_back({cycles, bill_of(cost)});
      list.folds.push_back(made);
      for (std::size_t port = 0; port < layer_.inputs.size(); ++port)
        list.inputs[port].push_back({design.streams[design.inputs[port]].lanes, elements[port]});
      list.outputs.push_back({output_lanes(layer_, made), elements.back()});
    };
    if (with_weights.empty()) return add(others, fold);
    const std::vector<Store> stores = stores_of(design, rules_.stores);
    for (const std::optional<Core> core : cores_of(design)) {  // the default one first: it is there already
      for (const Store store : stores) {
        set(design, store, core);
        Cost sum = others;
        for (const Unit* unit : with_weights) sum += cost_(design, *unit);
        Fold stored = fold;
        stored.weight_store = store;
        stored.core = core;
        add(sum, stored);
      }
    }
  }

  const Layer& layer_;
  const OptionRules& rules_;
  const UnitCost& cost_;
  HardwarePart single_;
  bool at_input_ = false;
  bool at_output_ = false;
  Free free_;
  std::vector<Padded> padded_;
};

/// What it takes to bring a link of `padded` elements from some lanes to others, through the least common multiple where neither divides
/// the other.
Cost converter_cost(const Link& link, std::int64_t padded, int from, int to, const UnitCost& cost) {
  if (from == to) return {};
  if (from % to != 0 && to % from != 0) {
    const int both = std::lcm(from, to);
    return converter_cost(link, padded, from, both, cost) + converter_cost(link, padded, both, to, cost);
  }
  Design design;
  Stream stream{"from", {}, UnitId{0}, link.type, from, link.vectors, link.channels, padded, link.value, link.layout};
  design.streams.push_back(stream);
  stream = {"to", UnitId{0}, {}, link.type, to, link.vectors, link.channels, padded, link.value, link.layout};
  if (stream.padded % to != 0) {
    stream.channels = stream.padded = link.vectors * link.channels;
    stream.vectors = 1;
  }
  design.streams.push_back(stream);
  design.units.push_back({"width", Width{}, {}, {0}, {1}});
  return cost(design, design.units[0]);
}

/// The classes of ends, and which end each class is.
struct Classes {
  std::vector<std::size_t> of;
  std::vector<End> ends;
};

Classes classes_of(const std::vector<End>& ends) {
  Classes classes;
  std::map<End, std::size_t> found;
  for (const End& end : ends) {
    const auto [at, fresh] = found.emplace(end, found.size());
    if (fresh) classes.ends.push_back(end);
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
  const std::vector<std::vector<std::int64_t>> padded = padded_choices(part, readers);
  std::vector<LayerOptions> layers;
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    producer[part.layers[i].output] = i;
    FINNR_ASSIGN(LayerOptions options, LayerCosts(part, i, readers, padded, rules, cost).run());
    result.problem.decisions.push_back(std::move(options.decision));
    result.folds.push_back(std::move(options.folds));
    layers.push_back(std::move(options));
  }
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      const std::optional<std::size_t> from = producer[layer.inputs[port]];
      if (!from) continue;
      const Link& link = part.links[layer.inputs[port]];
      Classes out = classes_of(layers[*from].outputs);
      Classes in = classes_of(layers[i].inputs[port]);
      Coupling coupling{*from, i, std::move(out.of), std::move(in.of), {}};
      for (const End& a : out.ends) {
        std::vector<Bill>& row = coupling.cost.emplace_back();
        for (const End& b : in.ends)
          row.push_back(a.padded == b.padded ? bill_of(converter_cost(link, a.padded, a.lanes, b.lanes, cost)) : Bill{});
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
