// SPDX-License-Identifier: Apache-2.0
//
// Naive models of the modules of the sweep: the shape of their streams, and their outputs by definition.

#pragma once

#include <algorithm>

#include "sweep_case.h"

// level of channel `channel` for x, by definition.
inline Value Threshold(const Case& c, std::size_t channel, Value x) {
  const auto k_count = static_cast<std::size_t>(c["NumThresholds"]);
  Value level = c.data.at("base")[channel];
  for (std::size_t k = 0; k < k_count; ++k) {
    if (x < c.data.at("thr")[channel * k_count + k]) continue;
    bool minus = false;
    if (c["StepSigns"] == 1) minus = c.data.at("sign")[channel * k_count + k] != 0;
    if (c["StepSigns"] == 2) minus = c.data.at("sign")[channel] != 0;
    level += minus ? -1 : 1;
  }
  return level;
}

inline bool MoreShape(const Case& c, Shape& s) {
  const auto lanes = [](Value n, Value bits) { return std::vector<Value>(static_cast<std::size_t>(n), bits); };
  if (c.module == "finnr_vvu") {
    s.in_bits = lanes(c["Simd"] * c["Pe"], c["XBits"]);
    s.out_bits = lanes(c["Pe"], c["OutBits"]);
    s.out_beats = c["Channels"] / c["Pe"];
    s.in_beats = s.interval = s.out_beats * (c["K"] / c["Simd"]);
  } else {
    return false;
  }
  return true;
}

inline std::vector<Raw> VvuModel(const Case& c, const std::vector<Raw>& in) {
  const bool xnor = c["XKind"] == kBipolar && c["WKind"] == kBipolar;
  std::vector<Raw> out;
  for (Value channel = 0; channel < c["Channels"]; ++channel) {
    Value sum = 0;
    Value equal = 0;
    for (Value k = 0; k < c["KReal"]; ++k) {
      const Value at = (channel / c["Pe"] * c["K"] + k) * c["Pe"] + channel % c["Pe"];
      const Value x = Decode(in[static_cast<std::size_t>(at)], c["XBits"], c["XKind"]);
      const Value w = c.data.at("weight")[static_cast<std::size_t>(channel * c["K"] + k)];
      sum += x * w;
      equal += x == w;
    }
    if (c["NumThresholds"] > 0) sum = Threshold(c, static_cast<std::size_t>(channel), xnor ? equal : sum);
    out.push_back(static_cast<Raw>(sum));
  }
  return out;
}

/// Elements of an output frame; the driver cuts them to their bits.
inline std::vector<Raw> MoreModel(const Case& c, const std::vector<Raw>& in) {
  if (c.module == "finnr_vvu") return VvuModel(c, in);
  return {};
}
