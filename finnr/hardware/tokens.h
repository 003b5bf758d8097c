// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "finnr/hardware/runs.h"

namespace finnr::token {

/// The token simulation: every unit is a machine that knows when a beat can be taken or offered, by the rules of its RTL
/// module; a stream is a channel between two machines. Nothing happens between two beats, so nothing is computed there.
///
/// No common clock: a machine runs ahead as far as the times it knows allow, and the times are the same in whatever order the
/// machines run, because a beat depends on earlier beats alone. Where no machine can go on though beats are missing, the
/// hardware stands still in the same place.
///
/// Most beats pass at equal distances. A machine that knows its next beats asks how many of them will be taken in the cycles in
/// which they are valid (Channel::admits); each reader answers from what it knows, perhaps by asking on. So many then pass at once
/// (Channel::pass). Where nobody knows, one beat is offered and taken. The cycles are the same in both ways.
class Machine;
class Channel;

/// Machines that have something new to look at.
class Agenda {
 public:
  /// Later, unless it is at work and will look by itself.
  void wake(Machine& machine);
  /// At once, for a machine behind the one at work; later where calls are nested too deep.
  void call(Machine& machine);
  /// At once, unless it is at work.
  void hurry(Machine& machine);
  /// Until no machine can go on.
  void run();

  /// How many beats of a run the reader of a channel admits; none where questions are nested too deep.
  std::int64_t ask(const Channel& channel, const Run& run);
  /// Beats pass one by one from now on: slower, and the same.
  void use_no_runs() { uses_runs_ = false; }
  [[nodiscard]] bool uses_runs() const { return uses_runs_; }

 private:
  static constexpr int kDeepest = 200;
  Queue<Machine*> waiting_;
  int depth_ = 0;
  int questions_ = 0;  // nested
  bool uses_runs_ = true;
};

/// A unit, a source or a sink.
class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  /// Goes on as far as the known times allow. What it offers may be taken, and what it gives back used, before the call
  /// returns: it looks at its streams again after each.
  virtual void run() = 0;

  /// How many beats of a run it would take in the cycles in which they are valid, for certain; 0 when it cannot say. Asked of a
  /// reader that decides about each beat, for a stream that offers none.
  virtual std::int64_t admits(const Channel& /*in*/, const Run& /*run*/) { return 0; }
  /// Takes as many as it admits.
  virtual void accept(const Channel& /*in*/, const Run& /*run*/) {}

  /// Whether it offers beats that came long ago.
  [[nodiscard]] virtual bool keeps_beats() const { return false; }
  /// How many beats of a run it could give in these cycles, the first being the one that is offered; 0 when it cannot say.
  [[nodiscard]] virtual std::int64_t supplies(const Run& /*run*/) const { return 0; }
  /// As many as it supplies were taken.
  virtual void give(const Run& /*run*/) {}

  /// Of several inputs, the one without which nothing goes on; none where all are needed.
  [[nodiscard]] virtual std::optional<std::size_t> needed_input() const { return std::nullopt; }

 private:
  friend class Agenda;
  bool waiting_ = false;
  bool working_ = false;
};

inline void Agenda::wake(Machine& machine) {
  if (machine.waiting_ || machine.working_) return;
  machine.waiting_ = true;
  waiting_.push(&machine);
}

inline void Agenda::call(Machine& machine) {
  if (depth_ == kDeepest) return wake(machine);
  ++depth_;
  machine.working_ = true;
  machine.run();
  machine.working_ = false;
  --depth_;
}

inline void Agenda::hurry(Machine& machine) {
  if (!machine.working_) call(machine);
}

inline void Agenda::run() {
  while (!waiting_.empty()) {
    Machine& machine = *waiting_.pop();
    machine.waiting_ = false;
    call(machine);
  }
}

/// When the beats of one frame passed a stream.
struct FrameTimes {
  Cycle first = 0;
  Cycle last = 0;
  std::uint64_t shape = 0;  ///< a hash of all times since `first`

  bool operator==(const FrameTimes&) const = default;
};

/// A stream: its beats are offered by one machine and taken by another, one after the other.
///
/// There are two kinds of reader. One decides about each offered beat (`offered`, `take`). The other grants room in advance
/// (`grant`) and finds what arrived (`arrived`, `arrival`); a beat that finds room is taken without waking the reader first.
class Channel {
 public:
  Channel(Agenda& agenda, std::int64_t frame_beats) : agenda_(&agenda), frame_beats_(frame_beats) {}

  void connect_writer(Machine& writer) { writer_ = &writer; }
  void connect_reader(Machine& reader) { reader_ = &reader; }

  // The writer: offer, then wait until taken, then collect.

  [[nodiscard]] bool idle() const { return state_ == State::kIdle; }
  [[nodiscard]] bool taken() const { return state_ == State::kTaken; }
  /// The next beat is valid from `at` on.
  void offer(Cycle at) {
    time_ = at;
    state_ = State::kOffered;
    if (!room_.empty()) {
      admit(room_.pop());
    } else {
      agenda_->call(*reader_);
    }
  }
  /// How many beats of a run will be taken in the cycles in which they are valid, as far as is known.
  [[nodiscard]] std::int64_t admits(const Run& run) const {
    if (state_ != State::kIdle || !agenda_->uses_runs()) return 0;
    return room_.empty() ? agenda_->ask(*this, run) : room_.allow(run);
  }
  /// Beats that are admitted: nothing to collect.
  void pass(const Run& run) {
    note(run);
    if (room_.empty()) return reader_->accept(*this, run);
    room_.drop(run.beats);
    arrivals_.push(run);
    agenda_->wake(*reader_);
  }
  /// The cycle in which the beat was taken.
  Cycle collect() {
    state_ = State::kIdle;
    return time_;
  }

