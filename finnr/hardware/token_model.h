// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "finnr/hardware/design.h"
#include "finnr/hardware/machines.h"

namespace finnr::token {

/// Where a design stands still: each unit waits for the next one of the list, the last one for the first.
struct WaitCycle {
  struct Wait {
    UnitId unit;
    std::size_t stream = 0;  ///< on which it waits
    bool full = false;       ///< for room; else for a beat
  };
  std::vector<Wait> waits;
  std::optional<UnitId> queue;  ///< whose lack of room closes the cycle: to be made deeper
};

/// A design, or some units of it, as machines. Streams that come from elsewhere have a source, those that go elsewhere a sink
/// that is always ready.
class Model {
 public:
  /// All units.
  Model(const Design& design, const Schedule& schedule);
  /// Some, in the order of the design. What comes from elsewhere on the streams of `recorded` comes as it did there.
  Model(const Design& design, const Schedule& schedule, const std::vector<UnitId>& units,
        const std::map<std::size_t, Arrivals>& recorded = {});

  /// Beats pass one by one from now on: slower, and the same.
  void use_no_runs() { agenda_.use_no_runs(); }

  /// Runs until the frame before `frames` has left everywhere; false when it stands still earlier.
  bool run(std::int64_t frames);
  /// Times that beats passed a stream, alone or in a run: what simulating took.
  [[nodiscard]] std::int64_t passes() const;

  /// So many frames before it the beats of a frame depend on: those that a unit holds at most, and one. A unit that was empty
  /// when its last frame began holds none, unless sources run ahead.
  [[nodiscard]] std::int64_t span() const;

  [[nodiscard]] bool greedy() const { return greedy_; }

  /// Whether the last frame passed every stream as the one before it did, `interval` cycles later.
  [[nodiscard]] bool repeats(std::int64_t interval) const;

  /// The same of the streams that leave alone: greedy sources run ahead until everything between is full.
  [[nodiscard]] bool repeats_at_ends(std::int64_t interval) const;

  /// How much later than `interval` the last frame began where it is latest, counted from the frame before.
  [[nodiscard]] std::int64_t lateness(std::int64_t interval) const;

  /// Keeps the cycles of the last frame on a stream.
  void record(std::size_t stream) { channels_[stream]->record(); }
  /// How the beats of a recorded stream came, if that repeats itself every `interval` cycles.
  [[nodiscard]] Arrivals recorded(std::size_t stream, std::int64_t interval) const;

  /// By stream of the design; nothing for those of other units.
  [[nodiscard]] const Channel* stream(std::size_t index) const { return channels_[index].get(); }
  /// The machine of a queue.
  [[nodiscard]] FifoMachine& queue(UnitId unit) const { return *queues_[unit.index()]; }

  /// After run() was false.
  [[nodiscard]] WaitCycle wait_cycle() const;

 private:
  [[nodiscard]] bool was_empty(const Unit& unit) const;
  class Maker;
  const Design& design_;
  Agenda agenda_;
  std::vector<std::unique_ptr<Channel>> channels_;  // by stream
  std::vector<std::unique_ptr<Machine>> machines_;  // by unit
  std::vector<FifoMachine*> queues_;                // by unit
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<std::size_t> ends_;    // streams that leave
  std::vector<std::int64_t> spans_;  // by unit; 0 for others
  bool greedy_;
};

}  // namespace finnr::token
