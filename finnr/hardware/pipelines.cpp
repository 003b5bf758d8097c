// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/pipelines.h"

#include <algorithm>

#include "finnr/hardware/machines.h"

namespace finnr::token {

bool Tail::run() {
  bool changed = false;
  Pipe& last = two_ ? second_ : first_;
  while (true) {
    bool again = false;
    if (out_.taken()) {
      last.leave(out_.collect());
      changed = true;
    }
    if (two_ && first_.has_result()) {
      if (const auto at = second_.moves(first_.result())) {
        first_.leave(*at);
        second_.enter(*at);
        again = true;
      }
    }
    if (out_.idle() && last.has_result()) {
      out_.offer(last.result());
      again = true;
    }
    if (!again) return changed;
    changed = true;
  }
}

std::int64_t Tail::admits(const Run& run) {
  return run.beats > 0 ? out_.admits(run.later(first_.latency() + (two_ ? second_.latency() : 0))) : 0;
}

void Tail::pass(const Run& run) {
  first_.flowed(run.last());
  if (two_) second_.flowed(run.last() + first_.latency());
  out_.pass(run.later(first_.latency() + (two_ ? second_.latency() : 0)));
}

// Those of some beats that make a result: the last one of each period, or all of them as far as the period goes.
Run PipelineMachine::results(const Run& run) const {
  if (from_ == period_ - 1) return {run[from_ - beat_], run.step * period_, (beat_ + run.beats) / period_};
  return beat_ < from_ ? Run{} : run;
}

std::int64_t PipelineMachine::admits(const Channel& /*in*/, const Run& run) {
  if (!tail_.flows(run.at)) return 0;
  if (from_ == period_ - 1) {
    const Run made = results(run);
    const std::int64_t admitted = tail_.admits(made);
    return admitted == made.beats ? run.beats : from_ - beat_ + admitted * period_;
  }
  if (beat_ < from_) return std::min(run.beats, from_ - beat_);
  return tail_.admits(run.first(std::min(run.beats, period_ - beat_)));
}

void PipelineMachine::accept(const Channel& /*in*/, const Run& run) {
  const Run made = results(run);
  beat_ = (beat_ + run.beats) % period_;
  if (made.beats > 0) tail_.pass(made);
  tail_.first().flowed(run.last());
}

void PipelineMachine::run() {
  while (true) {
    tail_.run();
    if (!in_.offered()) return;
    const auto at = tail_.first().moves(in_.offered_at());
    if (!at) return;
    in_.take(*at);
    if (beat_ >= from_) tail_.first().enter(*at);
    if (++beat_ == period_) beat_ = 0;
  }
}

MatrixMachine::MatrixMachine(Channel& in, Channel& out, std::int64_t first, std::int64_t second, std::int64_t words, std::int64_t passes)
    : in_(in), tail_(first, second, out), words_(words), passes_(passes) {
  in_.grant(kAlways, words * replay_frames(words));
}

void MatrixMachine::run() {
  do {
    do {
      tail_.run();
    } while (repeat() || read());
  } while (tail_.run());
}

// Passes between the first and the last need nothing: as many at once as have results that leave at once.
bool MatrixMachine::repeat() {
  const std::int64_t passes = passes_ - 1 - pass_;
  const Cycle next = held_ ? next_ : moved_ + 1;
  if (pass_ == 0 || passes < 2 || !tail_.flows(next)) return false;
  const Run ends = {next + words_ - 1 - word_, words_, passes};
  const std::int64_t admitted = tail_.admits(ends);
  if (admitted == 0) return false;
  tail_.pass(ends.first(admitted));
  moved_ = ends[admitted - 1];
  held_ = false;
  word_ = 0;
  pass_ += admitted;
  return true;
}

// A word moves from the ring into a register, and from there into the pipe.
bool MatrixMachine::read() {
  Pipe& pipe = tail_.first();
  if (!held_) {
    Cycle at = moved_;
    if (pass_ == 0) {
      if (!in_.arrived()) return false;
      at = std::max(at, in_.arrival() + 1);
    }
    if (pass_ == passes_ - 1) in_.grant(at + 1, 1);
    next_ = at + 1;
    held_ = true;
  }
  const auto at = pipe.moves(next_);
  if (!at) return false;
  held_ = false;
  moved_ = *at;
  if (word_ < words_ - 1 && in_.uses_runs()) read_on();
  end_word();
  return true;
}

// Words behind one that has moved, as many at once as are there and nothing can stop, the last but one of the pass included.
void MatrixMachine::read_on() {
  const Run words = {moved_, 1, std::clamp<std::int64_t>(tail_.first().next_wait() - 1 - moved_, 0, words_ - 1 - word_)};
  const std::int64_t more = pass_ == 0 ? in_.arrivals().allow(words, 1) : words.beats;
  if (pass_ == 0) in_.arrivals().drop(more);
  if (pass_ == passes_ - 1) in_.grant(words.later(1).first(more));
  moved_ += more;
  word_ += more;
}

void MatrixMachine::end_word() {
  if (++word_ < words_) return;
  tail_.first().enter(moved_);
  word_ = 0;
  pass_ = pass_ + 1 == passes_ ? 0 : pass_ + 1;
}

}  // namespace finnr::token
