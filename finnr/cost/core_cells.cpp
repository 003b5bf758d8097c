// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/core_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/cost/term_shapes.h"
#include "finnr/hardware/core.h"
#include "finnr/hardware/unit_numbers.h"

namespace finnr {
namespace {

using Heights = std::vector<std::int64_t>;

constexpr std::int64_t kUnsigned = 0;
constexpr std::int64_t kSigned = 1;
constexpr std::int64_t kBipolar = 2;
constexpr std::int64_t kSix = 6;    // bits of a counter's pair
constexpr std::int64_t kChain = 2;  // pairs of a CARRY4

std::int64_t at(const Heights& h, std::int64_t column) {
  return column < 0 || column >= std::ssize(h) ? 0 : h[static_cast<std::size_t>(column)];
}

std::int64_t sum(const Heights& h) { return std::reduce(h.begin(), h.end()); }

/// One level of a heap: its LUTs, and the heights behind it.
struct Level {
  std::int64_t luts = 0;
  Heights next;
};

/// Pairs of a column and those of every second column above share a carry chain, kChain of them; a bit that is left over is its
/// carry in, and its carry out a bit two columns up.
class Chains {
 public:
  Chains(const Heights& pairs, std::int64_t length) : pairs_(pairs), length_(length) {}

  [[nodiscard]] std::int64_t starts(std::int64_t column) const {
    return count(column, [&](std::int64_t k) { return place(column, k) == 0; });
  }
  [[nodiscard]] std::int64_t ends(std::int64_t column) const {
    return count(column, [&](std::int64_t k) { return place(column, k) == length_ - 1 || at(pairs_, column + 2) <= k; });
  }

 private:
  [[nodiscard]] std::int64_t place(std::int64_t column, std::int64_t k) const {
    std::int64_t below = 0;
    while (at(pairs_, column - 2 * (below + 1)) > k) ++below;
    return below % length_;
  }
  template <class Is>
  [[nodiscard]] std::int64_t count(std::int64_t column, Is is) const {
    std::int64_t found = 0;
    for (std::int64_t k = 0; k < at(pairs_, column); ++k) found += is(k) ? 1 : 0;
    return found;
  }

