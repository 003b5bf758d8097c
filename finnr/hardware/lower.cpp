// SPDX-License-Identifier: Apache-2.0
// Layers become units in topological order. Every link ends in as many open streams as it has readers (a fork where there are
// several); a layer takes its open streams, brings them to its own lanes and encoding, and leaves one.
//
// Where branches meet again, a queue stands in front of the shorter one. It holds what the longer branch can hold: every unit
// is known to delay its data by at most a share of a frame and some cycles (Delay), so all ways from a fork to where they meet
// have room for the same delay. Then no branch can starve the other, and none slows the other down.
#include "finnr/hardware/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"
#include "finnr/hardware/core.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/memory_cost.h"
#include "finnr/hardware/padding.h"

namespace finnr {
namespace {

constexpr int kMaxOperandBits = 24;
constexpr int kMaxAccumulatorBits = 48;
constexpr int kMaxTableBits = 12;
constexpr std::int64_t kEdgeDepth = 2;  ///< beats queued at the edges, so that no outside wire reaches a unit's logic

/// How long a unit may keep data at full rate: a share of a frame, and cycles of its pipeline.
struct Delay {
  double frames = 0;
  double cycles = 0;
};
Delay later(const Delay& a, const Delay& b) { return {std::max(a.frames, b.frames), std::max(a.cycles, b.cycles)}; }
Delay plus(const Delay& a, const Delay& b) { return {a.frames + b.frames, a.cycles + b.cycles}; }

/// Of a unit with weights: its replay buffer, and more than the registers of its arithmetic where those are few.
double unit_cycles(std::int64_t latency) { return static_cast<double>(std::max<std::int64_t>(24, 16 + latency)); }

/// Two types whose numbers look alike in a stream.
bool same_encoding(const IntType& a, const IntType& b) {
  return a.bits() == b.bits() && a.bipolar == b.bipolar && (a.bits() == 1 || a.is_signed() == b.is_signed());
}

/// A stream that carries elements of `stream` in other numbers or another order, no longer one value of the network.
Stream rearranged(Stream stream, std::int64_t vectors, std::int64_t channels) {
  stream.vectors = vectors;
  stream.channels = stream.padded = channels;
  stream.value = {};
  stream.layout = {};
  return stream;
}

/// Of an `mvu` or `vvu` with `words` words of weights.
template <class Arithmetic>
Store weight_store(const Fold& fold, const Arithmetic& unit, std::int64_t words) {
  if (fold.weight_store) return *fold.weight_store;
  if (merges_weights(unit.x, unit.w, unit.core, words)) return Store::kConstant;
  return cheapest_rom(words, std::int64_t{unit.pe} * unit.simd * unit.w.bits()).store;
}

class Builder {
 public:
  Builder(const HardwarePart& part, const Folding& folding, std::vector<std::int64_t> padded, Design& design)
      : part_(part),
        folding_(folding),
        padded_(std::move(padded)),
        design_(design),
        readers_(part.links.size(), 0),
        open_(part.links.size()) {
    for (const std::size_t link : part.outputs) ++readers_[link];
    for (const Layer& layer : part.layers) {
      for (const std::size_t link : layer.inputs) ++readers_[link];
    }
  }

  void run() {
    for (std::size_t i = 0; i < part_.inputs.size(); ++i) {
      const std::size_t link = part_.inputs[i];
      const std::string suffix = part_.inputs.size() > 1 ? std::to_string(i) : "";
      const std::size_t stream = add_stream("in" + suffix, link_stream(link, first_lanes(link)));
      design_.inputs.push_back(stream);
      open(link, add("fifo_in" + suffix, Fifo{kEdgeDepth}, {}, {stream}, design_.streams[stream], {}));
    }
    for (std::size_t i = 0; i < part_.layers.size(); ++i) add_layer(i);
    for (std::size_t i = 0; i < part_.outputs.size(); ++i) {
      const std::string suffix = part_.outputs.size() > 1 ? std::to_string(i) : "";
      const std::size_t stream = take(part_.outputs[i]);
      design_.outputs.push_back(add("fifo_out" + suffix, Fifo{kEdgeDepth}, {}, {stream}, design_.streams[stream], {}));
    }
  }

 private:
  // Streams.

