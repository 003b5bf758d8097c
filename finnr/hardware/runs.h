// SPDX-License-Identifier: Apache-2.0
// Cycles of beats, kept as runs of equal distances.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace finnr::token {

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
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[(head_ + i) & mask_]; }
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

/// Beats at equal distances: beat i in cycle at + i * step.
struct Run {
  Cycle at = 0;
  std::int64_t step = 0;
  std::int64_t beats = 0;

  [[nodiscard]] Cycle operator[](std::int64_t i) const { return at + i * step; }
  [[nodiscard]] Cycle last() const { return (*this)[beats - 1]; }
  [[nodiscard]] Run first(std::int64_t count) const { return {at, step, count}; }
  [[nodiscard]] Run later(std::int64_t cycles) const { return {at + cycles, step, beats}; }
};

/// How many beats of `wanted` in a row are no earlier than those of `allowed`.
inline std::int64_t on_time(const Run& wanted, const Run& allowed) {
  const std::int64_t most = std::min(wanted.beats, allowed.beats);
  if (allowed.at > wanted.at) return 0;
  if (allowed.step <= wanted.step) return most;
  return std::min(most, (wanted.at - allowed.at) / (allowed.step - wanted.step) + 1);
}

/// The cycles of beats, one after the other.
class Runs {
 public:
  [[nodiscard]] bool empty() const { return runs_.empty(); }
  [[nodiscard]] const Run& front() const { return runs_.front(); }
  void push(const Run& run) {
    if (!runs_.empty() && continues(runs_.back(), run)) {
      Run& last = runs_.back();
      last.step = run.at - last.last();
      last.beats += run.beats;
    } else {
      runs_.push(run);
    }
  }
  void drop(std::int64_t beats) {
    while (beats > 0) {
      Run& run = runs_.front();
      const std::int64_t some = std::min(beats, run.beats);
      run.at += some * run.step;
      run.beats -= some;
      beats -= some;
      if (run.beats == 0) runs_.pop();
    }
  }
  Cycle pop() {
    const Cycle at = runs_.front().at;
    drop(1);
    return at;
  }
  /// All of them, in their order.
  [[nodiscard]] std::vector<Run> list() const {
    std::vector<Run> all;
    for (std::size_t i = 0; i < runs_.size(); ++i) all.push_back(runs_[i]);
    return all;
  }
  /// Of the beat behind the first `i` ones, if there is one.
  [[nodiscard]] std::optional<Cycle> at(std::int64_t i) const {
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      if (i < runs_[k].beats) return runs_[k][i];
      i -= runs_[k].beats;
    }
    return std::nullopt;
  }
  /// How many beats of `wanted` in a row are no earlier than those here, which count as `later` cycles later.
  [[nodiscard]] std::int64_t allow(Run wanted, std::int64_t later = 0) const {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < runs_.size() && wanted.beats > 0; ++i) {
      const std::int64_t some = on_time(wanted, runs_[i].later(later));
      count += some;
      if (some < runs_[i].beats) break;
      wanted = {wanted[some], wanted.step, wanted.beats - some};
    }
    return count;
  }

 private:
  static bool continues(const Run& run, const Run& next) {
    const std::int64_t step = next.at - run.last();
    return run.at != kAlways && (run.beats == 1 || step == run.step) && (next.beats == 1 || step == next.step);
  }
  Queue<Run> runs_;
};

/// Of n = 2^k beats: factor^n, and the sums of factor^(n - i) and of i * factor^(n - i).
struct HashSums {
  std::uint64_t power = 0x9E3779B97F4A7C15ULL;
  std::uint64_t ones = 0x9E3779B97F4A7C15ULL;
  std::uint64_t indices = 0;
};

inline constexpr std::array<HashSums, 48> kHashSums = [] {
  std::array<HashSums, 48> list;
  for (std::size_t k = 1; k < list.size(); ++k) {
    const HashSums& half = list[k - 1];
    list[k] = {half.power * half.power, half.ones * half.power + half.ones,
               half.indices * half.power + (half.ones << (k - 1)) + half.indices};
  }
  return list;
}();

/// A hash of a list of cycles, the same however they are cut into runs: the sum of cycle i of n times factor^(n - i).
class CyclesHash {
 public:
  void add(Run run) {
    if (run.beats == 1) {  // as below, in fewer steps
      value_ = (value_ + static_cast<std::uint64_t>(run.at)) * kHashSums[0].power;
      return;
    }
    while (run.beats > 0) {
      const auto log = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(run.beats)) - 1);
      const HashSums& sums = kHashSums[log];
      value_ = value_ * sums.power + static_cast<std::uint64_t>(run.at) * sums.ones + static_cast<std::uint64_t>(run.step) * sums.indices;
      const std::int64_t some = std::int64_t{1} << log;
      run = {run[some], run.step, run.beats - some};
    }
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace finnr::token
