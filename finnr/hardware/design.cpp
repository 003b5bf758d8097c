// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace finnr {
namespace {

constexpr std::array<std::string_view, 5> kStoreNames = {"constant", "lutram", "block", "ultra", "split"};

}  // namespace

std::string_view to_text(Store store) { return kStoreNames[static_cast<std::size_t>(store)]; }

std::optional<Store> find_store(std::string_view name) {
  for (std::size_t i = 0; i < kStoreNames.size(); ++i) {
    if (kStoreNames[i] == name) return static_cast<Store>(i);
  }
  return std::nullopt;
}

std::string_view kind_name(const Unit& unit) {
  return std::visit(
      Overloaded{[](const Mvu&) { return "mvu"; }, [](const Vvu&) { return "vvu"; }, [](const WindowUnit&) { return "window"; },
                 [](const PoolUnit&) { return "pool"; }, [](const Threshold& t) { return t.table ? "table" : "threshold"; },
                 [](const JoinUnit&) { return "join"; }, [](const ReplayUnit&) { return "replay"; }, [](const ForkUnit&) { return "fork"; },
                 [](const ConcatUnit&) { return "concat"; }, [](const TakeUnit&) { return "take"; },
                 [](const PermuteUnit&) { return "permute"; }, [](const CastUnit&) { return "cast"; }, [](const Width&) { return "width"; },
                 [](const Fifo&) { return "fifo"; }, [](const TopKUnit&) { return "top_k"; }},
      unit.kind);
}

std::int64_t interval(const Design& design, const Unit& unit) {
  std::int64_t beats = 0;  // of the busiest stream
  for (const std::size_t i : unit.inputs) beats = std::max(beats, design.streams[i].beats());
  for (const std::size_t i : unit.outputs) beats = std::max(beats, design.streams[i].beats());
  return std::visit(Overloaded{[](const Mvu& m) { return m.vectors * (m.mh / m.pe) * (m.mw / m.simd); },
                               [](const Vvu& v) { return v.pixels * (v.channels / v.pe) * (v.kernel / v.simd); },
                               [](const WindowUnit& w) { return w.images * w.cycles; },
                               [&](const TopKUnit& top) { return std::max(beats, top.k); }, [&](const auto&) { return beats; }},
                    unit.kind);
}

std::int64_t interval(const Design& design) {
  std::int64_t slowest = 1;
  for (const Stream& stream : design.streams) {
    if (!stream.from.valid() || !stream.to.valid()) slowest = std::max(slowest, stream.beats());
  }
  for (const Unit& unit : design.units) slowest = std::max(slowest, interval(design, unit));
  return slowest;
}

std::int64_t macs_per_cycle(const Design& design) {
  std::int64_t macs = 0;
  for (const Unit& unit : design.units) {
    if (const auto* mvu = std::get_if<Mvu>(&unit.kind)) macs += std::int64_t{mvu->pe} * mvu->simd;
    if (const auto* vvu = std::get_if<Vvu>(&unit.kind)) macs += std::int64_t{vvu->pe} * vvu->simd;
  }
  return macs;
}

