// SPDX-License-Identifier: Apache-2.0
#include "finnr/cli/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "finnr/cost/fpga.h"

namespace finnr::cli {
namespace {

constexpr double kLeastClock = 1e-3;  // MHz
constexpr double kGreatestClock = 1e6;
constexpr double kLeastFps = 1e-6;

}  // namespace

void add_common(CLI::App& command, Common& common) {
  command.add_flag("--json", common.json, "Machine-readable result on standard output, nothing else there");
  command.add_flag("-q,--quiet", common.quiet, "Only errors");
  command.add_flag("-v,--verbose", common.verbose, "More detail");
}

void add_design_options(CLI::App& command, DesignOptions& options) {
  command.add_option("--clock", options.clock_mhz, "Clock in MHz; by default that of the device, or 100")->check(CLI::PositiveNumber);
  auto* fps =
      command.add_option("--fps", options.fps, "Frames a second to reach; on a device at the least cost")->check(CLI::PositiveNumber);
  command.add_option("--folding", options.folding, "Folding file; FILE:VARIANT picks a variant of a published design")->excludes(fps);
  add_byte_options(command, options);
  command.add_option("--top-k", options.top_k, "The hardware returns the indices of the K largest outputs")->check(CLI::PositiveNumber);
  add_host_from(command, options.host_from);
}

void add_byte_options(CLI::App& command, DesignOptions& options) {
  command.add_option("--input-type", options.input_type, "u8: the network takes raw bytes p that stand for scale * p + offset")
      ->check(CLI::IsMember({"u8"}));
  command.add_option("--input-scale", options.scale, "Scale of raw bytes; one, or one a channel")->delimiter(',');
  command.add_option("--input-offset", options.offset, "Offset of raw bytes; one, or one a channel")->delimiter(',');
}

void add_host_from(CLI::App& command, std::vector<std::string>& names) {
  command.add_option("--host-from", names, "Model node that the host computes, with everything that depends on it")->delimiter(',');
}

std::optional<Boundary> boundary_of(const DesignOptions& options, Diagnostics& diagnostics) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::ranges::all_of(options.scale, [&](float x) { return finite(x) && x != 0; }) || !std::ranges::all_of(options.offset, finite)) {
    diagnostics.add(Diagnostic(Code::kBadOption, "--input-scale and --input-offset are finite numbers, and scales are not 0")
                        .fix("give the affine that makes the network's input of a raw byte"));
    return std::nullopt;
  }
  Boundary boundary;
  boundary.top_k = options.top_k;
  boundary.host_from = options.host_from;
  if (options.input_type.empty() && (!options.scale.empty() || !options.offset.empty())) {
    diagnostics.add(Diagnostic(Code::kBadOption, "--input-scale and --input-offset describe raw bytes").fix("add --input-type u8"));
    return std::nullopt;
  }
  if (!options.input_type.empty()) {
    ByteInput bytes;
    if (!options.scale.empty()) bytes.scale = options.scale;
    if (!options.offset.empty()) bytes.offset = options.offset;
    boundary.bytes = std::move(bytes);
  }
  return boundary;
}

void add_device_options(CLI::App& command, DesignOptions& options) {
  auto* device = command.add_option("--device", options.device, "Device, board or device file to fit; see finnr devices")
                     ->excludes(command.get_option("--folding"));
  command.add_flag("--fit", options.fit, "The highest rate that fits the device, at the least cost; the default with --device")
      ->needs(device)
      ->excludes(command.get_option("--fps"));
  command.add_option("--share", options.share, "Share of the device to fill")
      ->needs(device)
      ->check(CLI::Range(0.001, 1.0))
      ->capture_default_str();
  add_costs(command, options.costs)->needs(device);
}

CLI::Option* add_costs(CLI::App& command, std::string& costs) {
  return command.add_option("--cost", costs, "What fills the device: fitted, finn, or a file that finnr calibrate wrote")
      ->capture_default_str();
}

bool apply(const DesignOptions& options, Config& config, Diagnostics& diagnostics) {
  const auto refuse = [&](const char* what, const char* way_out) {
    diagnostics.add(Diagnostic(Code::kBadOption, what).fix(way_out));
    return false;
  };
  double clock_mhz = options.clock_mhz.value_or(100);
  if (!options.device.empty()) {
    const Result<Fpga> device = find_device(options.device);
    if (!device.ok()) {
      diagnostics.add(device.error());
      return false;
    }
    clock_mhz = options.clock_mhz.value_or(device->clock_mhz);
  }
  if (!std::isfinite(clock_mhz) || clock_mhz < kLeastClock || clock_mhz > kGreatestClock) {
    return refuse("--clock is not a clock", "give MHz, e.g. --clock 100");
  }
  if (options.fps && (!std::isfinite(*options.fps) || *options.fps < kLeastFps))
    return refuse("--fps is not a frame rate", "give frames a second, e.g. --fps 1000");
  std::optional<Boundary> boundary = boundary_of(options, diagnostics);
  if (!boundary) return false;
  config.boundary = *std::move(boundary);
  config.clock_mhz = clock_mhz;
  config.device = options.device;
  config.share = options.share;
  config.costs = options.costs;
  config.fps = options.fps;
  config.folding = options.folding;
  const std::size_t colon = options.folding.rfind(':');
  if (colon != std::string::npos && !std::filesystem::exists(options.folding)) {
    config.folding = options.folding.substr(0, colon);
    config.variant = options.folding.substr(colon + 1);
  }
  return true;
}

std::vector<NamedFile> named_files(const std::vector<std::string>& words) {
  std::vector<NamedFile> files;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || std::filesystem::exists(word)) {
      files.emplace_back("", word);
    } else {
      files.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return files;
}

}  // namespace finnr::cli