  Stream link_stream(std::size_t link, int lanes) const {
    const Link& l = part_.links[link];
    return {"", {}, {}, l.type, lanes, l.vectors, l.channels, padded_[link], l.value, l.layout};
  }

  std::size_t add_stream(std::string name, Stream stream) {
    stream.name = std::move(name);
    stream.from = stream.to = {};
    design_.streams.push_back(std::move(stream));
    delays_.emplace_back();
    return design_.streams.size() - 1;
  }

  /// A unit between open streams and a new one.
  std::size_t add(std::string name, decltype(Unit::kind) kind, Origin origin, const std::vector<std::size_t>& inputs, const Stream& result,
                  const Delay& hold) {
    const UnitId id{static_cast<std::uint32_t>(design_.units.size())};
    Delay delay;
    for (const std::size_t input : inputs) {
      design_.streams[input].to = id;
      delay = later(delay, delays_[input]);
    }
    const std::size_t stream = add_stream(name, result);
    design_.streams[stream].from = id;
    design_.units.push_back({std::move(name), std::move(kind), std::move(origin), inputs, {stream}});
    delays_[stream] = plus(delay, plus(hold, {0, 4}));
    return stream;
  }

  /// The link is there: one open stream for each of its readers.
  void open(std::size_t link, std::size_t stream) {
    FINNR_CHECK(readers_[link] > 0, "a link that nobody reads");
    open_[link] = forked(stream, readers_[link]);
  }

  std::vector<std::size_t> forked(std::size_t stream, std::size_t readers) {
    if (readers == 1) return {stream};
    const std::string name = fmt::format("fork{}", forks_++);
    const Stream copy = design_.streams[stream];
    const std::size_t first = add(name, ForkUnit{}, {}, {stream}, copy, {});
    const UnitId fork = design_.streams[first].from;
    std::vector<std::size_t>& outputs = design_.units[fork.index()].outputs;
    for (std::size_t port = 1; port < readers; ++port) {
      const std::size_t next = add_stream(fmt::format("{}_{}", name, port), copy);
      design_.streams[next].from = fork;
      delays_[next] = delays_[first];
      outputs.push_back(next);
    }
    return outputs;
  }

  std::size_t take(std::size_t link) {
    FINNR_CHECK(!open_[link].empty(), "more readers than counted");
    const std::size_t stream = open_[link].front();
    open_[link].erase(open_[link].begin());
    return stream;
  }

  /// Lanes of an input port: those of its first reader.
  int first_lanes(std::size_t link) const {
    for (std::size_t i = 0; i < part_.layers.size(); ++i) {
      for (std::size_t port = 0; port < part_.layers[i].inputs.size(); ++port) {
        if (part_.layers[i].inputs[port] == link) return input_side(part_.layers[i], folding_[i], port).lanes;
      }
    }
    return 1;
  }

  // Small units between layers.

  /// Lanes to lanes; through the least common multiple when neither divides the other, which keeps the full rate.
  std::size_t widened(std::size_t stream, int lanes) {
    const int from = design_.streams[stream].lanes;
    if (from == lanes) return stream;
    if (from % lanes != 0 && lanes % from != 0) return widened(widened(stream, std::lcm(from, lanes)), lanes);
    Stream result = design_.streams[stream];
    result.lanes = lanes;
    if (result.padded % lanes != 0) {  // beats reach across vectors (without padding): one long vector
      result.channels = result.padded = result.vectors * result.padded;
      result.vectors = 1;
    }
    return add(fmt::format("width{}", widths_++), Width{}, {}, {stream}, result,
               {0, static_cast<double>(std::max(from, lanes) / std::min(from, lanes))});
  }

  std::size_t cast(std::size_t stream, const IntType& type) {
    if (same_encoding(design_.streams[stream].element, type)) return stream;
    Stream result = design_.streams[stream];
    result.element = type;
    return add(fmt::format("cast{}", casts_++), CastUnit{}, {}, {stream}, result, {});
  }

  std::size_t queued(std::size_t stream, std::int64_t depth) {
    const Stream copy = design_.streams[stream];
    return add(fmt::format("fifo{}", fifos_++), Fifo{depth}, {}, {stream}, copy,
               {static_cast<double>(depth) / static_cast<double>(copy.beats()), 0});
  }

