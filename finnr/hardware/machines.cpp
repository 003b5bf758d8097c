// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/machines.h"

#include <algorithm>

namespace finnr::token {

Cycle Source::earliest() const {
  switch (schedule_.kind) {
    case Schedule::Kind::kGreedy:
      return 0;
    case Schedule::Kind::kSteady:
      return frame_ * schedule_.interval + beat_ * schedule_.interval / out_.frame_beats();
    case Schedule::Kind::kBurst:
      return frame_ * schedule_.interval + beat_;
  }
  return 0;
}

void Source::run() {
  while (true) {
    if (out_.taken()) {
      next_ = out_.collect() + 1;
      if (++beat_ == out_.frame_beats()) {
        beat_ = 0;
        ++frame_;
      }
    }
    if (!out_.idle() || frame_ >= frames_) return;
    out_.offer(std::max(next_, earliest()));
  }
}

FifoMachine::FifoMachine(Channel& in, Channel& out, std::int64_t depth, bool registered) : in_(in), out_(out), registered_(registered) {
  in_.grant(kAlways, depth);
}

void FifoMachine::run() {
  while (true) {
    if (out_.taken()) {
      last_ = out_.collect();
      if (!registered_) in_.grant(last_ + 1, 1);
      if (measures_) {
        left_.push(last_);
        note_peak();
      }
    }
    if (!out_.idle() || !in_.arrived()) return;
    const Cycle came = in_.arrival();
    if (measures_) came_.push(came);
    if (registered_) {
      const Cycle read = std::max(came + 1, last_);
      in_.grant(read + 1, 1);
      out_.offer(read + 1);
    } else {
      out_.offer(std::max(came, last_) + 1);
    }
  }
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

void Narrower::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      --left_;
    }
    if (!out_.idle()) return;
    if (left_ > 0) {
      out_.offer(free_ + 1);
    } else if (in_.offered()) {
      const Cycle at = std::max(in_.offered_at(), free_);
      in_.take(at);
      left_ = ratio_;
      out_.offer(at + 1);
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

void JoinMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (full_ || !a_.offered() || !b_.offered()) return;
    const Cycle at = std::max({a_.offered_at(), b_.offered_at(), free_});
    a_.take(at);
    b_.take(at);
    full_ = true;
    out_.offer(at + 1);
  }
}

void ConcatMachine::run() {
  while (true) {
    if (out_.taken()) {
      const Cycle at = out_.collect();
      ins_[input_]->take(at);
      passing_ = false;
      next_ = at + 1;
      if (++beat_ == turns_[input_]) {
        beat_ = 0;
        input_ = input_ + 1 == ins_.size() ? 0 : input_ + 1;
      }
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
      next();
    }
    if (passing_ || !in_.offered()) return;
    if (beat_ >= first_ && beat_ < first_ + count_) {
      passing_ = true;
      out_.offer(in_.offered_at());
    } else {
      in_.take(in_.offered_at());
      next();
    }
  }
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
    if (++sent_ == out_beats_) {
      sent_ = came_ = 0;
      in_.grant(read + 1, in_beats_);
    }
    full_ = true;
    out_.offer(read + 1);
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
