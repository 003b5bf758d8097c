// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/cost_model.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "finnr/base/check.h"
#include "finnr/base/files.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 2> kCells = {"xilinx", "ecp5"};

double sum(const Terms& terms, const std::vector<double>& constants, double factor) {
  double total = 0;
  std::size_t next = 0;
  for (const Term& term : terms) total += term.value * (term.exact ? factor : constants[next++]);
  return std::max(0.0, total);
}

Diagnostic bad(const std::string& file, std::string why) {
  return Diagnostic(Code::kBadCostFile, fmt::format("the cost file '{}' cannot be used", file))
      .at({file, "", ""})
      .because(std::move(why))
      .fix("write one with 'finnr calibrate', or take --cost fitted");
}

/// The shape that names the terms of a kind: any will do.
UnitShape any(const std::string& kind) { return {kind, {}}; }

Json constants_json(const Terms& terms, const std::vector<double>& constants) {
  Json json = Json::object();
  std::size_t next = 0;
  for (const Term& term : terms) {
    if (!term.exact) json[std::string(term.name)] = constants[next++];
  }
  return json;
}

/// A factor that a file need not say.
Result<double> read_factor(const Json& entry, const char* name, const std::string& file, const std::string& kind) {
  const auto found = entry.find(name);
  if (found == entry.end()) return 1.0;
  if (!found->is_number() || !std::isfinite(found->get<double>()) || found->get<double>() < 0)
    return bad(file, fmt::format("'{}' of '{}' is no factor", name, kind));
  return found->get<double>();
}

Result<std::vector<double>> read_constants(const Json& json, const Terms& terms, const std::string& file, const std::string& kind) {
  std::vector<double> constants;
  for (const Term& term : terms) {
    if (term.exact) continue;
    const auto found = json.find(std::string(term.name));
    if (found == json.end() || !found->is_number() || !std::isfinite(found->get<double>()))
      return bad(file, fmt::format("'{}' has no constant for '{}'", kind, term.name));
    constants.push_back(found->get<double>());
  }
  return constants;
}

}  // namespace

std::string_view to_text(Cells cells) { return kCells[static_cast<std::size_t>(cells)]; }

int lut_inputs(Cells cells) { return cells == Cells::kXilinx ? 6 : 4; }

Cells cells_of(LogicFamily family) { return lut_inputs(family) == 6 ? Cells::kXilinx : Cells::kEcp5; }

Cost CostModel::cost(const UnitShape& shape) const {
  const int inputs = lut_inputs(cells);
  const auto found = kinds.find(shape.kind);
  FINNR_CHECK(found != kinds.end(), "every kind of unit has constants");
  const UnitTerms terms = unit_terms(shape, inputs);
  Cost cost = terms.blocks;
  cost.lut = std::llround(sum(terms.lut, found->second.lut, found->second.lut_factor));
  cost.ff = std::llround(sum(terms.ff, found->second.ff, found->second.ff_factor));
  return cost;
}

Result<CostModel> cost_model(const std::string& name, LogicFamily family) {
  const Cells cells = cells_of(family);
  if (name == "fitted" && family == LogicFamily::kIce40) {
    return Diagnostic(Code::kBadCostFile, "no costs are fitted to iCE40")
        .because("it has no LUTs that are memory, as the cells have that costs are fitted to")
        .fix(
            "synthesise units of yours with 'finnr synth --flow ice40', refit the costs with 'finnr calibrate', and name the result with "
            "--cost; or choose another device");
  }
  if (name == "fitted") {
    const auto file = std::ranges::find(constant_files(), fmt::format("{}.json", to_text(cells)), &EmbeddedFile::name);
    FINNR_CHECK(file != constant_files().end(), "all cells have constants");
    Result<CostModel> model = parse_cost_model(file->text, std::string(file->name));
    FINNR_CHECK(model.ok(), model.ok() ? "" : model.error().cause.c_str());
    return model;
  }
  if (!std::filesystem::exists(name)) return bad(name, "there is no such file, and the named costs are 'fitted' and 'finn'");
  FINNR_ASSIGN(const std::string text, read_file(name));
  FINNR_ASSIGN(CostModel model, parse_cost_model(text, name));
  if (model.cells != cells)
    return bad(name, fmt::format("it is for {} cells, the device has {} cells", to_text(model.cells), to_text(cells)));
  return model;
}

std::string to_json(const CostModel& model) {
  const int inputs = lut_inputs(model.cells);
  std::string text = fmt::format("{{\"cells\": \"{}\", \"kinds\": {{", to_text(model.cells));
  const char* between = "\n";
  for (const auto& [kind, constants] : model.kinds) {
    const UnitTerms terms = unit_terms(any(kind), inputs);
    Json json = {{"lut", constants_json(terms.lut, constants.lut)}, {"ff", constants_json(terms.ff, constants.ff)}};
    if (constants.lut_factor != 1) json["lut_factor"] = constants.lut_factor;
    if (constants.ff_factor != 1) json["ff_factor"] = constants.ff_factor;
    text += fmt::format("{}  \"{}\": {}", between, kind, json.dump());
    between = ",\n";
  }
  return text + "\n}}\n";
}

Result<CostModel> parse_cost_model(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  CostModel model;
  if (!json.is_object() || !json.contains("cells") || !json["cells"].is_string()) return bad(file, "it does not say its cells");
  const auto* cells = std::ranges::find(kCells, json["cells"].get<std::string>());
  if (cells == kCells.end()) return bad(file, "its cells are none of xilinx and ecp5");
  model.cells = static_cast<Cells>(cells - kCells.begin());
  const int inputs = lut_inputs(model.cells);
  for (const std::string_view kind : costed_kinds()) {
    const std::string name(kind);
    if (!json.contains("kinds") || !json["kinds"].is_object() || !json["kinds"].contains(name))
      return bad(file, fmt::format("it has no kind '{}'", kind));
    const Json& entry = json["kinds"][name];
    if (!entry.is_object() || !entry.contains("lut") || !entry.contains("ff") || !entry["lut"].is_object() || !entry["ff"].is_object())
      return bad(file, fmt::format("'{}' has no 'lut' and 'ff'", kind));
    const UnitTerms terms = unit_terms(any(name), inputs);
    KindConstants constants;
    FINNR_ASSIGN(constants.lut, read_constants(entry["lut"], terms.lut, file, name));
    FINNR_ASSIGN(constants.ff, read_constants(entry["ff"], terms.ff, file, name));
    FINNR_ASSIGN(constants.lut_factor, read_factor(entry, "lut_factor", file, name));
    FINNR_ASSIGN(constants.ff_factor, read_factor(entry, "ff_factor", file, name));
    model.kinds.emplace(name, std::move(constants));
  }
  return model;
}

}  // namespace finnr
