// SPDX-License-Identifier: Apache-2.0
// Three forms of folding file meet in one list of entries: a name, a kind guessed from it, and values. Entries for matrix
// layers are matched by our layer name, else in order.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/hardware/folding.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

enum class Kind : std::uint8_t { kMatrix, kThreshold, kTopK, kOther };

struct Entry {
  std::string name;
  Kind kind = Kind::kOther;
  std::int64_t pe = 1;
  std::int64_t simd = 1;
  bool pad = false;
  std::optional<Store> store;
};

Diagnostic bad_file(const std::string& path, std::string why) {
  return Diagnostic(Code::kBadFoldingFile, fmt::format("folding file '{}' cannot be used", path))
      .at({path, "", ""})
      .because(std::move(why))
      .fix(R"(write {"layers": {"fc0": {"pe": 16, "simd": 49}}}, with the names that 'finnr print --stage design' shows)");
}

Kind kind_of(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  if (has("mvau") || has("matrixvector") || has("streamingfclayer") || has("mvtu")) return Kind::kMatrix;
  if (has("threshold")) return Kind::kThreshold;
  if (has("labelselect")) return Kind::kTopK;
  return Kind::kOther;
}

std::int64_t number(const Json& object, const char* key, std::int64_t otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

std::optional<Store> store_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const std::string name = found->get<std::string>();
  if (name == "distributed") return Store::kLutRam;
  return find_store(name);
}

std::string text(const Json& object, const char* key, const std::string& otherwise = "") {
  if (!object.is_object()) return otherwise;
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

/// {"layers": {"fc0": {"pe": 16, "simd": 49, "pad": true, "store": "block"}}}
Result<std::vector<Entry>> own_form(const Json& layers, const HardwarePart& part, const std::string& path) {
  std::vector<Entry> entries;
  for (const auto& [name, values] : layers.items()) {
    const auto layer = std::ranges::find(part.layers, name, &Layer::name);
    if (layer == part.layers.end()) {
      std::string known;
      for (const Layer& l : part.layers) known += (known.empty() ? "" : ", ") + l.name;
      return Diagnostic(Code::kUnknownLayer, fmt::format("the folding names layer '{}', which does not exist", name))
          .at({path, "", ""})
          .fix("the layers are " + known);
    }
    if (!values.is_object()) return bad_file(path, fmt::format("'{}' is not an object", name));
    for (const auto& [key, value] : values.items()) {
      const bool good = ((key == "pe" || key == "simd") && value.is_number_integer()) || (key == "pad" && value.is_boolean()) ||
                        (key == "store" && store_of(values, "store"));
      if (!good) return bad_file(path, fmt::format("'{}' of '{}' is not known or has a wrong value", key, name));
    }
    const bool matrix = std::holds_alternative<MatrixLayer>(layer->kind);
    const std::int64_t unset = matrix ? 1 : 0;
    entries.push_back({name,
                       matrix                                           ? Kind::kMatrix
                       : std::holds_alternative<TopKLayer>(layer->kind) ? Kind::kTopK
                                                                        : Kind::kThreshold,
                       number(values, "pe", unset), number(values, "simd", 1), values.value("pad", false), store_of(values, "store")});
  }
  return entries;
}

/// FINN's folding configuration: {"MVAU_hls_0": {"PE": 16, "SIMD": 49, "ram_style": "block"}, ...} in graph order.
std::vector<Entry> finn_form(const Json& file) {
  std::vector<Entry> entries;
  for (const auto& [name, values] : file.items()) {
    if (name == "Defaults" || !values.is_object()) continue;
    entries.push_back({name, kind_of(name), number(values, "PE", 1), number(values, "SIMD", 1), false, store_of(values, "ram_style")});
  }
  return entries;
}

/// The `folding` list of a published design: [{"node": ..., "unit": "mvau", "PE": 16, "SIMD": 49, "M": 1}, ...].
Result<std::vector<Entry>> published_form(const Json& file, const std::string& variant, const std::string& path) {
  const Json* source = &file;
  if (!variant.empty()) {
    source = nullptr;
    std::string known;
    if (file.contains("variants")) {
      for (const Json& candidate : file["variants"]) {
        known += (known.empty() ? "" : ", ") + text(candidate, "name");
        if (text(candidate, "name") == variant) source = &candidate;
      }
    }
    if (source == nullptr)
      return bad_file(path, fmt::format("it has no variant '{}'; there are: {}", variant, known.empty() ? "none" : known));
  }
  if (!source->contains("folding") || !(*source)["folding"].is_array()) return bad_file(path, "its 'folding' is not a list");
  std::vector<Entry> entries;
  for (const Json& entry : (*source)["folding"]) {
    if (!entry.is_object()) return bad_file(path, "an entry of 'folding' is not an object");
    const std::string unit = text(entry, "unit");
    entries.push_back(
        {text(entry, "node", unit), kind_of(unit), number(entry, "PE", 1), number(entry, "SIMD", 1), false, store_of(entry, "ram_style")});
  }
  return entries;
}

std::string list_of(const std::vector<std::int64_t>& values) { return fmt::format("{}", fmt::join(values, ", ")); }

/// The legal form of one entry, or what is legal instead.
Result<Fold> check(const Layer& layer, const Entry& entry, const std::string& path) {
  const auto illegal = [&](const char* what, std::int64_t value, const char* of, std::int64_t size) {
    return Diagnostic(Code::kIllegalFolding, fmt::format("{} {} of layer {} does not divide its {} {}", what, value, layer.name, size, of))
        .at({path, layer.origin.empty() ? "" : layer.origin.front(), fmt::format("entry '{}'", entry.name)})
        .because(fmt::format("the {} of layer {} are taken {} at a time", of, layer.name, value))
        .fix(fmt::format("take one of {}{}", list_of(divisors(size)),
                         std::holds_alternative<MatrixLayer>(layer.kind)
                             ? ", or set \"pad\": true for this layer in a folding file of our own form"
                             : ""));
  };
  Fold fold{static_cast<int>(entry.pe), static_cast<int>(entry.simd), entry.pad, entry.store};
  const auto fits = [&](std::int64_t lanes, std::int64_t size, bool pad) {
    return lanes >= 1 && lanes <= size && (pad || size % lanes == 0);
  };
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) {
    if (!fits(entry.pe, m->outputs, entry.pad)) return illegal("PE", entry.pe, "outputs", m->outputs);
    if (!fits(entry.simd, m->inputs, entry.pad)) return illegal("SIMD", entry.simd, "inputs", m->inputs);
  } else if (const auto* t = std::get_if<ThresholdLayer>(&layer.kind)) {
    if (entry.pe != 0 && !fits(entry.pe, t->channels, false)) return illegal("PE", entry.pe, "channels", t->channels);
  } else if (const auto* k = std::get_if<TopKLayer>(&layer.kind)) {
    if (entry.pe != 0 && !fits(entry.pe, k->labels, false)) return illegal("PE", entry.pe, "labels", k->labels);
  }
  return fold;
}

}  // namespace

