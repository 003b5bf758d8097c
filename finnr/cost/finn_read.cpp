// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "finnr/base/files.h"
#include "finnr/cost/finn_design.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, FinnKind>, 15> kKinds = {{{"mvau", FinnKind::kMvau},
                                                                           {"vvau", FinnKind::kVvau},
                                                                           {"swg", FinnKind::kWindow},
                                                                           {"pad", FinnKind::kPad},
                                                                           {"pool", FinnKind::kPool},
                                                                           {"streaming_maxpool", FinnKind::kStreamingMaxPool},
                                                                           {"downsample", FinnKind::kDownsample},
                                                                           {"threshold", FinnKind::kThreshold},
                                                                           {"add", FinnKind::kAdd},
                                                                           {"fork", FinnKind::kFork},
                                                                           {"channelwise", FinnKind::kChannelwise},
                                                                           {"reshape", FinnKind::kReshape},
                                                                           {"labelselect", FinnKind::kLabelSelect},
                                                                           {"mvtu2018", FinnKind::kMvtu2018},
                                                                           {"swg2018", FinnKind::kWindow2018}}};
constexpr std::array<std::string_view, 4> kRams = {"auto", "block", "distributed", "ultra"};
constexpr std::int64_t kMostLanes = std::int64_t{1} << 20;

Diagnostic bad(const std::string& path, std::string why) {
  return Diagnostic(Code::kBadFoldingFile, fmt::format("the published design '{}' cannot be used", path))
      .at({path, "", ""})
      .because(std::move(why))
      .fix("docs/estimate.md says what an entry of 'folding' must have");
}

std::string text(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

/// A whole number from 1 on (0 for triggers), or `otherwise` where there is none.
std::optional<std::int64_t> number(const Json& json, const char* key, std::int64_t otherwise) {
  if (!json.contains(key) || json[key].is_null()) return otherwise;
  if (!json[key].is_number_integer()) return std::nullopt;
  const auto value = json[key].get<std::int64_t>();
  return value >= std::min<std::int64_t>(otherwise, 1) && value <= kMostLanes ? std::optional(value) : std::nullopt;
}

bool fits(NodeKind node, FinnKind unit) {
  switch (unit) {
    case FinnKind::kMvau:
    case FinnKind::kMvtu2018:
      return node == NodeKind::kConv || node == NodeKind::kFc;
    case FinnKind::kVvau:
      return node == NodeKind::kDepthwise;
    default:
      return true;
  }
}

Result<FinnUnit> read_unit(const Json& json, const NetworkDescription& network, const std::string& path) {
  if (!json.is_object()) return bad(path, "an entry of 'folding' is not an object");
  FinnUnit unit;
  unit.name = text(json, "node");
  const auto* kind = std::ranges::find(kKinds, std::string_view(text(json, "unit")), &std::pair<std::string_view, FinnKind>::first);
  if (kind == kKinds.end()) return bad(path, fmt::format("'{}' is of no known unit", unit.name));
  unit.kind = kind->second;
  const auto node = std::ranges::find(network.nodes, text(json, "of"), &DescribedNode::name);
  if (node == network.nodes.end() || !fits(node->kind, unit.kind))
    return bad(path, fmt::format("'{}' is of '{}', which is no node that it can compute", unit.name, text(json, "of")));
  unit.node = *node;
  const auto take = [&](const char* key, std::int64_t& member, std::int64_t otherwise) {
    const std::optional<std::int64_t> value = number(json, key, otherwise);
    if (value) member = *value;
    return value.has_value();
  };
  if (!take("PE", unit.pe, 1) || !take("SIMD", unit.simd, 1) || !take("M", unit.m, 1) ||
      !take("input_multiplier", unit.input_multiplier, 1) || !take("depth_trigger_bram", unit.depth_trigger_bram, 0) ||
      !take("depth_trigger_uram", unit.depth_trigger_uram, 0))
    return bad(path, fmt::format("'{}' has a fold that is no number from 1 on", unit.name));
  const auto* ram = std::ranges::find(kRams, text(json, "ram_style"));
  if (ram != kRams.end()) unit.ram = static_cast<FinnRam>(ram - kRams.begin());
  unit.rtl = text(json, "impl") == "rtl";
  unit.dsp = text(json, "res_type") == "dsp";
  unit.embedded = text(json, "mem_mode") == "internal_embedded";
  unit.parallel_window = json.contains("parallel_window") && (json["parallel_window"] == true || json["parallel_window"] == 1);
  if (json.contains("fused") && json["fused"].is_array()) {
    for (const Json& name : json["fused"]) {
      if (name.is_string()) unit.fused.push_back(name.get<std::string>());
    }
  }
  return unit;
}

}  // namespace

