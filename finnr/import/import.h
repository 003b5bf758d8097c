// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// One node of the model file, for `finnr check`.
struct ModelNode {
  std::string name;     ///< its own name, or "<Type>_<index>" when the file gives none
  std::string type;     ///< operator type as in the file, with its domain unless that is the standard one
  bool folded = false;  ///< became part of a constant, or only renames: no operator of the graph stands for it
};

/// A model file as a graph.
struct Model {
  Graph graph;
  std::string file;                   ///< path as the user spelled it
  std::string producer;               ///< "pytorch 1.7", may be empty
  int opset = 0;                      ///< version of the standard operator set
  std::vector<ModelNode> nodes;       ///< every node of the file, in file order
  std::vector<Diagnostic> obstacles;  ///< errors for building hardware that running the network does not mind
};

/// Reads an ONNX file (QONNX and plain ONNX operators) into a graph in which batch size is what the file says (1 when
/// symbolic), every quantizer is a quantize and dequantize pair, batch norms are multiply and add, and constant
/// subgraphs are folded. Reports everything that is wrong, not only the first; nothing is returned then.
/// Never crashes, never reads outside the model's folder, and allocates at most a small multiple of the file's size.
std::optional<Model> import_model(const std::string& path, Diagnostics& diagnostics);

/// The nodes of a model file as it lists them, also where the network cannot be imported; none when it is no model file.
std::vector<ModelNode> list_nodes(const std::string& path);

}  // namespace finnr
