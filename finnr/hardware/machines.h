// SPDX-License-Identifier: Apache-2.0
// One machine for each kind of unit, by the rules of its RTL module. Times are cycles; a beat taken in cycle t is in the
// registers behind it from cycle t + 1 on.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "finnr/hardware/tokens.h"

namespace finnr::token {

/// How the beats of an input come.
struct Schedule {
  enum class Kind : std::uint8_t {
    kGreedy,  ///< always valid
    kSteady,  ///< the beats of a frame spread over `interval`, in kPieces pieces of even distance (each beat, if there are no more)
    kBurst,   ///< a frame begins every `interval`, its beats follow each other as fast as they are taken
  };
  /// Most pieces of a steady frame: beats of a piece are whole cycles apart, and pass as one.
  static constexpr std::int64_t kPieces = 1024;
  Kind kind = Kind::kGreedy;
  std::int64_t interval = 1;
};

/// When the beats of each frame may be offered at the earliest.
struct Arrivals {
  std::vector<Run> frame;   ///< of the first one
  std::int64_t period = 0;  ///< from frame to frame
};
Arrivals arrivals(const Schedule& schedule, std::int64_t frame_beats);

/// Offers the beats of an input, frame by frame.
class Source final : public Machine {
 public:
  Source(Channel& out, Arrivals arrivals) : out_(out), arrivals_(std::move(arrivals)) {}
  /// Goes on until so many frames were offered.
  void limit(std::int64_t frames) { frames_ = frames; }
  void run() override;

 private:
  [[nodiscard]] Run next_beats() const;
  void sent(std::int64_t beats, Cycle last);
  Channel& out_;
  Arrivals arrivals_;
  std::int64_t frames_ = 0;
  std::int64_t frame_ = 0;
  std::size_t run_ = 0;    // of the frame
  std::int64_t beat_ = 0;  // of the run
  Cycle next_ = 0;
};

/// Always ready.
class Sink final : public Machine {
 public:
  explicit Sink(Channel& in) : in_(in) { in_.grant(kAlways, kUnbounded); }
  void run() override {
    while (in_.arrived()) in_.arrivals().drop(in_.arrivals().front().beats);
  }

 private:
  Channel& in_;
};

/// finnr_fifo. `registered`: a word is read into an output register (Style 2 and 3, Depth of 2 and more).
class FifoMachine final : public Machine {
 public:
  FifoMachine(Channel& in, Channel& out, std::int64_t depth, bool registered);
  void run() override;
  [[nodiscard]] bool keeps_beats() const override { return true; }
  [[nodiscard]] std::int64_t supplies(const Run& run) const override;
  void give(const Run& run) override;

  /// Notes from now on how many beats were inside at once.
  void measure() { measures_ = true; }
  /// The depth with which no beat would have waited for room; of a queue without output register.
  [[nodiscard]] std::int64_t peak() const { return peak_; }

 private:
  [[nodiscard]] Run next_beats() const;
  void came(const Run& run);
  void left(const Run& run);
  void note_peak();
  Channel& in_;
  Channel& out_;
  bool registered_;
  Cycle last_ = kAlways;  // in which a beat left
  bool measures_ = false;
  std::int64_t peak_ = 1;
  std::int64_t inside_ = 0;
  Queue<Cycle> came_;  // not yet counted
  Queue<Cycle> left_;  // not yet counted
};

/// finnr_width, from narrow to wide: `ratio` beats make one.
class Widener final : public Machine {
 public:
  Widener(Channel& in, Channel& out, std::int64_t ratio) : in_(in), out_(out), ratio_(ratio) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  [[nodiscard]] Run results(const Run& run) const;
  Channel& in_;
  Channel& out_;
  std::int64_t ratio_;
  std::int64_t count_ = 0;
  bool full_ = false;
  Cycle free_ = kAlways;
};

/// finnr_width, from wide to narrow.
class Narrower final : public Machine {
 public:
  Narrower(Channel& in, Channel& out, std::int64_t ratio) : in_(in), out_(out), ratio_(ratio) {}
  void run() override;

