// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// How many labels agree.
struct Accuracy {
  std::int64_t right = 0;  ///< top-1
  std::int64_t top5 = 0;   ///< the label is one of the five best
  std::int64_t of = 0;
  std::int64_t classes = 0;                          ///< that results or labels name
  std::vector<std::vector<std::int64_t>> confusion;  ///< frames by label, then by answer; empty above kMostClasses classes

  static constexpr std::int64_t kMostClasses = 64;
};

/// Compares results with labels, frame by frame. The answer of a frame is the first index of the largest score (the five best
/// are the largest, ties to the lower index), or where the network returns indices itself the first of those.
class Score {
 public:
  explicit Score(Tensor::Ints labels) : labels_(std::move(labels)) {}

  void add(std::span<const float> scores);
  void add(std::span<const std::int64_t> indices);
  [[nodiscard]] Accuracy accuracy() const;

 private:
  void count(std::int64_t answer, bool among_five);

  Tensor::Ints labels_;
  std::size_t next_ = 0;
  Accuracy sums_;
  std::vector<std::int64_t> answers_;
};

/// Labels of a .npy file or of an idx file (perhaps compressed), one for each of `frames` frames. Fails with kArrayShape,
/// kBadArray, kFileUnreadable.
Result<Tensor::Ints> load_labels(const std::string& file, std::size_t frames);

}  // namespace finnr
