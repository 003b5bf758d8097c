// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/machines.h"

#include <algorithm>

#include "finnr/base/integers.h"

namespace finnr::token {

Arrivals arrivals(const Schedule& schedule, std::int64_t frame_beats) {
  if (schedule.kind == Schedule::Kind::kGreedy) return {{{0, 1, frame_beats}}, 0};
  if (schedule.kind == Schedule::Kind::kBurst) return {{{0, 1, frame_beats}}, schedule.interval};
  const std::int64_t step = std::max<std::int64_t>(1, schedule.interval / frame_beats);
  if (step * frame_beats == schedule.interval) return {{{0, step, frame_beats}}, schedule.interval};
  const std::int64_t piece = ceil_div(frame_beats, Schedule::kPieces);
  Arrivals even{{}, schedule.interval};
  for (std::int64_t beat = 0; beat < frame_beats; beat += piece)
    even.frame.push_back({beat * schedule.interval / frame_beats, step, std::min(piece, frame_beats - beat)});
  return even;
}

// As many as come at equal distances: when they are due, or one after the other where the first of them is late.
Run Source::next_beats() const {
  const Run& run = arrivals_.frame[run_];
  const Cycle due = frame_ * arrivals_.period + run[beat_];
  const std::int64_t left = run.beats - beat_;
  if (next_ <= due) return {due, run.step, left};
  return {next_, 1, run.step <= 1 ? left : std::min(left, (next_ - due) / (run.step - 1) + 1)};
}

void Source::sent(std::int64_t beats, Cycle last) {
  next_ = last + 1;
  beat_ += beats;
  if (beat_ < arrivals_.frame[run_].beats) return;
  beat_ = 0;
  if (++run_ < arrivals_.frame.size()) return;
  run_ = 0;
  ++frame_;
}

void Source::run() {
  while (true) {
    if (out_.taken()) sent(1, out_.collect());
    if (!out_.idle() || frame_ >= frames_) return;
    const Run run = next_beats();
    if (const std::int64_t beats = run.beats > 1 ? out_.admits(run) : 0; beats > 0) {
      out_.pass(run.first(beats));
      sent(beats, run[beats - 1]);
    } else {
      out_.offer(run.at);
    }
  }
}

FifoMachine::FifoMachine(Channel& in, Channel& out, std::int64_t depth, bool registered) : in_(in), out_(out), registered_(registered) {
  in_.grant(kAlways, depth);
}

// Of those that arrived, as many as can leave at equal distances: when they have come, or one after the other.
Run FifoMachine::next_beats() const {
  const Run run = in_.arrivals().front().later(registered_ ? 1 : 0);
  if (run.at >= last_) return run.later(1);
  const std::int64_t behind = run.step <= 1 ? run.beats : (last_ - run.at) / (run.step - 1) + 1;
  return {last_ + 1, 1, std::min(run.beats, behind)};
}

void FifoMachine::run() {
  while (true) {
    if (out_.taken()) {
      const Run beat = {out_.collect(), 0, 1};
      if (!registered_) in_.grant(beat.later(1));
      left(beat);
    }
    if (!out_.idle() || !in_.arrived()) return;
    const Run next = next_beats();
    const std::int64_t beats = next.beats > 1 ? out_.admits(next) : 0;
    came(in_.arrivals().front().first(std::max<std::int64_t>(1, beats)));
    in_.arrivals().drop(std::max<std::int64_t>(1, beats));
    if (beats > 0) {
      const Run run = next.first(beats);
      out_.pass(run);
      in_.grant(registered_ ? run : run.later(1));
      left(run);
    } else {
      if (registered_) in_.grant(next.at, 1);
      out_.offer(next.at);
    }
  }
}

std::int64_t FifoMachine::supplies(const Run& run) const {
  // With an output register, only those that were already waiting when the one before them left.
  const Run others = {registered_ ? run.at : run[1], run.step, run.beats - 1};
  return 1 + in_.arrivals().allow(others, 1);
}

void FifoMachine::give(const Run& run) {
  const std::int64_t others = run.beats - 1;
  for (std::int64_t i = others; i > 0;) {
    const Run first = in_.arrivals().front().first(std::min(i, in_.arrivals().front().beats));
    came(first);
    in_.arrivals().drop(first.beats);
    i -= first.beats;
  }
  in_.grant(run.later(1).first(registered_ ? others : run.beats));
  left(run);
}

void FifoMachine::came(const Run& run) {
  if (!measures_) return;
  for (std::int64_t i = 0; i < run.beats; ++i) came_.push(run[i]);
}

void FifoMachine::left(const Run& run) {
  last_ = run.last();
  if (!measures_) return;
  for (std::int64_t i = 0; i < run.beats; ++i) left_.push(run[i]);
  note_peak();
}

// A beat needs room for itself and for all before it that do not leave earlier than it comes.
void FifoMachine::note_peak() {
  while (!came_.empty()) {
    while (!left_.empty() && left_.front() < came_.front()) {
      left_.pop();
      --inside_;
    }
    if (left_.empty()) return;  // who is still inside is not known yet
    came_.pop();
    peak_ = std::max(peak_, ++inside_);
  }
}

void Widener::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (full_ || !in_.offered()) return;
    const Cycle at = std::max(in_.offered_at(), free_);
    in_.take(at);
    if (++count_ < ratio_) return;
    count_ = 0;
    full_ = true;
    out_.offer(at + 1);
  }
}

