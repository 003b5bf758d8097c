// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/subject.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "finnr/flow/estimate.h"

namespace finnr {
namespace {

/// Products of a layer and the bits of its weights; nothing without weights.
std::optional<std::pair<std::int64_t, int>> products_of(const Layer& layer) {
  if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) return std::pair(m->vectors * m->inputs * m->outputs, m->w.bits());
  if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) return std::pair(d->pixels * d->channels * d->kernel, d->w.bits());
  return std::nullopt;
}

Subject subject_of(std::string name, HardwarePart part) {
  Subject subject{std::move(name), std::move(part), {}, 0};
  for (const Layer& layer : subject.part.layers) {
    const auto products = products_of(layer);
    if (!products) continue;
    subject.work.push_back({2.0 * static_cast<double>(products->first), products->second, subject.part.links[layer.inputs[0]].type.bits()});
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

double Subject::operations() const {
  double sum = 0;
  for (const Work& one : work) sum += one.operations;
  return sum;
}

std::optional<Subject> read_subject(const std::string& path, const Boundary& boundary, Diagnostics& diagnostics) {
  Result<PlannedPart> planned = plan_part(path, boundary, diagnostics);
  report_failure(planned, diagnostics, path);
  if (!planned.ok()) return std::nullopt;
  return subject_of(std::filesystem::path(planned->file).stem().string(), std::move(planned->part));
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
