// SPDX-License-Identifier: Apache-2.0
// The network computes every stream of the trial frames once; each kind of stalls then runs in the simulator and is
// compared with it. The run without stalls goes on until the interval has settled: through more trial frames, or, where
// computing those is slow, through the same ones again.
#include "finnr/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "finnr/base/files.h"
#include "finnr/verify/compare.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kMeasuredFrames = 20;               // at least, where that is cheap
constexpr std::int64_t kLeastFrames = 5;                   // 2 to warm up, 2 differences
constexpr std::int64_t kMeasuredCycles = 600'000;          // what the measurement may cost: seconds, when a cycle takes 10 us
constexpr std::int64_t kMaxWords = std::int64_t{1} << 27;  // of 32 bits, of all streams and frames
constexpr std::int64_t kCheapProducts = 500'000'000;       // that the network may compute for all of its frames

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// How many frames the run without stalls has, and how many of them pass before the interval is measured.
struct Measurement {
  std::int64_t frames;
  std::int64_t warm_up;
};

// Where a frame takes long, streams hold small parts of it, and frames follow each other at the pace of the slowest unit from
// the second one on.
Measurement plan_measurement(const Bundle& bundle, std::int64_t frames) {
  const std::int64_t filled = std::max<std::int64_t>(4, std::ssize(bundle.units));  // a frame in every unit
  const std::int64_t wanted = std::max(kMeasuredFrames, filled + 9);
  const std::int64_t affordable = std::max(kLeastFrames, kMeasuredCycles / std::max<std::int64_t>(1, bundle.interval));
  const std::int64_t n = std::max(frames, std::min(wanted, affordable));
  return {n, n < 9 ? n - 3 : std::min(filled, std::max<std::int64_t>(4, n - 9))};
}

/// Multiplications of one frame.
std::int64_t products(const Graph& network) {
  std::int64_t sum = 0;
  for (const NodeId id : network.order()) {
    const Node& node = network.node(id);
    std::int64_t per_result = 0;
    if (std::holds_alternative<MatMul>(node.op)) {
      const Shape& left = network.value(node.inputs[0]).shape;
      per_result = left.empty() ? 1 : left.back();
    } else if (std::holds_alternative<Conv>(node.op)) {
      const Shape& weights = network.value(node.inputs[1]).shape;
      per_result = count(weights) / std::max<std::int64_t>(1, weights[0]);
    }
    sum += count(network.value(node.outputs[0]).shape) * per_result;
  }
  return sum;
}

Status check_trace(const Bundle& bundle, const std::string& unit) {
  const auto is = [&](const auto& named) { return named.name == unit; };
  if (unit.empty() || std::ranges::any_of(bundle.outputs, is) || std::ranges::any_of(bundle.units, is)) return ok_status();
  std::string names;
  for (const UnitSummary& known : bundle.units) names += (names.empty() ? "" : ", ") + known.name;
  return Diagnostic(Code::kBadOption, fmt::format("there is no unit '{}' to trace", unit)).because(fmt::format("the units are: {}", names));
}

/// Frames whose beats on all streams fit into memory, on both sides.
std::int64_t most_frames(const Bundle& bundle) {
  std::int64_t words = 0;
  for (const Port& port : bundle.inputs) words += beat_format(port).frame_words();
  for (const Port& port : bundle.outputs) words += beat_format(port).frame_words();
  for (const Tap& tap : bundle.taps) words += tap.value.valid() ? beat_format(tap).frame_words() : 0;
  return std::max<std::int64_t>(1, kMaxWords / std::max<std::int64_t>(1, words));
}

Status check_frames(const Bundle& bundle, std::int64_t frames) {
  const std::int64_t most = most_frames(bundle);
  if (frames <= most) return ok_status();
  return Diagnostic(Code::kBadOption, fmt::format("{} frames are too many to compare at once", frames))
      .fix(fmt::format("at most {} frames of this network, several times with other seeds", most));
}

