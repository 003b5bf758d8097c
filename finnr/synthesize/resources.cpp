// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/resources.h"

namespace finnr {
namespace {

/// What one cell takes: LUTs, flip-flops, 18-Kbit blocks, 4-Kbit blocks, ultra RAMs, DSP slices.
struct Weight {
  std::string_view cell;
  Resources takes;
};

constexpr Resources kLut = {1};
constexpr Resources kFlipFlop = {0, 1};

constexpr Weight kWeights[] = {
    // Xilinx. A slice has LUTs of 6 inputs; RAM of them counts as the LUTs that it occupies.
    {"INV", kLut},
    {"LUT1", kLut},
    {"LUT2", kLut},
    {"LUT3", kLut},
    {"LUT4", kLut},
    {"LUT5", kLut},
    {"LUT6", kLut},
    {"LUT6_2", kLut},
    {"CFGLUT5", kLut},
    {"SRL16", kLut},
    {"SRL16E", kLut},
    {"SRLC16E", kLut},
    {"SRLC32E", kLut},
    {"RAM32X1S", kLut},
    {"RAM64X1S", kLut},
    {"RAM32X1D", {2}},
    {"RAM64X1D", {2}},
    {"RAM128X1S", {2}},
    {"RAM128X1D", {4}},
    {"RAM256X1S", {4}},
    {"RAM256X1D", {8}},
    {"RAM512X1S", {8}},
    {"RAM32M", {4}},
    {"RAM64M", {4}},
    {"RAM32M16", {8}},
    {"RAM64M8", {8}},
    {"RAM32X16DR8", {8}},
    {"RAM64X8SW", {8}},
    {"FDRE", kFlipFlop},
    {"FDSE", kFlipFlop},
    {"FDCE", kFlipFlop},
    {"FDPE", kFlipFlop},
    {"FDRE_1", kFlipFlop},
    {"LDCE", kFlipFlop},
    {"LDPE", kFlipFlop},
    {"RAMB18E1", {0, 0, 1}},
    {"RAMB36E1", {0, 0, 2}},
    {"RAMB18E2", {0, 0, 1}},
    {"RAMB36E2", {0, 0, 2}},
    {"URAM288", {0, 0, 0, 0, 1}},
    {"URAM288_BASE", {0, 0, 0, 0, 1}},
    {"DSP48E1", {0, 0, 0, 0, 0, 1}},
    {"DSP48E2", {0, 0, 0, 0, 0, 1}},
    // ECP5. A carry cell is two LUTs with their chain; 16 words of 4 bits take two slices and a third for their write port.
    {"LUT4", kLut},
    {"CCU2C", {2}},
    {"TRELLIS_DPR16X4", {6}},
    {"TRELLIS_FF", kFlipFlop},
    {"DP16KD", {0, 0, 1}},
    {"PDPW16KD", {0, 0, 1}},
    {"MULT18X18D", {0, 0, 0, 0, 0, 1}},
    // iCE40. A carry cell lies in front of a LUT; DFF cells come in one kind for each form of reset and enable.
    {"SB_LUT4", kLut},
    {"SB_RAM40_4K", {0, 0, 0, 1}},
    {"SB_MAC16", {0, 0, 0, 0, 0, 1}},
};

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
  lut += other.lut;
  ff += other.ff;
  bram18 += other.bram18;
  bram4 += other.bram4;
  uram += other.uram;
  dsp += other.dsp;
  return *this;
}

Resources count(const CellCounts& cells) {
  Resources sum;
  for (const auto& [cell, number] : cells) {
    Resources takes;
    if (cell.starts_with("SB_DFF")) takes = kFlipFlop;
    for (const Weight& weight : kWeights) {
      if (weight.cell == cell) takes = weight.takes;
    }
    sum += {takes.lut * number, takes.ff * number, takes.bram18 * number, takes.bram4 * number, takes.uram * number, takes.dsp * number};
  }
  return sum;
}

std::string_view counting_rule(Family family) {
  switch (family) {
    case Family::kXilinx:
    case Family::kUltrascale:
      return "LUT1 to LUT6, LUT6_2, INV and SRL count one LUT each, RAM32M and RAM64M four, RAM32X1D and RAM64X1D two (twice that for "
             "RAM32M16 and RAM64M8); nothing is merged afterwards. BRAM18 are blocks of 18 Kbit, a RAMB36 is two.";
    case Family::kEcp5:
      return "LUT4 counts one LUT, CCU2C two, TRELLIS_DPR16X4 six. BRAM18 are DP16KD blocks.";
    case Family::kIce40:
      return "SB_LUT4 counts one LUT, carry cells none. BRAM4 are SB_RAM40_4K blocks of 4 Kbit.";
  }
  return "";
}

}  // namespace finnr
