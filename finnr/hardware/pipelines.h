// SPDX-License-Identifier: Apache-2.0
// Units with one enable for all of their registers: while the last register holds a result that is not taken, nothing moves,
// and bubbles stay where they are.
#pragma once

#include <optional>

#include "finnr/hardware/tokens.h"

namespace finnr::token {

/// Registers with a common enable. Their own time runs while they move; a result leaves `latency` of its own cycles after its
/// last input entered, and every wait of a result shifts all that comes later.
class Pipe {
 public:
  explicit Pipe(std::int64_t latency) : latency_(latency) {}

  /// The first cycle from `at` on in which it moves; nothing while it is not known when an earlier result is taken. Cycles
  /// asked for never go back.
  [[nodiscard]] std::optional<Cycle> moves(Cycle at) {
    at = asked_ = at < asked_ ? asked_ : at;
    while (!waits_.empty() && waits_.front().from <= at) {
      const Wait wait = waits_.pop();
      waited_ += wait.cycles;
      if (at < wait.from + wait.cycles) at = asked_ = wait.from + wait.cycles;
    }
    if (waits_.empty() && !results_.empty() && result() <= at) return std::nullopt;
    return at;
  }
  /// The first cycle from `at` on in which it may stand still, as far as is known.
  [[nodiscard]] Cycle next_wait() const {
    if (!waits_.empty()) return waits_.front().from;
    return results_.empty() ? kUnbounded : result();
  }
  /// The input that entered in cycle `at`, as moves() gave it, makes a result.
  void enter(Cycle at) { results_.push(at - waited_ + latency_); }

  /// Whether nothing is inside, and what enters from cycle `at` on, which is asked for, need not wait for what was.
  [[nodiscard]] bool flows(Cycle at) { return results_.empty() && moves(at) == at && waits_.empty(); }
  /// Beats that entered and left since, the last one in cycle `at`.
  void flowed(Cycle at) { asked_ = at; }
  [[nodiscard]] std::int64_t latency() const { return latency_; }

  [[nodiscard]] bool has_result() const { return !results_.empty(); }
  /// When the oldest result is valid.
  [[nodiscard]] Cycle result() const { return results_.front() + later_; }
  /// It was taken in cycle `at`.
  void leave(Cycle at) {
    const Cycle valid = result();
    results_.pop();
    if (at == valid) return;
    waits_.push({valid, at - valid});
    later_ += at - valid;
  }

 private:
  struct Wait {
    Cycle from = 0;
    std::int64_t cycles = 0;
  };
  std::int64_t latency_;
  Cycle asked_ = kAlways;    // the last cycle asked for, or the end of the waits it met
  std::int64_t waited_ = 0;  // before the cycles asked for
  std::int64_t later_ = 0;   // until the oldest result
  Queue<Cycle> results_;     // in cycles of its own
  Queue<Wait> waits_;        // after the cycles asked for
};

/// One or two pipes behind each other, and the stream behind them.
class Tail {
 public:
  /// `second` 0: there is only one.
  Tail(std::int64_t first, std::int64_t second, Channel& out) : first_(first), second_(second), two_(second > 0), out_(out) {}
  [[nodiscard]] Pipe& first() { return first_; }
  /// Moves results on; true when something changed.
  bool run();

  /// How many of the inputs that would enter at once make results that leave at once.
  [[nodiscard]] std::int64_t admits(const Run& run);
  /// As many as it admits.
  void pass(const Run& run);
  /// Whether both are empty, and what enters the first one from cycle `at` on, which is asked for, need not wait.
  [[nodiscard]] bool flows(Cycle at) { return first_.flows(at) && (!two_ || second_.flows(at + first_.latency())); }

 private:
  Pipe first_;
  Pipe second_;
  bool two_;
  Channel& out_;
};

/// Every input beat enters a pipe; of every `period` of them those from `from` on make a result. finnr_threshold, finnr_table,
/// finnr_pool, finnr_vvu, and finnr_mvu with a single group of rows.
class PipelineMachine final : public Machine {
 public:
  PipelineMachine(Channel& in, Channel& out, std::int64_t first, std::int64_t second, std::int64_t period, std::int64_t from)
      : in_(in), tail_(first, second, out), period_(period), from_(from) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  [[nodiscard]] Run results(const Run& run) const;
  Channel& in_;
  Tail tail_;
  std::int64_t period_;
  std::int64_t from_;
  std::int64_t beat_ = 0;
};

/// finnr_mvu with several groups of rows: each vector of `words` beats is read `passes` times out of a ring, each time for a
/// result.
class MatrixMachine final : public Machine {
 public:
  MatrixMachine(Channel& in, Channel& out, std::int64_t first, std::int64_t second, std::int64_t words, std::int64_t passes);
  void run() override;

 private:
  bool read();
  bool repeat();
  void read_on();
  void end_word();
  Channel& in_;
  Tail tail_;
  std::int64_t words_;
  std::int64_t passes_;
  std::int64_t word_ = 0;
  std::int64_t pass_ = 0;
  Cycle next_ = kAlways;  // when the word in the register behind the ring is valid
  bool held_ = false;     // there is one
  Cycle moved_ = kAlways;
};

}  // namespace finnr::token
