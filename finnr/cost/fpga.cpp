// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/fpga.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "finnr/base/check.h"
#include "finnr/base/files.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kFamilies = {"xc7", "xcu", "xcup", "versal", "ecp5", "ice40"};
constexpr double kLutsAnOperation = 0.29;  // half of a product of our smallest core: constants, docs/synthesis.md
constexpr double kGreatest = 1e9;

Diagnostic bad(const std::string& file, std::string why) {
  return Diagnostic(Code::kBadDevice, fmt::format("the device file '{}' cannot be used", file))
      .at({file, "", ""})
      .because(std::move(why))
      .fix("take one of the files in devices/ as a pattern; every figure is {\"value\": ..., \"source\": ...}");
}

/// A figure with its source.
Result<double> figure(const Json& json, const char* key, const std::string& file) {
  const auto found = json.find(key);
  const bool good = found != json.end() && found->is_object() && found->contains("value") && (*found)["value"].is_number() &&
                    found->contains("source") && (*found)["source"].is_string() && !(*found)["source"].get<std::string>().empty();
  if (!good) return bad(file, fmt::format("'{}' is no figure with a value and a source", key));
  const double value = (*found)["value"].get<double>();
  if (!(value >= 0 && value <= kGreatest)) return bad(file, fmt::format("'{}' is not between 0 and {:g}", key, kGreatest));
  return value;
}

Result<std::string> word(const Json& json, const char* key, const std::string& file) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return bad(file, fmt::format("'{}' is missing", key));
  return found->get<std::string>();
}

Status read_regions(const Json& json, Fpga& device, const std::string& file) {
  FINNR_ASSIGN(const double regions, figure(json, "regions", file));
  constexpr double kMostRegions = 16;
  if (regions < 1 || regions > kMostRegions) return bad(file, "'regions' is not between 1 and 16");
  device.shell_share.assign(static_cast<std::size_t>(regions), 0.0);
  const Json& entry = json["regions"];
  if (!entry.contains("shell_share")) return ok_status();
  const Json& shares = entry["shell_share"];
  if (!shares.is_array() || shares.size() != device.shell_share.size() || !entry.contains("shell_source"))
    return bad(file, "'shell_share' is not one number a region with a 'shell_source'");
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!shares[i].is_number() || shares[i].get<double>() < 0 || shares[i].get<double>() > 1)
      return bad(file, "'shell_share' has an entry that is no share");
    device.shell_share[i] = shares[i].get<double>();
  }
  return ok_status();
}

