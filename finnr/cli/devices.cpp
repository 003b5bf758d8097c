// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"
#include "finnr/cost/fpga.h"

namespace finnr::cli {
namespace {

constexpr std::array<int, 3> kRoofBits = {1, 4, 8};

std::string row(const Fpga& d) {
  std::string text = fmt::format("  {:<13} {:<7} {:>9} {:>9} {:>6} {:>5} {:>6} {:>7} {:>5} {:>6.4g} {:>5g}", d.name, to_text(d.family),
                                 d.total.lut, d.total.ff, d.total.bram18, d.total.uram, d.total.dsp,
                                 d.multiplier_a == 0 ? "none" : fmt::format("{}x{}", d.multiplier_a, d.multiplier_b), d.regions(),
                                 d.memory_gbytes_per_s, d.clock_mhz);
  for (const int bits : kRoofBits) text += fmt::format(" {:>7.3g}", peak_tops(d, bits, bits));
  return text + fmt::format("  {}\n", fmt::join(d.boards, ", "));
}

std::string table(const std::vector<Fpga>& devices) {
  std::string text = fmt::format("  {:<13} {:<7} {:>9} {:>9} {:>6} {:>5} {:>6} {:>7} {:>5} {:>6} {:>5} {:>7} {:>7} {:>7}  {}\n", "device",
                                 "family", "LUT", "FF", "BRAM", "URAM", "DSP", "mult", "SLR", "GB/s", "MHz", "1x1", "4x4", "8x8", "boards");
  for (const Fpga& device : devices) text += row(device);
  return text + "\n  BRAM in blocks of 18 Kb (4 Kb on ice40); 1x1, 4x4, 8x8: peak TOp/s of weights x activations at the clock\n";
}

Json to_json(const Fpga& d) {
  Json json = {{"name", d.name}, {"boards", d.boards}, {"part", d.part}, {"family", std::string(to_text(d.family))}};
  for (std::size_t i = 0; i < kCostNames.size(); ++i) json[std::string(kCostNames[i])] = d.total.*Cost::kMembers[i];
  json["bram_bits"] = d.bram_bits;
  json["multiplier"] = {{"a", d.multiplier_a}, {"b", d.multiplier_b}};
  json["shell_share"] = d.shell_share;
  json["memory_gbytes_per_s"] = d.memory_gbytes_per_s;
  json["clock_mhz"] = d.clock_mhz;
  for (const int bits : kRoofBits) json["peak_tops"][fmt::format("{}x{}", bits, bits)] = peak_tops(d, bits, bits);
  return json;
}

}  // namespace

Action add_devices(CLI::App& app, Common& common) {
  CLI::App* command = app.add_subcommand("devices", "List the devices that estimates and exploration know");
  add_common(*command, common);
  auto name = std::make_shared<std::string>();
  command->add_option("DEVICE", *name, "Name of a device or board, or a device file; without it, all devices");
  return [name, &common] {
    Diagnostics diagnostics;
    std::vector<Fpga> devices;
    if (name->empty()) {
      devices = known_devices();
    } else if (Result<Fpga> device = find_device(*name); device.ok()) {
      devices.push_back(*std::move(device));
    } else {
      diagnostics.add(std::move(device).error());
    }
    Json list = Json::array();
    for (const Fpga& device : devices) list.push_back(to_json(device));
    if (!devices.empty()) say(common, table(devices));
    print_json(common, diagnostics, {{"devices", list}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
