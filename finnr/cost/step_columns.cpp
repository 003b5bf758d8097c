// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/step_columns.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/cost/term_shapes.h"

namespace finnr {
namespace {

/// A number for a word; the exclusive or of those of the words in which a column has its bits stands for the column.
std::uint64_t mark(std::uint64_t word) { return Rng(word).next(); }

/// Which memory a field lies in: that of its stage, from the last one on, and behind them that of signs and bases.
int memory_of(const HardwareSteps& steps, std::int64_t field) {
  if (!steps.format.search) return 0;
  const int stages = static_cast<int>(terms::log2_up(steps.width + 1));
  return field < steps.width ? std::countr_zero(static_cast<std::uint64_t>(field + 1)) : stages;
}

/// Choices of a tree between `ways` neighbours each, the last ones fewer; those among equal columns are wires.
std::int64_t choices_of(std::vector<std::uint64_t> left, std::size_t ways) {
  std::int64_t count = 0;
  while (left.size() > 1) {
    std::vector<std::uint64_t> next;
    for (std::size_t i = 0; i < left.size(); i += ways) {
      const auto first = left.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = left.begin() + static_cast<std::ptrdiff_t>(std::min(i + ways, left.size()));
      const bool equal = std::all_of(first, end, [&](std::uint64_t column) { return column == *first; });
      count += equal ? 0 : 1;
      std::uint64_t chosen = *first;
      for (auto at = first; !equal && at != end; ++at) chosen = mark(chosen ^ *at);
      next.push_back(chosen);
    }
    left = std::move(next);
  }
  return count;
}

/// The choice among the thresholds of a stage of a lane, bit for bit.
void add_choices(StepColumns& found, const HardwareSteps& steps, int stage, const std::vector<std::uint64_t>& lane, std::uint64_t ones) {
  const std::int64_t first = (std::int64_t{1} << stage) - 1;
  for (std::int64_t bit = 0; bit < steps.format.threshold_bits; ++bit) {
    std::vector<std::uint64_t> columns;
    for (std::int64_t k = first; k < steps.width; k += 2 * (first + 1))
      columns.push_back(lane[static_cast<std::size_t>(k * steps.format.threshold_bits + bit)]);
    columns.resize(std::bit_ceil(columns.size()), columns.back());
    std::set<std::uint64_t> read(columns.begin(), columns.end());
    read.erase(0);
    read.erase(ones);
    const std::int64_t inputs = terms::log2_up(std::ssize(columns)) + std::ssize(read);
    found.choices += terms::choice_luts(choices_of(columns, 2), inputs, 4);
    found.chosen += terms::choice_luts(choices_of(columns, 4), inputs, 6);
  }
}

}  // namespace

StepColumns step_columns(const HardwareSteps& steps, std::int64_t folds, int lanes) {
  // By lane and bit of the entry, low bits first.
  std::vector<std::vector<std::uint64_t>> columns(static_cast<std::size_t>(lanes),
                                                  std::vector<std::uint64_t>(static_cast<std::size_t>(steps.entry_bits()), 0));
  std::uint64_t ones = 0;
  std::vector<std::uint64_t> address(static_cast<std::size_t>(terms::loop(folds)), 0);
  std::vector<int> widths;  // of fields, alike in all entries
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    const std::uint64_t here = mark(static_cast<std::uint64_t>(fold));
    ones ^= here;
    for (std::size_t i = 0; i < address.size(); ++i) address[i] ^= ((fold >> i) & 1) != 0 ? here : 0;
    for (int lane = 0; lane < lanes; ++lane) {
      std::size_t at = 0;
      widths.clear();
      for (const Field& field : threshold_entry(steps, fold * lanes + lane)) {
        widths.push_back(field.bits);
        std::uint64_t* const bits = &columns[static_cast<std::size_t>(lane)][at];
        for (std::uint64_t set = field.value & ((std::uint64_t{1} << field.bits) - 1); set != 0; set &= set - 1)
          bits[std::countr_zero(set)] ^= here;
        at += static_cast<std::size_t>(field.bits);
      }
    }
  }
  const int memories = memory_of(steps, steps.width) + 1;
  std::vector<std::vector<std::uint64_t>> different(static_cast<std::size_t>(memories));
  StepColumns found;
  for (const std::vector<std::uint64_t>& lane : columns) {
    std::size_t at = 0;
    for (std::size_t field = 0; field < widths.size(); at += static_cast<std::size_t>(widths[field]), ++field) {
      const auto memory = static_cast<std::size_t>(memory_of(steps, static_cast<std::int64_t>(field)));
      const auto first = lane.begin() + static_cast<std::ptrdiff_t>(at);
      different[memory].insert(different[memory].end(), first, first + widths[field]);
    }
    for (int stage = 0; steps.format.search && stage + 1 < memories; ++stage) add_choices(found, steps, stage, lane, ones);
  }
  for (std::vector<std::uint64_t>& memory : different) {
    std::ranges::sort(memory);
    const auto same = std::ranges::unique(memory);
    memory.erase(same.begin(), same.end());
    std::erase_if(memory, [&](std::uint64_t column) { return column == 0 || column == ones; });
    found.registers += std::ssize(memory);
    found.luts += std::ranges::count_if(memory, [&](std::uint64_t column) { return std::ranges::find(address, column) == address.end(); });
  }
  return found;
}

}  // namespace finnr
