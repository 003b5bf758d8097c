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
      again = true;
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
    while (read()) {
    }
  } while (tail_.run());
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
  // Passes between the first and the last need nothing: as many words at once as nothing can stop.
  if (pass_ > 0 && pass_ < passes_ - 1 && word_ < words_ - 1) {
    const std::int64_t more = std::clamp<std::int64_t>(pipe.next_wait() - 1 - moved_, 0, words_ - 1 - word_);
    moved_ += more;
    word_ += more;
  }
  end_word();
  return true;
}

void MatrixMachine::end_word() {
  if (++word_ < words_) return;
  tail_.first().enter(moved_);
  word_ = 0;
  pass_ = pass_ + 1 == passes_ ? 0 : pass_ + 1;
}

}  // namespace finnr::token
