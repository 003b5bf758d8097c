// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/tensor/npy.h"

namespace finnr {
namespace {

Diagnostic wrong_shape(const std::string& file, const Value& input, const Shape& got) {
  std::string frames = to_text(input.shape);
  if (!input.shape.empty())
    frames = fmt::format("(N{})", [&] {
      std::string rest;
      for (std::size_t i = 1; i < input.shape.size(); ++i) rest += fmt::format(", {}", input.shape[i]);
      return rest;
    }());
  return Diagnostic(Code::kArrayShape, fmt::format("array '{}' of shape {} does not fit input '{}'", file, to_text(got), input.name))
      .at({file, "", ""})
      .because(fmt::format("the input takes {} for N frames, one frame a row, or exactly {}", frames, to_text(input.shape)))
      .fix("reshape the array");
}

Result<Tensor> converted(const Tensor& array, const Value& input, const std::string& file) {
  if (input.type.is_float) return array.is_float() ? array : Tensor(array.shape(), as_floats(array));
  const auto outside = [&](const std::string& element) {
    return Diagnostic(Code::kValueOutOfRange, fmt::format("array '{}' holds {}, which input '{}' does not take", file, element, input.name))
        .at({file, "", ""})
        .because(fmt::format("the input takes {}", to_text(input.type.ints)));
  };
  if (array.is_float()) {
    for (const float x : array.floats()) {
      if (!(std::nearbyint(x) == x && std::abs(x) < 0x1p62F)) return outside(fmt::format("{}", x));
    }
  }
  Tensor::Ints ints = as_ints(array);
  for (const std::int64_t x : ints) {
    if (!input.type.ints.contains(x)) return outside(fmt::format("{}", x));
  }
  return Tensor(array.shape(), std::move(ints));
}

/// Rows [first, first + n) of the first axis in the input's own shape.
Tensor rows(const Tensor& array, std::int64_t first, const Shape& shape) {
  const std::int64_t size = count(shape);
  const auto begin = static_cast<std::ptrdiff_t>(first * size);
  const auto end = static_cast<std::ptrdiff_t>((first + 1) * size);
  if (array.is_float()) return {shape, Tensor::Floats(array.floats().begin() + begin, array.floats().begin() + end)};
  return {shape, Tensor::Ints(array.ints().begin() + begin, array.ints().begin() + end)};
}

}  // namespace

Result<Frames> load_frames(const Graph& graph, const std::vector<NamedFile>& files) {
  Frames frames;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto again = std::ranges::count(files, files[i].first, &NamedFile::first);
    if (again > 1)
      return Diagnostic(Code::kBadOption, files[i].first.empty() ? "two arrays have no input's name"
                                                                 : fmt::format("input '{}' is given twice", files[i].first))
          .fix("name each input once: --input NAME=X.npy");
  }
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    const ValueId id = graph.inputs()[i];
    const Value& input = graph.value(id);
    const auto named =
        std::ranges::find_if(files, [&](const NamedFile& f) { return f.first == input.name || (f.first.empty() && i == 0); });
    if (named == files.end()) {
      return Diagnostic(Code::kMissingInput, fmt::format("no array for network input '{}'", input.name))
          .fix(fmt::format("add --input {}=X.npy", input.name));
    }
    const std::string& file = named->second;
    FINNR_ASSIGN(const Tensor raw, load_npy(file));
    FINNR_ASSIGN(const Tensor array, converted(raw, input, file));
    const bool exact = array.shape() == input.shape;
    std::int64_t calls = 1;
    if (!exact) {
      const Shape& got = array.shape();
      const bool fits = !got.empty() && !input.shape.empty() && input.shape[0] > 0 && got[0] % input.shape[0] == 0;
      const bool shaped = fits && got.size() == input.shape.size() && std::equal(got.begin() + 1, got.end(), input.shape.begin() + 1);
      const bool rows_of_frames = fits && got.size() == 2 && got[1] == count(input.shape) / input.shape[0];
      if (!shaped && !rows_of_frames) return wrong_shape(file, input, got);
      calls = got[0] / input.shape[0];
    }
    if (i == 0) {
      frames.feeds.resize(static_cast<std::size_t>(calls));
      frames.exact_shape = exact;
    } else if (calls != static_cast<std::int64_t>(frames.feeds.size())) {
      return Diagnostic(Code::kArrayShape,
                        fmt::format("array '{}' holds {} frames, the first input has {}", file, calls, frames.feeds.size()));
    }
    for (std::int64_t call = 0; call < calls; ++call)
      frames.feeds[static_cast<std::size_t>(call)].emplace(id, rows(array, call, input.shape));
  }
  for (const NamedFile& file : files) {
    const bool known =
        file.first.empty() || std::ranges::any_of(graph.inputs(), [&](ValueId id) { return graph.value(id).name == file.first; });
    if (known) continue;
    std::string names;
    for (const ValueId id : graph.inputs()) names += (names.empty() ? "" : ", ") + graph.value(id).name;
    return Diagnostic(Code::kBadOption, fmt::format("the network has no input '{}'", file.first)).fix("its inputs are " + names);
  }
  return frames;
}

Tensor stack(const std::vector<Tensor>& results, bool exact_shape) {
  if (results.empty()) return Tensor(Shape{0}, Tensor::Floats{});
  if (results.size() == 1 && exact_shape) return results.front();
  Shape shape = results.front().shape();
  const auto n = static_cast<std::int64_t>(results.size());
  if (shape.empty() || (shape.size() == 1 && shape[0] != 1)) {
    shape.insert(shape.begin(), n);
  } else {
    shape[0] *= n;
  }
  Tensor::Floats floats;
  Tensor::Ints ints;
  for (const Tensor& result : results) {
    if (result.is_float()) floats.insert(floats.end(), result.floats().begin(), result.floats().end());
    if (!result.is_float()) ints.insert(ints.end(), result.ints().begin(), result.ints().end());
  }
  return results.front().is_float() ? Tensor(std::move(shape), std::move(floats)) : Tensor(std::move(shape), std::move(ints));
}

Result<std::size_t> find_output(const Graph& graph, const std::string& name) {
  std::string names;
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    const std::string& own = graph.value(graph.outputs()[i]).name;
    if (name.empty() || own == name) return i;
    names += (names.empty() ? "" : ", ") + own;
  }
  return Diagnostic(Code::kBadOption, fmt::format("the network has no output '{}'", name)).fix("its outputs are " + names);
}

Result<Accuracy> accuracy(const std::vector<Tensor>& results, const std::string& labels_file) {
  FINNR_ASSIGN(const Tensor labels, load_npy(labels_file));
  Accuracy result{0, static_cast<std::int64_t>(results.size())};
  if (labels.size() != result.of || (!labels.is_float() ? false : !is_integral(labels, std::int64_t{1} << 24))) {
    return Diagnostic(Code::kArrayShape, fmt::format("'{}' does not hold a label for each of {} frames", labels_file, result.of))
        .at({labels_file, "", ""});
  }
  const Tensor::Ints expected = as_ints(labels);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor& scores = results[i];
    if (scores.size() == 0) continue;
    const std::int64_t label = scores.is_float() ? std::ranges::max_element(scores.floats()) - scores.floats().begin() : scores.ints()[0];
    if (label == expected[i]) ++result.right;
  }
  return result;
}

}  // namespace finnr
