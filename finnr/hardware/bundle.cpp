// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "finnr/base/files.h"
#include "finnr/base/integers.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

Json type_json(const IntType& type) { return {{"lo", type.lo}, {"hi", type.hi}, {"bipolar", type.bipolar}, {"bits", type.bits()}}; }

IntType type_from(const Json& json) {
  return {json.at("lo").get<std::int64_t>(), json.at("hi").get<std::int64_t>(), json.at("bipolar").get<bool>()};
}

Json layout_json(const Layout& layout) {
  Json loops = Json::array();
  for (const Layout::Loop& loop : layout.loops) loops.push_back({loop.stride, loop.size});
  return loops;
}

Layout layout_from(const Json& json) {
  Layout layout;
  for (const auto& [stride, size] : json.get<std::vector<std::pair<std::int64_t, std::int64_t>>>()) layout.loops.push_back({stride, size});
  return layout;
}

template <class T>
Json stream_json(const T& stream) {
  Json json = {{"value", nullptr},          {"element", type_json(stream.element)}, {"lanes", stream.lanes},  {"beats", stream.beats()},
               {"vectors", stream.vectors}, {"channels", stream.channels},          {"padded", stream.padded}};
  if (stream.value.valid()) json["value"] = stream.value.value;
  if (!stream.layout.is_row_major()) json["layout"] = layout_json(stream.layout);
  return json;
}

template <class T>
void stream_from(const Json& json, T& stream) {
  if (const Json& value = json.at("value"); !value.is_null()) stream.value.value = value.get<std::uint32_t>();
  stream.element = type_from(json.at("element"));
  stream.lanes = json.at("lanes").get<int>();
  stream.vectors = json.at("vectors").get<std::int64_t>();
  stream.channels = json.at("channels").get<std::int64_t>();
  stream.padded = json.at("padded").get<std::int64_t>();
  if (json.contains("layout")) stream.layout = layout_from(json.at("layout"));
}

Json port_json(const Port& port) {
  Json json = {{"name", port.name}, {"protocol", "axi4-stream"}, {"data_bits", port.data_bits}, {"is_float", port.is_float}};
  json.update(stream_json(port));
  return json;
}

Port port_from(const Json& json) {
  Port port;
  stream_from(json, port);
  port.name = json.at("name").get<std::string>();
  port.data_bits = json.at("data_bits").get<int>();
  port.is_float = json.at("is_float").get<bool>();
  return port;
}

Diagnostic not_a_bundle(std::string why) {
  return Diagnostic(Code::kNotABundle, "the folder holds no accelerator")
      .because(std::move(why))
      .fix("name the folder that 'finnr build MODEL -o DIR' wrote");
}

/// Every one of `elements` elements exactly once: from the innermost step on, each loop begins where those below end.
bool is_sane(const Layout& layout, std::int64_t elements) {
  if (layout.is_row_major()) return layout.loops.empty() || layout.loops[0].size == elements;
  std::vector<Layout::Loop> loops = layout.loops;
  std::ranges::sort(loops, {}, &Layout::Loop::stride);
  std::int64_t below = 1;
  for (const Layout::Loop& loop : loops) {
    if (loop.stride != below || loop.size < 2 || loop.size > elements / below) return false;
    below *= loop.size;
  }
  return below == elements;
}

/// What a folder that finnr wrote cannot hold: it was changed by hand, or by somebody who means harm.
template <class T>
bool is_sane(const T& stream) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const auto within = [](std::int64_t x) { return x >= 1 && x <= kMost; };
  if (!within(stream.lanes) || !within(stream.vectors) || !within(stream.channels) || !within(stream.padded)) return false;
  if (stream.element.lo > stream.element.hi || stream.element.bits() > 64) return false;
  return stream.padded >= stream.channels && stream.padded % stream.lanes == 0 && stream.vectors <= kMost / stream.padded &&
         stream.lanes <= (1 << 20) / stream.element.bits() && is_sane(stream.layout, stream.vectors * stream.channels);
}

bool is_identifier(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// The simulation writes the names of ports and streams into sources of its own.
bool has_sane_ports(const std::vector<Port>& ports, std::set<std::string>& names) {
  return !ports.empty() && std::ranges::all_of(ports, [&](const Port& port) {
    return is_identifier(port.name) && names.insert(port.name).second && port.value.valid() && is_sane(port) &&
           port.data_bits == ceil_div(port.lanes * port.element.bits(), 8) * 8;
  });
}

bool is_inside(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  return !path.empty() && path.front() != '-' && normal.is_relative() && *normal.begin() != "..";
}

Status check(const Bundle& bundle) {
  for (const auto* list : {&bundle.sources, &bundle.memories}) {
    for (const std::string& path : *list) {
      if (!is_inside(path)) return not_a_bundle(fmt::format("its file '{}' lies outside of it", path));
    }
  }
  std::set<std::string> names;
  bool good = bundle.interval >= 1 && bundle.interval <= (std::int64_t{1} << 50) && is_identifier(bundle.top) &&
              has_sane_ports(bundle.inputs, names) && has_sane_ports(bundle.outputs, names);
  for (const Tap& tap : bundle.taps) good = good && is_identifier(tap.signal) && is_sane(tap);
  return good ? ok_status() : Status(not_a_bundle(fmt::format("{} describes an impossible stream", kBundleFile)));
}

}  // namespace

