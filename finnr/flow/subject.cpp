// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/subject.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "finnr/hardware/description.h"

namespace finnr {
namespace {

struct Work {
  std::int64_t products = 0;
  int w_bits = 1;
};

Work work_of(const Layer& layer) {
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) return {m->vectors * m->inputs * m->outputs, m->w.bits()};
  if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) return {d->pixels * d->channels * d->kernel, d->w.bits()};
  return {};
}

Subject subject_of(std::string name, HardwarePart part) {
  Subject subject{std::move(name), std::move(part), 0, 0, 1, 1};
  std::int64_t most = 0;
  for (const Layer& layer : subject.part.layers) {
    const Work work = work_of(layer);
    subject.operations += 2 * work.products;
    if (work.products <= most) continue;
    most = work.products;
    subject.w_bits = work.w_bits;
    subject.x_bits = subject.part.links[layer.inputs[0]].type.bits();
  }
  for (const auto* links : {&subject.part.inputs, &subject.part.outputs}) {
    for (const std::size_t link : *links) {
      const Link& l = subject.part.links[link];
      subject.io_bits += l.vectors * l.channels * l.type.bits();
    }
  }
  return subject;
}

}  // namespace

std::optional<Subject> read_subject(const std::string& path, const Boundary& boundary, Diagnostics& diagnostics) {
  const std::string name = std::filesystem::path(path).stem().string();
  if (is_description(path)) {
    const Result<NetworkDescription> description = read_description(path);
    Result<HardwarePart> part = description.ok() ? hardware_of(*description) : Result<HardwarePart>(description.error());
    report_failure(part, diagnostics, path);
    if (!part.ok()) return std::nullopt;
    return subject_of(name, *std::move(part));
  }
  std::optional<Network> network = read_network(path, diagnostics);
  std::optional<HardwarePart> part;
  if (network && streamline(*network, boundary, diagnostics)) part = plan_hardware(*network, diagnostics);
  name_file(diagnostics, path);
  if (!part) return std::nullopt;
  return subject_of(name, *std::move(part));
}

Room room_in(const Fpga& device, double share, double clock_mhz) {
  const auto part_of = [&](Cost cost) {
    for (const auto member : Cost::kMembers)
      cost.*member = static_cast<std::int64_t>(std::floor(static_cast<double>(cost.*member) * share));
    return cost;
  };
  Room room{device.name, part_of(device.usable()), {}, clock_mhz};
  for (std::int64_t i = 0; i < device.regions(); ++i) {
    const Cost region = part_of(device.region(i));
    if (i == 0 || room.largest.fits(region)) room.largest = region;
  }
  return room;
}

}  // namespace finnr
