// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/queues.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
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

class Sizer {
 public:
  Sizer(Design& design, std::int64_t most_passes)
      : design_(design),
        interval_(interval(design)),
        queues_(inner_queues(design)),
        reserve_(most_passes / 3),
        last_look_(most_passes / 64),
        passes_left_(most_passes - reserve_ - last_look_) {
    for (std::uint32_t i = 0; i < design.units.size(); ++i) all_.push_back(UnitId{i});
    for (const UnitId queue : queues_) {
      regions_.push_back(region_of(design, queue));
      for (const UnitId unit : regions_.back()) {
        for (const std::size_t stream : design.units[unit.index()].inputs) {
          const UnitId from = design.streams[stream].from;
          if (from.valid() && !std::ranges::binary_search(regions_.back(), from)) arrivals_.emplace(stream, token::Arrivals{});
        }
      }
    }
  }

  /// False when not all queues are known to be the shortest.
  bool run() {
    const std::vector<std::int64_t> lowered = depths();
    const auto steady = peaks(Schedule::Kind::kSteady);
    const auto bursty = peaks(Schedule::Kind::kBurst);
    set(lowered);
    if (!steady || !bursty) return false;
    for (std::size_t i = 0; i < queues_.size(); ++i) depth(queues_[i]) = std::min(lowered[i], std::max((*steady)[i], (*bursty)[i]));
    const std::vector<std::int64_t> enough = depths();
    const std::vector<Bound> least = bounds();
    shorten_all(least, 1);  // inputs of one kind are nearly always enough to find the least depths
    passes_left_ += reserve_;
    if (lateness(depths() == enough ? 0 : 1, kinds_.size()) != 0) {
      set(enough);
      if (lateness(0, kinds_.size()) != 0) {
        set(lowered);
        if (lateness(0, kinds_.size()) != 0) return false;
      }
      shorten_all(least, kinds_.size());
    }
    const bool found = !exhausted_;
    passes_left_ = last_look_;
    look_again();
    return found;
  }

 private:
  /// What a depth that is not enough costs: so many cycles in each frame.
  struct Loss {
    std::int64_t depth;
    std::int64_t cycles;
  };

  std::int64_t& depth(UnitId queue) { return std::get<Fifo>(design_.units[queue.index()].kind).depth; }
  std::vector<std::int64_t> depths() {
    std::vector<std::int64_t> list;
    for (const UnitId queue : queues_) list.push_back(depth(queue));
    return list;
  }
  void set(const std::vector<std::int64_t>& depths) {
    for (std::size_t i = 0; i < queues_.size(); ++i) depth(queues_[i]) = depths[i];
  }

  /// What token::settle finds with the passes that are left.
  token::Rate settle(token::Model& model) {
    const token::Rate rate = token::settle(model, interval_, passes_left_);
    last_passes_ = std::max<std::int64_t>(1, model.passes());
    passes_left_ -= last_passes_;
    exhausted_ = exhausted_ || rate == token::Rate::kUnknown;
    return rate;
  }

  /// Depths with which no beat waits for room: as many as were inside when there was room without end.
  std::optional<std::vector<std::int64_t>> peaks(Schedule::Kind kind) {
    for (const UnitId queue : queues_) depth(queue) = token::kUnbounded;
    token::Model model(design_, {kind, interval_});
    for (const UnitId queue : queues_) model.queue(queue).measure();
    if (kind == Schedule::Kind::kSteady) {
      for (auto& [stream, arrivals] : arrivals_) model.record(stream);
    }
    if (settle(model) != token::Rate::kKept) return std::nullopt;
    if (kind == Schedule::Kind::kSteady) {
      for (auto& [stream, arrivals] : arrivals_) arrivals = model.recorded(stream, interval_);
    }
    std::vector<std::int64_t> list;
    for (const UnitId queue : queues_) list.push_back(model.queue(queue).peak() + kMoreBeats);
    return list;
  }

  /// By how many cycles every frame of some units is later than the one before it, for ever; nothing at a standstill, or when no
  /// beats are left to find out.
  std::optional<std::int64_t> lateness(Schedule::Kind kind, const std::vector<UnitId>& units) {
    token::Model model(design_, {kind, interval_}, units, arrivals_);
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

  /// Of the whole design, under the first of some kinds of inputs that makes it late; the one that did so last comes first.
  std::optional<std::int64_t> lateness(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      const std::optional<std::int64_t> late = lateness(kinds_[i], all_);
      if (late == 0) continue;
      std::rotate(kinds_.begin(), kinds_.begin() + static_cast<std::ptrdiff_t>(i), kinds_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return late;
    }
    return 0;
  }

  /// What is known of a queue from the units around it alone.
  struct Bound {
    std::int64_t depth;   ///< with less they would lose rate
    std::int64_t passes;  ///< that simulating them took, about there
  };

  /// What units around a queue take comes as early as it can, what they send is taken at once, and the other queues have room enough:
  /// what is too short there is so in the whole design.
  std::vector<Bound> bounds() {
    std::vector<Bound> least;
    std::map<std::int64_t, std::int64_t> known;  // by the depth that is enough: blocks of a network are often alike
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      const std::int64_t before = depth(queues_[i]);
      const auto late = [&] { return lateness(Schedule::Kind::kSteady, regions_[i]); };
      const auto alike = known.find(before);
      bool found = false;
      if (alike != known.end() && alike->second > 0) {
        depth(queues_[i]) = alike->second - 1;
        found = late() != 0;
        depth(queues_[i]) = found ? alike->second : before;
      }
      if (!found) shorten(queues_[i], 0, {}, {}, late);
      known[before] = depth(queues_[i]);
      least.push_back({std::exchange(depth(queues_[i]), before), last_passes_});
    }
    return least;
  }

