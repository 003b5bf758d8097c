// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/token_model.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"
#include "finnr/hardware/core.h"
#include "finnr/hardware/layers.h"
#include "finnr/hardware/memory_cost.h"
#include "finnr/hardware/pipelines.h"
#include "finnr/hardware/windower.h"

namespace finnr::token {
namespace {

/// Registers of finnr_threshold: compared at once, or searched step by step.
std::int64_t threshold_registers(const Steps& steps, const IntType& x) {
  if (steps.count() <= kMaxFusedSteps || steps.mixed(x)) return 2;
  return 1 + std::bit_width(static_cast<std::uint64_t>(steps.count()));
}

}  // namespace

/// Makes the machine of a unit, and says how many beats of its input it holds at most.
class Model::Maker {
 public:
  Maker(Model& model, const Unit& unit, UnitId id)
      : model_(model), unit_(unit), id_(id), in_(channel(unit.inputs[0])), out_(channel(unit.outputs[0])) {}

  std::int64_t held = 0;  ///< beats

  std::unique_ptr<Machine> operator()(const Mvu& m) {
    const std::int64_t words = m.mw / m.simd;
    const std::int64_t passes = m.mh / m.pe;
    const auto [first, second] = pipeline_of(m);
    held = first + second + 1;
    if (passes == 1) return std::make_unique<PipelineMachine>(in_, out_, first, second, words, words - 1);
    held += words * replay_frames(words);
    return std::make_unique<MatrixMachine>(in_, out_, first, second, words, passes);
  }
  std::unique_ptr<Machine> operator()(const Vvu& v) {
    const std::int64_t beats = v.kernel / v.simd;
    const auto [first, second] = pipeline_of(v);
    held = first + second + 1;
    return std::make_unique<PipelineMachine>(in_, out_, first, second, beats, beats - 1);
  }
  std::unique_ptr<Machine> operator()(const WindowUnit& w) {
    held = (w.rows + 1) * w.shape.w * w.shape.groups * w.shape.inner + 2;
    return std::make_unique<WindowMachine>(in_, out_, w.shape, w.rows);
  }
  std::unique_ptr<Machine> operator()(const PoolUnit& p) {
    held = p.count * p.inner + 2;
    return std::make_unique<PipelineMachine>(in_, out_, p.inner > 1 || p.simd > 1 ? 2 : 1, 0, p.count * p.inner, (p.count - 1) * p.inner);
  }
  std::unique_ptr<Machine> operator()(const Threshold& t) {
    const std::int64_t registers = t.table ? 1 : threshold_registers(t.steps, t.x);
    held = registers;
    return std::make_unique<PipelineMachine>(in_, out_, registers, 0, 1, 0);
  }
  std::unique_ptr<Machine> operator()(const JoinUnit&) {
    held = 1;
    return std::make_unique<JoinMachine>(in_, channel(unit_.inputs[1]), out_);
  }
  std::unique_ptr<Machine> operator()(const ReplayUnit& r) {
    if (r.passes == 1) return std::make_unique<Wires>(in_, out_);
    held = r.words * replay_frames(r.words) + 1;
    return std::make_unique<ReplayMachine>(in_, out_, r.words, r.passes);
  }
  std::unique_ptr<Machine> operator()(const ForkUnit&) {
    std::vector<Channel*> outs;
    for (const std::size_t stream : unit_.outputs) outs.push_back(&channel(stream));
    return std::make_unique<ForkMachine>(in_, std::move(outs));
  }
  std::unique_ptr<Machine> operator()(const ConcatUnit& c) {
    std::vector<Channel*> ins;
    for (const std::size_t stream : unit_.inputs) ins.push_back(&channel(stream));
    return std::make_unique<ConcatMachine>(std::move(ins), out_, c.turns);
  }
  std::unique_ptr<Machine> operator()(const TakeUnit& t) { return std::make_unique<TakeMachine>(in_, out_, t.period, t.first, t.count); }
  std::unique_ptr<Machine> operator()(const PermuteUnit& p) {
    held = 2 * in_.frame_beats() + 1;
    return std::make_unique<PermuteMachine>(in_, out_, in_.frame_beats(), std::ssize(p.index));
  }
  std::unique_ptr<Machine> operator()(const CastUnit&) { return std::make_unique<Wires>(in_, out_); }
  std::unique_ptr<Machine> operator()(const Width&) {
    const std::int64_t from = model_.design_.streams[unit_.inputs[0]].lanes;
    const std::int64_t to = model_.design_.streams[unit_.outputs[0]].lanes;
    held = std::max<std::int64_t>(1, to / from);
    if (from == to) return std::make_unique<Wires>(in_, out_);
    if (from < to) return std::make_unique<Widener>(in_, out_, to / from);
    return std::make_unique<Narrower>(in_, out_, from / to);
  }
  std::unique_ptr<Machine> operator()(const Fifo& f) {
    if (f.depth == 0) return std::make_unique<Wires>(in_, out_);
    if (f.depth < kUnbounded) held = f.depth + 1;
    const Store store = queue_store(f.depth, model_.design_.streams[unit_.inputs[0]].beat_bits());
    const bool registered = f.depth >= 2 && f.depth < kUnbounded && (store == Store::kBlock || store == Store::kUltra);
    auto machine = std::make_unique<FifoMachine>(in_, out_, f.depth, registered);
    model_.queues_[id_.index()] = machine.get();
    return machine;
  }
  std::unique_ptr<Machine> operator()(const TopKUnit& t) {
    held = 2 * in_.frame_beats();
    return std::make_unique<TopKMachine>(in_, out_, in_.frame_beats(), t.k);
  }

