// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/term_steps.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "finnr/hardware/memory_cost.h"

namespace finnr::terms {
namespace {

constexpr std::int64_t kBlockStyle = 2;
constexpr std::int64_t kChunk = 3;  // bits of both sides of a comparison that a LUT of 6 inputs looks at

/// Which values the bits low .. high - 1 of a number of `width` bits can have, when above its width there are signs or zeros.
bool can_be(std::uint64_t value, std::int64_t low, std::int64_t high, std::int64_t width, bool is_signed) {
  const auto bit = [&](std::int64_t i) { return (value >> (i - low)) & 1; };
  const std::int64_t first = std::max(low, is_signed ? width - 1 : width);
  for (std::int64_t i = first; i < high; ++i) {
    if (bit(i) != (is_signed ? bit(first) : 0)) return false;
  }
  return true;
}

/// Different functions of the bits low .. high - 1, as constant_comparators has it. A function is the set of values where it holds.
double chunk_functions(const StepShape& s, std::int64_t low, std::int64_t high, bool sign, std::int64_t count) {
  const std::uint64_t values = std::uint64_t{1} << (high - low);
  const auto ranked = [&](std::uint64_t value) { return sign ? value ^ (values >> 1) : value; };
  std::set<std::uint64_t> wires = {0};
  std::uint64_t all = 0;
  for (std::uint64_t x = 0; x < values; ++x) all |= can_be(x, low, high, s.bits, s.is_signed) ? std::uint64_t{1} << x : 0;
  wires.insert(all);
  for (std::int64_t i = low; i < high; ++i) {
    std::uint64_t wire = 0;
    for (std::uint64_t x = 0; x < values; ++x) wire |= ((x >> (i - low)) & 1) << x;
    wires.insert(wire & all);
  }
  std::map<std::uint64_t, int> users;  // constants that need a function
  int constants = 0;
  for (std::uint64_t c = 0; c < values; ++c) {
    if (!can_be(c, low, high, s.threshold_bits, s.is_signed)) continue;
    ++constants;
    std::uint64_t equal = 0;
    std::uint64_t greater = 0;
    for (std::uint64_t x = 0; x < values; ++x) {
      equal |= static_cast<std::uint64_t>(x == c) << x;
      greater |= static_cast<std::uint64_t>(ranked(x) > ranked(c)) << x;
    }
    for (const std::uint64_t function : std::set<std::uint64_t>{equal & all, greater & all}) {
      if (!wires.contains(function)) ++users[function];
    }
  }
  double expected = 0;
  for (const auto& [function, of] : users) expected += 1 - std::pow(1 - static_cast<double>(of) / constants, count);
  return expected;
}

/// Chunks of a comparison of operators, for which unsigned numbers have a bit more.
std::int64_t chunks(const StepShape& s) { return ceil_div(s.wide() + (s.is_signed ? 0 : 1), kChunk); }

/// Every threshold of a lane is compared with the input and the hits are counted, which takes a full adder for each that has no bit of
/// its own in the level, and more where a level may fall: then the sum is turned before and after. With one fold the thresholds are
/// constants, and a level of few bits is looked up.
void add_compared(Formulas& f, const StepShape& s, int k) {
  const std::int64_t compared = s.lanes * s.steps;
  const std::int64_t word = s.lanes * (s.steps * s.threshold_bits + (s.falling ? 1 : 0) + (s.bases ? s.out : 0));
  const bool constant = s.folds == 1;
  const bool looked_up = constant && chunks(s) <= 2;  // too short for a carry chain
  const bool counted = s.steps > 0 && !looked_up;
  const bool exact = k == 6;
  const double functions = constant && counted ? static_cast<double>(s.lanes) * constant_comparators(s, s.steps) : 0;
  f.lut.insert(f.lut.end(), {{"comparators", constant ? 0 : compared * compare_cells(s.wide(), k), exact},
                             {"comparators of constants", functions, exact},
                             {"looked up levels", looked_up ? s.lanes * s.out : 0},
                             {"added hits", counted ? compared - s.lanes * log2_up(s.steps + 1) : 0},
                             {"levels", counted ? s.lanes * s.out : 0},
                             {"turned hits", counted && s.falling && !constant ? compared - s.lanes * log2_up(s.steps + 1) : 0},
                             {"turned levels", counted && s.falling && !constant ? s.lanes * s.out : 0},
                             {"threshold memory", memory_cells(s, word, k), true},
                             {"fold counter", counter(s.folds, k)}});
  f.ff.insert(f.ff.end(), {{"threshold input", s.lanes * s.bits, true},
                           {"threshold words", memory_registers(s, word), true},
                           {"levels", s.lanes * s.out, true},
                           {"fold counter", s.folds > 1 ? counter_bits(s.folds) : 0, true}});
}

/// A binary search: in each stage one threshold, chosen out of those that the stage may need. Among constants the bits found so far
/// choose within the LUTs of the comparison while these have inputs left, up to three such bits; four make them LUTs of seven inputs, and
/// more address a memory.
void add_searched(Formulas& f, const StepShape& s, int k) {
  constexpr std::int64_t kWithin = 3;
  const std::int64_t stages = log2_up(s.steps + 1);
  const bool constant = s.folds == 1;
  const auto lanes = static_cast<double>(s.lanes);
  double compared = 0;
  double constants = 0;
  double chosen = 0;
  double addressed = 0;
  const std::int64_t tail = s.lanes * ((s.falling ? 1 : 0) + (s.bases ? s.out : 0));
  double words = memory_registers(s, tail);
  double memory = memory_cells(s, tail, k);
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    const std::int64_t choices = std::min(std::int64_t{1} << stage, s.steps - ((std::int64_t{1} << stage) - 1));
    if (constant) {
      const auto functions = static_cast<double>(2 * chunks(s));
      constants += lanes * (stage == 0 ? constant_comparators(s, 1) : stage == kWithin + 1 ? 2 * functions : functions);
      addressed += stage > kWithin + 1 ? lanes * static_cast<double>(s.threshold_bits) : 0;
      continue;
    }
    compared += lanes * static_cast<double>(compare_cells(s.wide(), k));
    if (s.known) continue;  // all memories were counted together
    const auto read = static_cast<std::int64_t>(std::llround(different_columns(choices, s.folds)));
    const std::int64_t each = s.in_luts ? choice_luts(mux(choices, k), stage + read, k) : mux(choices, k);
    chosen += lanes * static_cast<double>(s.threshold_bits * each);
    words += memory_registers(s, s.lanes * choices * s.threshold_bits);
    memory += memory_cells(s, s.lanes * choices * s.threshold_bits, k);
  }
  if (s.known && !constant) chosen = static_cast<double>(k == 6 ? s.known->chosen : s.known->choices);
  f.lut.insert(f.lut.end(), {{"found bits", s.lanes * stages},
                             {"searched comparators", compared, true},
                             {"searched constants", constants},
                             {"addressed constants", addressed},
                             {"chosen thresholds", chosen},
                             {"searched levels", s.lanes * s.out * ((s.falling ? 1 : 0) + (s.bases ? 1 : 0))},
                             {"searched memory", memory, true},
                             {"fold counter of a search", counter(s.folds, k)}});
  // Each stage has its input, the bits found before it, and the thresholds it may need; behind the last one are signs and bases.
  f.ff.insert(f.ff.end(), {{"search", s.steps > 0 ? stages + 1 : 0, true},
                           {"searched input", s.lanes * s.bits * stages, true},
                           {"searched words", words, true},
                           {"found levels", s.lanes * stages * (stages + 1) / 2, true},
                           {"fold counter of a search", s.folds > 1 ? counter_bits(s.folds) * (stages + 1) : 0, true}});
}

}  // namespace