 private:
  Channel& in_;
  Channel& out_;
  std::int64_t ratio_;
  std::int64_t left_ = 0;
  Cycle free_ = kAlways;
};

/// Plain wires: finnr_cast, finnr_replay of one pass.
class Wires final : public Machine {
 public:
  Wires(Channel& in, Channel& out) : in_(in), out_(out) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  Channel& in_;
  Channel& out_;
  bool passing_ = false;
};

/// finnr_fork.
class ForkMachine final : public Machine {
 public:
  ForkMachine(Channel& in, std::vector<Channel*> outs) : in_(in), outs_(std::move(outs)) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  Channel& in_;
  std::vector<Channel*> outs_;
  std::size_t open_ = 0;  // outputs that have not taken the beat
  Cycle last_ = kAlways;
};

/// finnr_join.
class JoinMachine final : public Machine {
 public:
  JoinMachine(Channel& a, Channel& b, Channel& out) : a_(a), b_(b), out_(out) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  Channel& a_;
  Channel& b_;
  Channel& out_;
  bool full_ = false;
  Cycle free_ = kAlways;
};

/// finnr_concat.
class ConcatMachine final : public Machine {
 public:
  ConcatMachine(std::vector<Channel*> ins, Channel& out, std::vector<std::int64_t> turns)
      : ins_(std::move(ins)), out_(out), turns_(std::move(turns)) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;
  [[nodiscard]] std::optional<std::size_t> needed_input() const override { return input_; }

 private:
  void next(std::int64_t beats, Cycle last);
  std::vector<Channel*> ins_;
  Channel& out_;
  std::vector<std::int64_t> turns_;
  std::size_t input_ = 0;
  std::int64_t beat_ = 0;
  bool passing_ = false;
  Cycle next_ = kAlways;
};

/// finnr_take.
class TakeMachine final : public Machine {
 public:
  TakeMachine(Channel& in, Channel& out, std::int64_t period, std::int64_t first, std::int64_t count)
      : in_(in), out_(out), period_(period), first_(first), count_(count) {}
  void run() override;
  std::int64_t admits(const Channel& in, const Run& run) override;
  void accept(const Channel& in, const Run& run) override;

 private:
  [[nodiscard]] bool wanted() const { return beat_ >= first_ && beat_ < first_ + count_; }
  void next(std::int64_t beats) { beat_ = (beat_ + beats) % period_; }
  Channel& in_;
  Channel& out_;
  std::int64_t period_;
  std::int64_t first_;
  std::int64_t count_;
  std::int64_t beat_ = 0;
  bool passing_ = false;
};

/// Frames in the ring of finnr_replay.
std::int64_t replay_frames(std::int64_t words);

/// finnr_replay of several passes, alone.
class ReplayMachine final : public Machine {
 public:
  ReplayMachine(Channel& in, Channel& out, std::int64_t words, std::int64_t passes);
  void run() override;

 private:
  Channel& in_;
  Channel& out_;
  std::int64_t words_;
  std::int64_t passes_;
  std::int64_t word_ = 0;
  std::int64_t pass_ = 0;
  bool full_ = false;
  Cycle free_ = kAlways;
};

/// finnr_permute.
class PermuteMachine final : public Machine {
 public:
  PermuteMachine(Channel& in, Channel& out, std::int64_t in_beats, std::int64_t out_beats);
  void run() override;

 private:
  Channel& in_;
  Channel& out_;
  std::int64_t in_beats_;
  std::int64_t out_beats_;
  std::int64_t came_ = 0;      // beats of the frame that enters
  Cycle last_came_ = kAlways;  // of the frame that leaves, when all of it is there
  std::int64_t sent_ = 0;      // beats of the frame that leaves
  bool full_ = false;
  Cycle free_ = kAlways;
};

/// finnr_top_k.
class TopKMachine final : public Machine {
 public:
  TopKMachine(Channel& in, Channel& out, std::int64_t in_beats, std::int64_t k);
  void run() override;

 private:
  Channel& in_;
  Channel& out_;
  std::int64_t in_beats_;
  std::int64_t k_;
  std::int64_t came_ = 0;
  Cycle next_ = kAlways;
  std::int64_t left_ = 0;  // indices to send
};

}  // namespace finnr::token
