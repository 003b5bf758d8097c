// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "finnr/hardware/design.h"

namespace finnr {

std::string_view to_text(Core core);
std::optional<Core> find_core(std::string_view name);

/// The core that costs least for operands of these types: gates and counters where one operand is bipolar or a product is at most 9
/// gates (3 by 3 bits); then slices, if weights are signed and their channels share inputs (`shared`), so that several products fit into
/// one; then gates up to 16, else what the tool makes of a multiplication.
Core choose_core(const IntType& x, const IntType& w, bool shared);

/// Bits of the factor of a multiplier slice that holds the weights: of a DSP48E2, and of the smaller DSP48E1.
inline constexpr std::int64_t kSliceBits = 27;
inline constexpr std::int64_t kSmallSliceBits = 25;

/// Channels that one slice computes at once in the core kDsp (finnr_core): their weights stand x_bits + w_bits - 1 apart.
std::int64_t slice_channels(std::int64_t x_bits, std::int64_t w_bits, std::int64_t slice_bits = kSliceBits);

/// Words of weights that gates tell apart beside their inputs: a LUT of 6 inputs has room for three of those and three bits of an
/// address.
inline constexpr std::int64_t kMergedWords = 8;

/// Registers on the way from the operands to their dot product (finnr_mac): ceil((1 + ceil(log2(simd))) / pipeline), 1 without one.
std::int64_t core_registers(std::int64_t simd, int pipeline);

/// Whether so many words of weights are constants inside the gates that compare them with the inputs (finnr_mac, Constants), which takes
/// no memory.
bool merges_weights(const IntType& x, const IntType& w, Core core, std::int64_t words);

/// One threshold with one bit of output on a number of equal pairs, which the accumulator subtracts itself.
bool has_preset(const IntType& x, const IntType& w, const std::optional<Steps>& steps);

/// Registers of finnr_mac, the same for every core: up to the accumulators, and of the thresholds behind them, which have an
/// enable of their own.
struct CoreRegisters {
  std::int64_t mac = 2;
  std::int64_t thresholds = 0;
};
CoreRegisters pipeline_of(const Mvu& mvu);
CoreRegisters pipeline_of(const Vvu& vvu);

/// Cycles from the edge at which the unit's arithmetic (finnr_mac) takes the last beat of a result to the first cycle in which the
/// result is offered, when nothing stalls: exact, and the same for every core. In front of it an `mvu` with several row folds has
/// its replay buffer, which is no part of this.
std::int64_t core_latency(const Mvu& mvu);
std::int64_t core_latency(const Vvu& vvu);

}  // namespace finnr
