// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lower.h"

namespace finnr {

inline Design lowered(const Graph& graph, const Folding& folding) {
  Result<Design> design = lower(part_of(graph), folding, "net");
  EXPECT_TRUE(design.ok()) << to_text(design.error());
  return design.ok() ? *std::move(design) : Design{};
}

/// The names of all units, in their order.
inline std::string kinds(const Design& design) {
  std::string text;
  for (const Unit& unit : design.units) text += (text.empty() ? "" : " ") + unit.name;
  return text;
}

/// How many streams enter and leave a unit of a kind; -1 for any number.
inline std::pair<std::ptrdiff_t, std::ptrdiff_t> ends_of(const Unit& unit) {
  if (std::holds_alternative<JoinUnit>(unit.kind)) return {2, 1};
  if (std::holds_alternative<ForkUnit>(unit.kind)) return {1, -1};
  if (const auto* c = std::get_if<ConcatUnit>(&unit.kind)) return {std::ssize(c->turns), 1};
  return {1, 1};
}

/// What must hold of every design: ends and ports are numbered, lanes divide, and every unit finds what it expects.
inline void expect_sound(const Design& design) {
  SCOPED_TRACE(print(design));
  for (const Stream& s : design.streams) {
    EXPECT_EQ(s.padded % s.lanes, 0) << s.name;
    EXPECT_GE(s.padded, s.channels) << s.name;
    EXPECT_TRUE(s.from.valid() || s.to.valid()) << s.name;
    EXPECT_TRUE(!s.from.valid() || !s.to.valid() || s.from.value < s.to.value) << s.name;
    EXPECT_TRUE(!s.value.valid() || s.padded != s.channels || s.layout.elements() == s.vectors * s.channels) << s.name;
  }
  for (std::uint32_t i = 0; i < design.units.size(); ++i) {
    const Unit& unit = design.units[i];
    std::vector<Stream> in;
    std::vector<Stream> out;
    for (const std::size_t k : unit.inputs) in.push_back(design.streams[k]);
    for (const std::size_t k : unit.outputs) out.push_back(design.streams[k]);
    const auto [ins, outs] = ends_of(unit);
    ASSERT_EQ(std::ssize(in), ins) << unit.name;
    ASSERT_TRUE(outs < 0 ? out.size() > 1 : std::ssize(out) == outs) << unit.name;
    for (const Stream& s : in) EXPECT_EQ(s.to, UnitId{i}) << unit.name;
    for (const Stream& s : out) EXPECT_EQ(s.from, UnitId{i}) << unit.name;
    const auto same_beats = [&] {
      for (const std::vector<Stream>* list : {&in, &out}) {
        for (const Stream& s : *list) EXPECT_TRUE(s.lanes == in[0].lanes && s.beats() == in[0].beats()) << unit.name;
      }
    };
    std::visit(Overloaded{[&](const Mvu& m) {
                            EXPECT_TRUE(in[0].lanes == m.simd && out[0].lanes == m.pe) << unit.name;
                            EXPECT_EQ(in[0].padded, m.mw) << unit.name;
                            EXPECT_EQ(in[0].vectors, m.vectors) << unit.name;
                            EXPECT_EQ(out[0].vectors * out[0].padded, m.vectors * m.mh) << unit.name;
                            EXPECT_TRUE(m.mw % m.simd == 0 && m.mh % m.pe == 0) << unit.name;
                          },
                          [&](const Vvu& v) {
                            EXPECT_TRUE(in[0].lanes == v.pe * v.simd && out[0].lanes == v.pe) << unit.name;
                            EXPECT_EQ(in[0].beats() * in[0].lanes, v.pixels * v.channels * v.kernel) << unit.name;
                            EXPECT_EQ(out[0].beats(), v.pixels * (v.channels / v.pe)) << unit.name;
                            EXPECT_TRUE(v.channels % v.pe == 0 && v.kernel % v.simd == 0) << unit.name;
                          },
                          [&](const WindowUnit& w) {
                            EXPECT_EQ(in[0].lanes * w.shape.tile_h * w.shape.tile_w, out[0].lanes) << unit.name;
                            EXPECT_EQ(in[0].beats(), w.images * in_beats(w.shape)) << unit.name;
                            EXPECT_EQ(out[0].beats(), w.images * out_beats(w.shape)) << unit.name;
                            EXPECT_EQ(w.cycles, std::max(in_beats(w.shape), out_beats(w.shape))) << unit.name << ": no beat is lost";
                          },
                          [&](const PoolUnit& p) {
                            EXPECT_EQ(in[0].beats(), p.count * out[0].beats()) << unit.name;
                            EXPECT_EQ(in[0].lanes, p.simd * out[0].lanes) << unit.name;
                          },
                          [&](const ReplayUnit& r) {
                            EXPECT_EQ(out[0].beats(), r.passes * in[0].beats()) << unit.name;
                            EXPECT_EQ(in[0].beats() % r.words, 0) << unit.name;
                          },
                          [&](const ConcatUnit& c) {
                            const std::int64_t round = std::accumulate(c.turns.begin(), c.turns.end(), std::int64_t{0});
                            for (std::size_t k = 0; k < in.size(); ++k) {
                              EXPECT_EQ(in[k].beats() * round, c.turns[k] * out[0].beats()) << unit.name;
                              EXPECT_EQ(in[k].beat_bits(), out[0].beat_bits()) << unit.name;
                            }
                          },
                          [&](const TakeUnit& t) {
                            EXPECT_EQ(in[0].beats() * t.count, out[0].beats() * t.period) << unit.name;
                            EXPECT_LE(t.first + t.count, t.period) << unit.name;
                          },
                          [&](const PermuteUnit& p) {
                            EXPECT_EQ(out[0].beats(), std::ssize(p.index)) << unit.name;
                            for (const std::int64_t k : p.index) EXPECT_TRUE(k >= 0 && k < in[0].beats()) << unit.name;
                          },
                          [&](const Width&) {
                            EXPECT_EQ(in[0].lanes * in[0].beats(), out[0].lanes * out[0].beats()) << unit.name;
                            EXPECT_TRUE(in[0].lanes % out[0].lanes == 0 || out[0].lanes % in[0].lanes == 0) << unit.name;
                          },
                          [&](const CastUnit&) {
                            same_beats();
                            EXPECT_GE(out[0].element.bits(), in[0].element.bits()) << unit.name;
                          },
                          [](const TopKUnit&) {}, [&](const Threshold&) { same_beats(); }, [&](const JoinUnit&) { same_beats(); },
                          [&](const ForkUnit&) { same_beats(); },
                          [&](const Fifo& f) {
                            same_beats();
                            EXPECT_GE(f.depth, 1) << unit.name;
                          }},
               unit.kind);
  }
}

/// The units of a kind, in their order.
template <class T>
std::vector<T> all(const Design& design) {
  std::vector<T> found;
  for (const Unit& unit : design.units) {
    if (const auto* kind = std::get_if<T>(&unit.kind)) found.push_back(*kind);
  }
  return found;
}

}  // namespace finnr