  // A reader that decides about each beat.

  [[nodiscard]] bool offered() const { return state_ == State::kOffered; }
  [[nodiscard]] Cycle offered_at() const { return time_; }
  void take(Cycle at) {
    time_ = at;
    state_ = State::kTaken;
    note({at, 0, 1});
    agenda_->wake(*writer_);
  }
  /// Has a writer that keeps beats offer the next one now.
  void ask_for_next() {
    if (taken() && uses_runs() && writer_->keeps_beats()) agenda_->hurry(*writer_);
  }
  /// How many beats could be taken in the cycles of a run.
  [[nodiscard]] std::int64_t supplies(const Run& run) {
    ask_for_next();
    return offered() && time_ <= run.at ? writer_->supplies(run) : 0;
  }
  /// Takes the offered beat and those behind it that are supplied.
  void pull(const Run& run) {
    state_ = State::kIdle;
    note(run);
    writer_->give(run);
    agenda_->wake(*writer_);
  }

  // A reader with room.

  /// So many more beats can be taken from cycle `from` on.
  void grant(Cycle from, std::int64_t beats) { grant({from, 0, beats}); }
  /// One more beat can be taken from each of these cycles on.
  void grant(Run room) {
    if (state_ == State::kOffered && room.beats > 0) {
      admit(room.at);
      agenda_->wake(*writer_);
      room = {room[1], room.step, room.beats - 1};
    }
    if (room.beats > 0) room_.push(room);
  }
  [[nodiscard]] bool arrived() const { return !arrivals_.empty(); }
  Cycle arrival() { return arrivals_.pop(); }
  /// Those that were not asked for yet.
  [[nodiscard]] Runs& arrivals() { return arrivals_; }
  [[nodiscard]] const Runs& arrivals() const { return arrivals_; }

  // What passed.

  [[nodiscard]] std::int64_t beats() const { return beats_; }
  /// Times that beats passed, alone or in a run.
  [[nodiscard]] std::int64_t passes() const { return passes_; }
  [[nodiscard]] std::int64_t frame_beats() const { return frame_beats_; }
  /// By frame, complete ones only.
  [[nodiscard]] const std::vector<FrameTimes>& frames() const { return frames_; }
  /// Notes from now on all cycles of the last complete frame, which begins with the next beat.
  void record() { records_ = true; }
  [[nodiscard]] const Runs& recorded() const { return recorded_; }
  [[nodiscard]] bool uses_runs() const { return agenda_->uses_runs(); }
  /// For a reader that took beats of another stream at once.
  void wake_reader() { agenda_->wake(*reader_); }

  [[nodiscard]] Machine* writer() const { return writer_; }
  [[nodiscard]] Machine* reader() const { return reader_; }

 private:
  enum class State : std::uint8_t { kIdle, kOffered, kTaken };
  void admit(Cycle from) {
    if (time_ < from) time_ = from;
    state_ = State::kTaken;
    note({time_, 0, 1});
    arrivals_.push({time_, 0, 1});
    agenda_->wake(*reader_);
  }

  void note(Run run) {
    beats_ += run.beats;
    ++passes_;
    if (in_frame_ > 0 && in_frame_ + run.beats < frame_beats_ && !records_) {  // nearly all: in as few steps as can be
      hash_.add(run.later(-frame_.first));
      in_frame_ += run.beats;
    } else {
      note_ends(run);
    }
  }

  /// Beats with which a frame may begin or end.
  void note_ends(Run run) {
    while (run.beats > 0) {
      if (in_frame_ == 0) {
        frame_.first = run.at;
        hash_ = {};
      }
      const std::int64_t some = std::min(run.beats, frame_beats_ - in_frame_);
      hash_.add(run.first(some).later(-frame_.first));
      if (records_) recording_.push(run.first(some));
      in_frame_ += some;
      if (in_frame_ < frame_beats_) return;
      if (records_) recorded_ = std::exchange(recording_, Runs{});
      in_frame_ = 0;
      frame_.last = run[some - 1];
      frame_.shape = hash_.value();
      frames_.push_back(frame_);
      run = {run[some], run.step, run.beats - some};
    }
  }

  Agenda* agenda_;
  Machine* writer_ = nullptr;
  Machine* reader_ = nullptr;
  State state_ = State::kIdle;
  Cycle time_ = 0;  // of the beat: valid, then taken
  Runs room_;
  Runs arrivals_;
  std::int64_t frame_beats_;
  std::int64_t in_frame_ = 0;
  std::int64_t beats_ = 0;
  std::int64_t passes_ = 0;
  FrameTimes frame_;
  CyclesHash hash_;
  std::vector<FrameTimes> frames_;
  bool records_ = false;
  Runs recording_;
  Runs recorded_;
};

inline std::int64_t Agenda::ask(const Channel& channel, const Run& run) {
  if (questions_ == kDeepest) return 0;
  ++questions_;
  const std::int64_t admitted = channel.reader()->admits(channel, run);
  --questions_;
  return admitted;
}

}  // namespace finnr::token