  const Heights& pairs_;
  std::int64_t length_;
};

Level sixes(const Heights& h, std::int64_t chain) {
  Heights pairs;
  for (const std::int64_t bits : h) pairs.push_back(bits / kSix);
  const Chains chains(pairs, chain);
  Level level{2 * sum(pairs), {}};
  for (std::int64_t c = 0; c < std::ssize(h); ++c) {
    const std::int64_t left = at(h, c) % kSix;
    const std::int64_t carried = std::min(chains.starts(c), left);
    level.next.push_back(at(pairs, c) + at(pairs, c - 1) + (c >= 2 ? chains.ends(c - 2) : 0) + left - carried);
  }
  return level;
}

Level adders(const Heights& h, std::int64_t rows) {
  Level level{0, h};
  std::int64_t carries = 0;
  for (std::size_t c = 0; c < h.size(); ++c) {
    std::int64_t left = h[c];
    std::int64_t total = left + carries;
    const bool full = left >= 3 && total > rows;
    left -= full ? 3 : 0;
    total -= full ? 2 : 0;
    const bool half = left >= 2 && total > rows;
    level.next[c] += carries - (full ? 2 : 0) - (half ? 1 : 0);
    carries = (full ? 1 : 0) + (half ? 1 : 0);
    level.luts += carries;
  }
  return level;
}

/// Columns of gates in front of a heap: LUTs that make them, and what comes out.
struct Front {
  std::int64_t luts = 0;
  Heights heights;
};

/// Gates of one product in column c (finnr_rows: gates_of).
std::int64_t gates_of(const CoreShape& core, std::int64_t c) {
  if (core.xnor()) return c == 0 ? 1 : 0;
  const std::int64_t low = std::max<std::int64_t>(0, c - core.w_bits + 1);
  const std::int64_t high = std::min(core.x_bits - 1, c);
  return std::max<std::int64_t>(0, high - low + 1);
}

/// Three gates make a sum and a carry with two LUTs, one or two gates with one.
Front gates(const CoreShape& core, std::int64_t columns) {
  Front front;
  for (std::int64_t c = 0; c < columns; ++c) {
    const std::int64_t count = core.simd * gates_of(core, c);
    const std::int64_t below = c > 0 ? core.simd * gates_of(core, c - 1) : 0;
    const bool top = c + 1 == columns;  // its carries are dropped
    front.luts += (top ? 1 : 2) * (count / 3) + (count % 3 > 0 ? 1 : 0);
    front.heights.push_back(ceil_div(count, 3) + (below + 1) / 3);
  }
  return front;
}

/// Bits of an operand beside a bipolar one, with its sign.
std::int64_t signed_bits(const CoreShape& core) {
  const bool swapped = core.x_kind == kBipolar;
  return (swapped ? core.w_bits : core.x_bits) + ((swapped ? core.w_kind : core.x_kind) == kUnsigned ? 1 : 0);
}

/// One bipolar operand (finnr_signed_rows): two products a chain, two bits of a last single one a LUT.
Front signed_products(const CoreShape& core, std::int64_t columns) {
  const std::int64_t bits = signed_bits(core);
  const std::int64_t pairs = core.simd / 2;
  const std::int64_t single = core.simd % 2;
  Front front{pairs * bits + single * ceil_div(bits, 2), {}};
  for (std::int64_t c = 0; c < columns; ++c) {
    front.heights.push_back((c <= bits ? pairs : 0) + (c < bits ? single : 0) + (c == 0 ? pairs + single : 0));
  }
  return front;
}

/// What the counters of constant weights add up: inputs, or sums of groups of inputs that channels share.
struct Addends {
  std::int64_t group = 1;
  std::int64_t count = 1;
  std::int64_t bits = 1;
};

/// LUTs of all sums of a group, and twelve times the price of an input in tenths of a LUT (finnr_core: price_of).
std::int64_t group_price(const CoreShape& core, std::int64_t group) {
  const std::int64_t n = core.x_bits;
  const std::int64_t sums = group == 2 ? 2 * n : group == 3 ? 6 * n + 4 : group == 4 ? 12 * n + 8 : 0;
  return (10 * sums + 7 * core.pe * (n + terms::log2_up(group))) * (12 / group);
}

Addends addends_of(const CoreShape& core) {
  std::int64_t best = 1;
  for (std::int64_t g = 2; g <= 4 && !core.xnor() && !core.per_lane; ++g) {
    if (g <= core.simd && group_price(core, g) < group_price(core, best)) best = g;
  }
  return {best, ceil_div(core.simd, best), core.x_bits + terms::log2_up(best)};
}

/// Registers behind shared sums (finnr_core: GRegs).
std::int64_t sum_registers(const CoreShape& core, const Addends& addends) {
  return std::min(core.registers / 2, terms::log2_up(addends.group));
}

/// The sums of a group of so many inputs that are there: of two inputs each, and of those (finnr_shared_sums). Channels with random
/// weights leave some unread.
CellCount shared_group(const CoreShape& core, const Addends& addends, std::int64_t there) {
  const std::int64_t n = core.x_bits;
  const double choices = std::ldexp(1.0, static_cast<int>(there) - 1);
  const auto read = std::llround(choices * (1 - std::pow(1 - 1 / choices, static_cast<double>(core.pe))));
  const std::int64_t registers = sum_registers(core, addends);
  if (addends.group == 2) return {read * n, registers > 0 ? read * addends.bits : 0};
  const std::int64_t first = there >= 2 ? 2 : 1;
  const std::int64_t second = addends.group == 3 ? 0 : there >= 3 ? 2 : 1;
  return {(first + second) * n + read * (n + 1),
          (registers > 0 ? read * addends.bits : 0) + (registers > 1 ? (first + second) * (n + 1) + (addends.group == 3 ? n : 0) : 0)};
}

CellCount shared_sums(const CoreShape& core, const Addends& addends) {
  if (addends.group == 1) return {};
  const CellCount whole = shared_group(core, addends, addends.group);
  const std::int64_t groups = core.simd / addends.group;
  CellCount cells{groups * whole.luts, groups * whole.registers};
  if (core.simd % addends.group > 0) {
    const CellCount rest = shared_group(core, addends, core.simd % addends.group);
    cells.luts += rest.luts;
    cells.registers += rest.registers;
  }
  return cells;
}

/// Constant weights: six bits are counted at once.
Front constants(const Addends& addends, std::int64_t columns) {
  const std::int64_t left = addends.count % kSix;
  const std::int64_t counters = addends.count / kSix + (left >= 4 ? 1 : 0);
  const std::int64_t adder = left == 2 || left == 3 ? 1 : 0;
  Front front;
  for (std::int64_t c = 0; c < columns; ++c) {
    front.luts += c < addends.bits ? 2 * counters + adder : 0;
    front.heights.push_back((c < addends.bits ? counters + adder + (left == 1 ? 1 : 0) : 0) +
                            (c >= 1 && c - 1 < addends.bits ? counters + adder : 0) + (c >= 2 && c - 2 < addends.bits ? counters : 0));
  }
  return front;
}

/// Behind a slice, channel `lane` of `lanes` has a field of the product, above the lowest channel the carry of its lowest bit, and a
/// sign; each of those three costs a LUT.
Front fields(const CoreShape& core, std::int64_t columns, std::int64_t lane) {
  const std::int64_t step = core.x_bits + core.w_bits - 1;
  const bool above = lane > 0;
  Front front;
  for (std::int64_t c = 0; c < columns; ++c) {
    front.heights.push_back((c < step ? core.simd : 0) + (c == 1 && above ? core.simd : 0) + (c == step ? core.simd : 0));
  }
  front.luts = core.simd * ((above ? 1 : 0) + (above && columns > 1 ? 1 : 0) + (columns > step ? 1 : 0));
  return front;
}

/// The most that the rows of a channel add up to, for which they have columns (finnr_core: All).
std::int64_t most_of(const CoreShape& core) {
  const auto ones = [](std::int64_t bits) { return (std::int64_t{1} << bits) - 1; };
  if (core.xnor()) return core.simd;
  if (core.form == CoreForm::kSlices) return core.simd * ((std::int64_t{1} << (core.x_bits + core.w_bits)) + 1);
  if (core.form == CoreForm::kConstants) return addends_of(core).count * ones(addends_of(core).bits);
  if (core.one_bipolar()) return core.simd * (std::int64_t{1} << signed_bits(core));
  return core.simd * ones(core.x_bits) * ones(core.w_bits);
}

CellCount with_heap(Front front, std::int64_t rows, std::int64_t registers) {
  CellCount cells = heap_cells(std::move(front.heights), rows, kChain, registers);
  cells.luts += front.luts;
  return cells;
}

/// Channels of one slice.
std::int64_t room_of(const CoreShape& core) {
  if (core.per_lane) return 1;
  return std::min(core.pe, slice_channels(core.x_bits, core.w_bits, kSmallSliceBits));
}

/// The lowest channels of slices, and those above them.
CellCount slices(const CoreShape& core, std::int64_t columns, std::int64_t rows) {
  const std::int64_t inside = std::min<std::int64_t>(2, core.registers - 1);
  const std::int64_t lowest = ceil_div(core.pe, room_of(core));
  const std::int64_t above = core.pe - lowest;
  const CellCount first = with_heap(fields(core, columns, 0), rows, core.registers - inside);
  const CellCount other = above > 0 ? with_heap(fields(core, columns, 1), rows, core.registers - inside) : CellCount{};
  return {lowest * first.luts + above * other.luts,
          lowest * first.registers + above * (other.registers + core.simd * inside)};  // and the lowest bits, beside the slices
}

}  // namespace

CellCount heap_cells(Heights heights, std::int64_t rows, std::int64_t chain, std::int64_t registers) {
  std::vector<Heights> levels = {std::move(heights)};
  CellCount cells;
  while (*std::ranges::max_element(levels.back()) > rows) {
    const bool tall = *std::ranges::max_element(levels.back()) >= kSix;
    Level level = tall ? sixes(levels.back(), chain) : adders(levels.back(), rows);
    cells.luts += level.luts;
    levels.push_back(std::move(level.next));
  }
  const std::int64_t total = std::ssize(levels);
  for (std::int64_t l = 0; l < total; ++l) {
    const std::int64_t here = (l + 1) * registers / total - l * registers / total;
    cells.registers += here * sum(levels[static_cast<std::size_t>(l)]);
  }
  return cells;
}

CoreShape core_shape(const UnitShape& u, int inputs) {
  CoreShape core;
  core.per_lane = u.kind == "vvu";
  core.pe = u.at("Pe", 1);
  core.simd = u.at("Simd", 1);
  core.x_bits = u.at("XBits", 1);
  core.x_kind = u.at("XKind");
  core.w_bits = u.at("WBits", 1);
  core.w_kind = u.at("WKind");
  core.beats = (core.per_lane ? u.at("K", 1) : u.at("Mw", 1)) / core.simd;
  core.depth = (core.per_lane ? u.at("Channels", 1) : u.at("Groups", 1) * u.at("Mh", 1)) / core.pe * core.beats;
  core.registers = core_registers(core.simd, static_cast<int>(u.at("Pipeline")));
  core.preset = core.xnor() && u.at("NumThresholds") == 1 && u.at("OutBits", 1) == 1 && u.at("Search") == 0;
  core.sum_bits = core.preset ? 1 + std::max(u.at("AccBits", 1), u.at("ThrBits", 1)) : u.at("AccBits", 1);
  if (inputs < 6) return core;
  const auto is = [&](Core wanted) { return u.at("Core", static_cast<std::int64_t>(Core::kLut)) == static_cast<std::int64_t>(wanted); };
  const bool sign_alone = (core.x_kind == kSigned && core.x_bits == 1) || (core.w_kind == kSigned && core.w_bits == 1);
  const bool bipolar = core.x_kind == kBipolar || core.w_kind == kBipolar;
  const bool in_luts = u.at("WeightStyle") <= style_number(Store::kLutRam);
  if (is(Core::kDsp) && core.w_kind == kSigned && core.x_kind != kBipolar && core.x_bits >= 2 && core.w_bits >= 2)
    core.form = CoreForm::kSlices;
  else if (is(Core::kLut) && core.w_kind == kBipolar && core.depth == 1 && in_luts)
    core.form = CoreForm::kConstants;
  else if (is(Core::kLut) && !(sign_alone && bipolar))
    core.form = CoreForm::kGates;
  core.merged = core.form == CoreForm::kGates && core.xnor() && u.at("WeightStyle") == style_number(Store::kConstant) && core.depth > 1 &&
                core.depth <= kMergedWords;
  return core;
}

CellCount core_cells(const CoreShape& core) {
  if (core.form == CoreForm::kOperators) return {};
  const bool three = core.beats == 1 && core.xnor() && !core.preset;
  const std::int64_t rows = three ? 3 : 2;
  const std::int64_t columns = std::min<std::int64_t>(core.sum_bits, std::bit_width(static_cast<std::uint64_t>(most_of(core))));
  CellCount cells;
  if (core.form == CoreForm::kSlices) {
    cells = slices(core, columns, rows);
  } else if (core.form == CoreForm::kConstants) {
    const Addends addends = addends_of(core);
    const CellCount row = with_heap(constants(addends, columns), rows, core.registers - sum_registers(core, addends));
    cells = shared_sums(core, addends);
    cells.luts += core.pe * row.luts;
    cells.registers += core.pe * row.registers;
  } else {
    const CellCount row = with_heap(core.one_bipolar() ? signed_products(core, columns) : gates(core, columns), rows, core.registers);
    cells = {core.pe * row.luts, core.pe * row.registers};
  }
  const std::int64_t chosen = core.preset && core.beats > 1 ? ceil_div(core.sum_bits, 2) : 0;  // finnr_choose
  cells.luts += core.pe * (core.sum_bits + chosen);
  cells.registers += core.beats > 1 ? core.pe * core.sum_bits : 0;
  return cells;
}

std::int64_t core_slices(const CoreShape& core) {
  return core.form == CoreForm::kSlices ? ceil_div(core.pe, room_of(core)) * core.simd : 0;
}

}  // namespace finnr