StepShape step_shape(const UnitShape& u, std::int64_t channels, std::int64_t bits, bool is_signed) {
  StepShape s{u.at("Pe", 1),
              step_folds(u, channels),
              u.at("NumThresholds"),
              bits,
              is_signed,
              u.at("ThrBits", 1),
              u.at("OutBits", 1),
              u.at("Search") != 0,
              u.at("StepSigns") != 0,
              u.at("BaseInMem") != 0,
              u.at(u.kind == "threshold" ? "MemStyle" : "ThresholdStyle", 1) < kBlockStyle,
              {}};
  constexpr std::int64_t kUnknown = -1;
  if (u.at("StepColumns", kUnknown) != kUnknown)
    s.known = StepColumns{
        .registers = u.at("StepColumns"), .luts = u.at("StepLuts"), .choices = u.at("StepChoices"), .chosen = u.at("StepChosen")};
  return s;
}

double memory_cells(const StepShape& s, std::int64_t bits, int k) {
  if (!s.in_luts) return 0;
  if (!s.known) return rom_cells(bits, s.folds, k);
  return static_cast<double>(s.known->luts * (k == 6 ? rom_luts(s.folds, 1) : rom(1, s.folds, k)));
}

double memory_registers(const StepShape& s, std::int64_t bits) {
  if (!s.in_luts) return 0;
  return s.known ? static_cast<double>(s.known->registers) : different_columns(bits, s.folds);
}

double constant_comparators(const StepShape& s, std::int64_t count) {
  const std::int64_t top = s.wide() + (s.is_signed ? 0 : 1);
  double functions = 0;
  for (std::int64_t high = top; high > 0; high -= kChunk)
    functions += chunk_functions(s, std::max<std::int64_t>(0, high - kChunk), high, high == top, count);
  return functions;
}

void add_steps(Formulas& f, const StepShape& s, bool preset, int k) {
  StepShape none = s;
  none.steps = none.lanes = 0;
  none.folds = 1;
  none.known = std::nullopt;
  add_compared(f, preset || s.search || s.steps == 0 ? none : s, k);
  add_searched(f, preset || !s.search || s.steps == 0 ? none : s, k);
}

}  // namespace finnr::terms