 private:
  Channel& channel(std::size_t stream) { return *model_.channels_[stream]; }
  Model& model_;
  const Unit& unit_;
  UnitId id_;
  Channel& in_;
  Channel& out_;
};

namespace {

std::vector<UnitId> all_units(const Design& design) {
  std::vector<UnitId> units;
  for (std::uint32_t i = 0; i < design.units.size(); ++i) units.push_back(UnitId{i});
  return units;
}

}  // namespace

Model::Model(const Design& design, const Schedule& schedule) : Model(design, schedule, all_units(design)) {}

Model::Model(const Design& design, const Schedule& schedule, const std::vector<UnitId>& units,
             const std::map<std::size_t, Arrivals>& recorded)
    : design_(design),
      channels_(design.streams.size()),
      machines_(design.units.size()),
      queues_(design.units.size()),
      spans_(design.units.size()),
      greedy_(schedule.kind == Schedule::Kind::kGreedy) {
  const auto channel = [&](std::size_t stream) {
    if (!channels_[stream]) channels_[stream] = std::make_unique<Channel>(agenda_, design.streams[stream].beats());
  };
  for (const UnitId id : units) {
    for (const std::size_t stream : design.units[id.index()].inputs) channel(stream);
    for (const std::size_t stream : design.units[id.index()].outputs) channel(stream);
  }
  for (const UnitId id : units) {
    const Unit& unit = design.units[id.index()];
    Maker maker(*this, unit, id);
    std::unique_ptr<Machine> machine = std::visit(maker, unit.kind);
    for (const std::size_t stream : unit.inputs) channels_[stream]->connect_reader(*machine);
    for (const std::size_t stream : unit.outputs) channels_[stream]->connect_writer(*machine);
    spans_[id.index()] = ceil_div(maker.held, channels_[unit.inputs[0]]->frame_beats()) + 1;
    machines_[id.index()] = std::move(machine);
  }
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (!channels_[i]) continue;
    if (channels_[i]->writer() == nullptr) {
      const auto known = recorded.find(i);
      sources_.push_back(std::make_unique<Source>(
          *channels_[i], known == recorded.end() ? arrivals(schedule, channels_[i]->frame_beats()) : known->second));
      channels_[i]->connect_writer(*sources_.back());
    }
    if (channels_[i]->reader() == nullptr) {
      sinks_.push_back(std::make_unique<Sink>(*channels_[i]));
      channels_[i]->connect_reader(*sinks_.back());
      ends_.push_back(i);
    }
  }
}

bool Model::run(std::int64_t frames) {
  for (const auto& source : sources_) {
    source->limit(frames);
    agenda_.wake(*source);
  }
  agenda_.run();
  return std::ranges::all_of(ends_, [&](std::size_t end) { return std::ssize(channels_[end]->frames()) >= frames; });
}

