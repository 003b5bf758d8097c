// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/arrays.h"

#include <fmt/format.h>

#include <algorithm>

namespace finnr {
namespace {

/// One call's elements in the input's own shape and kind.
Tensor call_tensor(const FastInput& input, const Value& value) {
  const auto size = static_cast<std::size_t>(count(value.shape));
  Tensor tensor = Tensor::zeros(value.shape, value.type.is_float);
  const auto fill = [&](const auto* data) {
    if (value.type.is_float) std::transform(data, data + size, tensor.floats().begin(), [](auto x) { return static_cast<float>(x); });
    if (!value.type.is_float) std::transform(data, data + size, tensor.ints().begin(), [](auto x) { return static_cast<std::int64_t>(x); });
  };
  switch (input.kind) {
    case ElementKind::kUint8:
      fill(static_cast<const std::uint8_t*>(input.data));
      break;
    case ElementKind::kInt8:
      fill(static_cast<const std::int8_t*>(input.data));
      break;
    case ElementKind::kInt64:
      fill(static_cast<const std::int64_t*>(input.data));
      break;
    case ElementKind::kFloat32:
      fill(static_cast<const float*>(input.data));
      break;
  }
  return tensor;
}

}  // namespace

Result<std::vector<FrameSource>> open_frames(const Graph& graph, const std::vector<NamedFile>& files) {
  for (const NamedFile& file : files) {
    if (std::ranges::count(files, file.first, &NamedFile::first) > 1)
      return Diagnostic(Code::kBadOption,
                        file.first.empty() ? "two arrays have no input's name" : fmt::format("input '{}' is given twice", file.first))
          .fix("name each input once: --input NAME=X.npy");
  }
  std::vector<FrameSource> sources;
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    const Value& input = graph.value(graph.inputs()[i]);
    const auto named =
        std::ranges::find_if(files, [&](const NamedFile& f) { return f.first == input.name || (f.first.empty() && i == 0); });
    if (named == files.end()) {
      return Diagnostic(Code::kMissingInput, fmt::format("no array for network input '{}'", input.name))
          .fix(fmt::format("add --input {}=X.npy", input.name));
    }
    FINNR_ASSIGN(FrameSource source, FrameSource::open(named->second, input));
    if (!sources.empty() && source.calls() != sources[0].calls()) {
      return Diagnostic(Code::kArrayShape, fmt::format("array '{}' holds {} frames, the first input has {}", named->second, source.calls(),
                                                       sources[0].calls()));
    }
    sources.push_back(std::move(source));
  }
  for (const NamedFile& file : files) {
    const bool known =
        file.first.empty() || std::ranges::any_of(graph.inputs(), [&](ValueId id) { return graph.value(id).name == file.first; });
    if (known) continue;
    std::string names;
    for (const ValueId id : graph.inputs()) names += (names.empty() ? "" : ", ") + graph.value(id).name;
    return Diagnostic(Code::kBadOption, fmt::format("the network has no input '{}'", file.first)).fix("its inputs are " + names);
  }
  return sources;
}

Result<Frames> load_frames(const Graph& graph, const std::vector<NamedFile>& files) {
  FINNR_ASSIGN(const std::vector<FrameSource> sources, open_frames(graph, files));
  Frames frames;
  if (sources.empty()) return frames;
  frames.exact_shape = sources[0].exact_shape();
  frames.labels = sources[0].labels();
  frames.feeds.resize(static_cast<std::size_t>(sources[0].calls()));
  FrameSource::Room room;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const ValueId id = graph.inputs()[i];
    for (std::size_t call = 0; call < frames.feeds.size(); ++call) {
      FINNR_ASSIGN(const FastInput input, sources[i].read(static_cast<std::int64_t>(call), 1, room));
      frames.feeds[call].emplace(id, call_tensor(input, graph.value(id)));
    }
  }
  return frames;
}

Shape stacked_shape(Shape shape, std::int64_t n, bool exact_shape) {
  if (n == 1 && exact_shape) return shape;
  if (shape.empty() || (shape.size() == 1 && shape[0] != 1)) {
    shape.insert(shape.begin(), n);
  } else {
    shape[0] *= n;
  }
  return shape;
}

Tensor stack(const std::vector<Tensor>& results, bool exact_shape) {
  if (results.empty()) return Tensor(Shape{0}, Tensor::Floats{});
  Shape shape = stacked_shape(results.front().shape(), static_cast<std::int64_t>(results.size()), exact_shape);
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

}  // namespace finnr
