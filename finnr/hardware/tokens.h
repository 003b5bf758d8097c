// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace finnr::token {

/// The token simulation: every unit is a machine that knows when a beat can be taken or offered, by the rules of its RTL
/// module; a stream is a channel between two machines. Nothing happens between two beats, so nothing is computed there.
///
/// No common clock: a machine runs ahead as far as the times it knows allow, and the times are the same in whatever order the
/// machines run, because a beat depends on earlier beats alone. Where no machine can go on though beats are missing, the
/// hardware stands still in the same place.
using Cycle = std::int64_t;

/// Before everything.
inline constexpr Cycle kAlways = std::numeric_limits<Cycle>::min() / 4;
/// More beats than ever pass.
inline constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max() / 4;

/// First in, first out; grows as needed.
template <class T>
class Queue {
 public:
  [[nodiscard]] bool empty() const { return head_ == tail_; }
  [[nodiscard]] std::size_t size() const { return tail_ - head_; }
  [[nodiscard]] T& front() { return items_[head_ & mask_]; }
  [[nodiscard]] const T& front() const { return items_[head_ & mask_]; }
  [[nodiscard]] T& back() { return items_[(tail_ - 1) & mask_]; }
  void push(T item) {
    if (tail_ - head_ == items_.size()) grow();
    items_[tail_++ & mask_] = item;
  }
  T pop() { return items_[head_++ & mask_]; }

 private:
  void grow() {
    std::vector<T> larger(2 * items_.size());
    for (std::size_t i = 0; head_ + i != tail_; ++i) larger[i] = items_[(head_ + i) & mask_];
    tail_ -= head_;
    head_ = 0;
    items_ = std::move(larger);
    mask_ = items_.size() - 1;
  }
  std::vector<T> items_ = std::vector<T>(8);  // a power of two
  std::size_t mask_ = 7;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

class Machine;

/// Machines that have something new to look at.
class Agenda {
 public:
  /// Later, unless it is at work and will look by itself.
  void wake(Machine& machine);
  /// At once, for a machine behind the one at work; later where calls are nested too deep.
  void call(Machine& machine);
  /// Until no machine can go on.
  void run();

 private:
  static constexpr int kDeepest = 200;
  Queue<Machine*> waiting_;
  int depth_ = 0;
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
      admit(room_.front().from);
      if (--room_.front().beats == 0) room_.pop();
    } else {
      agenda_->call(*reader_);
    }
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
    note(at);
    agenda_->wake(*writer_);
  }

  // A reader with room.

  /// So many more beats can be taken from cycle `from` on.
  void grant(Cycle from, std::int64_t beats) {
    if (state_ == State::kOffered && beats > 0) {
      admit(from);
      agenda_->wake(*writer_);
      --beats;
    }
    if (beats > 0) room_.push({from, beats});
  }
  [[nodiscard]] bool arrived() const { return !arrivals_.empty(); }
  Cycle arrival() { return arrivals_.pop(); }

  // What passed.

  [[nodiscard]] std::int64_t beats() const { return beats_; }
  [[nodiscard]] std::int64_t frame_beats() const { return frame_beats_; }
  /// By frame, complete ones only.
  [[nodiscard]] const std::vector<FrameTimes>& frames() const { return frames_; }
  [[nodiscard]] Machine* writer() const { return writer_; }
  [[nodiscard]] Machine* reader() const { return reader_; }

 private:
  enum class State : std::uint8_t { kIdle, kOffered, kTaken };
  struct Room {
    Cycle from = 0;
    std::int64_t beats = 0;
  };

  void admit(Cycle from) {
    if (time_ < from) time_ = from;
    state_ = State::kTaken;
    note(time_);
    arrivals_.push(time_);
    agenda_->wake(*reader_);
  }

  void note(Cycle at) {
    if (in_frame_ == 0) {
      frame_.first = at;
      frame_.shape = 0;
    }
    frame_.shape = (frame_.shape + static_cast<std::uint64_t>(at - frame_.first)) * 0x9E3779B97F4A7C15ULL;
    ++beats_;
    if (++in_frame_ < frame_beats_) return;
    in_frame_ = 0;
    frame_.last = at;
    frames_.push_back(frame_);
  }

  Agenda* agenda_;
  Machine* writer_ = nullptr;
  Machine* reader_ = nullptr;
  State state_ = State::kIdle;
  Cycle time_ = 0;  // of the beat: valid, then taken
  Queue<Room> room_;
  Queue<Cycle> arrivals_;
  std::int64_t frame_beats_;
  std::int64_t in_frame_ = 0;
  std::int64_t beats_ = 0;
  FrameTimes frame_;
  std::vector<FrameTimes> frames_;
};

}  // namespace finnr::token
