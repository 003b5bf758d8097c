// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>

#include "finnr/base/files.h"
#include "finnr/flow/compile.h"
#include "finnr/flow/fast_run.h"
#include "finnr/graph/text.h"
#include "finnr/passes/boundary.h"
#include "finnr/simulate/simulate.h"
#include "finnr/tensor/npy.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

using Results = std::vector<std::vector<Tensor>>;  ///< by frame, then graph output

Result<Results> run_network(const Graph& graph, const Frames& frames, const RunConfig& config) {
  Executor executor(graph);
  Results results;
  for (const Tensors& feeds : frames.feeds) {
    FINNR_ASSIGN(std::vector<Tensor> outputs, executor.run(feeds, graph.outputs()));
    results.push_back(std::move(outputs));
    if (config.on_progress) config.on_progress("run", static_cast<double>(results.size()) / static_cast<double>(frames.feeds.size()));
  }
  return results;
}

Tensor::Ints to_wire(const Tensor& value, bool is_float) {
  if (!is_float) return value.ints();
  Tensor::Ints bits;
  for (const float x : value.floats()) bits.push_back(std::bit_cast<std::uint32_t>(x));
  return bits;
}

Tensor from_wire(const Tensor::Ints& wire, const Shape& shape, bool is_float) {
  if (!is_float) return {shape, wire};
  Tensor::Floats floats;
  for (const std::int64_t bits : wire) floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return {shape, std::move(floats)};
}

/// Host in front, simulated hardware, host behind.
Result<Results> run_hardware(const Accelerator& accelerator, const Frames& frames, const RunConfig& config) {
  const Graph& graph = accelerator.network;
  const Bundle& bundle = accelerator.bundle;
  Executor executor(graph);
  Run simulation;
  std::vector<ValueId> entries;
  for (const Port& port : bundle.inputs) entries.push_back(port.value);
  for (const Tensors& feeds : frames.feeds) {
    FINNR_ASSIGN(const std::vector<Tensor> codes, executor.run(feeds, entries));
    PortFrame& frame = simulation.frames.emplace_back();
    for (std::size_t i = 0; i < entries.size(); ++i) frame.push_back(to_wire(codes[i], bundle.inputs[i].is_float));
  }
  if (config.on_progress)
    simulation.on_frame = [&](std::int64_t done) {
      config.on_progress("simulate", static_cast<double>(done) / static_cast<double>(frames.feeds.size()));
    };
  FINNR_ASSIGN(const ScratchFolder work, ScratchFolder::make());
  SimulatorOptions building;
  building.taps = false;
  building.cycles = bundle.interval * simulation.frame_count();
  FINNR_ASSIGN(const Simulator simulator, Simulator::build(accelerator.folder, bundle, work.path(), building));
  FINNR_ASSIGN(const Trace trace, simulator.run(simulation));
  Results results;
  for (std::size_t i = 0; i < frames.feeds.size(); ++i) {
    Tensors known = frames.feeds[i];
    for (std::size_t o = 0; o < bundle.outputs.size(); ++o) {
      const Port& port = bundle.outputs[o];
      const Tensor::Ints codes = trace.outputs[o].frame(static_cast<std::int64_t>(i));
      known.insert_or_assign(port.value, from_wire(codes, graph.value(port.value).shape, port.is_float));
    }
    FINNR_ASSIGN(std::vector<Tensor> outputs, executor.run(known, graph.outputs()));
    results.push_back(std::move(outputs));
  }
  return results;
}

/// A network, the frames for it and what it made of them.
struct Answer {
  Graph graph;
  Frames frames;
  Results results;
  double seconds = 0;  ///< that the results took
};

Result<Answer> answer(Graph graph, const RunConfig& config, const std::function<Result<Results>(const Graph&, const Frames&)>& engine) {
  FINNR_ASSIGN(Frames frames, load_frames(graph, config.inputs));
  const auto start = std::chrono::steady_clock::now();
  FINNR_ASSIGN(Results results, engine(graph, frames));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return Answer{std::move(graph), std::move(frames), std::move(results), seconds.count()};
}

Result<Answer> run_folder(const fs::path& folder, Engine engine, const RunConfig& config) {
  if (engine == Engine::kReference) {
    return Diagnostic(Code::kBadOption, "an accelerator folder holds no float network")
        .fix("use --engine integer or rtl, or run the model file itself");
  }
  FINNR_ASSIGN(Accelerator accelerator, load_accelerator(folder));
  if (engine == Engine::kInteger) {
    return answer(std::move(accelerator.network), config,
                  [&](const Graph& graph, const Frames& frames) { return run_network(graph, frames, config); });
  }
  return answer(accelerator.network, config, [&](const Graph&, const Frames& frames) { return run_hardware(accelerator, frames, config); });
}

