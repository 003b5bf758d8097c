// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/import/stored_tensor.h"

namespace finnr {

/// A tensor name of the file by number; 0 is the empty name: an operand that is left out.
using TensorIndex = std::uint32_t;

/// All tensor names of a file. Names are arbitrary bytes.
class TensorNames {
 public:
  TensorIndex index(const std::string& name);
  /// A number of its own for a tensor that the file does not name.
  TensorIndex fresh(std::string name);
  [[nodiscard]] const std::string& name(TensorIndex index) const { return names_[index]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_ = {""};
  std::unordered_map<std::string, TensorIndex> indices_ = {{"", 0}};
};

/// An attribute of a node. monostate: of a kind that finnr does not read (graphs, types, sparse tensors);
/// Diagnostic: a tensor that is broken.
struct FileAttribute {
  using Value = std::variant<std::monostate, std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                             std::vector<std::string>, StoredTensor, Diagnostic>;
  std::string name;
  std::string reference;  ///< in the body of a function: the attribute of the call that this one repeats
  Value value;
};

struct FileNode {
  std::string name;  ///< its own, or "<Type>_<index>"
  std::string type;
  std::string domain;
  std::vector<TensorIndex> inputs;  ///< without left-out operands at the end
  std::vector<TensorIndex> outputs;
  std::vector<FileAttribute> attributes;
};

/// A size that is unknown is -1 and may have a symbol.
struct FileDimension {
  std::int64_t size = -1;
  std::string symbol;
};

/// A graph input or output.
struct FilePort {
  TensorIndex tensor = 0;
  StoredType type = StoredType::kUndefined;
  bool is_tensor = true;  ///< not a sequence, map or optional
  std::optional<std::vector<FileDimension>> shape;
};

/// `value.tensor` is empty, too, when the tensor is broken and was reported (`reported`).
struct FileConstant {
  TensorIndex tensor = 0;
  StoredTensor value;
  bool reported = false;
};

/// A function of the file: a name for a group of nodes. Its tensor names are local.
struct FileFunction {
  std::string name;
  std::string domain;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  struct Step {
    FileNode node;  ///< without tensors
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
  };
  std::vector<Step> steps;
};

/// What a model file says, free of the file format: no meaning yet, links not yet checked.
struct ModelFile {
  std::string path;
  std::string graph_name;
  std::string producer;
  std::int64_t ir_version = 0;
  std::map<std::string, std::int64_t> opsets;  ///< by domain; "" is the standard one
  std::size_t bytes = 0;
  TensorNames names;
  std::vector<FilePort> inputs;  ///< constants among them included
  std::vector<FilePort> outputs;
  std::vector<FileConstant> constants;
  std::vector<FileNode> nodes;
  std::vector<FileFunction> functions;
};

/// Reads and decodes a file. Broken tensors are reported and kept as such; nothing is returned when the file as a whole
/// cannot be read. Codes: kFileUnreadable, kNotOnnx, kBadTensor, kTooLarge, kExternalData.
std::optional<ModelFile> read_model_file(const std::string& path, Diagnostics& diagnostics);

/// "Conv", or "onnx.brevitas::Quant" outside the standard domain.
std::string full_type(const FileNode& node);

}  // namespace finnr