  /// The open stream of a layer's input, as the layer takes it.
  std::size_t input(std::size_t layer, std::size_t port) {
    const Layer& l = part_.layers[layer];
    const Side side = input_side(l, folding_[layer], port);
    std::size_t stream = take(l.inputs[port]);
    stream = widened(stream, side.lanes);
    // A vector of the reader's; without padding the grouping may differ from the producer's.
    const Link& link = part_.links[l.inputs[port]];
    Stream& s = design_.streams[stream];
    const bool padded = padded_[l.inputs[port]] != link.channels;
    if (!padded) {
      s.vectors = side.vectors;
      s.channels = s.padded = side.channels;
    }
    return stream;
  }

  /// Streams that meet: a queue in front of each that is not the last to come.
  void balance(std::vector<std::size_t>& streams) {
    Delay last;
    for (const std::size_t s : streams) last = later(last, delays_[s]);
    for (std::size_t& s : streams) {
      const double frames = last.frames - delays_[s].frames;
      const double cycles = last.cycles - delays_[s].cycles;
      if (frames <= 0 && cycles <= 0) continue;
      const auto beats = static_cast<double>(design_.streams[s].beats());
      const auto depth = static_cast<std::int64_t>(std::ceil(frames * beats) + std::min(std::ceil(cycles), beats)) + 2;
      s = queued(s, depth);
    }
  }

  // Layers.

  void add_layer(std::size_t index) {
    const Layer& layer = part_.layers[index];
    std::vector<std::size_t> inputs;
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) inputs.push_back(input(index, port));
    const int lanes = output_lanes(layer, folding_[index]);
    const std::size_t result = std::visit([&](const auto& kind) { return build(layer, kind, folding_[index], inputs, lanes); }, layer.kind);
    open(layer.output, result);
  }

  /// Windows of as many channels as the stream has lanes in front of a layer, `groups` and `inner` times a pixel.
  std::size_t windowed(const Layer& layer, std::string name, const Windows& windows, const Tile& tile, std::size_t stream,
                       std::int64_t groups, std::int64_t inner, std::int64_t vectors, std::int64_t channels) {
    IntType type = design_.streams[stream].element;
    if (windows.filled() && !type.contains(windows.fill)) type = {std::min(type.lo, windows.fill), std::max(type.hi, windows.fill), false};
    stream = cast(stream, type);
    WindowUnit unit;
    unit.shape = windows.shape;
    unit.shape.groups = groups;
    unit.shape.inner = inner;
    unit.shape.tile_h = tile.h;
    unit.shape.tile_w = tile.w;
    unit.rows = choose_rows(unit.shape);
    unit.images = windows.images;
    unit.fill = windows.fill;
    unit.cycles = window_interval(unit.shape, unit.rows);
    Stream result = rearranged(design_.streams[stream], vectors, channels);
    result.lanes *= static_cast<int>(tile.positions());
    const double share = static_cast<double>(unit.rows) / static_cast<double>(unit.shape.h * unit.images);
    return add(std::move(name), unit, layer.origin, {stream}, result, {share, 4});
  }

  /// Several pixels at once are so many matrix units side by side: unit p has pixels p, p + M, ... of each row, and the results
  /// are put together pixel by pixel.
  std::size_t build(const Layer& layer, const MatrixLayer& m, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    const Tile tile = m.windows ? feed_of(m, fold).tile : Tile{};
    if (fold.m == 1) return matrix(layer, layer.name, m, fold, tile, inputs[0], lanes);
    const std::vector<std::size_t> copies = forked(inputs[0], static_cast<std::size_t>(fold.m));
    ConcatUnit together;
    std::vector<std::size_t> results;
    for (int p = 0; p < fold.m; ++p) {
      MatrixLayer part = m;
      part.windows = every(m, p, fold.m);
      part.vectors = m.vectors / fold.m;
      std::size_t result = matrix(layer, fmt::format("{}_{}", layer.name, p), part, fold, tile, copies[static_cast<std::size_t>(p)], lanes);
      const std::int64_t turn = m.groups * m.outputs / fold.pe;
      together.turns.push_back(turn);
      results.push_back(queued(result, 2 * turn + 2));
    }
    return add(layer.name, std::move(together), layer.origin, results, link_stream(layer.output, lanes), {0, 4});
  }

