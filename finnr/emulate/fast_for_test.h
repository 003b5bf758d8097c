// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "finnr/emulate/fast.h"
#include "finnr/emulate/reference.h"

namespace finnr {

/// Where the fast emulator, forced to each of the targets, differs from the executor on some frames (a tensor for each graph
/// input); "" when nowhere. All frames go through at once.
inline std::string fast_difference(const Graph& graph, const std::vector<std::vector<Tensor>>& frames,
                                   const std::vector<FastTarget>& targets) {
  std::vector<std::vector<Tensor>> expected;
  Executor executor(graph);
  for (const std::vector<Tensor>& frame : frames) {
    Tensors feeds;
    for (std::size_t i = 0; i < frame.size(); ++i) feeds.emplace(graph.inputs()[i], frame[i]);
    Result<std::vector<Tensor>> results = executor.run(feeds, graph.outputs());
    if (!results.ok()) return "the executor fails: " + to_text(results.error());
    expected.push_back(*std::move(results));
  }
  // Arrays of all frames, as a file holds them.
  std::vector<Tensor::Floats> floats(graph.inputs().size());
  std::vector<Tensor::Ints> ints(graph.inputs().size());
  for (const std::vector<Tensor>& frame : frames) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      if (frame[i].is_float()) floats[i].insert(floats[i].end(), frame[i].floats().begin(), frame[i].floats().end());
      if (!frame[i].is_float()) ints[i].insert(ints[i].end(), frame[i].ints().begin(), frame[i].ints().end());
    }
  }
  std::vector<FastInput> from;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (graph.value(graph.inputs()[i]).type.is_float) {
      from.push_back({floats[i].data(), ElementKind::kFloat32});
    } else {
      from.push_back({ints[i].data(), ElementKind::kInt64});
    }
  }
  for (const FastTarget target : targets) {
    const Result<FastNetwork> network = FastNetwork::compile(graph, graph.inputs(), graph.outputs(), target);
    if (!network.ok()) return fmt::format("{}: {}", to_text(target), to_text(network.error()));
    FastNetwork::Scratch scratch = network->make_scratch();
    std::vector<Tensor::Floats> got_floats(graph.outputs().size());
    std::vector<Tensor::Ints> got_ints(graph.outputs().size());
    std::vector<FastOutput> to;
    for (std::size_t o = 0; o < graph.outputs().size(); ++o) {
      const Value& value = graph.value(graph.outputs()[o]);
      const std::size_t size = static_cast<std::size_t>(count(value.shape)) * frames.size();
      if (value.type.is_float) got_floats[o].resize(size);
      if (!value.type.is_float) got_ints[o].resize(size);
      to.push_back({got_floats[o].data(), got_ints[o].data()});
    }
    network->run(from, frames.size(), to, scratch);
    for (std::size_t f = 0; f < frames.size(); ++f) {
      for (std::size_t o = 0; o < expected[f].size(); ++o) {
        const Tensor& want = expected[f][o];
        const auto begin = static_cast<std::ptrdiff_t>(f) * want.size();
        const Tensor got =
            want.is_float()
                ? Tensor(want.shape(), Tensor::Floats(got_floats[o].begin() + begin, got_floats[o].begin() + begin + want.size()))
                : Tensor(want.shape(), Tensor::Ints(got_ints[o].begin() + begin, got_ints[o].begin() + begin + want.size()));
        if (got != want) return fmt::format("{}: output {} of frame {} differs", to_text(target), o, f);
      }
    }
  }
  return "";
}

}  // namespace finnr
