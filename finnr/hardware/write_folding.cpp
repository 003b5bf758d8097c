// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/write_folding.h"

#include <nlohmann/json.hpp>

#include "finnr/hardware/core.h"

namespace finnr {

std::string write_folding(const HardwarePart& part, const Folding& folding) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < folding.size(); ++i) {
    const Layer& layer = part.layers[i];
    const Fold& fold = folding[i];
    nlohmann::ordered_json entry = {{"pe", fold.pe}};
    if (std::holds_alternative<MatrixLayer>(layer.kind) || std::holds_alternative<DepthwiseLayer>(layer.kind)) entry["simd"] = fold.simd;
    if (fold.m > 1) entry["m"] = fold.m;
    if (fold.pad && fold.padded == 0) entry["pad"] = true;
    if (fold.pad && fold.padded > 0) entry["pad"] = fold.padded;
    if (fold.weight_store) entry["store"] = std::string(to_text(*fold.weight_store));
    if (fold.core) entry["core"] = std::string(to_text(*fold.core));
    if (fold.pipeline > 0) entry["pipeline"] = fold.pipeline;
    layers[layer.name] = std::move(entry);
  }
  std::string text = "{\"layers\": {";
  const char* separator = "\n  ";
  for (const auto& [name, entry] : layers.items()) {
    text += separator + nlohmann::ordered_json(name).dump() + ": " + entry.dump();
    separator = ",\n  ";
  }
  return text + "\n}}\n";
}

}  // namespace finnr