  /// Every `step`-th window of a row from `phase` on.
  static Windows every(const MatrixLayer& m, int phase, int step) {
    Windows windows = *m.windows;
    WindowShape& s = windows.shape;
    if (s.ow > 1) {
      s.pad_left -= phase * s.stride_w;
      s.stride_w *= step;
      s.ow /= step;
    } else {
      s.pad_top -= phase * s.stride_h;
      s.stride_h *= step;
      s.oh /= step;
    }
    return windows;
  }

  std::size_t matrix(const Layer& layer, const std::string& name, const MatrixLayer& m, const Fold& fold, const Tile& tile,
                     std::size_t stream, int lanes) {
    if (m.windows) {
      const std::int64_t inner = m.inputs / m.windows->kernel() / design_.streams[stream].lanes;
      stream = windowed(layer, name + "_window", *m.windows, tile, stream, m.groups, inner, m.vectors, m.inputs);
      stream = widened(stream, fold.simd);
      Stream& s = design_.streams[stream];
      s.vectors = m.vectors;
      s.channels = s.padded = m.inputs;
    }
    Mvu unit;
    unit.mw = design_.streams[stream].padded;
    unit.mh = m.groups == 1 ? padded_[layer.output] : m.outputs;
    unit.pe = fold.pe;
    unit.simd = fold.simd;
    unit.groups = m.groups;
    unit.vectors = m.vectors;
    unit.weights = m.weights;
    unit.x = design_.streams[stream].element;
    unit.w = m.w;
    // Padded inputs must add nothing. In front of bipolar weights only bipolar inputs have a way to (memory.h).
    if (unit.w.bipolar && !unit.x.bipolar && unit.mw != m.inputs) unit.w = {-1, 1, false};
    unit.accumulator = m.accumulator;
    unit.steps = m.steps;
    const std::int64_t words = m.groups * (unit.mh / unit.pe) * (unit.mw / unit.simd);
    unit.core = fold.core.value_or(choose_core(unit.x, unit.w, true));
    unit.weight_store = weight_store(fold, unit, words);
    unit.pipeline = fold.pipeline;
    Stream result = link_stream(layer.output, lanes);
    if (fold.m > 1) result = rearranged(result, result.vectors / fold.m, result.channels);  // a share of the value
    // A vector is collected, and then worked on for its share of the frame.
    const double share = 2.0 / static_cast<double>(m.vectors);
    const Delay hold{share, unit_cycles(core_latency(unit))};
    return add(name, std::move(unit), layer.origin, {stream}, result, hold);
  }

  std::size_t build(const Layer& layer, const DepthwiseLayer& d, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    std::size_t stream = inputs[0];
    if (d.windows)
      stream = windowed(layer, layer.name + "_window", *d.windows, feed_of(d, fold).tile, stream, d.channels / fold.pe, 1,
                        d.pixels * d.channels / fold.pe, d.kernel * fold.pe);
    Vvu unit;
    unit.channels = d.channels;
    unit.kernel = d.kernel;
    unit.pe = fold.pe;
    unit.simd = fold.simd;
    unit.pixels = d.pixels;
    unit.weights = d.weights;
    unit.w = d.w;
    stream = widened(stream, fold.pe * fold.simd);
    unit.x = design_.streams[stream].element;
    unit.accumulator = d.accumulator;
    unit.steps = d.steps;
    const std::int64_t words = (unit.channels / unit.pe) * (unit.kernel / unit.simd);
    unit.core = fold.core.value_or(choose_core(unit.x, unit.w, false));
    unit.weight_store = weight_store(fold, unit, words);
    unit.pipeline = fold.pipeline;
    const Delay hold{2.0 / static_cast<double>(d.pixels), unit_cycles(core_latency(unit))};
    return add(layer.name, std::move(unit), layer.origin, {stream}, link_stream(layer.output, lanes), hold);
  }

