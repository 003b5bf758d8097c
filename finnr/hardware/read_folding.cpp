// SPDX-License-Identifier: Apache-2.0
// Three forms of folding file meet in one list of entries: a name, a kind guessed from it, and values. Entries for matrix
// layers are matched by our layer name, else in order.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "finnr/base/files.h"
#include "finnr/hardware/core.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/padding.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

enum class Kind : std::uint8_t { kMatrix, kDepthwise, kThreshold, kTopK, kOther };

constexpr std::int64_t kMostPadding = 2;   // times the size
constexpr std::int64_t kMaxPipeline = 32;  // more levels than any tree has

struct Entry {
  std::string name;
  Kind kind = Kind::kOther;
  std::int64_t pe = 1;
  std::int64_t simd = 1;
  bool pad = false;
  std::optional<Store> store;
  std::int64_t m = 1;
  std::string of;  ///< node of the described network, of a published design
  std::optional<Core> core = {};
  std::int64_t pipeline = 0;
  std::int64_t padded = 0;
};

Kind kind_of(const Layer& layer) {
  return std::visit(Overloaded{[](const MatrixLayer&) { return Kind::kMatrix; }, [](const DepthwiseLayer&) { return Kind::kDepthwise; },
                               [](const ThresholdLayer&) { return Kind::kThreshold; }, [](const TopKLayer&) { return Kind::kTopK; },
                               [](const auto&) { return Kind::kOther; }},
                    layer.kind);
}

bool has_weights(Kind kind) { return kind == Kind::kMatrix || kind == Kind::kDepthwise; }

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
  if (has("vvau") || has("vectorvector")) return Kind::kDepthwise;
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

/// The core that an entry names; none for "auto".
std::optional<Core> core_of(const Json& object) {
  const auto found = object.find("core");
  return found != object.end() && found->is_string() ? find_core(found->get<std::string>()) : std::nullopt;
}

bool is_core(const Json& value) { return value.is_string() && (value == "auto" || find_core(value.get<std::string>())); }

bool is_pipeline(const Json& value) {
  return value.is_number_integer() && value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= kMaxPipeline;
}

bool is_size(const Json& value) { return value.is_number_integer() && value.get<std::int64_t>() > 0; }

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
      const bool good = ((key == "pe" || key == "simd" || key == "m") && value.is_number_integer()) ||
                        (key == "pad" && (value.is_boolean() || is_size(value))) || (key == "store" && store_of(values, "store")) ||
                        (key == "core" && is_core(value)) || (key == "pipeline" && is_pipeline(value));
      if (!good) return bad_file(path, fmt::format("'{}' of '{}' is not known or has a wrong value", key, name));
    }
    const Kind kind = kind_of(*layer);
    entries.push_back({name, kind, number(values, "pe", has_weights(kind) ? 1 : 0), number(values, "simd", 1),
                       values.contains("pad") && values["pad"] != false, store_of(values, "store"), number(values, "m", 1), "",
                       core_of(values), number(values, "pipeline", 0), number(values, "pad", 0)});
  }
  return entries;
}

/// FINN's folding configuration: {"MVAU_hls_0": {"PE": 16, "SIMD": 49, "ram_style": "block"}, ...} in graph order.
std::vector<Entry> finn_form(const Json& file) {
  std::vector<Entry> entries;
  for (const auto& [name, values] : file.items()) {
    if (name == "Defaults" || !values.is_object()) continue;
    entries.push_back({name, kind_of(name), number(values, "PE", 1), number(values, "SIMD", 1), false, store_of(values, "ram_style"),
                       number(values, "M", 1), ""});
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
    entries.push_back({text(entry, "node", unit), kind_of(unit), number(entry, "PE", 1), number(entry, "SIMD", 1), false,
                       store_of(entry, "ram_style"), number(entry, "M", 1), text(entry, "of")});
  }
  return entries;
}

std::string list_of(const std::vector<std::int64_t>& values) { return fmt::format("{}", fmt::join(values, ", ")); }

