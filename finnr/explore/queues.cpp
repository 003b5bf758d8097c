// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/queues.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "finnr/explore/region.h"
#include "finnr/hardware/steady.h"
#include "finnr/hardware/token_model.h"

namespace finnr {
namespace {

using token::Schedule;

constexpr std::int64_t kMoreBeats = 2;  // a queue in block RAM takes a cycle more
constexpr std::array<Schedule::Kind, 3> kKinds = {Schedule::Kind::kSteady, Schedule::Kind::kBurst, Schedule::Kind::kGreedy};

class Sizer {
 public:
  Sizer(Design& design, std::int64_t most_beats)
      : design_(design), interval_(interval(design)), queues_(inner_queues(design)), beats_left_(most_beats) {
    const auto bits = [&](UnitId queue) { return depth(queue) * design.streams[design.units[queue.index()].inputs[0]].beat_bits(); };
    std::ranges::stable_sort(queues_, [&](UnitId a, UnitId b) { return bits(a) > bits(b); });
    for (const UnitId queue : queues_) regions_.push_back(region_of(design, queue));
    least_.resize(queues_.size());
    for (std::uint32_t i = 0; i < design.units.size(); ++i) all_.push_back(UnitId{i});
  }

  bool run() {
    if (!make_enough()) return false;
    const std::vector<std::int64_t> enough = depths();
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      shorten(queues_[i], [&] { return lateness(Schedule::Kind::kSteady, regions_[i]); });
      least_[i] = true;
    }
    if (!mend(enough)) return false;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      if (!least_[i]) shorten(queues_[i], [&] { return lateness(); });
    }
    return !exhausted_;
  }

 private:
  std::int64_t& depth(UnitId queue) { return std::get<Fifo>(design_.units[queue.index()].kind).depth; }
  std::vector<std::int64_t> depths() {
    std::vector<std::int64_t> list;
    for (const UnitId queue : queues_) list.push_back(depth(queue));
    return list;
  }

  /// What token::settle finds within the beats that are left.
  token::Rate settle(token::Model& model, const std::vector<UnitId>& units) {
    std::int64_t beats = 1;  // in a frame
    for (const UnitId unit : units) {
      for (const std::size_t stream : design_.units[unit.index()].outputs) beats += design_.streams[stream].beats();
    }
    const token::Rate rate = token::settle(model, interval_, beats_left_ / beats);
    beats_left_ -= model.frames() * beats;
    exhausted_ = exhausted_ || rate == token::Rate::kUnknown;
    return rate;
  }

  /// Depths with which no beat waits for room: as many as were inside when there was room without end.
  bool make_enough() {
    for (const UnitId queue : queues_) depth(queue) = token::kUnbounded;
    token::Model model(design_, {Schedule::Kind::kSteady, interval_});
    for (const UnitId queue : queues_) model.queue(queue).measure();
    if (settle(model, all_) != token::Rate::kKept) return false;
    for (const UnitId queue : queues_) depth(queue) = model.queue(queue).peak() + kMoreBeats;
    return true;
  }

  /// By how many cycles every frame of some units is later than the one before it, for ever; nothing at a standstill, or when no
  /// beats are left to find out.
  std::optional<std::int64_t> lateness(Schedule::Kind kind, const std::vector<UnitId>& units) {
    token::Model model(design_, {kind, interval_}, units);
    switch (settle(model, units)) {
      case token::Rate::kKept:
        return 0;
      case token::Rate::kLost:
        return std::max<std::int64_t>(1, model.lateness(interval_));
      case token::Rate::kDeadlock:
      case token::Rate::kUnknown:
        break;
    }
    return std::nullopt;
  }

  /// Of the whole design, under the first kind of inputs that makes it late.
  std::optional<std::int64_t> lateness() {
    for (const Schedule::Kind kind : kKinds) {
      const std::optional<std::int64_t> late = lateness(kind, all_);
      if (!late || *late > 0) return late;
    }
    return 0;
  }