  std::size_t build(const Layer& layer, const PoolLayer& p, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    std::size_t stream = inputs[0];
    const std::int64_t beats = p.channels / fold.pe;
    double share = 1.0;
    Tile tile;
    if (p.windows) {
      tile = feed_of(p, fold).tile;
      stream = windowed(layer, layer.name + "_window", *p.windows, tile, stream, beats, 1, p.pixels * beats, p.count * fold.pe);
      share = 2.0 / static_cast<double>(p.pixels);
    }
    const PoolUnit unit{p.kind, tile.positions(), p.count / tile.positions(), p.windows ? 1 : beats, design_.streams[stream].element};
    return add(layer.name, unit, layer.origin, {stream}, link_stream(layer.output, lanes), {share, 4});
  }

  /// Thresholds; a table where a function that rises and falls has many steps on few bits.
  std::size_t build(const Layer& layer, const ThresholdLayer& t, const Fold&, std::vector<std::size_t> inputs, int lanes) {
    const Link& in = part_.links[layer.inputs[0]];
    const Link& out = part_.links[layer.output];
    Threshold unit{t.channels, t.vectors, in.type, t.steps, false};
    unit.table = unit.steps.count() > kMaxFusedSteps && unit.x.bits() <= kMaxTableBits && unit.steps.mixed(unit.x);
    Stream result = design_.streams[inputs[0]];
    result.element = out.type;
    result.value = out.value;
    result.layout = out.layout;
    result.lanes = lanes;
    return add(layer.name, std::move(unit), layer.origin, {inputs[0]}, result, {0, 24});
  }

  /// A shift is a looked-up function, or steps of one where the numbers have many bits.
  std::size_t build(const Layer& layer, const ShiftLayer& t, const Fold&, std::vector<std::size_t> inputs, int lanes) {
    const IntType x = part_.links[layer.inputs[0]].type;
    const IntType result = part_.links[layer.output].type;
    const std::int64_t width = x.bipolar ? 2 : x.hi - x.lo;  // -1 to +1 are two steps at once
    Tensor::Ints thresholds;
    for (std::int64_t k = 0; k < width; ++k) thresholds.push_back(x.bipolar ? 1 : x.lo + 1 + k);
    Steps steps{std::make_shared<const Tensor>(Shape{1, width}, std::move(thresholds)),
                std::make_shared<const Tensor>(Shape{1}, Tensor::Ints{x.lo + t.offset}),
                std::make_shared<const Tensor>(Shape{1, width}, Tensor::Ints(static_cast<std::size_t>(width), 1)), result};
    Threshold unit{t.channels, t.vectors, x, std::move(steps), false};
    unit.table = width > kMaxFusedSteps && x.bits() <= kMaxTableBits;
    return add(layer.name, std::move(unit), layer.origin, {inputs[0]}, link_stream(layer.output, lanes), {0, 24});
  }

  std::size_t build(const Layer& layer, const TopKLayer& t, const Fold&, std::vector<std::size_t> inputs, int lanes) {
    const TopKUnit unit{t.labels, t.k, part_.links[layer.inputs[0]].type};
    return add(layer.name, unit, layer.origin, {inputs[0]}, link_stream(layer.output, lanes), {1, 4});
  }

  std::size_t build(const Layer& layer, const JoinLayer& j, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    for (std::size_t side = 0; side < 2; ++side) {
      if (j.repeats[side] == 1) continue;
      const std::int64_t words = j.channels / fold.pe;
      const Stream repeated = rearranged(design_.streams[inputs[side]], j.vectors, j.channels);
      inputs[side] =
          add(fmt::format("{}_replay", layer.name), ReplayUnit{words, j.repeats[side]}, layer.origin, {inputs[side]}, repeated, {1, 4});
    }
    balance(inputs);
    return add(layer.name, JoinUnit{j.function, j.left, j.right}, layer.origin, inputs, link_stream(layer.output, lanes), {0, 4});
  }

  std::size_t build(const Layer& layer, const ConcatLayer& c, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    const IntType type = part_.links[layer.output].type;
    ConcatUnit unit;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = cast(inputs[i], type);
      unit.turns.push_back(c.turns[i] / fold.pe);
    }
    balance(inputs);
    // Each input waits for the turns of the others.
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = queued(inputs[i], 2 * unit.turns[i] + 2);
    return add(layer.name, std::move(unit), layer.origin, inputs, link_stream(layer.output, lanes),
               {2.0 / static_cast<double>(c.rounds), 4});
  }