/// The legal form of one entry, or what is legal instead.
Result<Fold> check(const HardwarePart& part, const Layer& layer, const Entry& entry, const std::string& path) {
  const auto illegal = [&](const char* what, std::int64_t value, const char* of, std::int64_t size) {
    return Diagnostic(Code::kIllegalFolding, fmt::format("{} {} of layer {} does not divide its {} {}", what, value, layer.name, size, of))
        .at({path, layer.origin.empty() ? "" : layer.origin.front(), fmt::format("entry '{}'", entry.name)})
        .because(fmt::format("the {} of layer {} are taken {} at a time", of, layer.name, value))
        .fix(fmt::format("take one of {}{}", list_of(divisors(size)),
                         std::holds_alternative<MatrixLayer>(layer.kind) || by_channel(layer)
                             ? ", or set \"pad\": true for this layer in a folding file of our own form"
                             : ""));
  };
  Fold fold{static_cast<int>(entry.pe),
            static_cast<int>(entry.simd),
            entry.pad,
            entry.store,
            static_cast<int>(entry.m),
            entry.core,
            static_cast<int>(entry.pipeline),
            entry.padded};
  // Inputs may be padded by the layer that makes them, outputs as far as the entry says.
  const auto fits = [](std::int64_t lanes, std::int64_t size, bool pad, std::int64_t most) {
    return lanes >= 1 && lanes <= (pad ? std::max(size, most) : size) && (pad || size % lanes == 0);
  };
  const std::int64_t outputs = part.links[layer.output].channels;
  if (entry.padded > kMostPadding * outputs)
    return bad_file(path, fmt::format("'{}' asks for {} outputs, more than twice its {}", entry.name, entry.padded, outputs));
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) {
    if (!fits(entry.pe, m->outputs, entry.pad && m->groups == 1, entry.padded)) return illegal("PE", entry.pe, "outputs", m->outputs);
    if (!fits(entry.simd, m->inputs, entry.pad && m->groups == 1, kMostPadding * m->inputs))
      return illegal("SIMD", entry.simd, "inputs", m->inputs);
    if (!fits(entry.m, pixel_choices(*m).back(), false, 0)) return illegal("M", entry.m, "pixels in a row", pixel_choices(*m).back());
    if (entry.m > 1 && entry.pad) return bad_file(path, fmt::format("'{}' asks for several pixels at once and for padding", entry.name));
  } else if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) {
    if (!fits(entry.pe, d->channels, entry.pad, entry.padded)) return illegal("PE", entry.pe, "channels", d->channels);
    if (!fits(entry.simd, d->kernel, false, 0)) return illegal("SIMD", entry.simd, "window elements", d->kernel);
  } else if (entry.pe != 0) {
    const std::int64_t lanes = most_lanes(layer, part);
    if (!fits(entry.pe, lanes, entry.pad && by_channel(layer), entry.padded)) return illegal("PE", entry.pe, "channels", lanes);
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
  for (const Kind kind : {Kind::kMatrix, Kind::kDepthwise}) {
    const auto layers = std::ranges::count_if(part.layers, [&](const Layer& l) { return kind_of(l) == kind; });
    const auto given = std::ranges::count(entries, kind, &Entry::kind);
    if (!own && given != layers) {
      return bad_file(
          path, fmt::format("it folds {} {} layers, the network has {}", given, kind == Kind::kMatrix ? "matrix" : "depthwise", layers));
    }
  }

  // Layers of a described network have the names that the entries say.
  const bool named = published && std::ranges::all_of(entries, [&](const Entry& e) {
                       return !has_weights(e.kind) || std::ranges::find(part.layers, e.of, &Layer::name) != part.layers.end();
                     });
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    const Entry* entry = nullptr;
    if (named) {
      const Kind kind = kind_of(layer);
      const auto found = std::ranges::find_if(entries, [&](const Entry& e) { return e.of == layer.name && e.kind == kind; });
      if (kind == Kind::kOther || found == entries.end()) continue;
      used[static_cast<std::size_t>(found - entries.begin())] = true;
      entry = &*found;
    } else if (own) {
      const auto found = std::ranges::find(entries, layer.name, &Entry::name);
      if (found != entries.end()) entry = &*found;
      if (entry != nullptr) used[static_cast<std::size_t>(found - entries.begin())] = true;
    } else if (has_weights(kind_of(layer))) {
      entry = take(kind_of(layer));
    } else if (std::holds_alternative<ThresholdLayer>(layer.kind) && i == 0) {
      entry = take(Kind::kThreshold);  // thresholds behind a matrix are fused there
    } else if (std::holds_alternative<TopKLayer>(layer.kind)) {
      entry = take(Kind::kTopK);
    }
    if (entry == nullptr) continue;
    FINNR_ASSIGN(folding[i], check(part, layer, *entry, path));
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
