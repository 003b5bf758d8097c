// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/queues.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "finnr/base/integers.h"
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
  Sizer(Design& design, std::int64_t most_passes)
      : design_(design), interval_(interval(design)), queues_(inner_queues(design)), passes_left_(most_passes) {
    const auto bits = [&](UnitId queue) { return depth(queue) * design.streams[design.units[queue.index()].inputs[0]].beat_bits(); };
    std::ranges::stable_sort(queues_, [&](UnitId a, UnitId b) { return bits(a) > bits(b); });
    for (const UnitId queue : queues_) {
      regions_.push_back(region_of(design, queue));
    }
    least_.resize(queues_.size());
    for (std::uint32_t i = 0; i < design.units.size(); ++i) all_.push_back(UnitId{i});
  }

  /// False when not all queues are known to be the shortest; they are then as they were, or deep enough by their peaks.
  bool run() {
    const std::vector<std::int64_t> lowered = depths();
    const auto steady = peaks(Schedule::Kind::kSteady);
    const auto bursty = peaks(Schedule::Kind::kBurst);
    std::vector<std::int64_t> enough = lowered;
    if (steady && bursty) {
      for (std::size_t i = 0; i < queues_.size(); ++i) enough[i] = std::min(lowered[i], std::max((*steady)[i], (*bursty)[i]));
      set(enough);
      if (lateness() != 0) enough = lowered;
      if (sustained(*steady, lowered)) return true;
    }
    set(enough);
    return false;
  }

 private:
  std::int64_t& depth(UnitId queue) { return std::get<Fifo>(design_.units[queue.index()].kind).depth; }
  std::vector<std::int64_t> depths() {
    std::vector<std::int64_t> list;
    for (const UnitId queue : queues_) list.push_back(depth(queue));
    return list;
  }

  /// Shortens all from depths that are enough for steady inputs, and makes those deeper, up to `most`, that are too short together.
  bool sustained(const std::vector<std::int64_t>& steady, const std::vector<std::int64_t>& most) {
    set(steady);
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      shorten(queues_[i], [&] { return lateness(Schedule::Kind::kSteady, regions_[i]); });
      if (exhausted_) return false;
      least_[i] = true;
    }
    std::vector<std::int64_t> enough;
    for (std::size_t i = 0; i < queues_.size(); ++i) enough.push_back(std::max(steady[i], most[i]));
    if (!mend(enough)) return false;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      if (!least_[i]) shorten(queues_[i], [&] { return lateness(); });
    }
    return !exhausted_;
  }

  void set(const std::vector<std::int64_t>& depths) {
    for (std::size_t i = 0; i < queues_.size(); ++i) depth(queues_[i]) = depths[i];
  }

  /// What token::settle finds with the passes that are left.
  token::Rate settle(token::Model& model) {
    const token::Rate rate = token::settle(model, interval_, passes_left_);
    passes_left_ -= model.passes();
    exhausted_ = exhausted_ || rate == token::Rate::kUnknown;
    return rate;
  }

  /// Depths with which no beat waits for room: as many as were inside when there was room without end.
  std::optional<std::vector<std::int64_t>> peaks(Schedule::Kind kind) {
    for (const UnitId queue : queues_) depth(queue) = token::kUnbounded;
    token::Model model(design_, {kind, interval_});
    for (const UnitId queue : queues_) model.queue(queue).measure();
    if (settle(model) != token::Rate::kKept) return std::nullopt;
    std::vector<std::int64_t> list;
    for (const UnitId queue : queues_) list.push_back(model.queue(queue).peak() + kMoreBeats);
    return list;
  }

  /// By how many cycles every frame of some units is later than the one before it, for ever; nothing at a standstill, or when no
  /// beats are left to find out.
  std::optional<std::int64_t> lateness(Schedule::Kind kind, const std::vector<UnitId>& units) {
    token::Model model(design_, {kind, interval_}, units);
    switch (settle(model)) {
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

  /// Makes a queue as short as it can be, from a depth that is enough: that is near the least one more often than not. `lateness` says
  /// what the present depth costs. Where that is known twice, a depth is tried where nothing would be lost if it were linear, in turn
  /// with the middle.
  void shorten(UnitId queue, const std::function<std::optional<std::int64_t>()>& lateness) {
    struct Loss {
      std::int64_t depth;
      std::int64_t cycles;
    };
    std::int64_t low = 0;
    std::int64_t high = depth(queue);
    std::optional<std::int64_t> guess;
    std::optional<Loss> before;
    for (std::int64_t step = 1; low < high;) {
      const bool guessed = guess.has_value();
      const std::int64_t tried = std::clamp(guess.value_or(step > 0 ? high - step : low + (high - low) / 2), low, high - 1);
      guess.reset();
      depth(queue) = tried;
      const std::optional<std::int64_t> late = lateness();
      if (late == 0) {
        high = tried;
        step *= 2;
        continue;
      }
      low = tried + 1;
      step = 0;
      if (late && before && !guessed && before->cycles > *late)
        guess = tried + ceil_div(*late * (tried - before->depth), before->cycles - *late);
      if (late) before = Loss{tried, *late};
    }
    depth(queue) = high;
  }

  Design& design_;
  std::int64_t interval_;
  std::vector<UnitId> all_;
  std::vector<UnitId> queues_;
  std::vector<std::vector<UnitId>> regions_;  // by queue
  std::int64_t passes_left_;
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

bool size_queues(Design& design, std::int64_t most_passes) {
  Design sized = design;
  const bool least = Sizer(sized, most_passes).run();
  drop_empty_queues(sized);
  design = std::move(sized);
  return least;
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