  /// Makes one queue after the other as short as the whole design allows, those first that may save most bits for the time that trials
  /// take from then on. Several at once go to their bounds, more after each success.
  void shorten_all(const std::vector<Bound>& least, std::size_t kinds) {
    std::vector<std::size_t> order(queues_.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});  // of equal ones the last: others have to wait for what comes behind them
    const auto gain = [&](std::size_t i) {
      const std::int64_t bits = design_.streams[design_.units[queues_[i].index()].inputs[0]].beat_bits();
      return static_cast<double>((depth(queues_[i]) - least[i].depth) * bits) / static_cast<double>(least[i].passes);
    };
    std::ranges::stable_sort(order, std::ranges::greater{}, gain);
    std::size_t some = 1;
    for (std::size_t at = 0; at < order.size() && !exhausted_;) {
      some = std::min(some, order.size() - at);
      const std::vector<std::int64_t> before = depths();
      for (std::size_t i = at; i < at + some; ++i) {
        depth(queues_[order[i]]) = least[order[i]].depth;
        deepen(order[i], before[order[i]]);
      }
      const std::optional<std::int64_t> late = depths() == before ? 0 : lateness(0, kinds);
      if (late == 0) {
        at += some;
        some *= 2;
        continue;
      }
      const UnitId queue = queues_[order[at]];
      const std::int64_t bound = depth(queue);
      set(before);
      if (some == 1) {
        shorten_to_rate(kinds, queue, bound + 1, late ? std::optional(Loss{bound, *late}) : std::nullopt);
        ++at;
      }
      some = 1;
    }
  }

  /// Pipes that wait keep their bubbles, so that a few units may lose rate where they would not in the whole design, which sends in
  /// another rhythm: tries there whether queues can be shorter, as far as there is time.
  void look_again() {
    for (bool again = true; std::exchange(again, false);) {
      for (const UnitId queue : queues_) {
        if (depth(queue) == 0) continue;
        --depth(queue);
        if (lateness(0, kinds_.size()) == 0) {
          shorten_to_rate(kinds_.size(), queue, 0, {});
          again = true;
        } else {
          ++depth(queue);
        }
      }
    }
  }

  /// Makes a queue deeper, up to `most`, if it is too short for the units in front of it and behind it as they are now.
  void deepen(std::size_t i, std::int64_t most) {
    const UnitId queue = queues_[i];
    std::vector<UnitId> around;
    for (const std::vector<UnitId>& region : regions_) {
      if (!std::ranges::binary_search(region, queue)) continue;
      std::vector<UnitId> both;
      std::ranges::set_union(around, region, std::back_inserter(both));
      around = std::move(both);
    }
    const auto late_around = [&] { return lateness(Schedule::Kind::kSteady, around); };
    const std::optional<std::int64_t> late = late_around();
    if (late == 0) return;
    const std::int64_t bound = std::exchange(depth(queue), most);
    shorten(queue, bound + 1, bound + 1, late ? std::optional(Loss{bound, *late}) : std::nullopt, late_around);
  }

  /// From a depth that is enough, down to `low` at the least: under the inputs that made the design late before, then under the others.
  void shorten_to_rate(std::size_t kinds, UnitId queue, std::int64_t low, std::optional<Loss> loss) {
    const std::int64_t enough = depth(queue);
    while (true) {
      shorten(queue, low, loss ? std::optional(low) : std::nullopt, loss, [&] { return lateness(kinds_[0], all_); });
      if (depth(queue) == enough) return;
      if (lateness(1, kinds) == 0) return;
      loss.reset();
      low = std::exchange(depth(queue), enough) + 1;
    }
  }

  /// Makes a queue as short as it can be, from a depth that is enough: that is near the least one more often than not. The first depth to
  /// try may be given, and what one costs that is not enough (`before`). `lateness` says what the present depth costs. Where that is known
  /// twice, a depth is tried where nothing would be lost if it were linear, in turn with the middle.
  void shorten(UnitId queue, std::int64_t low, std::optional<std::int64_t> guess, std::optional<Loss> before,
               const std::function<std::optional<std::int64_t>()>& lateness) {
    std::int64_t high = depth(queue);
    for (std::int64_t step = 1; low < high;) {
      const bool guessed = guess.has_value();
      const std::int64_t tried = std::clamp(guess.value_or(step > 0 ? high - step : low + (high - low) / 2), low, high - 1);
      guess.reset();
      depth(queue) = tried;
      const std::optional<std::int64_t> late = lateness();
      if (late == 0) {
        high = tried;
        step = guessed ? 1 : 2 * step;
        continue;
      }
      low = tried + 1;
      if (!guessed) step = 0;
      if (late && before && (!guessed || tried == before->depth + 1) && before->cycles > *late)
        guess = tried + ceil_div(*late * (tried - before->depth), before->cycles - *late);
      if (late) before = Loss{tried, *late};
    }
    depth(queue) = high;
  }

  Design& design_;
  std::int64_t interval_;
  std::vector<UnitId> all_;
  std::vector<UnitId> queues_;
  std::vector<std::vector<UnitId>> regions_;         // by queue
  std::map<std::size_t, token::Arrivals> arrivals_;  // by stream into a region: under steady inputs, when all queues have room
  std::array<Schedule::Kind, 3> kinds_ = {Schedule::Kind::kSteady, Schedule::Kind::kBurst, Schedule::Kind::kGreedy};
  std::int64_t reserve_;    // for what checks the depths found
  std::int64_t last_look_;  // for look_again
  std::int64_t passes_left_;
  std::int64_t last_passes_ = 1;
  bool exhausted_ = false;
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
