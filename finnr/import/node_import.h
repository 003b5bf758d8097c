// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/graph/graph.h"
#include "finnr/import/model_file.h"

namespace finnr {

/// What a tensor of the file has become.
struct Operand {
  enum class State : std::uint8_t {
    kPoisoned,  ///< an error was reported, or the tensor does not exist; readers stay silent
    kUnusable,  ///< stored with an element type that finnr does not read; its readers report it
    kConstant,
    kValue,
  };
  State state = State::kPoisoned;
  bool varies = false;  ///< depends on an input of the graph, poisoned or not
  int batch_axis = -1;  ///< axis along which samples larger than one in number lie; -1: none, or not known
  StoredType stored = StoredType::kFloat32;
  std::shared_ptr<const Tensor> constant;
  ValueId value;  ///< of constants: once they are in the graph

  [[nodiscard]] bool is_constant() const { return state == State::kConstant; }
};

/// What all nodes of an import share.
struct Workspace {
  const ModelFile& file;
  Graph& graph;
  std::vector<Operand> operands;           ///< by tensor index
  std::int64_t budget = 0;                 ///< elements that folding may still make
  std::vector<Diagnostic> obstacles = {};  ///< what only hardware minds (Model::obstacles)
};

/// Importing one node: its operands and attributes with coded errors, and ways to give its results. The diagnostics
/// it returns name the input or attribute; file and node are put in by `placed`.
class NodeImport {
 public:
  NodeImport(const FileNode& node, Workspace& workspace);

  [[nodiscard]] const FileNode& node() const { return node_; }
  [[nodiscard]] std::int64_t opset() const {
    return opset_;
  }  ///< of the standard set, guessed from the IR version when the file does not say

  // Operands.
  [[nodiscard]] std::size_t input_count() const { return node_.inputs.size(); }
  [[nodiscard]] bool has_input(std::size_t i) const { return i < node_.inputs.size() && node_.inputs[i] != 0; }
  /// Fails silently when poisoned, with kBadOperands when left out.
  Result<Operand> operand(std::size_t i);
  /// The operand as a value of the graph.
  Result<ValueId> value(std::size_t i);
  /// Any operand as a value of the graph; a constant is put in, and must be finite (kNotANumber). `i` names it: the
  /// input that it comes from, or input_count() for what the node made.
  Result<ValueId> value_of(const Operand& operand, std::size_t i);
  /// The same for constants that may be infinite: thresholds, limits.
  Result<ValueId> unchecked_value(const Operand& operand, std::size_t i);
  /// A constant operand; fails with kNotConstant. `what` says what it is: "the scale".
  Result<std::shared_ptr<const Tensor>> parameter(std::size_t i, std::string_view what);
  /// The same for a single number, or for whole numbers (kTypeMismatch).
  Result<float> number_parameter(std::size_t i, std::string_view what);
  Result<std::vector<std::int64_t>> integers_parameter(std::size_t i, std::string_view what);
  /// Integers as a value whose type is the full machine range, so that arithmetic wraps as the file's does. Fails with
  /// kTypeMismatch for codes of a narrower range. Floats are like value_of().
  Result<ValueId> machine_value(const Operand& operand, std::size_t i);
  [[nodiscard]] Shape shape(const Operand& operand) const;
  [[nodiscard]] const Graph& graph() const { return workspace_.graph; }

  // Attributes. Absent ones take the default; a wrong type is kBadAttribute.
  [[nodiscard]] const FileAttribute* attribute(std::string_view name) const;
  Result<std::int64_t> integer(std::string_view name, std::int64_t otherwise);
  Result<float> number(std::string_view name, float otherwise);
  Result<std::string> text(std::string_view name, std::string otherwise);
  Result<std::vector<std::int64_t>> integers(std::string_view name);
  /// An axis of a tensor of that rank, negative ones counted from the end.
  Result<int> axis(std::string_view name, std::int64_t otherwise, std::size_t rank);

  // Results.
  Result<ValueId> add(Op op, std::initializer_list<ValueId> inputs);
  Result<NodeId> add_node(Op op, std::span<const ValueId> inputs, const Origin& also = {});
  /// A value that this node made, as an operand for more. A result of `from`: its samples lie along the same axis, counted
  /// from the end. The node's first operand that has an axis of samples, when it is left out.
  [[nodiscard]] Operand made(ValueId value, StoredType stored, const Operand& from) const;
  [[nodiscard]] Operand made(ValueId value, StoredType stored) const { return made(value, stored, batched_); }
  Result<Operand> made(Tensor tensor, StoredType stored);
  /// Fails with kTooLarge when folding makes more elements than a file of this size explains.
  Status charge(std::int64_t elements);
  Status give(std::size_t i, Operand operand);
  Status give(Operand operand) { return give(0, std::move(operand)); }
  Status give(Result<Operand> operand);
  [[nodiscard]] bool is_given(std::size_t i) const { return given_[i]; }

  // Messages.
  static Diagnostic error(Code code, std::string message) { return {code, std::move(message)}; }
  Diagnostic input_error(Code code, std::size_t i, std::string message) const;
  static Diagnostic attribute_error(Code code, std::string_view name, std::string message);
  /// Something that only hardware minds: the node is imported all the same.
  void note_obstacle(Diagnostic diagnostic);
  /// The failure of a node whose operand has failed before: reported already.
  static Diagnostic silence() { return {}; }
  static bool is_silent(const Diagnostic& diagnostic) { return diagnostic.message.empty(); }
  [[nodiscard]] std::string input_name(std::size_t i) const;

 private:
  const FileNode& node_;
  Workspace& workspace_;
  std::int64_t opset_ = 0;
  bool varies_ = false;  ///< an operand does
  Operand batched_;      ///< the first with an axis of samples
  std::vector<bool> given_;
};

/// The diagnostic with file and node in every place that lacks them.
Diagnostic placed(Diagnostic diagnostic, const std::string& file, const FileNode& node);

}  // namespace finnr
