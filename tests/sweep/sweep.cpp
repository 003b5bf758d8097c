// SPDX-License-Identifier: Apache-2.0
#include "sweep.h"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "finnr/base/files.h"
#include "finnr/emulate/fast_for_test.h"
#include "finnr/emulate/reference.h"
#include "finnr/explore/queues.h"
#include "finnr/generate/generate.h"
#include "finnr/graph/text.h"
#include "finnr/hardware/folding_for_test.h"
#include "finnr/hardware/layers.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/token_model.h"
#include "finnr/passes/boundary.h"
#include "finnr/passes/obstacles.h"
#include "finnr/passes/pass.h"
#include "finnr/simulate/simulator_for_test.h"
#include "finnr/verify/verify.h"
#include "random_parts.h"

namespace finnr {
namespace {

constexpr std::size_t kFrames = 16;

struct Outcome {
  bool good = true;
  std::string what;  ///< the kind of network for the tally, or why it is not good
};

Outcome bad(std::string why) { return {false, std::move(why)}; }

bool use_bytes(Graph& graph, Rng& rng) {
  const Value& input = graph.value(graph.inputs()[0]);
  if (!input.type.is_float) return false;
  std::vector<float> scale = {rng.chance(0.5) ? 1.0F / 255 : static_cast<float>(0.002 + 0.02 * rng.unit())};
  std::vector<float> offset = {rng.chance(0.5) ? 0.0F : -0.5F};
  if (rng.chance(0.3)) {
    const auto channels = static_cast<std::size_t>(input.shape[1]);
    scale.resize(channels, scale[0]);
    offset.resize(channels, offset[0]);
    for (float& o : offset) o += static_cast<float>(0.2 * rng.unit());
  }
  return take_bytes(graph, scale, offset).ok();
}

std::optional<std::string> first_difference(const Graph& a, const Graph& b, const std::vector<Tensor>& inputs) {
  Executor on_a(a);
  Executor on_b(b);
  for (std::size_t frame = 0; frame < inputs.size(); ++frame) {
    const Result<std::vector<Tensor>> want = on_a.run({{a.inputs()[0], inputs[frame]}}, a.outputs());
    const Result<std::vector<Tensor>> got = on_b.run({{b.inputs()[0], inputs[frame]}}, b.outputs());
    if (!want.ok() || !got.ok()) return "an executor fails";
    if (*want != *got) return fmt::format("frame {} differs", frame);
  }
  return std::nullopt;
}

/// Where scales meet in fixed point the numbers are float32's own precision apart, and a code at a step may flip: most elements of
/// all frames agree within that precision.
bool mostly_equal(const Graph& a, const Graph& b, const std::vector<Tensor>& inputs) {
  Executor on_a(a);
  Executor on_b(b);
  std::size_t all = 0;
  std::size_t equal = 0;
  for (const Tensor& input : inputs) {
    const Result<std::vector<Tensor>> want = on_a.run({{a.inputs()[0], input}}, a.outputs());
    const Result<std::vector<Tensor>> got = on_b.run({{b.inputs()[0], input}}, b.outputs());
    if (!want.ok() || !got.ok()) return false;
    for (std::size_t o = 0; o < want->size(); ++o) {
      const Tensor::Floats x = as_floats((*want)[o]);
      const Tensor::Floats y = as_floats((*got)[o]);
      float largest = 0;
      for (const float value : x) largest = std::max(largest, std::fabs(value));
      for (std::size_t i = 0; i < x.size(); ++i) equal += std::fabs(x[i] - y[i]) <= 1e-5F * largest ? 1 : 0;
      all += x.size();
    }
  }
  return static_cast<double>(equal) >= 0.9 * static_cast<double>(all);
}

/// What was rounded by a stated bound, if anything.
std::string rounding(const Diagnostics& diagnostics) {
  for (const Diagnostic& each : diagnostics.list()) {
    if (each.code == Code::kScalesRounded || each.code == Code::kJoinInexact)
      return fmt::format(", rounded F{:04}", static_cast<int>(each.code));
  }
  return "";
}

/// The network, streamlined; `original` is what it was.
struct Streamlined {
  Graph original;
  Graph integer;
  Diagnostics diagnostics;
  bool bytes = false;
};

Streamlined streamlined(Rng& rng, Graph network, double bytes) {
  Streamlined result;
  result.original = std::move(network);
  if (rng.chance(bytes)) result.bytes = use_bytes(result.original, rng);
  result.integer = result.original;
  PassContext context{result.diagnostics, evaluate};
  run_passes(result.integer, streamline_passes(), context);
  return result;
}

std::string coded(const Diagnostic& diagnostic) { return fmt::format("F{:04}", static_cast<int>(diagnostic.code)); }

/// Prints what was reported, when one network is looked at.
void show(const Diagnostics& diagnostics, bool verbose) {
  if (!verbose) return;
  for (const Diagnostic& each : diagnostics.list()) fmt::print("{}\n", to_text(each));
}

Outcome try_numbers(const Family& family, std::uint64_t seed, bool verbose) {
  Rng rng(seed);
  Graph made = family.make(rng, false);
  if (const Status status = verify(made); !status.ok()) return bad("as made: " + to_text(status.error()));
  if (verbose) fmt::print("{}", print(made, Constants::kElided));
  const Streamlined network = streamlined(rng, std::move(made), 0.15);
  if (verbose) fmt::print("{}", print(network.integer, Constants::kElided));
  const std::vector<Tensor> inputs = random_inputs(network.original, rng, kFrames);
  const std::string rounded = rounding(network.diagnostics);
  if (const auto difference = first_difference(network.original, network.integer, inputs)) {
    if (rounded.empty()) return bad(*difference);
    if (!mostly_equal(network.original, network.integer, inputs)) return bad("more differs than rounding explains");
  }
  const Result<Graph> stored = parse(print(network.integer));
  if (!stored.ok()) return bad("the text form: " + stored.error().cause);
  if (print(*parse(print(*stored))) != print(*stored)) return bad("the text form does not settle");
  if (const auto difference = first_difference(network.integer, *stored, inputs)) return bad("stored and read: " + *difference);
  Diagnostics obstacles = network.diagnostics;
  report_obstacles(network.integer, obstacles);
  show(obstacles, verbose);
  const auto error = std::ranges::find(obstacles.list(), Severity::kError, &Diagnostic::severity);
  if (error != obstacles.list().end()) return {true, "not all integer, " + coded(*error)};
  Diagnostics diagnostics;
  const auto part = find_hardware(network.integer, {}, diagnostics);
  show(diagnostics, verbose);
  if (!diagnostics.list().empty()) return {true, "integer, no hardware: " + coded(diagnostics.list()[0])};
  return {true, part && !part->layers.empty() ? "for hardware" + rounded : "nothing for hardware"};
}

/// The fast emulator, forced to every instruction set of the machine, against the integer network.
Outcome try_fast(const Family& family, std::uint64_t seed, bool verbose) {
  Rng rng(seed);
  const Streamlined network = streamlined(rng, family.make(rng, false), 0.15);
  if (verbose) fmt::print("{}", print(network.integer, Constants::kElided));
  std::vector<std::vector<Tensor>> frames;
  for (const Tensor& input : random_inputs(network.original, rng, kFrames)) frames.push_back({input});
  const std::string difference = fast_difference(network.integer, frames, fast_targets());
  return difference.empty() ? Outcome{true, "equal"} : bad(difference);
}

Status write_files(const std::filesystem::path& folder, const Generated& generated) {
  for (const char* part : {"rtl", "mem"}) std::filesystem::create_directories(folder / part);
  for (const GeneratedFile& file : generated.files) FINNR_RETURN_IF_ERROR(write_file(folder / file.path, file.text));
  return ok_status();
}

/// A network for hardware and its design.
struct Trial {
  std::uint64_t seed;
  Rng& rng;
  const Graph& graph;
  Design design;
  std::string kind;
};

/// What `judge` says; nothing when this network is not for hardware (its seed is then passed over).
std::optional<Outcome> try_design(const Family& family, std::uint64_t seed, bool verbose,
                                  const std::function<Outcome(Trial trial)>& judge) {
  Rng rng(seed);
  Graph made = family.make(rng, true);
  Streamlined network = streamlined(rng, std::move(made), 0.3);
  if (network.diagnostics.has_errors()) return std::nullopt;
  bool top_k = false;
  if (network.integer.outputs().size() == 1 && rng.chance(0.4)) {
    const std::int64_t classes = count(network.integer.value(network.integer.outputs()[0]).shape);
    top_k = return_top_k(network.integer, rng.between(1, std::min<std::int64_t>(classes, 5))).ok();
  }
  Result<Graph> settled = parse(print(network.integer));
  if (!settled.ok()) return bad("the text form: " + settled.error().cause);
  const Graph& graph = *settled;
  Diagnostics diagnostics;
  report_obstacles(graph, diagnostics);
  const auto part = find_hardware(graph, {}, diagnostics);
  if (!diagnostics.list().empty() || !part || part->layers.empty()) return std::nullopt;
  Folding folding = random_folding(*part, rng, true);
  Result<Design> design = lower(*part, folding, fmt::format("random_{}", seed));
  if (!design.ok() && design.error().code == Code::kIllegalFolding) {
    folding = random_folding(*part, rng, false);
    design = lower(*part, folding, fmt::format("random_{}", seed));
  }
  if (!design.ok()) return bad("lowering: " + to_text(design.error()));
  if (rng.chance(0.5)) size_queues(*design);  // where a unit without slack waits for steady input no depths help; they stay as they were
  if (verbose) fmt::print("{}{}", print(graph, Constants::kElided), print(*design));
  return judge({seed, rng, graph, *std::move(design), top_k ? "top-k" : network.bytes ? "bytes" : "plain"});
}

/// Why the times of beats that pass in runs are not those of beats that pass one by one; "" when they are.
std::string compare_times(const Design& design, const token::Schedule& schedule) {
  constexpr std::int64_t kTimedFrames = 4;
  token::Model runs(design, schedule);
  token::Model beats(design, schedule);
  beats.use_no_runs();
  if (runs.run(kTimedFrames) != beats.run(kTimedFrames)) return "one stands still, the other does not";
  for (std::size_t i = 0; i < design.streams.size(); ++i) {
    if (runs.stream(i)->beats() != beats.stream(i)->beats() || runs.stream(i)->frames() != beats.stream(i)->frames())
      return fmt::format("the times of stream {} differ", design.streams[i].name);
  }
  return "";
}

/// Times, with the queues as they are or too short.
Outcome try_times(Trial trial) {
  auto& [seed, rng, graph, design, kind_of_network] = trial;
  const bool shorten = rng.chance(0.5);
  for (const UnitId queue : inner_queues(design)) {
    std::int64_t& depth = std::get<Fifo>(design.units[queue.index()].kind).depth;
    if (shorten && rng.chance(0.5)) depth = rng.between(1, depth);
  }
  for (const token::Schedule::Kind kind : {token::Schedule::Kind::kGreedy, token::Schedule::Kind::kSteady, token::Schedule::Kind::kBurst}) {
    const std::string difference = compare_times(design, {kind, interval(design) + rng.between(0, 3)});
    if (!difference.empty()) return bad("times: " + difference);
  }
  return {true, inner_queues(design).empty() ? "without queues" : shorten ? "with queues too short" : "with queues"};
}

Outcome try_hardware(const Trial& trial, bool verbose) {
  const Generated generated = generate(trial.design);
  const Result<ScratchFolder> folder = ScratchFolder::make({}, "finnr-sweep");
  if (!folder.ok()) return bad(to_text(folder.error()));
  if (const Status status = write_files(folder->path(), generated); !status.ok()) return bad(to_text(status.error()));
  if (const Status status = write_file(folder->path() / kBundleFile, to_json(generated.bundle)); !status.ok())
    return bad(to_text(status.error()));
  if (const Status status = write_file(folder->path() / kNetworkFile, print(trial.graph)); !status.ok())
    return bad(to_text(status.error()));
  if (const char* kept = std::getenv("FINNR_KEEP"); kept != nullptr && verbose) {  // for a look at it with `finnr verify`
    std::error_code error;
    std::filesystem::copy(folder->path(), kept, std::filesystem::copy_options::recursive, error);
    if (error) return bad(error.message());
  }
  VerifyOptions options;
  options.seed = trial.seed;
  const Result<Verdict> verdict = verify_bundle(folder->path(), generated.bundle, trial.graph, options);
  if (!verdict.ok()) return bad(to_text(verdict.error()));
  if (!verdict->good()) return bad(to_text(explain(*verdict, folder->path())));
  if (verdict->measured_interval == 0) return bad("no interval was measured");
  return {true, trial.kind};
}

/// In a process of its own, so that a broken promise inside the compiler ends one network and not the sweep.
std::optional<Outcome> apart(const std::function<std::optional<Outcome>()>& run) {
  constexpr char kPassedOver = '-';
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return bad("no pipe");
  std::fflush(nullptr);
  const ::pid_t child = ::fork();
  if (child == 0) {
    const std::optional<Outcome> outcome = run();
    const std::string text = !outcome ? std::string(1, kPassedOver) : (outcome->good ? "+" : "!") + outcome->what;
    const bool sent = ::write(ends[1], text.data(), text.size()) == std::ssize(text);
    ::_exit(sent ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> room{};
  for (ssize_t n = 0; (n = ::read(ends[0], room.data(), room.size())) > 0;) text.append(room.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0 || text.empty()) return bad("the compiler ended in the middle");
  if (text[0] == kPassedOver) return std::nullopt;
  return Outcome{text[0] == '+', text.substr(1)};
}

class Sweep {
 public:
  Sweep(const Family& family, std::string mode) : family_(family), mode_(std::move(mode)) {}

  /// False when the network was passed over.
  bool run(std::uint64_t seed, bool verbose) {
    const auto once = [&]() -> std::optional<Outcome> {
      if (mode_ == "--fast") return try_fast(family_, seed, verbose);
      if (mode_ == "--times") return try_design(family_, seed, verbose, try_times);
      if (mode_ == "--rtl") return try_design(family_, seed, verbose, [&](const Trial& trial) { return try_hardware(trial, verbose); });
      return try_numbers(family_, seed, verbose);
    };
    const std::optional<Outcome> outcome = verbose ? once() : apart(once);
    if (!outcome) return false;
    ++networks_;
    if (outcome->good) {
      ++tally_[outcome->what];
    } else {
      ++failures_;
      std::string why = outcome->what;
      if (!verbose) {
        for (char& c : why) c = c == '\n' ? ' ' : c;
      }
      fmt::print("FAILED: {} --seed {} {}  # {}\n", family_.program, seed, mode_, why);
      std::fflush(stdout);
    }
    return true;
  }
  int finish() const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    fmt::print("{} networks, {} failures, {:.1f} s", networks_, failures_, seconds);
    for (const auto& [what, count] : tally_) fmt::print("; {} {}", count, what);
    fmt::print("\n");
    return failures_ == 0 ? 0 : 1;
  }
  [[nodiscard]] int networks() const { return networks_; }

 private:
  const Family& family_;
  std::string mode_;
  int networks_ = 0;
  int failures_ = 0;
  std::map<std::string, int> tally_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

int sweep(const Family& family, std::span<char*> arguments) {
  constexpr int kSkipped = 77;
  constexpr int kMostPassedOver = 500;
  std::string mode;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> last;
  int wanted = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--rtl" || argument == "--fast" || argument == "--times") {
      mode = argument;
    } else if (argument == "--seed" && i + 1 < arguments.size()) {
      seed = std::strtoull(arguments[++i], nullptr, 10);
    } else if (argument == "--seeds" && i + 1 < arguments.size()) {
      const std::string_view range = arguments[++i];
      seed = std::strtoull(range.data(), nullptr, 10);
      const std::size_t dots = range.find("..");
      last = dots == std::string_view::npos ? *seed : std::strtoull(range.data() + dots + 2, nullptr, 10);
    } else if (argument == "--count" && i + 1 < arguments.size()) {
      wanted = std::atoi(arguments[++i]);
    } else {
      fmt::print("usage: {} [--rtl | --fast | --times] [--seed N] [--count N] [--seeds A..B]\n", family.program);
      return 2;
    }
  }
  if (mode == "--rtl" && no_simulator()) {
    fmt::print("skipped: the hardware part needs verilator and g++\n");
    return kSkipped;
  }
  Sweep sweep(family, mode);
  if (last) {
    for (std::uint64_t next = *seed; next <= *last; ++next) sweep.run(next, false);
    return sweep.finish();
  }
  if (seed && wanted == 0) {
    if (!sweep.run(*seed, true)) fmt::print("seed {} makes no network for hardware\n", *seed);
    return sweep.finish();
  }
  const char* variable = std::getenv("FINNR_SWEEP");
  const bool all = variable != nullptr && std::string_view(variable) == "all";
  if (wanted == 0 && mode == "--fast") wanted = 1100;
  if (wanted == 0) wanted = mode == "--rtl" ? (all ? 60 : 4) : (all ? family.most : family.few);
  int passed_over = 0;  // in a row: a family that never reaches hardware is a failure, not an endless search
  for (std::uint64_t next = seed.value_or(1); sweep.networks() < wanted; ++next) {
    passed_over = sweep.run(next, false) ? 0 : passed_over + 1;
    if (passed_over == kMostPassedOver) {
      fmt::print("{} networks one after the other are not for hardware\n", passed_over);
      sweep.finish();
      return 1;
    }
  }
  return sweep.finish();
}

}  // namespace finnr
