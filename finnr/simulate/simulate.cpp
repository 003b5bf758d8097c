// SPDX-License-Identifier: Apache-2.0
// A run: frames become beats in a file, the compiled harness plays them, its result file becomes elements again, and
// the last lines it prints say how it ended.
#include "finnr/simulate/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "finnr/base/files.h"
#include "finnr/base/integers.h"
#include "finnr/base/process.h"
#include "finnr/base/tool.h"
#include "finnr/simulate/build.h"
#include "finnr/simulate/packing.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

/// Cycles that the harness waits before it draws a conclusion (harness.cpp.in says what each means).
struct Waits {
  std::int64_t settle = 0;
  std::int64_t span = 0;
  std::int64_t patience = 0;
};

// A unit that works moves a stream at least once for every vector of its output; who drives an output is not known.
Waits waits(const Bundle& bundle) {
  std::int64_t longest_vector = 1;
  std::int64_t sum = 0;
  for (const Port& port : bundle.inputs) sum += port.beats();
  for (const Port& port : bundle.outputs) sum += port.beats();
  for (const UnitSummary& unit : bundle.units) {
    const auto tap = std::find_if(bundle.taps.begin(), bundle.taps.end(), [&](const Tap& t) { return t.unit == unit.name; });
    longest_vector = std::max(longest_vector, tap == bundle.taps.end() ? unit.interval : ceil_div(unit.interval, tap->vectors));
    sum += unit.interval;
  }
  const std::int64_t silence = bundle.taps.empty() ? sum : longest_vector;
  return {silence + 64, std::max<std::int64_t>(8, bundle.interval / 2), 8 * silence + 10'000};
}

std::string_view to_text(Stalls stalls) { return stalls == Stalls::kNone ? "none" : stalls == Stalls::kRandom ? "random" : "worst"; }

/// The end of a stream as the harness saw it last.
struct StreamState {
  std::string name;
  std::string unit;  ///< that drives it
  bool valid = false;
  bool ready = false;
  std::int64_t beats = 0;
  std::int64_t per_frame = 1;
};

/// What the harness says on its standard output.
struct Report {
  std::vector<StreamState> streams;  ///< the inputs, the taps, the outputs
  std::string end;                   ///< first word of the last line
  int stream = -1;                   ///< that it is about
  std::int64_t frame = 0;
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::int64_t number_of(std::string_view word) {
  std::int64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

Report empty_report(const Bundle& bundle) {
  Report report;
  for (const Port& port : bundle.inputs) report.streams.push_back({port.name, "the input", false, false, 0, port.beats()});
  for (const Tap& tap : bundle.taps)
    report.streams.push_back({tap.signal, fmt::format("unit '{}'", tap.unit), false, false, 0, tap.beats()});
  for (const Port& port : bundle.outputs) report.streams.push_back({port.name, "the output", false, false, 0, port.beats()});
  return report;
}

void read_line(std::string_view line, Report& report) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() == 5 && words[0] == "state") {
    const auto index = static_cast<std::size_t>(number_of(words[1]));
    if (index >= report.streams.size()) return;
    report.streams[index].valid = words[2] == "1";
    report.streams[index].ready = words[3] == "1";
    report.streams[index].beats = number_of(words[4]);
  } else if (words.size() >= 2 && words[0] == "end") {
    report.end = words[1];
    if (words.size() > 2) report.stream = static_cast<int>(number_of(words[2]));
    if (words.size() > 3) report.frame = number_of(words[3]);
  }
}

/// Where data waits, or where it was lost.
std::string where_it_stopped(const Report& report, bool taps) {
  constexpr int kNamed = 8;
  const auto& streams = report.streams;
  std::string waiting;
  int count = 0;
  std::size_t last = streams.size();  // stream that waits nearest to the outputs
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const StreamState& stream = streams[i];
    if (!stream.valid || stream.ready) continue;
    last = i;
    if (++count > kNamed) continue;
    waiting += fmt::format("{}{} (beat {} of frame {})", waiting.empty() ? "" : ", ", stream.name, stream.beats % stream.per_frame,
                           stream.beats / stream.per_frame);
  }
  if (count > kNamed) waiting += fmt::format(" and {} more, the last is {}", count - kNamed, streams[last].name);
  const auto came = [](const StreamState& s) { return fmt::format("{} beats of {} a frame", s.beats, s.per_frame); };
  if (last + 1 < streams.size()) {
    const StreamState& next = streams[last + 1];
    return fmt::format("data waits at {}; nothing waits behind it; {} gave {} on {}", waiting, taps ? next.unit : "the accelerator",
                       came(next), next.name);
  }
  const StreamState* least = &streams.front();  // in shares of a frame
  for (const StreamState& stream : streams) {
    // The first stream that is behind all in front of it.
    if (stream.beats * least->per_frame >= least->beats * stream.per_frame) continue;
    if (stream.unit == streams.front().unit) {
      least = &stream;
      continue;
    }
    return fmt::format("nothing waits; {} took {} on {} and gave {} on {}", taps ? stream.unit : "the accelerator", came(*least),
                       least->name, came(stream), stream.name);
  }
  return "nothing waits at any stream";
}