// Of some beats that enter.
Run Widener::results(const Run& run) const {
  const std::int64_t missing = ratio_ - count_;
  const std::int64_t beats = (count_ + run.beats) / ratio_;
  return {run[missing - 1] + 1, run.step * ratio_, beats};
}

std::int64_t Widener::admits(const Channel& /*in*/, const Run& run) {
  if (full_ || run.at < free_) return 0;
  const Run out = results(run);
  const std::int64_t admitted = out.beats > 0 ? out_.admits(out) : 0;
  return admitted == out.beats ? run.beats : (admitted + 1) * ratio_ - count_ - 1;
}

void Widener::accept(const Channel& /*in*/, const Run& run) {
  const Run out = results(run);
  count_ = (count_ + run.beats) % ratio_;
  if (out.beats == 0) return;
  out_.pass(out);
  free_ = out.last();
}

void Narrower::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      --left_;
    }
    if (!out_.idle()) return;
    if (left_ > 0) {
      const Run rest = {free_ + 1, 1, left_};
      if (const std::int64_t beats = left_ > 1 ? out_.admits(rest) : 0; beats > 0) {
        out_.pass(rest.first(beats));
        free_ = rest[beats - 1];
        left_ -= beats;
      } else {
        out_.offer(rest.at);
      }
    } else if (in_.offered()) {
      const Cycle at = std::max(in_.offered_at(), free_);
      in_.take(at);
      left_ = ratio_;
      free_ = at;
    } else {
      return;
    }
  }
}

void Wires::run() {
  while (true) {
    if (out_.taken()) {
      in_.take(out_.collect());
      passing_ = false;
    }
    if (passing_ || !in_.offered()) return;
    passing_ = true;
    out_.offer(in_.offered_at());
  }
}

std::int64_t Wires::admits(const Channel& /*in*/, const Run& run) { return passing_ ? 0 : out_.admits(run); }

void Wires::accept(const Channel& /*in*/, const Run& run) { out_.pass(run); }

void ForkMachine::run() {
  while (true) {
    if (open_ > 0) {
      for (Channel* out : outs_) {
        if (!out->taken()) continue;
        last_ = std::max(last_, out->collect());
        --open_;
      }
      if (open_ > 0) return;
      in_.take(last_);
      last_ = kAlways;
    }
    if (!in_.offered()) return;
    open_ = outs_.size();
    for (Channel* out : outs_) out->offer(in_.offered_at());
  }
}

std::int64_t ForkMachine::admits(const Channel& /*in*/, const Run& run) {
  if (open_ > 0) return 0;
  std::int64_t beats = run.beats;
  for (const Channel* out : outs_) {
    if (beats > 0) beats = out->admits(run.first(beats));
  }
  return beats;
}

void ForkMachine::accept(const Channel& /*in*/, const Run& run) {
  for (Channel* out : outs_) out->pass(run);
}

void JoinMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (a_.offered() != b_.offered()) (a_.offered() ? b_ : a_).ask_for_next();
    if (full_ || !a_.offered() || !b_.offered()) return;
    const Cycle at = std::max({a_.offered_at(), b_.offered_at(), free_});
    a_.take(at);
    b_.take(at);
    full_ = true;
    out_.offer(at + 1);
  }
}

std::int64_t JoinMachine::admits(const Channel& in, const Run& run) {
  if (full_ || run.at < free_) return 0;
  const std::int64_t beats = (&in == &a_ ? b_ : a_).supplies(run);
  return beats > 0 ? out_.admits(run.later(1).first(beats)) : 0;
}

void JoinMachine::accept(const Channel& in, const Run& run) {
  (&in == &a_ ? b_ : a_).pull(run);
  out_.pass(run.later(1));
  free_ = run.last() + 1;
}

void ConcatMachine::next(std::int64_t beats, Cycle last) {
  next_ = last + 1;
  beat_ += beats;
  if (beat_ < turns_[input_]) return;
  beat_ = 0;
  input_ = input_ + 1 == ins_.size() ? 0 : input_ + 1;
}

