// SPDX-License-Identifier: Apache-2.0
//
// The window unit in the sweep: its shape as the cycle model takes it, and its outputs by definition.

#pragma once

#include <map>
#include <utility>
#include <vector>

#include "finnr/hardware/window.h"
#include "sweep_case.h"

inline finnr::WindowShape WindowOf(const Case& c) {
  return {.h = c["H"],
          .w = c["W"],
          .groups = c["Groups"],
          .inner = c["Inner"],
          .kh = c["KH"],
          .kw = c["KW"],
          .stride_h = c["StrideH"],
          .stride_w = c["StrideW"],
          .dilation_h = c["DilationH"],
          .dilation_w = c["DilationW"],
          .up_h = c["UpH"],
          .up_w = c["UpW"],
          .repeat = c["Repeat"] != 0,
          .pad_top = c["PadTop"],
          .pad_left = c["PadLeft"],
          .oh = c["OH"],
          .ow = c["OW"],
          .tile_h = c["TileH"],
          .tile_w = c["TileW"]};
}

// The virtual image is laid out, then windows are cut.
inline std::vector<Raw> WindowModel(const Case& c, const std::vector<Raw>& in) {
  const Value pixel = c["Groups"] * c["Inner"] * c["Lanes"];
  const Value span = c["Inner"] * c["Lanes"];
  std::map<std::pair<Value, Value>, const Raw*> image;
  for (Value y = 0; y < c["H"]; ++y) {
    for (Value x = 0; x < c["W"]; ++x) {
      for (Value v = 0; v < (c["Repeat"] ? c["UpH"] : 1); ++v) {
        for (Value u = 0; u < (c["Repeat"] ? c["UpW"] : 1); ++u) {
          image[{y * c["UpH"] + v, x * c["UpW"] + u}] = &in[static_cast<std::size_t>((y * c["W"] + x) * pixel)];
        }
      }
    }
  }
  std::vector<Raw> out;
  const auto window = [&](Value top, Value left, Value group) {
    for (Value ky = 0; ky < c["KH"]; ++ky) {
      for (Value kx = 0; kx < c["KW"]; ++kx) {
        const auto at = image.find({top + ky * c["DilationH"], left + kx * c["DilationW"]});
        for (Value i = 0; i < span; ++i) out.push_back(at == image.end() ? static_cast<Raw>(c["Fill"]) : at->second[group * span + i]);
      }
    }
  };
  for (Value oy = 0; oy < c["OH"]; ++oy) {
    for (Value ox = 0; ox < c["OW"]; ++ox) {
      for (Value g = 0; g < c["Groups"]; ++g) window(oy * c["StrideH"] - c["PadTop"], ox * c["StrideW"] - c["PadLeft"], g);
    }
  }
  return out;
}