  std::size_t build(const Layer& layer, const TakeLayer& t, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    return add(layer.name, TakeUnit{t.period / fold.pe, t.first / fold.pe, t.count / fold.pe}, layer.origin, {inputs[0]},
               link_stream(layer.output, lanes), {1.0 / static_cast<double>(t.rounds), 4});
  }

  std::size_t build(const Layer& layer, const ResampleLayer& r, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    const std::size_t stream =
        windowed(layer, layer.name, r.windows, {}, inputs[0], 1, r.channels / fold.pe, r.windows.pixels(), r.channels);
    Stream& s = design_.streams[stream];
    const Link& out = part_.links[layer.output];
    s.channels = out.channels;
    s.value = out.value;
    s.layout = out.layout;
    FINNR_CHECK(s.lanes == lanes && same_encoding(s.element, out.type), "a resampled stream is that of its link");
    s.element = out.type;
    return stream;
  }

  std::size_t build(const Layer& layer, const PermuteLayer& p, const Fold& fold, std::vector<std::size_t> inputs, int lanes) {
    PermuteUnit unit;
    for (std::size_t i = 0; i < p.index.size(); i += static_cast<std::size_t>(fold.pe)) unit.index.push_back(p.index[i] / fold.pe);
    return add(layer.name, std::move(unit), layer.origin, {inputs[0]}, link_stream(layer.output, lanes), {2, 4});
  }

  const HardwarePart& part_;
  const Folding& folding_;
  std::vector<std::int64_t> padded_;  ///< by link
  Design& design_;
  std::vector<std::size_t> readers_;            ///< by link: layers, and the host
  std::vector<std::vector<std::size_t>> open_;  ///< by link: streams not yet read
  std::vector<Delay> delays_;                   ///< by stream: at most, since the data entered
  int widths_ = 0;
  int casts_ = 0;
  int fifos_ = 0;
  int forks_ = 0;
};

Status check_widths(const HardwarePart& part, const Layer& layer) {
  int w = 0;
  int sum = 0;
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) w = m->w.bits(), sum = m->accumulator.bits();
  if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) w = d->w.bits(), sum = d->accumulator.bits();
  if (w == 0) return ok_status();
  const auto too_wide = [&](std::string what, std::string limit) {
    return Diagnostic(Code::kTooWide, std::move(what)).at(place_of(layer)).because(std::move(limit)).fix("quantize to fewer bits");
  };
  const int x = part.links[layer.inputs[0]].type.bits();
  if (x > kMaxOperandBits || w > kMaxOperandBits)
    return too_wide(fmt::format("layer {} multiplies {}-bit activations by {}-bit weights", layer.name, x, w),
                    fmt::format("matrix units take operands of up to {} bits", kMaxOperandBits));
  if (sum > kMaxAccumulatorBits)
    return too_wide(fmt::format("the sums of layer {} need {} bits", layer.name, sum),
                    fmt::format("accumulators have up to {} bits", kMaxAccumulatorBits));
  return ok_status();
}

}  // namespace

Result<Design> lower(const HardwarePart& part, const Folding& given, const std::string& name, const std::vector<std::int64_t>& least) {
  Design design;
  design.name = name;
  if (part.layers.empty()) {
    const Link& link = part.links[0];
    const Stream stream{"in", {}, UnitId{0}, link.type, 1, link.vectors, link.channels, link.channels, link.value, link.layout};
    design.streams = {stream, stream};
    design.streams[1].name = "pass";
    design.streams[1].from = UnitId{0};
    design.streams[1].to = {};
    design.units.push_back({"pass", Fifo{kEdgeDepth}, {}, {0}, {1}});
    design.inputs = {0};
    design.outputs = {1};
    return design;
  }
  for (const Layer& layer : part.layers) FINNR_RETURN_IF_ERROR(check_widths(part, layer));
  const Folding folding = settle_lanes(part, given);
  FINNR_ASSIGN(std::vector<std::int64_t> padded, padding(part, folding, least));
  const HardwarePart whole = padded_part(part, padded);
  Builder(whole, folding, std::move(padded), design).run();
  return design;
}

}  // namespace finnr
