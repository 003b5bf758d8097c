// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/cost/unit_shape.h"

namespace finnr {

/// Cells of a part of the library, counted.
struct CellCount {
  std::int64_t luts = 0;
  std::int64_t registers = 0;
};

/// What rtl/finnr_heap.sv is made of until at most `rows` bits are left in each column; heights are bits a column. `registers` lie
/// behind its levels, of which the one in front (`First` there) belongs to the caller.
CellCount heap_cells(std::vector<std::int64_t> heights, std::int64_t rows, std::int64_t chain, std::int64_t registers);

/// What finnr_core makes of a unit's products.
enum class CoreForm : std::uint8_t { kOperators, kGates, kConstants, kSlices };

/// A `mvu` or `vvu` as finnr_mac sees it, from the numbers of its shape.
struct CoreShape {
  std::int64_t pe = 1;
  std::int64_t simd = 1;
  std::int64_t x_bits = 1;
  std::int64_t x_kind = 0;  ///< 0 unsigned, 1 two's complement, 2 bipolar
  std::int64_t w_bits = 1;
  std::int64_t w_kind = 0;
  std::int64_t sum_bits = 1;  ///< of an accumulator
  std::int64_t beats = 1;     ///< products of a sum over time
  std::int64_t depth = 1;     ///< words of weights
  std::int64_t registers = 1;
  bool per_lane = false;  ///< every channel has inputs of its own
  bool preset = false;    ///< a sum starts below its threshold
  bool merged = false;    ///< weights are constants that a LUT has room for
  CoreForm form = CoreForm::kOperators;

  [[nodiscard]] bool xnor() const { return x_kind == 2 && w_kind == 2; }
  [[nodiscard]] bool one_bipolar() const { return (x_kind == 2) != (w_kind == 2); }
  [[nodiscard]] std::int64_t inputs() const { return (per_lane ? pe : 1) * simd * x_bits; }
};

/// `inputs` of a LUT: families with other LUTs than those of 6 inputs have operators alone. Multipliers are those of a DSP48E1.
CoreShape core_shape(const UnitShape& unit, int inputs);

/// The cells of a core of gates, constants or slices, by the rules of finnr_rows, finnr_signed_rows, finnr_constant_rows, finnr_dsp_rows,
/// finnr_heap and finnr_add3, which build it of single cells. Nothing for operators: those are the tool's.
CellCount core_cells(const CoreShape& core);

/// Multiplier slices of such a core: as many channels in each as fit.
std::int64_t core_slices(const CoreShape& core);

}  // namespace finnr