  /// Queues that are deep enough each among its neighbours may be too short together: makes those deeper that help most.
  bool mend(const std::vector<std::int64_t>& enough) {
    std::optional<std::int64_t> late = lateness();
    while (!late || *late > 0) {
      if (exhausted_) return false;
      std::optional<std::size_t> best;
      std::optional<std::int64_t> least_late;
      for (std::size_t i = 0; i < queues_.size() && least_late != 0; ++i) {
        if (depth(queues_[i]) >= enough[i]) continue;
        const std::int64_t before = std::exchange(depth(queues_[i]), enough[i]);
        const std::optional<std::int64_t> now = lateness();
        depth(queues_[i]) = before;
        if (best && (!now || (least_late && *now >= *least_late))) continue;
        best = i;
        least_late = now;
      }
      if (!best) return false;
      depth(queues_[*best]) = enough[*best];
      for (std::size_t i = 0; i < queues_.size(); ++i) {
        if (std::ranges::count(regions_[i], queues_[*best]) > 0) least_[i] = false;
      }
      late = least_late;
    }
    return true;
  }

  /// Makes a queue as short as it can be, from a depth that is enough: that is near the least one more often than not. `lateness`
  /// says what the present depth costs.
  void shorten(UnitId queue, const std::function<std::optional<std::int64_t>()>& lateness) {
    std::int64_t low = 0;
    std::int64_t high = depth(queue);
    for (std::int64_t step = 1; low < high;) {
      const std::int64_t tried = low > 0 ? low + (high - low) / 2 : std::max<std::int64_t>(0, high - step);
      depth(queue) = tried;
      if (lateness() == 0) {
        high = tried;
        step *= 2;
      } else {
        low = tried + 1;
      }
    }
    depth(queue) = high;
  }

  Design& design_;
  std::int64_t interval_;
  std::vector<UnitId> all_;
  std::vector<UnitId> queues_;
  std::vector<std::vector<UnitId>> regions_;  // by queue
  std::int64_t beats_left_;
  bool exhausted_ = false;
  std::vector<bool> least_;  // by queue: its region would lose rate with one beat less
};

}  // namespace

std::vector<UnitId> inner_queues(const Design& design) {
  std::vector<UnitId> queues;
  for (std::uint32_t i = 0; i < design.units.size(); ++i) {
    const Unit& unit = design.units[i];
    if (std::holds_alternative<Fifo>(unit.kind) && design.streams[unit.inputs[0]].from.valid() &&
        design.streams[unit.outputs[0]].to.valid())
      queues.push_back(UnitId{i});
  }
  return queues;
}

bool size_queues(Design& design, std::int64_t most_beats) {
  Design sized = design;
  if (!Sizer(sized, most_beats).run()) return false;
  drop_empty_queues(sized);
  design = std::move(sized);
  return true;
}

void drop_empty_queues(Design& design) {
  std::vector<bool> gone(design.units.size(), false);
  std::vector<bool> lost(design.streams.size(), false);
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    const auto* queue = std::get_if<Fifo>(&design.units[i].kind);
    if (queue == nullptr || queue->depth > 0) continue;
    // The stream in front goes on to the reader.
    const std::size_t front = design.units[i].inputs[0];
    const std::size_t behind = design.units[i].outputs[0];
    const UnitId reader = design.streams[behind].to;
    design.streams[front].to = reader;
    std::ranges::replace(design.units[reader.index()].inputs, behind, front);
    gone[i] = true;
    lost[behind] = true;
  }
  const auto numbers = [](const std::vector<bool>& left_out) {
    std::vector<std::size_t> list(left_out.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < left_out.size(); ++i) list[i] = left_out[i] ? next : next++;
    return list;
  };
  const std::vector<std::size_t> unit_numbers = numbers(gone);
  const std::vector<std::size_t> stream_numbers = numbers(lost);
  const auto renumber = [&](std::vector<std::size_t>& list) {
    for (std::size_t& stream : list) stream = stream_numbers[stream];
  };
  for (std::size_t i = 0, at = 0; i < design.units.size(); ++i) {
    if (gone[i]) continue;
    renumber(design.units[i].inputs);
    renumber(design.units[i].outputs);
    if (at != i) design.units[at] = std::move(design.units[i]);
    ++at;
  }
  for (std::size_t i = 0, at = 0; i < design.streams.size(); ++i) {
    if (lost[i]) continue;
    for (UnitId* end : {&design.streams[i].from, &design.streams[i].to}) {
      if (end->valid()) *end = UnitId{static_cast<std::uint32_t>(unit_numbers[end->index()])};
    }
    if (at != i) design.streams[at] = std::move(design.streams[i]);
    ++at;
  }
  design.units.resize(design.units.size() - static_cast<std::size_t>(std::ranges::count(gone, true)));
  design.streams.resize(design.streams.size() - static_cast<std::size_t>(std::ranges::count(lost, true)));
  renumber(design.inputs);
  renumber(design.outputs);
}

}  // namespace finnr
