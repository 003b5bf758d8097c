// SPDX-License-Identifier: Apache-2.0
// A verdict as JSON and as words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "finnr/verify/verify.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

std::string_view key(Stalls stalls) { return stalls == Stalls::kNone ? "none" : stalls == Stalls::kRandom ? "random" : "worst"; }

/// Frames that the same run needs to meet the difference again; the run that repeats its frames needs all it had.
std::int64_t frames_to_repeat(const Verdict& verdict) {
  const std::int64_t frame = verdict.mismatch ? verdict.mismatch->frame : verdict.frames;
  return std::clamp<std::int64_t>(frame + 1, 1, std::max<std::int64_t>(1, verdict.frames));
}

/// As a shell takes it: quoted where that is needed.
std::string shell_word(const std::string& text) {
  if (text.find_first_of(" \t\n'\"\\$`&;()<>|*?") == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string_view to_text(Stalls stalls) {
  return stalls == Stalls::kNone ? "no stalls" : stalls == Stalls::kRandom ? "random stalls" : "worst stalls";
}

std::string to_json(const Verdict& verdict) {
  Json json;
  json["good"] = verdict.good();
  json["exact"] = verdict.exact;
  json["measured_by"] = verdict.simulator;
  json["predicted_interval"] = verdict.predicted_interval;
  json["measured_interval"] = verdict.measured_interval;
  json["predicted_latency"] = verdict.predicted_latency;
  json["latency"] = verdict.latency;
  json["frames"] = verdict.frames;
  json["seed"] = verdict.seed;
  json["streams"] = verdict.streams;
  json["elements"] = verdict.elements;
  json["compile_seconds"] = verdict.compile_seconds;
  json["runs"] = Json::array();
  for (const RunRecord& run : verdict.runs) {
    json["runs"].push_back({{"stalls", key(run.stalls)}, {"frames", run.frames}, {"cycles", run.cycles}, {"seconds", run.seconds}});
  }
  json["mismatch"] = nullptr;
  if (verdict.mismatch) {
    const Mismatch& m = *verdict.mismatch;
    json["mismatch"] = {{"unit", m.unit},       {"node", m.node},
                        {"stream", m.stream},   {"stalls", key(m.stalls)},
                        {"frame", m.frame},     {"vector", m.vector},
                        {"channel", m.channel}, {"expected", m.expected},
                        {"got", m.got},         {"inputs_equal", m.inputs_equal}};
  }
  return json.dump(2) + "\n";
}

Diagnostic explain(const Verdict& verdict, const std::filesystem::path& folder) {
  const std::string again =
      fmt::format("finnr verify {} --frames {} --seed {}", shell_word(folder.string()), frames_to_repeat(verdict), verdict.seed);
  if (verdict.mismatch) {
    const Mismatch& m = *verdict.mismatch;
    const std::string where = m.pixel.empty() ? fmt::format("vector {}", m.vector) : fmt::format("pixel {}", fmt::join(m.pixel, ","));
    return Diagnostic(Code::kMismatch, fmt::format("unit {}{}, {}, frame {}, {}, channel {}: expected {}, got {}{}", m.unit,
                                                   m.node.empty() ? "" : fmt::format(" (node '{}')", m.node), to_text(m.stalls), m.frame,
                                                   where, m.channel, m.expected, m.got, m.inputs_equal ? "; inputs equal up to here" : ""))
        .at({folder.string(), m.node, fmt::format("stream {}", m.stream)})
        .fix(fmt::format("reproduce: {} --trace {}", again, m.unit));
  }
  Diagnostic differs =
      verdict.same_interval()
          ? Diagnostic(Code::kLatencyDiffers, fmt::format("the first frame leaves the accelerator after {} cycles, but {} were predicted",
                                                          verdict.latency, verdict.predicted_latency))
          : Diagnostic(Code::kIntervalDiffers, fmt::format("the accelerator sustains a frame every {} cycles, but {} were predicted",
                                                           verdict.measured_interval, verdict.predicted_interval));
  return std::move(differs)
      .at({folder.string(), "", ""})
      .because(fmt::format("measured by {} without stalls; all numbers are right", verdict.simulator))
      .fix(fmt::format("reproduce: {}", again));
}

}  // namespace finnr
