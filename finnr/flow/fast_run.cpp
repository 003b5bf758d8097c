// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/fast_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "finnr/emulate/fast.h"
#include "finnr/tensor/npy.h"

namespace finnr {
namespace {

constexpr std::size_t kRoundBatches = 16;                     ///< of each thread
constexpr std::size_t kPieceBatches = 2;                      ///< that a thread takes at once
constexpr std::size_t kRoundElements = std::size_t{1} << 22;  ///< of inputs or results of each thread, at most

/// Where the results of a round lie before they are written.
struct Column {
  Tensor::Floats floats;
  Tensor::Ints ints;
  std::size_t size = 0;  ///< elements of a call
};

/// Where an output goes.
struct Sink {
  std::size_t output = 0;
  NpyWriter file;
};

class FastRun {
 public:
  FastRun(const Graph& graph, const RunConfig& config, const FastNetwork& network, const std::vector<FrameSource>& sources)
      : graph_(graph), config_(config), network_(network), sources_(sources) {
    const std::size_t threads = static_cast<std::size_t>(std::max(1, config.threads));
    for (std::size_t t = 0; t < threads; ++t) {
      scratches_.push_back(network.make_scratch());
      if (config.profile) scratches_.back().measure();
    }
    std::size_t most = 1;
    for (const ValueId id : graph.inputs()) most = std::max(most, static_cast<std::size_t>(count(graph.value(id).shape)));
    for (const ValueId id : graph.outputs()) {
      Column& column = columns_.emplace_back();
      column.size = static_cast<std::size_t>(count(graph.value(id).shape));
      most = std::max(most, column.size);
    }
    const std::size_t affordable = std::max<std::size_t>(1, kRoundElements / most);
    share_ = std::min(network.batch() * kRoundBatches, affordable);
    if (share_ > network.batch()) share_ = share_ / network.batch() * network.batch();
  }

  Status run(RunResult& result) {
    const auto calls = static_cast<std::size_t>(sources_.empty() ? 0 : sources_[0].calls());
    const bool exact = !sources_.empty() && sources_[0].exact_shape();
    FINNR_ASSIGN(std::optional<Score> score, score_for(config_, sources_.empty() ? Tensor::Ints{} : sources_[0].labels(), calls));
    std::vector<Sink> sinks;
    for (const auto& [name, file] : config_.outputs) {
      FINNR_ASSIGN(const std::size_t output, find_output(graph_, name));
      const Value& value = graph_.value(graph_.outputs()[output]);
      const Shape shape = calls == 0 ? Shape{0} : stacked_shape(value.shape, static_cast<std::int64_t>(calls), exact);
      FINNR_ASSIGN(NpyWriter writer, NpyWriter::create(file, shape, value.type.is_float || calls == 0));
      sinks.push_back({output, std::move(writer)});
    }
    const std::size_t round = share_ * scratches_.size();
    for (std::size_t first = 0; first < calls; first += round) {
      const std::size_t n = std::min(round, calls - first);
      FINNR_RETURN_IF_ERROR(compute(first, n));
      for (Sink& sink : sinks) {
        const Column& column = columns_[sink.output];
        if (is_float(sink.output)) FINNR_RETURN_IF_ERROR(sink.file.append(std::span(column.floats).first(n * column.size)));
        if (!is_float(sink.output)) FINNR_RETURN_IF_ERROR(sink.file.append(std::span(column.ints).first(n * column.size)));
      }
      for (std::size_t i = 0; score && i < n; ++i) {
        const Column& column = columns_[0];
        if (is_float(0)) score->add(std::span(column.floats).subspan(i * column.size, column.size));
        if (!is_float(0)) score->add(std::span(column.ints).subspan(i * column.size, column.size));
      }
      if (config_.on_progress) config_.on_progress("run", static_cast<double>(first + n) / static_cast<double>(calls));
    }
    for (Sink& sink : sinks) FINNR_RETURN_IF_ERROR(sink.file.finish());
    result.frames = calls;
    result.compute_seconds = compute_seconds_;
    if (score) result.accuracy = score->accuracy();
    if (config_.profile) result.profile = profile(calls);
    return ok_status();
  }

 private:
  [[nodiscard]] bool is_float(std::size_t output) const { return graph_.value(graph_.outputs()[output]).type.is_float; }