std::int64_t ConcatMachine::admits(const Channel& in, const Run& run) {
  if (passing_ || &in != ins_[input_] || run.at < next_) return 0;
  return out_.admits(run.first(std::min(run.beats, turns_[input_] - beat_)));
}

void ConcatMachine::accept(const Channel& /*in*/, const Run& run) {
  out_.pass(run);
  next(run.beats, run.last());
  ins_[input_]->wake_reader();  // what comes next may have been offered long ago
}

void ConcatMachine::run() {
  while (true) {
    if (out_.taken()) {
      const Cycle at = out_.collect();
      ins_[input_]->take(at);
      passing_ = false;
      next(1, at);
    }
    if (passing_ || !ins_[input_]->offered()) return;
    passing_ = true;
    out_.offer(std::max(ins_[input_]->offered_at(), next_));
  }
}

void TakeMachine::run() {
  while (true) {
    if (out_.taken()) {
      in_.take(out_.collect());
      passing_ = false;
      next(1);
    }
    if (passing_ || !in_.offered()) return;
    if (wanted()) {
      passing_ = true;
      out_.offer(in_.offered_at());
    } else {
      in_.take(in_.offered_at());
      next(1);
    }
  }
}

std::int64_t TakeMachine::admits(const Channel& /*in*/, const Run& run) {
  if (passing_) return 0;
  if (wanted()) return out_.admits(run.first(std::min(run.beats, first_ + count_ - beat_)));
  return std::min(run.beats, (beat_ < first_ ? first_ : period_) - beat_);
}

void TakeMachine::accept(const Channel& /*in*/, const Run& run) {
  if (wanted()) out_.pass(run);
  next(run.beats);
}

std::int64_t replay_frames(std::int64_t words) { return words >= 4 ? 2 : words == 3 ? 3 : words == 2 ? 4 : 8; }

ReplayMachine::ReplayMachine(Channel& in, Channel& out, std::int64_t words, std::int64_t passes)
    : in_(in), out_(out), words_(words), passes_(passes) {
  in_.grant(kAlways, words * replay_frames(words));
}

void ReplayMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (full_) return;
    Cycle read = free_;
    if (pass_ == 0) {
      if (!in_.arrived()) return;
      read = std::max(read, in_.arrival() + 1);
    }
    if (pass_ == passes_ - 1) in_.grant(read + 1, 1);
    if (++word_ == words_) {
      word_ = 0;
      pass_ = pass_ + 1 == passes_ ? 0 : pass_ + 1;
    }
    full_ = true;
    out_.offer(read + 1);
  }
}

PermuteMachine::PermuteMachine(Channel& in, Channel& out, std::int64_t in_beats, std::int64_t out_beats)
    : in_(in), out_(out), in_beats_(in_beats), out_beats_(out_beats) {
  in_.grant(kAlways, 2 * in_beats_);
}

void PermuteMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    while (came_ < in_beats_ && in_.arrived()) {
      last_came_ = in_.arrival();
      ++came_;
    }
    if (full_ || came_ < in_beats_) return;
    const Cycle read = std::max(free_, last_came_ + 1);
    const Run rest = {read + 1, 1, out_beats_ - sent_};
    const std::int64_t passed = rest.beats > 1 ? out_.admits(rest) : 0;
    sent_ += std::max<std::int64_t>(1, passed);
    if (passed > 0) {
      out_.pass(rest.first(passed));
      free_ = rest[passed - 1];
    } else {
      full_ = true;
    }
    if (sent_ == out_beats_) {
      sent_ = came_ = 0;
      in_.grant(passed > 0 ? free_ : read + 1, in_beats_);
    }
    if (full_) out_.offer(read + 1);
  }
}

TopKMachine::TopKMachine(Channel& in, Channel& out, std::int64_t in_beats, std::int64_t k)
    : in_(in), out_(out), in_beats_(in_beats), k_(k) {
  in_.grant(kAlways, in_beats_);
}

void TopKMachine::run() {
  while (true) {
    if (out_.taken()) {
      const Cycle at = out_.collect();
      next_ = at + 1;
      // The next frame but for its last beat enters while this one leaves.
      if (--left_ == 0) in_.grant(at, 1);
    }
    if (!out_.idle()) return;
    if (left_ > 0) {
      out_.offer(next_);
      continue;
    }
    Cycle last = kAlways;
    while (came_ < in_beats_ && in_.arrived()) {
      last = in_.arrival();
      ++came_;
    }
    if (came_ < in_beats_) return;
    came_ = 0;
    left_ = k_;
    if (in_beats_ > 1) in_.grant(kAlways, in_beats_ - 1);
    out_.offer(last + 1);
  }
}

}  // namespace finnr::token
