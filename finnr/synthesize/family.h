// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace finnr {

/// Kinds of devices that `finnr synth` knows.
enum class Family : std::uint8_t { kXilinx, kUltrascale, kEcp5, kIce40 };

/// A device that the open tools place and route for.
struct Device {
  std::string_view name;    ///< as its maker writes it
  std::string_view option;  ///< of nextpnr
  std::string_view package;
  std::int64_t luts = 0;
  std::int64_t blocks = 0;  ///< of RAM, as Resources counts them
  std::int64_t dsps = 0;
};

struct FamilyInfo {
  Family family;
  std::string_view name;            ///< of --flow
  std::string_view macro;           ///< that the library sees, "" for none
  std::string_view primitives;      ///< files of Yosys that declare them, for sources that use some; "" for none
  std::string_view predicted;       ///< name of the cells in a bundle's predictions, "" where none are made
  std::string_view synthesis;       ///< command of Yosys, without its top module
  std::string_view router;          ///< nextpnr of the family, "" where there is none
  std::string_view router_package;  ///< what to install for it
  std::string_view netlist;         ///< option of the router for the configuration it writes
  std::string_view packer;          ///< makes the bitstream
  std::span<const Device> devices;  ///< smallest first
  double target_mhz = 0;            ///< what the router aims at
};

const FamilyInfo& info(Family family);
std::optional<Family> find_family(std::string_view name);

}  // namespace finnr