  /// Calls [first, first + n) into the columns, shared out among the threads.
  Status compute(std::size_t first, std::size_t n) {
    std::vector<FastInput> inputs;
    rooms_.resize(sources_.size());
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      FINNR_ASSIGN(const FastInput input, sources_[i].read(static_cast<std::int64_t>(first), static_cast<std::int64_t>(n), rooms_[i]));
      inputs.push_back(input);
    }
    for (std::size_t o = 0; o < columns_.size(); ++o) {
      if (is_float(o)) columns_[o].floats.resize(std::max(columns_[o].floats.size(), n * columns_[o].size));
      if (!is_float(o)) columns_[o].ints.resize(std::max(columns_[o].ints.size(), n * columns_[o].size));
    }
    const auto start = std::chrono::steady_clock::now();
    {
      // Threads take pieces in turn, so that one that has to wait for the processor does not hold up the others.
      const std::size_t even = (n + scratches_.size() - 1) / scratches_.size();
      const std::size_t piece = std::min(even, network_.batch() * kPieceBatches);
      std::atomic<std::size_t> next = 0;
      const auto work = [&](FastNetwork::Scratch& scratch) {
        for (std::size_t at = next.fetch_add(piece); at < n; at = next.fetch_add(piece)) part(inputs, at, std::min(piece, n - at), scratch);
      };
      std::vector<std::jthread> threads;
      for (std::size_t t = 1; t < scratches_.size() && t * piece < n; ++t) threads.emplace_back([&, t] { work(scratches_[t]); });
      work(scratches_[0]);
    }
    compute_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const FrameSource& source : sources_) source.let_go(static_cast<std::int64_t>(first + n));
    return ok_status();
  }

  void part(std::vector<FastInput> inputs, std::size_t skip, std::size_t n, FastNetwork::Scratch& scratch) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t elements = skip * static_cast<std::size_t>(count(graph_.value(graph_.inputs()[i]).shape));
      inputs[i].data = static_cast<const char*>(inputs[i].data) + elements * element_bytes(inputs[i].kind);
    }
    std::vector<FastOutput> outputs;
    for (const Column& column : columns_) {
      const std::size_t at = skip * column.size;
      outputs.push_back({column.floats.empty() ? nullptr : const_cast<float*>(column.floats.data()) + at,
                         column.ints.empty() ? nullptr : const_cast<std::int64_t*>(column.ints.data()) + at});
    }
    network_.run(inputs, n, outputs, scratch);
  }

  [[nodiscard]] Profile profile(std::size_t calls) const {
    Profile profile;
    profile.target = std::string(to_text(network_.target()));
    profile.peaks = measure_fast_peaks(network_.target());
    const double frames = static_cast<double>(std::max<std::size_t>(1, calls));
    double limit = 0;  // seconds that the products would take at the peaks
    double spent = 0;
    for (std::size_t s = 0; s < network_.steps().size(); ++s) {
      const FastStep& step = network_.steps()[s];
      double seconds = 0;
      for (const FastNetwork::Scratch& scratch : scratches_) seconds += scratch.seconds()[s];
      const double operations = 2.0 * static_cast<double>(step.products) * frames;
      const double at_peak = operations * step.pairs / (step.on_bits ? profile.peaks.bits : profile.peaks.bytes);
      LayerProfile& layer = profile.layers.emplace_back();
      layer.name = step.name;
      layer.kernel = step.kernel;
      layer.microseconds = seconds / frames * 1e6;
      layer.gops = seconds > 0 ? operations / seconds / 1e9 : 0;
      layer.peak_share = seconds > 0 ? at_peak / seconds : 0;
      limit += at_peak;
      spent += seconds;
    }
    profile.peak_share = spent > 0 ? limit / spent : 0;
    return profile;
  }

  const Graph& graph_;
  const RunConfig& config_;
  const FastNetwork& network_;
  const std::vector<FrameSource>& sources_;
  std::vector<FastNetwork::Scratch> scratches_;
  std::vector<FrameSource::Room> rooms_;
  std::vector<Column> columns_;
  std::size_t share_ = 1;
  double compute_seconds_ = 0;
};

}  // namespace

Result<std::optional<Score>> score_for(const RunConfig& config, const Tensor::Ints& beside, std::size_t frames) {
  if (!config.labels.empty()) {
    FINNR_ASSIGN(Tensor::Ints labels, load_labels(config.labels, frames));
    return std::optional(Score(std::move(labels)));
  }
  if (!beside.empty() && beside.size() == frames) return std::optional(Score(beside));
  return std::optional<Score>();
}

Status run_fast(const Graph& network, const RunConfig& config, RunResult& result) {
  FINNR_ASSIGN(const std::vector<FrameSource> sources, open_frames(network, config.inputs));
  FINNR_ASSIGN(const FastNetwork fast, FastNetwork::compile(network, network.inputs(), network.outputs(), config.instructions));
  return FastRun(network, config, fast, sources).run(result);
}

}  // namespace finnr
