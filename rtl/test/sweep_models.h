// SPDX-License-Identifier: Apache-2.0
//
// Naive models of the modules of the sweep: the shape of their streams, and their outputs by definition.

#pragma once

#include <algorithm>
#include <numeric>

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
  } else if (c.module == "finnr_cast") {
    s.in_bits = lanes(c["Lanes"], c["InBits"]);
    s.out_bits = lanes(c["Lanes"], c["OutBits"]);
  } else if (c.module == "finnr_pool") {
    s.in_bits = lanes(c["Simd"] * c["Lanes"], c["XBits"]);
    s.out_bits = lanes(c["Lanes"], c["OutBits"]);
    s.out_beats = c["Inner"];
    s.in_beats = s.interval = c["Count"] * c["Inner"];
  } else if (c.module == "finnr_join") {
    s.in_bits = lanes(c["Lanes"], c["ABits"]);
    s.more.push_back({lanes(c["Lanes"], c["BBits"]), 1});
    s.out_bits = lanes(c["Lanes"], c["OutBits"]);
  } else if (c.module == "finnr_concat") {
    const auto& turns = c.data.at("turn");
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
    s.in_beats = turns[0];
    for (std::size_t i = 1; i < turns.size(); ++i) s.more.push_back({lanes(1, c["Width"]), turns[i]});
    s.out_beats = s.interval = std::accumulate(turns.begin(), turns.end(), Value{0});
  } else if (c.module == "finnr_fork_join") {
    s.in_bits = lanes(1, c["Width"]);
    s.out_bits = lanes(1, c["Width"] + 1);
    s.in_beats = s.out_beats = s.interval = c["Beats"];
  } else if (c.module == "finnr_take") {
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
    s.in_beats = s.interval = c["Period"];
    s.out_beats = c["Count"];
  } else if (c.module == "finnr_permute") {
    s.in_bits = s.out_bits = lanes(1, c["Width"]);
    s.in_beats = c["InBeats"];
    s.out_beats = c["OutBeats"];
    s.interval = std::max(s.in_beats, s.out_beats);
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

inline std::vector<Raw> PoolModel(const Case& c, const std::vector<Raw>& in) {
  const auto width = static_cast<std::size_t>(c["Inner"] * c["Lanes"]);
  std::vector<Raw> out;
  for (std::size_t i = 0; i < width; ++i) {
    Value sum = 0;
    Value most = Decode(in[i], c["XBits"], c["XKind"]);
    for (std::size_t at = i; at < in.size(); at += width) {
      const Value x = Decode(in[at], c["XBits"], c["XKind"]);
      sum += x;
      most = std::max(most, x);
    }
    if (c["XKind"] == kBipolar && c["Function"] == 0) most = most > 0;
    out.push_back(static_cast<Raw>(c["Function"] == 1 ? sum : most));
  }
  return out;
}

inline std::vector<Raw> JoinModel(const Case& c, const std::vector<Raw>& in) {
  std::vector<Raw> out;
  for (std::size_t lane = 0; lane < in.size() / 2; ++lane) {
    const Value a = Decode(in[lane], c["ABits"], c["AKind"]);
    const Value b = Decode(in[in.size() / 2 + lane], c["BBits"], c["BKind"]);
    out.push_back(static_cast<Raw>(c["Function"] == 1 ? a * b : c["MulA"] * a + c["MulB"] * b));
  }
  return out;
}

/// Elements of an output frame; the driver cuts them to their bits.
inline std::vector<Raw> MoreModel(const Case& c, const std::vector<Raw>& in) {
  if (c.module == "finnr_vvu") return VvuModel(c, in);
  if (c.module == "finnr_pool") return PoolModel(c, in);
  if (c.module == "finnr_join") return JoinModel(c, in);
  if (c.module == "finnr_concat") return in;
  std::vector<Raw> out;
  if (c.module == "finnr_cast") {
    for (const Raw x : in) out.push_back(static_cast<Raw>(Decode(x, c["InBits"], c["InKind"])));
  }
  if (c.module == "finnr_take") {
    for (Value i = 0; i < c["Count"]; ++i) out.push_back(in[static_cast<std::size_t>(c["First"] + i)]);
  }
  if (c.module == "finnr_fork_join") {
    for (std::size_t j = 0; j < in.size(); ++j) out.push_back(in[j] + in[static_cast<std::size_t>(c.data.at("index")[j])]);
  }
  if (c.module == "finnr_permute") {
    for (const Value i : c.data.at("index")) out.push_back(in[static_cast<std::size_t>(i)]);
  }
  return out;
}