Arrivals Model::recorded(std::size_t stream, std::int64_t interval) const {
  Arrivals list{channels_[stream]->recorded().list(), interval};
  for (Run& run : list.frame) run.at -= (std::ssize(channels_[stream]->frames()) - 1) * interval;
  return list;
}

bool Model::was_empty(const Unit& unit) const {
  const auto frames = [&](std::size_t stream) -> const std::vector<FrameTimes>& { return channels_[stream]->frames(); };
  Cycle left = kAlways;
  for (const std::size_t output : unit.outputs) {
    if (frames(output).size() < 2) return false;
    left = std::max(left, frames(output)[frames(output).size() - 2].last);
  }
  return std::ranges::all_of(unit.inputs, [&](std::size_t input) { return !frames(input).empty() && frames(input).back().first > left; });
}

std::int64_t Model::span() const {
  std::int64_t most = 1;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i] > most && (greedy_ || !was_empty(design_.units[i]))) most = spans_[i];
  }
  return most;
}

namespace {

bool channel_repeats(const Channel& channel, std::int64_t interval) {
  const std::vector<FrameTimes>& frames = channel.frames();
  if (frames.size() < 2) return false;
  const FrameTimes& last = frames.back();
  const FrameTimes& before = frames[frames.size() - 2];
  return last.shape == before.shape && last.first - before.first == interval;
}

}  // namespace

bool Model::repeats(std::int64_t interval) const {
  return std::ranges::all_of(channels_, [&](const auto& channel) { return !channel || channel_repeats(*channel, interval); });
}

bool Model::repeats_at_ends(std::int64_t interval) const {
  return std::ranges::all_of(ends_, [&](std::size_t end) { return channel_repeats(*channels_[end], interval); });
}

std::int64_t Model::passes() const {
  std::int64_t sum = 0;
  for (const auto& channel : channels_) sum += channel ? channel->passes() : 0;
  return sum;
}

std::int64_t Model::lateness(std::int64_t interval) const {
  std::int64_t most = 0;
  for (const auto& channel : channels_) {
    if (!channel || channel->frames().size() < 2) continue;
    const std::vector<FrameTimes>& frames = channel->frames();
    most = std::max(most, frames.back().last - frames[frames.size() - 2].last - interval);
  }
  return most;
}

WaitCycle Model::wait_cycle() const {
  // From a stream that misses beats back along who waits for whom, until a unit comes again.
  const auto unit_of = [&](const Machine* machine) {
    for (std::uint32_t i = 0; i < machines_.size(); ++i) {
      if (machines_[i].get() == machine) return UnitId{i};
    }
    return UnitId{};
  };
  const auto behind = [&](std::size_t a, std::size_t b) { return channels_[a]->frames().size() < channels_[b]->frames().size(); };
  std::size_t stream = *std::ranges::min_element(ends_, behind);
  bool full = false;
  std::vector<WaitCycle::Wait> path;
  while (true) {
    const UnitId id = unit_of(full ? channels_[stream]->reader() : channels_[stream]->writer());
    FINNR_CHECK(id.valid(), "a design stands still without a cycle of units");
    const auto seen = std::ranges::find_if(path, [&](const auto& wait) { return wait.unit == id; });
    if (seen != path.end()) {
      path.erase(path.begin(), seen);
      break;
    }
    const Unit& unit = design_.units[id.index()];
    const auto blocked = std::ranges::find_if(unit.outputs, [&](std::size_t output) { return channels_[output]->offered(); });
    if (blocked != unit.outputs.end()) {
      stream = *blocked;
      full = true;
    } else {
      const auto needed = machines_[id.index()]->needed_input();
      const auto starved = needed ? unit.inputs.begin() + static_cast<std::ptrdiff_t>(*needed)
                                  : std::ranges::find_if(unit.inputs, [&](std::size_t input) { return !channels_[input]->offered(); });
      FINNR_CHECK(starved != unit.inputs.end(), "a unit waits for nothing");
      stream = *starved;
      full = false;
    }
    path.push_back({id, stream, full});
  }
  WaitCycle cycle{std::move(path), {}};
  for (const WaitCycle::Wait& wait : cycle.waits) {
    const UnitId reader = design_.streams[wait.stream].to;
    if (wait.full && queues_[reader.index()] != nullptr) cycle.queue = reader;
  }
  return cycle;
}

}  // namespace finnr::token