/// The network of a model file, streamlined if `integer`.
std::optional<Network> read_for(const RunConfig& config, bool integer, Diagnostics& diagnostics) {
  std::optional<Network> network = read_network(config.target, diagnostics);
  if (!network) return std::nullopt;
  if (integer) return streamline(*network, config.boundary, diagnostics) ? std::move(network) : std::nullopt;
  if (!config.boundary.bytes) return network;
  const Status status = take_bytes(network->graph, config.boundary.bytes->scale, config.boundary.bytes->offset);
  if (status.ok()) return network;
  diagnostics.add(status.error());
  return std::nullopt;
}

Result<Answer> run_model(Engine engine, const RunConfig& config, Diagnostics& diagnostics) {
  if (engine == Engine::kRtl) {
    FINNR_ASSIGN(const ScratchFolder scratch, ScratchFolder::make());
    Config build;
    build.model = config.target;
    build.output = scratch.path() / "accelerator";
    build.boundary = config.boundary;
    build.verify_frames = 0;
    if (!compile(build, diagnostics)) return Diagnostic();
    return run_folder(build.output, engine, config);
  }
  std::optional<Network> network = read_for(config, engine == Engine::kInteger, diagnostics);
  if (!network) return Diagnostic();
  return answer(std::move(network->graph), config,
                [&](const Graph& graph, const Frames& frames) { return run_network(graph, frames, config); });
}

/// The engine for a model when none is named: the fast one for many frames, where the network is all integer.
Result<Engine> choose_engine(const RunConfig& config, Diagnostics& diagnostics) {
  if (config.engine) return *config.engine;
  if (fs::is_directory(config.target)) return Engine::kRtl;
  Diagnostics trial;
  const std::optional<Network> network = read_for(config, false, diagnostics);
  if (!network) return Diagnostic();
  FINNR_ASSIGN(const std::vector<FrameSource> sources, open_frames(network->graph, config.inputs));
  if (sources.empty() || sources[0].calls() <= kFewFrames) return Engine::kReference;
  return read_for(config, true, trial) ? Engine::kFast : Engine::kReference;
}

Status run_on_fast(const RunConfig& config, RunResult& result, Diagnostics& diagnostics) {
  if (fs::is_directory(config.target)) {
    FINNR_ASSIGN(const Accelerator accelerator, load_accelerator(config.target));
    return run_fast(accelerator.network, config, result);
  }
  const std::optional<Network> network = read_for(config, true, diagnostics);
  if (!network) return Diagnostic();
  return run_fast(network->graph, config, result);
}

Result<RunResult> run_and_write(const RunConfig& config, Diagnostics& diagnostics) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  RunResult result;
  Diagnostics first_look;
  const Result<Engine> engine = choose_engine(config, first_look);
  if (!engine.ok()) {
    for (const Diagnostic& each : first_look.list()) diagnostics.add(each);
    return engine.error();
  }
  result.engine = *engine;
  if (result.engine == Engine::kFast) {
    FINNR_RETURN_IF_ERROR(run_on_fast(config, result, diagnostics));
    result.seconds = seconds();
    return result;
  }
  FINNR_ASSIGN(const Answer answer, fs::is_directory(config.target) ? run_folder(config.target, result.engine, config)
                                                                    : run_model(result.engine, config, diagnostics));
  for (const auto& [name, file] : config.outputs) {
    FINNR_ASSIGN(const std::size_t index, find_output(answer.graph, name));
    std::vector<Tensor> column;
    for (const std::vector<Tensor>& frame : answer.results) column.push_back(frame[index]);
    FINNR_RETURN_IF_ERROR(save_npy(file, stack(column, answer.frames.exact_shape)));
  }
  FINNR_ASSIGN(std::optional<Score> score, score_for(config, answer.frames.labels, answer.results.size()));
  for (std::size_t i = 0; score && i < answer.results.size(); ++i) {
    const Tensor& scores = answer.results[i][0];
    if (scores.is_float()) score->add(scores.floats());
    if (!scores.is_float()) score->add(scores.ints());
  }
  if (score) result.accuracy = score->accuracy();
  result.frames = answer.results.size();
  result.compute_seconds = answer.seconds;
  result.seconds = seconds();
  return result;
}

}  // namespace

Result<Accelerator> load_accelerator(const fs::path& folder) {
  FINNR_ASSIGN(Bundle bundle, load_bundle(folder));
  FINNR_ASSIGN(const std::string text, read_file(folder / kNetworkFile));
  FINNR_ASSIGN(Graph network, parse(text));
  const auto unknown = [&](const auto& stream) { return stream.value.valid() && stream.value.index() >= network.value_count(); };
  const bool good = std::ranges::none_of(bundle.inputs, unknown) && std::ranges::none_of(bundle.outputs, unknown) &&
                    std::ranges::none_of(bundle.taps, unknown);
  if (!good) return Diagnostic(Code::kNotABundle, fmt::format("'{}' is damaged: its files do not belong together", folder.string()));
  return Accelerator{folder, std::move(bundle), std::move(network)};
}

std::optional<RunResult> run(const RunConfig& config, Diagnostics& diagnostics) {
  Result<RunResult> result = run_and_write(config, diagnostics);
  report_failure(result, diagnostics, config.target);
  return std::move(result).value_or_nothing();
}

}  // namespace finnr