Result<Fpga> parse(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return bad(file, "it is not a JSON object");
  Fpga device;
  FINNR_ASSIGN(device.name, word(json, "name", file));
  FINNR_ASSIGN(device.part, word(json, "part", file));
  FINNR_ASSIGN(const std::string family, word(json, "family", file));
  const auto* known = std::ranges::find(kFamilies, family);
  if (known == kFamilies.end()) return bad(file, fmt::format("'{}' is none of the families {}", family, fmt::join(kFamilies, ", ")));
  device.family = static_cast<LogicFamily>(known - kFamilies.begin());
  if (json.contains("boards") && json["boards"].is_array()) {
    for (const Json& board : json["boards"]) {
      if (board.is_string()) device.boards.push_back(board.get<std::string>());
    }
  }
  for (std::size_t i = 0; i < kCostNames.size(); ++i) {
    FINNR_ASSIGN(const double value, figure(json, std::string(kCostNames[i]).c_str(), file));
    device.total.*Cost::kMembers[i] = std::llround(value);
  }
  if (json.contains("bram_bits")) {
    if (!json["bram_bits"].is_number_integer() || json["bram_bits"].get<std::int64_t>() < 1) return bad(file, "'bram_bits' is no size");
    device.bram_bits = json["bram_bits"].get<std::int64_t>();
  }
  const auto multiplier = json.find("multiplier");
  constexpr int kMostBits = 64;
  const auto side = [&](const char* key) {
    return multiplier != json.end() && multiplier->is_object() && multiplier->contains(key) && (*multiplier)[key].is_number_integer()
               ? (*multiplier)[key].get<int>()
               : -1;
  };
  device.multiplier_a = side("a");
  device.multiplier_b = side("b");
  if (std::min(device.multiplier_a, device.multiplier_b) < 0 || std::max(device.multiplier_a, device.multiplier_b) > kMostBits)
    return bad(file, "'multiplier' does not give the bits of both sides, 'a' and 'b'");
  FINNR_RETURN_IF_ERROR(read_regions(json, device, file));
  FINNR_ASSIGN(device.memory_gbytes_per_s, figure(json, "memory_gbytes_per_s", file));
  FINNR_ASSIGN(device.clock_mhz, figure(json, "clock_mhz", file));
  if (device.clock_mhz < 1) return bad(file, "'clock_mhz' is less than 1");
  return device;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string_view to_text(LogicFamily family) { return kFamilies[static_cast<std::size_t>(family)]; }

int lut_inputs(LogicFamily family) { return family == LogicFamily::kEcp5 || family == LogicFamily::kIce40 ? 4 : 6; }

Cost Fpga::region(std::int64_t index) const {
  const double share = (1.0 - shell_share[static_cast<std::size_t>(index)]) / static_cast<double>(regions());
  constexpr double kRounding = 1e-6;  // shares are decimal fractions
  Cost there;
  for (const auto member : Cost::kMembers)
    there.*member = static_cast<std::int64_t>(share * static_cast<double>(total.*member) + kRounding);
  return there;
}

Cost Fpga::usable() const {
  Cost sum;
  for (std::int64_t i = 0; i < regions(); ++i) sum += region(i);
  return sum;
}

std::int64_t products_per_dsp(const Fpga& device, int w_bits, int x_bits) {
  const int a = std::max(device.multiplier_a, device.multiplier_b);
  const int b = std::min(device.multiplier_a, device.multiplier_b);
  const bool fits = (w_bits <= a && x_bits <= b) || (x_bits <= a && w_bits <= b);
  if (!fits) return 0;
  if (w_bits > a) return 1;
  return 1 + (a - w_bits) / std::max(1, w_bits + x_bits - 1);
}

double peak_tops(const Fpga& device, int w_bits, int x_bits) {
  const Cost usable = device.usable();
  const double luts = static_cast<double>(usable.lut) / (kLutsAnOperation * w_bits * x_bits);
  const double blocks = 2.0 * static_cast<double>(usable.dsp * products_per_dsp(device, w_bits, x_bits));
  return (luts + blocks) * device.clock_mhz * 1e-6;
}

double peak_tops(const Fpga& device, std::span<const Work> work) {
  double operations = 0;
  double time = 0;
  for (const Work& one : work) {
    operations += one.operations;
    time += one.operations / peak_tops(device, one.w_bits, one.x_bits);
  }
  return operations > 0 ? operations / time : 0;
}

double attainable_tops(const Fpga& device, std::span<const Work> work, double bytes) {
  double operations = 0;
  for (const Work& one : work) operations += one.operations;
  return std::min(peak_tops(device, work), device.memory_gbytes_per_s * 1e-3 * operations / bytes);
}

std::vector<Fpga> known_devices() {
  std::vector<Fpga> devices;
  for (const EmbeddedFile& file : device_files()) {
    Result<Fpga> device = parse(file.text, std::string(file.name));
    FINNR_CHECK(device.ok(), device.ok() ? "" : device.error().cause.c_str());
    devices.push_back(*std::move(device));
  }
  std::ranges::stable_sort(devices, {}, [](const Fpga& d) { return d.total.lut * (lut_inputs(d.family) == 6 ? 2 : 1); });
  return devices;
}

Result<Fpga> find_device(const std::string& name) {
  const std::vector<Fpga> devices = known_devices();
  std::string names;
  for (const Fpga& device : devices) {
    names += (names.empty() ? "" : ", ") + device.name;
    bool same = lower_case(name) == lower_case(device.name);
    for (const std::string& board : device.boards) same = same || lower_case(name) == lower_case(board);
    if (same) return device;
  }
  if (!std::filesystem::exists(name)) {
    return Diagnostic(Code::kBadDevice, fmt::format("there is no device '{}'", name))
        .fix(fmt::format("the devices are {}; or name a file of your own", names));
  }
  FINNR_ASSIGN(const std::string text, read_file(name));
  return parse(text, name);
}

}  // namespace finnr