std::string_view rule_of(std::string_view end) {
  if (end == "no_last") return "tlast is low on the last beat";
  if (end == "early_last") return "tlast is high before the last beat";
  if (end == "high_bits") return "tdata is not zero above the last element";
  if (end == "withdrawn") return "valid was taken back before the beat was taken";
  if (end == "changed") return "data changed before the beat was taken";
  if (end == "extra") return "there are more beats than the frames have";
  if (end == "short") return "there are fewer beats than the frames have, though the last frame left";
  return "";
}

std::optional<Diagnostic> fault_of(const Report& report, const Bundle& bundle, const Run& run, std::string_view output) {
  if (report.end == "done") return std::nullopt;
  if (report.end == "stopped") {
    std::int64_t left = run.frame_count();
    for (std::size_t i = bundle.inputs.size() + bundle.taps.size(); i < report.streams.size(); ++i)
      left = std::min(left, report.streams[i].beats / report.streams[i].per_frame);
    return Diagnostic(Code::kNoProgress,
                      fmt::format("the simulated hardware of '{}' stopped after {} of {} frames", bundle.name, left, run.frame_count()))
        .because(where_it_stopped(report, !bundle.taps.empty()));
  }
  if (report.end == "assertion") {
    Diagnostic lines = tool_failed("", output);
    return Diagnostic(Code::kMismatch, fmt::format("the simulated hardware of '{}' broke an assertion", bundle.name))
        .because(std::move(lines.cause));
  }
  if (const std::string_view rule = rule_of(report.end); !rule.empty()) {
    const StreamState& stream =
        report.streams[static_cast<std::size_t>(std::clamp(report.stream, 0, static_cast<int>(report.streams.size()) - 1))];
    return Diagnostic(Code::kMismatch, fmt::format("stream {} of '{}' breaks a rule in frame {}", stream.name, bundle.name, report.frame))
        .because(fmt::format("{} ({} drives it)", rule, stream.unit));
  }
  return tool_failed("the simulation ended by itself", output);
}

/// The result file, in the order in which the harness writes it.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  bool number(std::int64_t& n) { return take(&n, sizeof n); }
  template <class T>
  bool list(std::vector<T>& items) {
    std::int64_t size = 0;
    if (!number(size) || size < 0 || static_cast<std::uint64_t>(size) > (bytes_.size() - at_) / sizeof(T)) return false;
    items.resize(static_cast<std::size_t>(size));
    return take(items.data(), items.size() * sizeof(T));
  }

 private:
  bool take(void* to, std::size_t size) {
    if (bytes_.size() - at_ < size) return false;
    if (size > 0) std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
    return true;
  }
  std::string bytes_;
  std::size_t at_ = 0;
};