Result<FinnDesign> read_finn_design(const std::string& path, const std::string& variant) {
  FinnDesign design;
  FINNR_ASSIGN(design.network, read_description(path));
  FINNR_ASSIGN(const std::string content, read_file(path));
  const Json file = Json::parse(content, nullptr, false);
  const Json* source = &file;
  if (!variant.empty()) {
    source = nullptr;
    std::string known;
    if (file.contains("variants") && file["variants"].is_array()) {
      for (const Json& candidate : file["variants"]) {
        known += (known.empty() ? "" : ", ") + text(candidate, "name");
        if (text(candidate, "name") == variant) source = &candidate;
      }
    }
    if (source == nullptr) return bad(path, fmt::format("it has no variant '{}'; there are: {}", variant, known.empty() ? "none" : known));
  }
  if (!source->contains("folding") || !(*source)["folding"].is_array() || (*source)["folding"].empty())
    return bad(path, "it has no list 'folding'");
  for (const Json& entry : (*source)["folding"]) {
    FINNR_ASSIGN(FinnUnit unit, read_unit(entry, design.network, path));
    design.units.push_back(std::move(unit));
  }
  constexpr double kNanosecondsAtOneMhz = 1000;
  if (source->contains("clock_ns") && (*source)["clock_ns"].is_number() && (*source)["clock_ns"].get<double>() > 0)
    design.clock_mhz = kNanosecondsAtOneMhz / (*source)["clock_ns"].get<double>();
  return design;
}

bool take_real_accumulators(FinnDesign& design, const HardwarePart& part) {
  std::vector<int> bits;
  for (const Layer& layer : part.layers) {
    const auto* m = std::get_if<MatrixLayer>(&layer.kind);
    if (m == nullptr) continue;
    if (m->weights == nullptr) return false;
    // FINN counts agreements of bipolar operands as sums over inputs 0 and 1, and takes all codes of the input's width.
    const bool counts = m->w.bipolar && part.links[layer.inputs[0]].type.bipolar;
    const IntType x = counts ? IntType{0, 1, false} : part.links[layer.inputs[0]].type;
    const std::int64_t outputs = m->weights->shape()[1];
    std::int64_t lo = 0;
    std::int64_t hi = 0;
    for (std::int64_t column = 0; column < outputs; ++column) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      for (std::int64_t row = 0; row < m->inputs; ++row) {
        const std::int64_t w = m->weights->ints()[static_cast<std::size_t>(row * outputs + column)];
        low += std::min(w * x.lo, w * x.hi);
        high += std::max(w * x.lo, w * x.hi);
      }
      lo = std::min(lo, low);
      hi = std::max(hi, high);
    }
    bits.push_back(IntType{lo, hi, false}.bits());
  }
  std::vector<FinnUnit*> matrices;
  for (FinnUnit& unit : design.units) {
    if (unit.kind == FinnKind::kMvau) matrices.push_back(&unit);
  }
  if (matrices.size() != bits.size()) return false;
  for (std::size_t i = 0; i < bits.size(); ++i) matrices[i]->accumulator_bits = bits[i];
  return true;
}

}  // namespace finnr