Result<Folding> read_folding(const HardwarePart& part, const std::string& path, const std::string& variant, Diagnostics& diagnostics) {
  FINNR_ASSIGN(const std::string content, read_file(path));
  const Json file = Json::parse(content, nullptr, false);
  if (!file.is_object()) return bad_file(path, "it is not a JSON object");

  const bool own = file.contains("layers");
  const bool published = file.contains("folding");
  std::vector<Entry> entries;
  if (own) {
    if (!file["layers"].is_object()) return bad_file(path, "'layers' is not an object");
    FINNR_ASSIGN(entries, own_form(file["layers"], part, path));
  } else if (published) {
    FINNR_ASSIGN(entries, published_form(file, variant, path));
  } else {
    entries = finn_form(file);
  }
  if (!variant.empty() && !published) return bad_file(path, "only published designs have variants");
  if (!own && std::ranges::none_of(entries, [](const Entry& e) { return e.kind == Kind::kMatrix; }))
    return bad_file(path, "it folds no matrix layer");

  Folding folding = own ? default_folding(part) : balance(part, INT64_MAX);
  std::vector<bool> used(entries.size(), false);
  const auto take = [&](Kind kind) -> const Entry* {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (used[i] || entries[i].kind != kind) continue;
      used[i] = true;
      return &entries[i];
    }
    return nullptr;
  };
  const auto matrices = std::ranges::count_if(part.layers, [](const Layer& l) { return std::holds_alternative<MatrixLayer>(l.kind); });
  const auto given = std::ranges::count(entries, Kind::kMatrix, &Entry::kind);
  if (!own && given != matrices) return bad_file(path, fmt::format("it folds {} matrix layers, the network has {}", given, matrices));

  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    const Entry* entry = nullptr;
    if (own) {
      const auto found = std::ranges::find(entries, layer.name, &Entry::name);
      if (found != entries.end()) entry = &*found;
      if (entry != nullptr) used[static_cast<std::size_t>(found - entries.begin())] = true;
    } else if (std::holds_alternative<MatrixLayer>(layer.kind)) {
      entry = take(Kind::kMatrix);
    } else if (std::holds_alternative<ThresholdLayer>(layer.kind) && i == 0) {
      entry = take(Kind::kThreshold);  // thresholds behind a matrix are fused there
    } else if (std::holds_alternative<TopKLayer>(layer.kind)) {
      entry = take(Kind::kTopK);
    }
    if (entry == nullptr) continue;
    FINNR_ASSIGN(folding[i], check(layer, *entry, path));
  }
  std::string ignored;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!used[i]) ignored += (ignored.empty() ? "" : ", ") + entries[i].name;
  }
  if (!ignored.empty()) {
    diagnostics.add(Diagnostic(Code::kFoldingEntriesIgnored, fmt::format("entries passed over: {}", ignored))
                        .at({path, "", ""})
                        .because("the accelerator has no such units of its own")
                        .as_note());
  }
  return folding;
}

}  // namespace finnr