/// Runs again with a waveform of what is of interest.
Status write_waveform(const Simulator& simulator, const fs::path& folder, const VerifyOptions& options, const Verdict& verdict,
                      const std::vector<PortFrame>& frames) {
  std::error_code error;
  fs::create_directories(folder / "debug", error);
  Run run;
  run.stalls = verdict.mismatch ? verdict.mismatch->stalls : options.stalls.empty() ? Stalls::kNone : options.stalls[0];
  run.frames = frames;
  run.count = verdict.mismatch ? std::max(verdict.frames, verdict.mismatch->frame + 1) : verdict.frames;
  run.kept = 0;
  run.seed = options.seed;
  run.waveform = fs::absolute(folder / "debug" / (options.trace + ".fst"), error);
  const auto trace = simulator.observe(run);
  return trace.ok() ? ok_status() : Status(trace.error());
}

}  // namespace

Result<Verdict> verify_bundle(const fs::path& folder, const Bundle& bundle, const Graph& network, const VerifyOptions& options) {
  const auto progress = [&](const std::string& what, double share) {
    if (options.on_progress) options.on_progress(what, share);
  };
  FINNR_RETURN_IF_ERROR(check_trace(bundle, options.trace));
  FINNR_RETURN_IF_ERROR(check_frames(bundle, options.frames));
  Verdict verdict;
  verdict.frames = std::max<std::int64_t>(1, options.frames);
  const Measurement plan = plan_measurement(bundle, verdict.frames);
  const bool cheap = std::max<std::int64_t>(1, products(network)) <= kCheapProducts / plan.frames;
  const std::int64_t most = most_frames(bundle);
  const std::int64_t computed = cheap ? std::min(plan.frames, most) : verdict.frames;
  const std::vector<PortFrame> frames = trial_frames(network, bundle, computed, options.seed);
  progress("compute the network", 0);
  FINNR_ASSIGN(const Expected expected, expected_streams(network, bundle, frames));

  verdict.predicted_interval = bundle.interval;
  verdict.predicted_latency = bundle.latency;
  verdict.streams = expected.streams();
  verdict.seed = options.seed;
  verdict.simulator = simulator_version();
  progress("compile the simulator", 0);
  const Stopwatch compilation;
  FINNR_ASSIGN(const ScratchFolder work, ScratchFolder::make({}, "finnr-simulate"));
  SimulatorOptions building;
  building.waveforms = !options.trace.empty();
  for (const Stalls stalls : options.stalls)  // stalls take about as long again
    building.cycles += bundle.interval * (stalls == Stalls::kNone ? plan.frames : 2 * verdict.frames);
  FINNR_ASSIGN(const Simulator simulator, Simulator::build(folder, bundle, work.path(), building));
  verdict.compile_seconds = compilation.seconds();

  std::optional<Diagnostic> fault;
  for (const Stalls stalls : options.stalls) {
    Run run;
    run.frames = frames;
    run.count = stalls == Stalls::kNone ? plan.frames : verdict.frames;
    run.kept = most;
    run.stalls = stalls;
    run.seed = options.seed;
    const std::string what = fmt::format("simulate with {}", to_text(stalls));
    progress(what, 0);
    run.on_frame = [&](std::int64_t done) { progress(what, static_cast<double>(done) / static_cast<double>(run.count)); };
    const Stopwatch simulation;
    FINNR_ASSIGN(Trace trace, simulator.observe(run));
    verdict.runs.push_back({stalls, run.count, trace.cycles, simulation.seconds()});
    if (stalls == Stalls::kNone && !trace.fault) {
      verdict.latency = trace.first_frame;
      verdict.measured_interval = measured_interval(trace.frame_ends, plan.warm_up, bundle.interval);
    }
    verdict.mismatch = first_mismatch(network, bundle, expected, trace, verdict.elements);
    if (verdict.mismatch) verdict.mismatch->stalls = stalls;
    fault = std::move(trace.fault);  // a wrong element in front of it tells more
    if (verdict.mismatch || fault) break;
  }
  verdict.exact = !verdict.mismatch && !fault;
  if (!options.trace.empty()) {
    progress("write the waveform", 0);
    FINNR_RETURN_IF_ERROR(write_waveform(simulator, folder, options, verdict, frames));
  }
  if (fault && !verdict.mismatch) return *std::move(fault);
  return verdict;
}

}  // namespace finnr