std::string port_name(std::string_view base, std::size_t index, std::size_t count) {
  return count == 1 ? std::string(base) : fmt::format("{}_{}", base, index);
}

std::string to_json(const Bundle& bundle) {
  const auto ports = [](const std::vector<Port>& list) {
    Json json = Json::array();
    for (const Port& port : list) json.push_back(port_json(port));
    return json;
  };
  Json taps = Json::array();
  for (const Tap& tap : bundle.taps) {
    Json json = {{"unit", tap.unit}, {"signal", tap.signal}, {"node", tap.node}};
    json.update(stream_json(tap));
    taps.push_back(std::move(json));
  }
  Json units = Json::array();
  for (const UnitSummary& unit : bundle.units) {
    Json predicted = Json::object();
    for (const auto& [cells, cost] : unit.predicted) {
      for (std::size_t i = 0; i < kCostNames.size(); ++i) predicted[cells][std::string(kCostNames[i])] = cost.*Cost::kMembers[i];
    }
    units.push_back({{"name", unit.name},
                     {"kind", unit.kind},
                     {"pe", unit.pe},
                     {"simd", unit.simd},
                     {"interval", unit.interval},
                     {"predicted", std::move(predicted)}});
  }
  const Json json = {{"format", Bundle::kFormat},
                     {"name", bundle.name},
                     {"top", bundle.top},
                     {"wrapper", bundle.top + "_wrapper"},
                     {"model", bundle.model},
                     {"network", kNetworkFile},
                     {"clock_mhz", bundle.clock_mhz},
                     {"interval", bundle.interval},
                     {"latency", bundle.latency},
                     {"sources", bundle.sources},
                     {"memories", bundle.memories},
                     {"clock", "clk_i"},
                     {"reset", {{"name", "rst_ni"}, {"active", "low"}, {"synchronous", true}}},
                     {"inputs", ports(bundle.inputs)},
                     {"outputs", ports(bundle.outputs)},
                     {"streams", taps},
                     {"units", units}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Bundle> bundle_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return not_a_bundle(fmt::format("{} is not JSON", kBundleFile));
  // nlohmann-json reports a missing or mistyped key by an exception; it stays inside this function.
  try {
    if (json.at("format").get<int>() != Bundle::kFormat) return not_a_bundle("it was written by another version of finnr");
    Bundle bundle;
    bundle.name = json.at("name").get<std::string>();
    bundle.top = json.at("top").get<std::string>();
    bundle.model = json.at("model").get<std::string>();
    bundle.clock_mhz = json.at("clock_mhz").get<double>();
    bundle.interval = json.at("interval").get<std::int64_t>();
    bundle.latency = json.at("latency").get<std::int64_t>();
    bundle.sources = json.at("sources").get<std::vector<std::string>>();
    bundle.memories = json.at("memories").get<std::vector<std::string>>();
    for (const Json& port : json.at("inputs")) bundle.inputs.push_back(port_from(port));
    for (const Json& port : json.at("outputs")) bundle.outputs.push_back(port_from(port));
    for (const Json& entry : json.at("streams")) {
      Tap tap;
      stream_from(entry, tap);
      tap.unit = entry.at("unit").get<std::string>();
      tap.signal = entry.at("signal").get<std::string>();
      tap.node = entry.at("node").get<std::string>();
      bundle.taps.push_back(std::move(tap));
    }
    for (const Json& entry : json.at("units")) {
      bundle.units.push_back({entry.at("name").get<std::string>(),
                              entry.at("kind").get<std::string>(),
                              entry.at("pe").get<int>(),
                              entry.at("simd").get<int>(),
                              entry.at("interval").get<std::int64_t>(),
                              {}});
      for (const auto& [cells, cost] : entry.at("predicted").items()) {
        Cost& predicted = bundle.units.back().predicted[cells];
        for (std::size_t i = 0; i < kCostNames.size(); ++i)
          predicted.*Cost::kMembers[i] = cost.at(std::string(kCostNames[i])).get<std::int64_t>();
      }
    }
    FINNR_RETURN_IF_ERROR(check(bundle));
    return bundle;
  } catch (const Json::exception& error) {
    return not_a_bundle(error.what());
  }
}

Result<Bundle> load_bundle(const std::filesystem::path& folder) {
  Result<std::string> text = read_file(folder / kBundleFile);
  if (!text.ok()) return not_a_bundle(text.error().cause).at({folder.string(), "", ""});
  return bundle_from_json(*text);
}

}  // namespace finnr