bool read_trace(std::string bytes, const Bundle& bundle, Trace& trace) {
  Reader reader(std::move(bytes));
  std::int64_t first_taken = 0;
  if (!reader.number(first_taken) || !reader.list(trace.frame_ends)) return false;
  for (const Tap& tap : bundle.taps) {
    if (!reader.list(trace.taps.emplace_back(beat_format(tap)).words)) return false;
  }
  for (const Port& port : bundle.outputs) {
    if (!reader.list(trace.outputs.emplace_back(beat_format(port)).words)) return false;
  }
  if (!trace.frame_ends.empty()) {
    trace.cycles = trace.frame_ends.back();
    trace.first_frame = trace.frame_ends.front() - first_taken;
  }
  return true;
}

/// The file that the harness plays.
std::vector<std::uint32_t> input_words(const Bundle& bundle, const std::vector<PortFrame>& frames) {
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < bundle.inputs.size(); ++i) {
    const BeatFormat format = beat_format(bundle.inputs[i]);
    words.reserve(words.size() + frames.size() * static_cast<std::size_t>(format.frame_words()));
    for (const PortFrame& frame : frames) pack(format, frame[i], words);
  }
  return words;
}

}  // namespace

Result<Simulator> Simulator::build(const fs::path& folder, const Bundle& bundle, const fs::path& work_folder,
                                   const SimulatorOptions& options) {
  std::error_code error;
  Simulator simulator(fs::absolute(folder, error), fs::absolute(work_folder, error), bundle);
  if (!options.taps) simulator.bundle_.taps.clear();
  FINNR_RETURN_IF_ERROR(build_simulation(simulator.folder_, simulator.bundle_, simulator.work_folder_, options));
  return simulator;
}

Result<Trace> Simulator::observe(const Run& run) const {
  const std::vector<std::uint32_t> words = input_words(bundle_, run.frames);
  FINNR_ASSIGN(const ScratchFolder scratch, ScratchFolder::make(work_folder_, "run"));
  const fs::path input = scratch.path() / "input.bin";
  const fs::path output = scratch.path() / "result.bin";
  FINNR_RETURN_IF_ERROR(write_file(input, std::string_view(reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0])));

  const Waits wait = waits(bundle_);
  const std::int64_t frames = run.frame_count();
  std::vector<std::string> command = {work_folder_ / kSimulationProgram,
                                      input,
                                      output,
                                      std::to_string(frames),
                                      std::to_string(run.frames.size()),
                                      std::to_string(run.kept < 0 ? frames : run.kept),
                                      std::string(to_text(run.stalls)),
                                      std::to_string(run.seed),
                                      std::to_string(wait.settle),
                                      std::to_string(wait.span),
                                      std::to_string(wait.patience)};
  if (!run.waveform.empty()) command.push_back(run.waveform);
  Report report = empty_report(bundle_);
  const auto on_line = [&](std::string_view line) {
    if (line.starts_with("frame ")) {
      if (run.on_frame) run.on_frame(number_of(line.substr(6)) + 1);
    } else {
      read_line(line, report);
    }
  };
  FINNR_ASSIGN(const ProcessResult process, run_process(command, folder_, on_line));
  if (process.exit_code != 0) return tool_failed(fmt::format("the simulation ended with exit code {}", process.exit_code), process.output);
  Trace trace;
  FINNR_ASSIGN(std::string bytes, read_file(output));
  if (!read_trace(std::move(bytes), bundle_, trace)) return tool_failed("the simulation left an incomplete result", process.output);
  trace.fault = fault_of(report, bundle_, run, process.output);
  if (trace.fault && trace.fault->code == Code::kToolFailed) return *std::move(trace.fault);
  return trace;
}

Result<Trace> Simulator::run(const Run& run) const {
  FINNR_ASSIGN(Trace trace, observe(run));
  if (trace.fault) return *std::move(trace.fault);
  return trace;
}

std::string simulator_version() {
  if (!find_program("verilator")) return "";
  const Result<ProcessResult> result = run_process({"verilator", "--version"}, {});
  if (!result.ok() || result->exit_code != 0) return "";
  const std::vector<std::string_view> words = words_of(std::string_view(result->output).substr(0, result->output.find('\n')));
  return words.size() < 2 || words[0] != "Verilator" ? "" : fmt::format("verilator {}", words[1]);
}

}  // namespace finnr
