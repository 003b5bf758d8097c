// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "finnr/base/files.h"
#include "finnr/explore/layer_options.h"
#include "finnr/hardware/description.h"

namespace finnr {

inline HardwarePart described_part(const std::string& text) {
  const Result<ScratchFolder> folder = ScratchFolder::make();
  const std::filesystem::path path = folder->path() / "net.json";
  EXPECT_TRUE(write_file(path, text).ok());
  const Result<NetworkDescription> description = read_description(path.string());
  EXPECT_TRUE(description.ok()) << to_text(description.error());
  Result<HardwarePart> part = hardware_of(*description);
  EXPECT_TRUE(part.ok());
  return *std::move(part);
}

/// Convolutions, a pool and a classifier, one behind the other.
inline const char* chain_text() {
  return R"({"name": "chain", "input": {"shape": [8, 8, 3], "type": "uint4"}, "network": [
    {"name": "conv0", "kind": "conv", "inputs": ["input"], "out_shape": [6, 6, 8], "kernel": [3, 3], "weight_type": "int2", "act_out_type": "int10"},
    {"name": "thr0", "kind": "threshold", "inputs": ["conv0"], "out_shape": [6, 6, 8], "act_out_type": "uint2", "steps": 3},
    {"name": "dw1", "kind": "depthwise", "inputs": ["thr0"], "out_shape": [4, 4, 8], "kernel": [3, 3], "weight_type": "int2", "act_out_type": "int7"},
    {"name": "thr1", "kind": "threshold", "inputs": ["dw1"], "out_shape": [4, 4, 8], "act_out_type": "uint2", "steps": 3},
    {"name": "pool2", "kind": "maxpool", "inputs": ["thr1"], "out_shape": [2, 2, 8], "kernel": [2, 2], "stride": [2, 2], "act_out_type": "uint2"},
    {"name": "fc3", "kind": "fc", "inputs": ["pool2"], "out_shape": [1, 1, 10], "weight_type": "int4", "act_out_type": "int12"}]})";
}

/// Two branches of which one is empty, as in residual networks.
inline const char* branch_text() {
  return R"({"name": "branch", "input": {"shape": [6, 6, 2], "type": "uint2"}, "network": [
    {"name": "conv0", "kind": "conv", "inputs": ["input"], "out_shape": [6, 6, 4], "kernel": [3, 3], "padding": [1, 1, 1, 1], "weight_type": "int2", "act_out_type": "int8"},
    {"name": "thr0", "kind": "threshold", "inputs": ["conv0"], "out_shape": [6, 6, 4], "act_out_type": "uint2", "steps": 3},
    {"name": "fork0", "kind": "fork", "inputs": ["thr0"], "out_shape": [6, 6, 4], "act_out_type": "uint2"},
    {"name": "conv1", "kind": "conv", "inputs": ["fork0"], "out_shape": [6, 6, 4], "kernel": [3, 3], "padding": [1, 1, 1, 1], "weight_type": "int2", "act_out_type": "int8"},
    {"name": "thr1", "kind": "threshold", "inputs": ["conv1"], "out_shape": [6, 6, 4], "act_out_type": "uint2", "steps": 3},
    {"name": "add2", "kind": "add", "inputs": ["thr1", "fork0"], "out_shape": [6, 6, 4], "act_out_type": "uint3"},
    {"name": "fc3", "kind": "fc", "inputs": ["add2"], "out_shape": [1, 1, 6], "weight_type": "int2", "act_out_type": "int12"}]})";
}

/// Costs that tell units, widths and stores apart; what they are in truth is not asked here.
inline Cost plain_cost(const Design& design, const Unit& unit) {
  Cost cost;
  cost.lut = 10 + static_cast<std::int64_t>(unit.kind.index());
  for (const std::size_t s : unit.inputs) cost.lut += design.streams[s].beat_bits();
  for (const std::size_t s : unit.outputs) cost.ff += 2 * design.streams[s].beat_bits();
  const auto memory = [&](Store store, std::int64_t width, std::int64_t depth) {
    if (store == Store::kBlock) cost.bram18 += (width + 35) / 36 * ((depth + 511) / 512);
    if (store == Store::kLutRam) cost.lut += width * ((depth + 63) / 64);
    if (store == Store::kSplit) cost.bram18 += width / 36 * ((depth + 511) / 512);
    if (store == Store::kSplit) cost.lut += width % 36 * ((depth + 63) / 64);
    if (store == Store::kUltra) cost.uram += (width + 71) / 72;
  };
  if (const auto* m = std::get_if<Mvu>(&unit.kind)) {
    const std::int64_t at_once = std::int64_t{m->pe} * m->simd;
    cost.lut += at_once * m->w.bits() * m->x.bits();
    memory(m->weight_store, at_once * m->w.bits(), m->groups * m->mw * m->mh / at_once);
  }
  if (const auto* v = std::get_if<Vvu>(&unit.kind)) {
    const std::int64_t at_once = std::int64_t{v->pe} * v->simd;
    cost.lut += at_once * v->w.bits() * v->x.bits();
    memory(v->weight_store, at_once * v->w.bits(), v->channels * v->kernel / at_once);
  }
  if (const auto* f = std::get_if<Fifo>(&unit.kind)) cost.lut += f->depth;
  return cost;
}

}  // namespace finnr
