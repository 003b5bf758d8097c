// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/timing.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/hardware/steady.h"
#include "finnr/hardware/token_model.h"

namespace finnr {
namespace {

Diagnostic deadlock(const Design& design, const token::WaitCycle& cycle) {
  std::string text;
  for (const token::WaitCycle::Wait& wait : cycle.waits) {
    const Stream& stream = design.streams[wait.stream];
    text += fmt::format("{}{} waits for {} {}", text.empty() ? "" : "; ", design.units[wait.unit.index()].name,
                        wait.full ? "room in" : "a beat of", design.units[(wait.full ? stream.to : stream.from).index()].name);
  }
  Diagnostic diagnostic =
      Diagnostic(Code::kDeadlock, fmt::format("the units of '{}' would wait for each other for ever", design.name)).because(text);
  if (!cycle.queue) return diagnostic;
  const Unit& queue = design.units[cycle.queue->index()];
  return std::move(diagnostic).fix(fmt::format("make queue {} deeper than {} beats", queue.name, std::get<Fifo>(queue.kind).depth));
}

}  // namespace

Result<std::int64_t> first_frame_latency(const Design& design) {
  // A beat never waits for one of a later frame.
  token::Model model(design, {token::Schedule::Kind::kGreedy, 1});
  if (!model.run(1)) return deadlock(design, model.wait_cycle());
  token::Cycle first = token::kUnbounded;
  for (const std::size_t input : design.inputs) first = std::min(first, model.stream(input)->frames().front().first);
  token::Cycle last = 0;
  for (const std::size_t output : design.outputs) last = std::max(last, model.stream(output)->frames().front().last);
  return last - first;
}

Status check_rate(const Design& design, std::int64_t cycles, token::Schedule::Kind kind) {
  token::Model model(design, {kind, cycles});
  switch (token::settle(model, cycles)) {
    case token::Rate::kKept:
      return ok_status();
    case token::Rate::kDeadlock:
      return deadlock(design, model.wait_cycle());
    case token::Rate::kUnknown:  // not without a limit
    case token::Rate::kLost:
      break;
  }
  return Diagnostic(Code::kRateLost, fmt::format("the units of '{}' do not sustain a frame every {} cycles", design.name, cycles))
      .because(fmt::format("every frame is {} cycles later than the one before it", model.lateness(cycles)));
}

}  // namespace finnr
