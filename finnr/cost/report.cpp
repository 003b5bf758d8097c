// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;
using Costs = std::map<std::string, Cost>;

Diagnostic bad(const std::string& file, std::string why) {
  return Diagnostic(Code::kBadCostFile, fmt::format("the report '{}' cannot be used", file))
      .at({file, "", ""})
      .because(std::move(why))
      .fix(
          "give the output of 'finnr synth --json', a netlist of Yosys' write_json, or the text of Vivado's report_utilization "
          "-hierarchical");
}

Result<Costs> counted_units(const Json& units, const std::string& file) {
  Costs costs;
  for (const Json& unit : units) {
    if (!unit.is_object() || !unit.contains("name") || !unit["name"].is_string()) return bad(file, "an entry of 'units' has no name");
    Cost& cost = costs[unit["name"].get<std::string>()];
    for (std::size_t i = 0; i < kCostNames.size(); ++i) {
      const auto found = unit.find(std::string(kCostNames[i]));
      if (found != unit.end() && found->is_number_integer()) cost.*Cost::kMembers[i] = found->get<std::int64_t>();
    }
  }
  return costs;
}

/// "fc0" of "fc0.u_mac.acc", "fc0/u_mac" and "fc0".
std::string first_part(const std::string& path) { return path.substr(0, path.find_first_of("./")); }

class Netlist {
 public:
  Netlist(const Json& modules, const std::string& file) : modules_(modules), file_(file) {}

  Result<Costs> run() {
    const Json* top = nullptr;
    std::set<std::string> used;
    for (const auto& [name, module] : modules_.items()) {
      if (!module.is_object() || !module.contains("cells") || !module["cells"].is_object())
        return bad(file_, fmt::format("module '{}' has no cells", name));
      for (const auto& [instance, cell] : module["cells"].items()) used.insert(type_of(cell));
    }
    for (const auto& [name, module] : modules_.items()) {
      const bool inside = used.contains(name) || (module.contains("attributes") && module["attributes"].contains("blackbox"));
      if (!inside) top = &module;
    }
    if (top == nullptr) return bad(file_, "it has no top module");
    Costs costs;
    for (const auto& [name, cell] : (*top)["cells"].items()) costs[first_part(name)] += cost_of(type_of(cell), 0);
    return costs;
  }

 private:
  static std::string type_of(const Json& cell) {
    return cell.is_object() && cell.contains("type") && cell["type"].is_string() ? cell["type"].get<std::string>() : "";
  }

  Cost cost_of(const std::string& type, int depth) {
    constexpr int kDeepest = 64;
    const auto found = modules_.find(type);
    if (found == modules_.end() || depth > kDeepest) return cell_cost(type);
    const auto known = seen_.find(type);
    if (known != seen_.end()) return known->second;
    Cost cost = cell_cost(type);  // a black box of the library
    for (const auto& [name, cell] : (*found)["cells"].items()) cost += cost_of(type_of(cell), depth + 1);
    return seen_[type] = cost;
  }

  const Json& modules_;
  const std::string& file_;
  std::map<std::string, Cost> seen_;
};

std::vector<std::string> columns(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(cell);
  return cells;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// | Instance | Module | Total LUTs | Logic LUTs | LUTRAMs | SRLs | FFs | RAMB36 | RAMB18 | URAM | DSP48 Blocks |, instances indented by
/// depth.
Result<Costs> vivado(std::string_view text, const std::string& file) {
  struct Column {
    std::string_view name;
    Cost::Member member;
    std::int64_t weight;
  };
  static constexpr std::array<Column, 7> kColumns = {{{"Total LUTs", &Cost::lut, 1},
                                                      {"FFs", &Cost::ff, 1},
                                                      {"RAMB36", &Cost::bram18, 2},
                                                      {"RAMB18", &Cost::bram18, 1},
                                                      {"URAM", &Cost::uram, 1},
                                                      {"DSP Blocks", &Cost::dsp, 1},
                                                      {"DSP48 Blocks", &Cost::dsp, 1}}};
  Costs costs;
  std::map<std::string, std::size_t> depth_of;
  std::vector<std::string> header;
  std::stringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with('|')) continue;
    const std::vector<std::string> cells = columns(line);
    if (trimmed(cells[0]) == "Instance") {
      header.clear();
      for (const std::string& cell : cells) header.push_back(trimmed(cell));
      continue;
    }
    if (header.empty() || cells.size() < header.size()) continue;
    const std::size_t depth = cells[0].find_first_not_of(' ');
    const std::string name = trimmed(cells[0]);
    if (name.empty() || name.front() == '(') continue;  // what a level has beside its instances
    const auto known = depth_of.find(name);
    if (known != depth_of.end() && known->second <= depth) continue;
    depth_of[name] = depth;
    Cost cost;
    for (std::size_t i = 0; i < header.size(); ++i) {
      const auto* column = std::ranges::find(kColumns, header[i], &Column::name);
      if (column == kColumns.end()) continue;
      const std::string number = trimmed(cells[i]);
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
      if (error != std::errc()) return bad(file, fmt::format("'{}' of instance '{}' is no number", header[i], name));
      cost.*column->member += column->weight * value;
    }
    costs[name] = cost;
  }
  if (costs.empty()) return bad(file, "it has no table with a column 'Instance'");
  return costs;
}

}  // namespace

Cost cell_cost(std::string_view cell) {
  struct Group {
    Cost cost;
    std::vector<std::string_view> cells;
  };
  static const std::array<Group, 10> kGroups = {
      {{{1}, {"LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "LUT6_2", "CFGLUT5", "INV", "SRL16E", "SRLC32E", "RAM32X1S", "RAM64X1S"}},
       {{2}, {"RAM32X1D", "RAM64X1D", "RAM128X1S", "CCU2C"}},
       {{4}, {"RAM32M", "RAM64M", "RAM128X1D", "RAM256X1S"}},
       {{6}, {"TRELLIS_DPR16X4"}},
       {{8}, {"RAM32M16", "RAM64M8", "RAM256X1D"}},
       {{0, 1}, {"FDRE", "FDSE", "FDCE", "FDPE", "TRELLIS_FF"}},
       {{0, 0, 1}, {"RAMB18E1", "RAMB18E2", "DP16KD", "PDPW16KD"}},
       {{0, 0, 2}, {"RAMB36E1", "RAMB36E2"}},
       {{0, 0, 0, 1}, {"URAM288", "URAM288_BASE"}},
       {{0, 0, 0, 0, 1}, {"DSP48E1", "DSP48E2", "DSP58", "MULT18X18D"}}}};
  for (const Group& group : kGroups) {
    if (std::ranges::find(group.cells, cell) != group.cells.end()) return group.cost;
  }
  return {};
}

Result<Costs> read_report(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return vivado(text, file);
  if (json.is_object() && json.contains("units") && json["units"].is_array()) return counted_units(json["units"], file);
  if (json.is_object() && json.contains("modules") && json["modules"].is_object()) return Netlist(json["modules"], file).run();
  return bad(file, "it has neither 'units' nor 'modules'");
}

}  // namespace finnr
