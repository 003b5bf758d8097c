// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace finnr {
namespace {

constexpr std::array<std::string_view, 4> kStoreNames = {"constant", "lutram", "block", "ultra"};

const Stream& input_of(const Design& design, UnitId unit) { return design.streams[unit.index()]; }
const Stream& output_of(const Design& design, UnitId unit) { return design.streams[unit.index() + 1]; }

/// Element k of a row of a table whose rows may be shared.
std::int64_t entry(const Tensor& table, std::int64_t row, std::int64_t k) {
  const std::int64_t width = table.size() / table.shape()[0];
  return table.ints()[static_cast<std::size_t>((table.shape()[0] == 1 ? 0 : row) * width + k)];
}

}  // namespace

std::int64_t Steps::rows() const { return std::max({thresholds->shape()[0], base->shape()[0], signs->shape()[0]}); }

std::int64_t Steps::level(std::int64_t row, std::int64_t x) const {
  std::int64_t level = entry(*base, row, 0);
  for (std::int64_t k = 0; k < count(); ++k) level += x >= entry(*thresholds, row, k) ? entry(*signs, row, k) : 0;
  return level;
}

bool Steps::mixed(const IntType& x) const {
  for (std::int64_t row = 0; row < rows(); ++row) {
    bool rises = false;
    bool falls = false;
    for (std::int64_t k = 0; k < count(); ++k) {
      if (entry(*thresholds, row, k) <= x.hi) (entry(*signs, row, k) > 0 ? rises : falls) = true;
    }
    if (rises && falls) return true;
  }
  return false;
}

std::string_view to_text(Store store) { return kStoreNames[static_cast<std::size_t>(store)]; }

std::optional<Store> find_store(std::string_view name) {
  for (std::size_t i = 0; i < kStoreNames.size(); ++i) {
    if (kStoreNames[i] == name) return static_cast<Store>(i);
  }
  return std::nullopt;
}

std::string_view kind_name(const Unit& unit) {
  return std::visit(
      Overloaded{[](const Mvu&) { return "mvu"; }, [](const Threshold& t) { return t.table ? "table" : "threshold"; },
                 [](const Width&) { return "width"; }, [](const Fifo&) { return "fifo"; }, [](const TopKUnit&) { return "top_k"; }},
      unit.kind);
}

std::int64_t interval(const Design& design, UnitId unit) {
  const std::int64_t in = input_of(design, unit).beats();
  const std::int64_t out = output_of(design, unit).beats();
  return std::visit(Overloaded{[](const Mvu& mvu) { return mvu.vectors * (mvu.mh / mvu.pe) * (mvu.mw / mvu.simd); },
                               [&](const Threshold&) { return in; }, [&](const Width&) { return std::max(in, out); },
                               [&](const Fifo&) { return in; }, [&](const TopKUnit& top) { return std::max(in, top.k); }},
                    design.units[unit.index()].kind);
}

std::int64_t interval(const Design& design) {
  std::int64_t slowest = std::max(design.streams.front().beats(), design.streams.back().beats());
  for (std::uint32_t i = 0; i < design.units.size(); ++i) slowest = std::max(slowest, interval(design, UnitId{i}));
  return slowest;
}

std::int64_t macs_per_cycle(const Design& design) {
  std::int64_t macs = 0;
  for (const Unit& unit : design.units) {
    if (const auto* mvu = std::get_if<Mvu>(&unit.kind)) macs += std::int64_t{mvu->pe} * mvu->simd;
  }
  return macs;
}

std::string print(const Design& design) {
  std::string text = fmt::format("design {} clock {} MHz interval {}\n", design.name, design.clock_mhz, interval(design));
  const auto out = std::back_inserter(text);
  const auto stream = [&](const Stream& s) {
    fmt::format_to(out, "  stream {} : {} x {} lanes, {} beats ({} x {}{}) of %{}\n", s.name, to_text(s.element), s.lanes, s.beats(),
                   s.vectors, s.channels, s.padded == s.channels ? "" : fmt::format(" padded to {}", s.padded), s.value.value);
  };
  stream(design.streams.front());
  for (std::uint32_t i = 0; i < design.units.size(); ++i) {
    const Unit& unit = design.units[i];
    fmt::format_to(out, "unit {} : {}", unit.name, kind_name(unit));
    std::visit(Overloaded{[&](const Mvu& m) {
                            fmt::format_to(out, " {}x{} pe {} simd {} x {} w {} accumulator {} store {}", m.mh, m.mw, m.pe, m.simd,
                                           to_text(m.x), to_text(m.w), to_text(m.accumulator), to_text(m.weight_store));
                            if (m.steps) fmt::format_to(out, " thresholds {} -> {}", m.steps->count(), to_text(m.steps->codes));
                          },
                          [&](const Threshold& t) {
                            fmt::format_to(out, " {} channels, thresholds {} -> {}", t.channels, t.steps.count(), to_text(t.steps.codes));
                          },
                          [](const Width&) {}, [&](const Fifo& f) { fmt::format_to(out, " depth {}", f.depth); },
                          [&](const TopKUnit& t) { fmt::format_to(out, " {} of {}", t.k, t.labels); }},
               unit.kind);
    fmt::format_to(out, " interval {}", interval(design, UnitId{i}));
    if (!unit.origin.empty()) fmt::format_to(out, " from {}", fmt::join(unit.origin, " "));
    text += "\n";
    stream(design.streams[i + 1]);
  }
  return text;
}

}  // namespace finnr