namespace {

std::string window_text(const WindowUnit& unit) {
  const WindowShape& s = unit.shape;
  std::string text = fmt::format(" {}x{} of {}x{} -> {}x{}", s.kh, s.kw, s.h, s.w, s.oh, s.ow);
  if (s.stride_h != 1 || s.stride_w != 1) text += fmt::format(" stride {}x{}", s.stride_h, s.stride_w);
  if (s.dilation_h != 1 || s.dilation_w != 1) text += fmt::format(" dilation {}x{}", s.dilation_h, s.dilation_w);
  if (s.up_h != 1 || s.up_w != 1) text += fmt::format(" {} {}x{}", s.repeat ? "repeat" : "spacing", s.up_h, s.up_w);
  if (s.pad_top != 0 || s.pad_left != 0) text += fmt::format(" pad {},{}", s.pad_top, s.pad_left);
  if (s.tile_h * s.tile_w != 1) text += fmt::format(" tile {}x{}", s.tile_h, s.tile_w);
  return text + fmt::format(" rows {}", unit.rows);
}

std::string kind_text(const Unit& unit) {
  const auto steps = [](const std::optional<Steps>& s) {
    return s ? fmt::format(" thresholds {} -> {}", s->count(), to_text(s->codes)) : std::string();
  };
  const auto core = [](Core kind, int pipeline) {
    return std::string(kind == Core::kLut   ? ""
                       : kind == Core::kDsp ? " core dsp"
                                            : " core operators") +
           (pipeline > 0 ? fmt::format(" pipeline {}", pipeline) : "");
  };
  return std::visit(
      Overloaded{[&](const Mvu& m) {
                   return fmt::format(" {}x{}{} pe {} simd {} x {} w {} accumulator {} store {}", m.mh, m.mw,
                                      m.groups > 1 ? fmt::format(" groups {}", m.groups) : "", m.pe, m.simd, to_text(m.x), to_text(m.w),
                                      to_text(m.accumulator), to_text(m.weight_store)) +
                          core(m.core, m.pipeline) + steps(m.steps);
                 },
                 [&](const Vvu& v) {
                   return fmt::format(" {} channels of {} pe {} simd {} x {} w {} accumulator {} store {}", v.channels, v.kernel, v.pe,
                                      v.simd, to_text(v.x), to_text(v.w), to_text(v.accumulator), to_text(v.weight_store)) +
                          core(v.core, v.pipeline) + steps(v.steps);
                 },
                 [](const WindowUnit& w) { return window_text(w); },
                 [](const PoolUnit& p) { return fmt::format(" {} of {}", to_text(p.kind), p.simd * p.count); },
                 [](const Threshold& t) {
                   return fmt::format(" {} channels, thresholds {} -> {}", t.channels, t.steps.count(), to_text(t.steps.codes));
                 },
                 [](const JoinUnit& j) {
                   return j.function == JoinFunction::kAdd ? fmt::format(" {} * a + {} * b", j.left, j.right) : std::string(" a * b");
                 },
                 [](const ReplayUnit& r) { return fmt::format(" {} beats {} times", r.words, r.passes); },
                 [](const ConcatUnit& c) { return fmt::format(" turns {}", fmt::join(c.turns, ",")); },
                 [](const TakeUnit& t) { return fmt::format(" {} from {} of {}", t.count, t.first, t.period); },
                 [](const PermuteUnit& p) { return fmt::format(" {} beats", p.index.size()); },
                 [](const Fifo& f) { return fmt::format(" depth {}", f.depth); },
                 [](const TopKUnit& t) { return fmt::format(" {} of {}", t.k, t.labels); }, [](const auto&) { return std::string(); }},
      unit.kind);
}

}  // namespace

std::string print(const Design& design) {
  std::string text = fmt::format("design {} clock {} MHz interval {}\n", design.name, design.clock_mhz, interval(design));
  const auto out = std::back_inserter(text);
  const auto streams = [&](const std::vector<std::size_t>& outputs) {
    for (const std::size_t i : outputs) {
      const Stream& s = design.streams[i];
      fmt::format_to(out, "  stream {} : {} x {} lanes, {} beats ({} x {}{})", s.name, to_text(s.element), s.lanes, s.beats(), s.vectors,
                     s.channels, s.padded == s.channels ? "" : fmt::format(" padded to {}", s.padded));
      if (s.value.valid()) fmt::format_to(out, " of %{}", s.value.value);
      fmt::format_to(out, " -> {}\n", s.to.valid() ? design.units[s.to.index()].name : "host");
    }
  };
  streams(design.inputs);
  for (const Unit& unit : design.units) {
    fmt::format_to(out, "unit {} : {}{} interval {}", unit.name, kind_name(unit), kind_text(unit), interval(design, unit));
    if (!unit.origin.empty()) fmt::format_to(out, " from {}", fmt::join(unit.origin, " "));
    text += "\n";
    streams(unit.outputs);
  }
  return text;
}

}  // namespace finnr
