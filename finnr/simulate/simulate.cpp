// SPDX-License-Identifier: Apache-2.0
// A run: frames become beats in a file, the compiled harness plays them, its result file becomes elements again, and
// the last lines it prints say how it ended.
#include "finnr/simulate/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>
#include <span>

#include "finnr/base/files.h"
#include "finnr/base/process.h"
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

// A unit that works moves a stream at least once for every vector of its output.
Waits waits(const Bundle& bundle, bool taps) {
  std::int64_t longest_vector = 1;
  std::int64_t sum = bundle.input.beats() + bundle.output.beats();
  for (const UnitSummary& unit : bundle.units) {
    const auto tap = std::find_if(bundle.taps.begin(), bundle.taps.end(), [&](const Tap& t) { return t.unit == unit.name; });
    longest_vector = std::max(longest_vector, unit.interval / std::max<std::int64_t>(1, tap == bundle.taps.end() ? 1 : tap->vectors));
    sum += unit.interval;
  }
  return {(taps ? longest_vector : sum) + 64, std::max<std::int64_t>(8, bundle.interval / 2), 8 * sum + 10'000};
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
  std::vector<StreamState> streams;  ///< s_axis, the taps, m_axis
  std::string end;                   ///< first word of the last line
  int stream = -1;                   ///< that it is about, an index of taps
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
  report.streams.push_back({"s_axis", "the input", false, false, 0, bundle.input.beats()});
  for (const Tap& tap : bundle.taps)
    report.streams.push_back({tap.signal, fmt::format("unit '{}'", tap.unit), false, false, 0, tap.beats()});
  report.streams.push_back({"m_axis", "the output", false, false, 0, bundle.output.beats()});
  return report;
}

void read_line(std::string_view line, Report& report) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() == 5 && words[0] == "state") {
    const auto index = static_cast<std::size_t>(number_of(words[1]) + 1);
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

/// Where data waits, or where it was lost. Without taps only the ports are known.
std::string where_it_stopped(const Report& report, bool taps) {
  std::vector<const StreamState*> known;
  for (const StreamState& stream : report.streams) {
    if (taps || &stream == &report.streams.front() || &stream == &report.streams.back()) known.push_back(&stream);
  }
  std::string waiting;
  std::size_t last = known.size();  // stream that waits nearest to the output
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!known[i]->valid || known[i]->ready) continue;
    waiting += fmt::format("{}{} (beat {} of frame {})", waiting.empty() ? "" : ", ", known[i]->name, known[i]->beats % known[i]->per_frame,
                           known[i]->beats / known[i]->per_frame);
    last = i;
  }
  const auto came = [](const StreamState& s) { return fmt::format("{} beats of {} a frame", s.beats, s.per_frame); };
  if (last + 1 < known.size()) {
    const StreamState& next = *known[last + 1];
    return fmt::format("data waits at {}; {} takes nothing more and gave {} on {}", waiting, taps ? next.unit : "the accelerator",
                       came(next), next.name);
  }
  for (std::size_t i = 1; i < known.size(); ++i) {
    // The first stream that is behind the one in front of it, in shares of a frame.
    if (known[i]->beats * known[i - 1]->per_frame >= known[i - 1]->beats * known[i]->per_frame) continue;
    return fmt::format("nothing waits; {} took {} on {} and gave {} on {}", taps ? known[i]->unit : "the accelerator", came(*known[i - 1]),
                       known[i - 1]->name, came(*known[i]), known[i]->name);
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
    const std::int64_t left = report.streams.back().beats / std::max<std::int64_t>(1, report.streams.back().per_frame);
    return Diagnostic(Code::kNoProgress,
                      fmt::format("the simulated hardware of '{}' stopped after {} of {} frames", bundle.name, left, run.frames.size()))
        .because(where_it_stopped(report, run.taps));
  }
  if (report.end == "assertion") {
    Diagnostic lines = tool_failed("", output);
    return Diagnostic(Code::kMismatch, fmt::format("the simulated hardware of '{}' broke an assertion", bundle.name))
        .because(std::move(lines.cause));
  }
  if (const std::string_view rule = rule_of(report.end); !rule.empty()) {
    const StreamState& stream =
        report.streams[static_cast<std::size_t>(std::clamp(report.stream + 1, 0, static_cast<int>(report.streams.size()) - 1))];
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

/// One entry a frame; what a broken run left of the last one may be short, what came beyond the last frame is dropped.
std::vector<Tensor::Ints> frames_of(const BeatFormat& format, std::span<const std::uint32_t> words, std::size_t frames) {
  const auto stride = static_cast<std::size_t>(format.beats() * format.words());
  std::vector<Tensor::Ints> list;
  for (std::size_t at = 0; at < words.size() && list.size() < frames; at += stride) {
    list.push_back(unpack(format, words.subspan(at, std::min(stride, words.size() - at))));
  }
  return list;
}

bool read_trace(std::string bytes, const Bundle& bundle, std::size_t frames, Trace& trace) {
  Reader reader(std::move(bytes));
  std::int64_t first_taken = 0;
  std::vector<std::uint32_t> words;
  if (!reader.number(first_taken) || !reader.list(trace.frame_ends) || !reader.list(words)) return false;
  trace.outputs = frames_of(beat_format(bundle.output), words, frames);
  for (const Tap& tap : bundle.taps) {
    if (!reader.list(words)) return false;
    trace.taps.push_back(frames_of(beat_format(tap), words, frames));
  }
  if (!trace.frame_ends.empty()) {
    trace.cycles = trace.frame_ends.back();
    trace.first_frame = trace.frame_ends.front() - first_taken;
  }
  return true;
}

}  // namespace

Result<Simulator> Simulator::build(const fs::path& folder, const Bundle& bundle, const fs::path& work_folder, bool waveforms) {
  std::error_code error;
  Simulator simulator(fs::absolute(folder, error), fs::absolute(work_folder, error), bundle);
  FINNR_RETURN_IF_ERROR(build_simulation(simulator.folder_, bundle, simulator.work_folder_, waveforms));
  return simulator;
}

Result<Trace> Simulator::observe(const Run& run) const {
  const BeatFormat format = beat_format(bundle_.input);
  std::vector<std::uint32_t> words;
  words.reserve(run.frames.size() * static_cast<std::size_t>(format.beats() * format.words()));
  for (const Tensor::Ints& frame : run.frames) pack(format, frame, words);
  FINNR_ASSIGN(const ScratchFolder scratch, ScratchFolder::make(work_folder_, "run"));
  const fs::path input = scratch.path() / "input.bin";
  const fs::path output = scratch.path() / "result.bin";
  FINNR_RETURN_IF_ERROR(write_file(input, std::string_view(reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0])));

  const Waits wait = waits(bundle_, run.taps);
  std::vector<std::string> command = {work_folder_ / kSimulationProgram,
                                      input,
                                      output,
                                      std::to_string(run.frames.size()),
                                      std::string(to_text(run.stalls)),
                                      std::to_string(run.seed),
                                      std::to_string(wait.settle),
                                      std::to_string(wait.span),
                                      std::to_string(wait.patience),
                                      run.taps ? "1" : "0"};
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
  if (!read_trace(std::move(bytes), bundle_, run.frames.size(), trace))
    return tool_failed("the simulation left an incomplete result", process.output);
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
