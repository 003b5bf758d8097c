// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/score.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/base/files.h"
#include "finnr/flow/images.h"
#include "finnr/tensor/npy.h"

namespace finnr {

void Score::count(std::int64_t answer, bool among_five) {
  const std::int64_t label = labels_[next_++];
  ++sums_.of;
  sums_.right += answer == label ? 1 : 0;
  sums_.top5 += answer == label || among_five ? 1 : 0;
  answers_.push_back(answer);
}

void Score::add(std::span<const float> scores) {
  if (scores.empty()) return count(-1, false);
  const std::int64_t label = labels_[next_];
  const auto answer = std::ranges::max_element(scores) - scores.begin();
  sums_.classes = std::max(sums_.classes, std::ssize(scores));
  bool among_five = false;
  if (label >= 0 && label < std::ssize(scores)) {
    const float own = scores[static_cast<std::size_t>(label)];
    const auto before = std::ranges::count_if(scores.begin(), scores.begin() + label, [&](float s) { return s >= own; });
    const auto behind = std::ranges::count_if(scores.begin() + label, scores.end(), [&](float s) { return s > own; });
    among_five = before + behind < 5;
  }
  count(answer, among_five);
}

void Score::add(std::span<const std::int64_t> indices) {
  if (indices.empty()) return count(-1, false);
  const auto five = indices.first(std::min<std::size_t>(5, indices.size()));
  count(indices[0], std::ranges::find(five, labels_[next_]) != five.end());
}

Accuracy Score::accuracy() const {
  Accuracy result = sums_;
  for (std::size_t i = 0; i < answers_.size(); ++i) result.classes = std::max({result.classes, labels_[i] + 1, answers_[i] + 1});
  const bool named = std::ranges::all_of(answers_, [](std::int64_t a) { return a >= 0; }) &&
                     std::ranges::all_of(labels_, [](std::int64_t l) { return l >= 0; });
  if (!named || result.classes > Accuracy::kMostClasses) return result;
  const auto n = static_cast<std::size_t>(result.classes);
  result.confusion.assign(n, std::vector<std::int64_t>(n, 0));
  for (std::size_t i = 0; i < answers_.size(); ++i)
    ++result.confusion[static_cast<std::size_t>(labels_[i])][static_cast<std::size_t>(answers_[i])];
  return result;
}

Result<Tensor::Ints> load_labels(const std::string& file, std::size_t frames) {
  const auto unfit = [&] {
    return Diagnostic(Code::kArrayShape, fmt::format("'{}' does not hold a label for each of {} frames", file, frames)).at({file, "", ""});
  };
  FINNR_ASSIGN(std::string bytes, read_file(file));
  if (is_compressed(bytes)) {
    FINNR_ASSIGN(bytes, decompress(bytes, file));
  }
  if (const auto idx = read_idx(bytes)) {
    if (idx->items != static_cast<std::int64_t>(frames) || idx->item_bytes != 1) return unfit();
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data() + idx->offset);
    return Tensor::Ints(first, first + frames);
  }
  FINNR_ASSIGN(const Tensor labels, parse_npy(bytes, file));
  if (labels.size() != static_cast<std::int64_t>(frames) || (labels.is_float() && !is_integral(labels, std::int64_t{1} << 24)))
    return unfit();
  return as_ints(labels);
}

}  // namespace finnr
