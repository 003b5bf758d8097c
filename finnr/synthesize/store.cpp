// SPDX-License-Identifier: Apache-2.0
#include "finnr/synthesize/store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/base/hash.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

Json placement_json(const RoutedDesign& placement) {
  return {{"device", placement.device},         {"router", placement.router},       {"fmax_mhz", placement.fmax_mhz},
          {"target_mhz", placement.target_mhz}, {"bitstream", placement.bitstream}, {"used", placement.used}};
}

RoutedDesign placement_from(const Json& json) {
  RoutedDesign placement;
  placement.device = json.at("device").get<std::string>();
  placement.router = json.at("router").get<std::string>();
  placement.fmax_mhz = json.at("fmax_mhz").get<double>();
  placement.target_mhz = json.at("target_mhz").get<double>();
  placement.bitstream = json.at("bitstream").get<std::string>();
  placement.used = json.at("used").get<decltype(placement.used)>();
  return placement;
}

}  // namespace

Result<std::string> synthesis_key(const std::filesystem::path& folder, const Bundle& bundle, Family family, const std::string& tool) {
  std::uint64_t hash = content_hash(fmt::format("{}\n{}\n{}\n", tool, info(family).macro, info(family).synthesis));
  for (const auto* list : {&bundle.sources, &bundle.memories}) {
    for (const std::string& name : *list) {
      const Result<std::string> text = read_file(folder / name);
      if (!text.ok()) {
        return Diagnostic(Code::kNotABundle, fmt::format("'{}' is not complete", folder.string()))
            .because(fmt::format("the file '{}' is missing", name))
            .fix("build it again");
      }
      hash = content_hash(*text, content_hash(name, hash));
    }
  }
  return fmt::format("{:016x}", hash);
}

SynthesisStore load_store(const std::filesystem::path& file, const std::string& key) {
  const SynthesisStore empty{key, {}, {}};
  const Result<std::string> text = read_file(file);
  if (!text.ok()) return empty;
  try {
    const Json json = Json::parse(*text);
    SynthesisStore store{json.at("key").get<std::string>(), json.at("modules").get<std::map<std::string, CellCounts>>(), {}};
    for (const auto& [unit, placement] : json.at("placements").items()) store.placements.emplace(unit, placement_from(placement));
    return store.key == key ? store : empty;
  } catch (const Json::exception&) {
    return empty;
  }
}

Status save_store(const std::filesystem::path& file, const SynthesisStore& store) {
  Json json = {{"key", store.key}, {"modules", store.modules}, {"placements", Json::object()}};
  for (const auto& [unit, placement] : store.placements) json["placements"][unit] = placement_json(placement);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  return write_file(file, json.dump(1) + "\n");
}

}  // namespace finnr
