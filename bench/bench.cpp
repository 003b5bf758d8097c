// SPDX-License-Identifier: Apache-2.0
// Speed and memory of the whole road, on the shipped networks and on those of ../shared where present. `make bench` runs it.
// Ratios compare figures of one run: integer engine against reference, verified build against the bare one.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "finnr/base/files.h"
#include "finnr/emulate/reference.h"
#include "finnr/flow/arrays.h"
#include "finnr/flow/compile.h"
#include "finnr/flow/run.h"
#include "finnr/simulate/simulate.h"
#include "finnr/verify/verify.h"

namespace {

using namespace finnr;
namespace fs = std::filesystem;

struct Sample {
  std::string name;
  fs::path model;
  fs::path input;
  fs::path folding = {};  ///< published, where one is at hand
};

std::vector<Sample> networks() {
  const fs::path root = FINNR_SOURCE_DIR;
  const fs::path digits = root / "examples/digits";
  std::vector<Sample> found = {{"digits-w2a2", digits / "digits-w2a2.onnx", digits / "test_images.npy"},
                               {"digits-w1a1", digits / "digits-w1a1.onnx", digits / "test_images.npy"},
                               {"digits-cnn", digits / "digits-cnn.onnx", digits / "test_images.npy"}};
  for (const char* name : {"tfc-w1a1", "tfc-w2a2", "lfc-w1a1", "lfc-w1a2", "mlp-nonlinear", "cnv-w1a1-cifar10", "resnet8-w3a4",
                           "branch-w2a3", "mobilenet-w4a4", "odd-w3a5", "vgg10-1d-w4a4", "tiny-yolo-w1a3"}) {
    const fs::path folder = root / "../shared/models" / name;
    if (!fs::exists(folder / "model.onnx")) continue;
    found.push_back({name, folder / "model.onnx", folder / "input.npy"});
    const fs::path cnv = root / "../shared/data/foldings/cnv-w1a1.json";
    if (std::string(name) == "cnv-w1a1-cifar10" && fs::exists(cnv)) found.back().folding = cnv;
  }
  return found;
}

/// Largest resident memory of the process so far, in MB: a bound for the benchmarks up to here.
double peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void fail(benchmark::State& state, const Diagnostics& diagnostics) {
  state.SkipWithError(diagnostics.list().empty() ? "failed" : diagnostics.list().back().message.c_str());
}

/// Model file to written RTL, and with `frames` > 0 to a verified accelerator (simulator compiled included).
void build(benchmark::State& state, const Sample& network, std::int64_t frames) {
  for (auto _ : state) {
    Result<ScratchFolder> scratch = ScratchFolder::make();
    if (!scratch.ok()) return state.SkipWithError("no scratch folder");
    Config config;
    config.model = network.model;
    config.output = scratch->path() / "out";
    config.verify_frames = frames;
    config.folding = network.folding;
    Diagnostics diagnostics;
    const std::optional<Record> record = compile(config, diagnostics);
    if (!record) return fail(state, diagnostics);
    state.counters["interval"] = static_cast<double>(interval(record->design));
  }
  state.counters["peak_MB"] = peak_megabytes();
}

/// Cycles and frames a second of the simulated accelerator on one core: streams inside are not recorded, nothing stalls.
void simulate(benchmark::State& state, const Sample& network) {
  Result<ScratchFolder> scratch = ScratchFolder::make();
  if (!scratch.ok()) return state.SkipWithError("no scratch folder");
  Config config;
  config.model = network.model;
  config.output = scratch->path() / "out";
  config.verify_frames = 0;
  config.folding = network.folding;
  Diagnostics diagnostics;
  if (!compile(config, diagnostics)) return fail(state, diagnostics);
  const Result<Accelerator> accelerator = load_accelerator(config.output);
  if (!accelerator.ok()) return state.SkipWithError(accelerator.error().message.c_str());
  const Bundle& bundle = accelerator->bundle;
  constexpr std::int64_t kCycles = 1'000'000;
  Run run;
  run.frames = trial_frames(accelerator->network, bundle, 4, 1);
  run.count = std::max<std::int64_t>(4, kCycles / bundle.interval);
  const fs::path work = scratch->path() / "work";
  fs::create_directories(work);
  SimulatorOptions options;
  options.taps = false;
  const Result<Simulator> simulator = Simulator::build(config.output, bundle, work, options);
  if (!simulator.ok()) return state.SkipWithError(simulator.error().message.c_str());
  double cycles = 0;
  double frames = 0;
  for (auto _ : state) {
    const Result<Trace> trace = simulator->run(run);
    if (!trace.ok()) return state.SkipWithError(trace.error().message.c_str());
    cycles += static_cast<double>(trace->cycles);
    frames += static_cast<double>(run.count);
  }
  state.counters["cycles/s"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
  state.counters["frames/s"] = benchmark::Counter(frames, benchmark::Counter::kIsRate);
  state.counters["interval"] = static_cast<double>(bundle.interval);
}

/// Frames a second through the reference executor, of the float network or of the integer network.
void run(benchmark::State& state, const Sample& network, bool integer) {
  Diagnostics diagnostics;
  std::optional<Network> loaded = read_network(network.model, diagnostics);
  if (!loaded || (integer && !streamline(*loaded, {}, diagnostics))) return fail(state, diagnostics);
  const Graph& graph = loaded->graph;
  const Result<Frames> frames = load_frames(graph, {{"", network.input}});
  if (!frames.ok()) return state.SkipWithError(frames.error().message.c_str());
  Executor executor(graph);
  std::size_t next = 0;
  for (auto _ : state) {
    Result<std::vector<Tensor>> outputs = executor.run(frames->feeds[next++ % frames->feeds.size()], graph.outputs());
    benchmark::DoNotOptimize(outputs);
  }
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::vector<Sample> all = networks();
  for (const Sample& network : all) {
    benchmark::RegisterBenchmark(("file_to_rtl/" + network.name).c_str(), [network](benchmark::State& s) {
      build(s, network, 0);
    })->Unit(benchmark::kMillisecond);
  }
  for (const Sample& network : all) {
    benchmark::RegisterBenchmark(("run_reference/" + network.name).c_str(), [network](benchmark::State& s) { run(s, network, false); });
    benchmark::RegisterBenchmark(("run_integer/" + network.name).c_str(), [network](benchmark::State& s) { run(s, network, true); });
  }
  for (const Sample& network : all) {
    benchmark::RegisterBenchmark(("simulation/" + network.name).c_str(), [network](benchmark::State& s) { simulate(s, network); })
        ->Unit(benchmark::kSecond)
        ->Iterations(1)
        ->UseRealTime();
  }
  for (const Sample& network : all) {
    benchmark::RegisterBenchmark(("verified_4_frames/" + network.name).c_str(), [network](benchmark::State& s) { build(s, network, 4); })
        ->Unit(benchmark::kSecond)
        ->Iterations(1)
        ->UseRealTime();
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
