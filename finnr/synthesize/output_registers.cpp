// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/output_registers.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "finnr/base/tool.h"

namespace finnr {
namespace {

using Json = nlohmann::json;

/// A bit of a net; constants have none.
std::optional<std::int64_t> bit_of(const Json& connection) {
  if (!connection.is_array() || connection.size() != 1 || !connection[0].is_number_integer()) return std::nullopt;
  return connection[0].get<std::int64_t>();
}

/// Who reads each bit of a module: cells, and "" for a port of the module.
using Readers = std::unordered_map<std::int64_t, std::vector<std::string>>;

Readers readers_of(const Json& module) {
  Readers readers;
  const auto add = [&](const Json& bits, const std::string& reader) {
    for (const Json& bit : bits) {
      if (bit.is_number_integer()) readers[bit.get<std::int64_t>()].push_back(reader);
    }
  };
  for (const auto& [name, port] : module["ports"].items()) add(port["bits"], "");
  for (const auto& [name, cell] : module["cells"].items()) {
    for (const auto& [pin, bits] : cell["connections"].items()) {
      if (cell["port_directions"].value(pin, "") == "input") add(bits, name);
    }
  }
  return readers;
}

/// Registers that a block can take in.
struct Registers {
  Json enable = Json::array({"1"});
  std::vector<std::pair<std::string, std::string>> of_pins;  ///< output of the block, flip-flop
};

/// The enable of a flip-flop without a reset on a clock; nothing for another one.
std::optional<Json> enable_of(const Json& cell, const Json& clock) {
  if (cell["type"] != "TRELLIS_FF") return std::nullopt;
  const Json& pins = cell["connections"];
  const Json& parameters = cell["parameters"];
  if (!pins.contains("CLK") || pins["CLK"] != clock || parameters.value("CLKMUX", "CLK") != "CLK") return std::nullopt;
  if (pins.contains("LSR") && pins["LSR"] != Json::array({"0"})) return std::nullopt;
  const std::string mux = parameters.value("CEMUX", "1");
  if (mux.starts_with("1")) return Json::array({"1"});
  if (mux != "CE" || !pins.contains("CE")) return std::nullopt;
  return pins["CE"];
}

std::optional<Registers> registers_behind(const Json& module, const Json& block, const Readers& readers) {
  const Json& pins = block["connections"];
  Registers registers;
  for (const auto& [pin, connection] : pins.items()) {
    if (!pin.starts_with("DO")) continue;
    const std::optional<std::int64_t> bit = bit_of(connection);
    const auto found = bit ? readers.find(*bit) : readers.end();
    if (found == readers.end()) continue;  // not in use
    if (found->second.size() != 1 || found->second[0].empty()) return std::nullopt;
    const Json& cell = module["cells"][found->second[0]];
    const std::optional<Json> enable = enable_of(cell, pins["CLKB"]);
    if (!enable || !cell["connections"].contains("DI") || cell["connections"]["DI"] != connection) return std::nullopt;
    if (!registers.of_pins.empty() && *enable != registers.enable) return std::nullopt;
    registers.enable = *enable;
    registers.of_pins.emplace_back(pin, found->second[0]);
  }
  if (registers.of_pins.empty()) return std::nullopt;
  return registers;
}

/// Read through port B, written through port A.
bool has_two_ports(const Json& block) {
  constexpr std::string_view k36 = "00000000000000000000000000100100";
  return block["parameters"].value("DATA_WIDTH_A", "") == k36 && block["parameters"].value("REGMODE_B", "NOREG") == "NOREG" &&
         block["connections"].contains("CLKB") && block["parameters"].value("CLKBMUX", "CLKB") == "CLKB";
}

void absorb(Json& module) {
  const Readers readers = readers_of(module);
  std::vector<std::string> names;
  for (const auto& [name, cell] : module["cells"].items()) {
    if (cell["type"] == "DP16KD" && has_two_ports(cell)) names.push_back(name);
  }
  std::vector<std::string> absorbed;
  for (const std::string& name : names) {
    const std::optional<Registers> registers = registers_behind(module, module["cells"][name], readers);
    if (!registers) continue;
    Json& block = module["cells"][name];
    for (const auto& [pin, flip_flop] : registers->of_pins) {
      block["connections"][pin] = module["cells"][flip_flop]["connections"]["Q"];
      absorbed.push_back(flip_flop);
    }
    block["parameters"]["REGMODE_A"] = "OUTREG";
    block["parameters"]["REGMODE_B"] = "OUTREG";
    block["connections"]["OCEB"] = registers->enable;
  }
  for (const std::string& flip_flop : absorbed) module["cells"].erase(flip_flop);
}

}  // namespace

Result<std::string> absorb_output_registers(const std::string& netlist) {
  Json json = Json::parse(netlist, nullptr, false);
  if (!json.is_object() || !json.contains("modules")) return tool_failed("Yosys left no netlist", netlist.substr(0, 200));
  for (auto& [name, module] : json["modules"].items()) {
    if (module.contains("cells") && !module["cells"].empty()) absorb(module);
  }
  return json.dump();
}

}  // namespace finnr
