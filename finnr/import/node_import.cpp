// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/node_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/names.h"

namespace finnr {
namespace {

/// Files of IR version 3 and later name their operator set; what leaves it out is judged by its age.
std::int64_t standard_opset(const ModelFile& file) {
  const auto found = file.opsets.find("");
  if (found != file.opsets.end()) return found->second;
  return file.ir_version <= 6 ? 11 : file.ir_version == 7 ? 13 : 17;
}

template <class T>
constexpr std::string_view kTypeName;
template <>
constexpr std::string_view kTypeName<std::int64_t> = "a whole number";
template <>
constexpr std::string_view kTypeName<float> = "a number";
template <>
constexpr std::string_view kTypeName<std::string> = "a text";
template <>
constexpr std::string_view kTypeName<std::vector<std::int64_t>> = "a list of whole numbers";

/// The value of a present attribute.
template <class T>
Result<T> typed(const FileAttribute& attribute) {
  if (const T* value = std::get_if<T>(&attribute.value)) return *value;
  if (const Diagnostic* broken = std::get_if<Diagnostic>(&attribute.value)) return *broken;
  return NodeImport::attribute_error(Code::kBadAttribute, attribute.name,
                                     fmt::format("attribute '{}' has the wrong type", printable(attribute.name)))
      .because(fmt::format("it must be {}", kTypeName<T>));
}

bool is_finite(const Tensor& tensor) {
  return !tensor.is_float() || std::ranges::all_of(tensor.floats(), [](float x) { return std::isfinite(x); });
}

}  // namespace

NodeImport::NodeImport(const FileNode& node, Workspace& workspace)
    : node_(node), workspace_(workspace), opset_(standard_opset(workspace.file)), given_(node.outputs.size(), false) {
  for (const TensorIndex input : node.inputs) {
    const Operand& operand = workspace.operands[input];
    varies_ = varies_ || operand.varies;
    if (batched_.batch_axis < 0 && operand.batch_axis >= 0 && operand.state == Operand::State::kValue) batched_ = operand;
  }
}

Result<Operand> NodeImport::operand(std::size_t i) {
  if (!has_input(i)) return error(Code::kBadOperands, fmt::format("input {} of {} is missing", i, printable(full_type(node_))));
  const Operand& operand = workspace_.operands[node_.inputs[i]];
  if (operand.state == Operand::State::kPoisoned) return silence();
  if (operand.state == Operand::State::kUnusable) {
    return input_error(Code::kBadTensor, i, fmt::format("{} has element type {}", tensor_text(input_name(i)), to_text(operand.stored)))
        .because("finnr reads numbers only: floats of 16 to 64 bits, integers and booleans");
  }
  return operand;
}

Result<ValueId> NodeImport::value(std::size_t i) {
  FINNR_ASSIGN(const Operand found, operand(i));
  FINNR_ASSIGN(const ValueId id, value_of(found, i));
  if (found.is_constant() && !found.value.valid()) {
    Operand& kept = workspace_.operands[node_.inputs[i]];
    kept.value = id;
    kept.constant = workspace_.graph.value(id).constant;
  }
  return id;
}

Result<ValueId> NodeImport::value_of(const Operand& operand, std::size_t i) {
  if (operand.value.valid()) return operand.value;
  if (!is_finite(*operand.constant)) {
    const bool nan = std::ranges::any_of(operand.constant->floats(), [](float x) { return std::isnan(x); });
    return input_error(Code::kNotANumber, i, fmt::format("{} holds {}", tensor_text(input_name(i)), nan ? "NaN" : "an infinite number"))
        .because("training diverged, or the export is faulty")
        .fix("look at this tensor in training");
  }
  return unchecked_value(operand, i);
}

Result<ValueId> NodeImport::unchecked_value(const Operand& operand, std::size_t i) {
  if (operand.value.valid()) return operand.value;
  return workspace_.graph.add_constant(*operand.constant, input_name(i));
}

Result<std::shared_ptr<const Tensor>> NodeImport::parameter(std::size_t i, std::string_view what) {
  Result<Operand> found = operand(i);
  const bool varies = has_input(i) && workspace_.operands[node_.inputs[i]].varies;
  if (found.ok() && found->is_constant()) return found->constant;
  if (!found.ok() && !(varies && is_silent(found.error()))) return std::move(found).error();
  return input_error(Code::kNotConstant, i, fmt::format("{} of {} is not a constant", what, printable(node_.type)))
      .because(varies ? "it depends on the input of the network" : "it is the result of a quantizer or of an operator that is not folded")
      .fix("store it in the file as a fixed number");
}

Result<float> NodeImport::number_parameter(std::size_t i, std::string_view what) {
  FINNR_ASSIGN(const std::shared_ptr<const Tensor> tensor, parameter(i, what));
  if (tensor->size() != 1)
    return input_error(Code::kShapeMismatch, i, fmt::format("{} has shape {}, one number is expected", what, to_text(tensor->shape())));
  return as_floats(*tensor)[0];
}

Result<std::vector<std::int64_t>> NodeImport::integers_parameter(std::size_t i, std::string_view what) {
  FINNR_ASSIGN(const std::shared_ptr<const Tensor> tensor, parameter(i, what));
  if (tensor->is_float() || tensor->shape().size() > 1) {
    return input_error(Code::kTypeMismatch, i, fmt::format("{} must be a list of whole numbers", what))
        .because(fmt::format("it is {}{}", tensor->is_float() ? "float32" : "int64", to_text(tensor->shape())));
  }
  return tensor->ints();
}

Result<ValueId> NodeImport::machine_value(const Operand& operand, std::size_t i) {
  const std::optional<IntType> range = machine_range(operand.stored);
  if (!range) return value_of(operand, i);
  if (operand.is_constant()) return workspace_.graph.add_constant(*operand.constant, input_name(i), *range);
  if (workspace_.graph.value(operand.value).type.ints == *range) return operand.value;
  return input_error(Code::kTypeMismatch, i, fmt::format("{} takes integer codes, not numbers", printable(full_type(node_))))
      .because("arithmetic on the codes of a quantizer has no meaning for the values they stand for")
      .fix("put a DequantizeLinear in front");
}

Shape NodeImport::shape(const Operand& operand) const {
  return operand.is_constant() ? operand.constant->shape() : workspace_.graph.value(operand.value).shape;
}

const FileAttribute* NodeImport::attribute(std::string_view name) const {
  const auto found = std::ranges::find(node_.attributes, name, &FileAttribute::name);
  return found == node_.attributes.end() ? nullptr : &*found;
}

Result<std::int64_t> NodeImport::integer(std::string_view name, std::int64_t otherwise) {
  const FileAttribute* found = attribute(name);
  if (found == nullptr) return otherwise;
  return typed<std::int64_t>(*found);
}

Result<float> NodeImport::number(std::string_view name, float otherwise) {
  const FileAttribute* found = attribute(name);
  if (found == nullptr) return otherwise;
  if (const auto* whole = std::get_if<std::int64_t>(&found->value)) return static_cast<float>(*whole);
  FINNR_ASSIGN(const float value, typed<float>(*found));
  if (std::isnan(value)) return attribute_error(Code::kBadAttribute, name, fmt::format("attribute '{}' is NaN", name));
  return value;
}

Result<std::string> NodeImport::text(std::string_view name, std::string otherwise) {
  const FileAttribute* found = attribute(name);
  if (found == nullptr) return otherwise;
  return typed<std::string>(*found);
}

Result<std::vector<std::int64_t>> NodeImport::integers(std::string_view name) {
  const FileAttribute* found = attribute(name);
  if (found == nullptr) return attribute_error(Code::kBadAttribute, name, fmt::format("attribute '{}' is missing", name));
  return typed<std::vector<std::int64_t>>(*found);
}

Result<int> NodeImport::axis(std::string_view name, std::int64_t otherwise, std::size_t rank) {
  FINNR_ASSIGN(const std::int64_t given, integer(name, otherwise));
  if (const std::optional<int> normal = normal_axis(given, rank)) return *normal;
  return attribute_error(Code::kBadAttribute, name, fmt::format("{} {} does not exist", name, given))
      .because(fmt::format("the tensor has {} axes", rank));
}

Result<ValueId> NodeImport::add(Op op, std::initializer_list<ValueId> inputs) {
  FINNR_ASSIGN(const NodeId id, add_node(std::move(op), {inputs.begin(), inputs.size()}));
  return workspace_.graph.node(id).outputs[0];
}

Result<NodeId> NodeImport::add_node(Op op, std::span<const ValueId> inputs, const Origin& also) {
  Origin origin = also;
  merge(origin, {node_.name});
  return workspace_.graph.add(std::move(op), inputs, std::move(origin));
}

Operand NodeImport::made(ValueId value, StoredType stored, const Operand& from) const {
  int batch = from.batch_axis;
  if (batch >= 0) batch += static_cast<int>(workspace_.graph.value(value).shape.size()) - static_cast<int>(shape(from).size());
  return {Operand::State::kValue, varies_, std::max(-1, batch), stored, nullptr, value};
}

Result<Operand> NodeImport::made(Tensor tensor, StoredType stored) {
  FINNR_RETURN_IF_ERROR(charge(tensor.size()));
  return Operand{Operand::State::kConstant, false, -1, stored, std::make_shared<const Tensor>(std::move(tensor)), {}};
}

Status NodeImport::charge(std::int64_t elements) {
  workspace_.budget -= elements;
  if (workspace_.budget >= 0) return ok_status();
  workspace_.budget = 0;
  return error(Code::kTooLarge, fmt::format("{} computes constants that are too large", printable(full_type(node_))))
      .because("the constants that the file computes are far larger than the file");
}

Status NodeImport::give(std::size_t i, Operand operand) {
  FINNR_CHECK(i < node_.outputs.size(), "an output that the node has");
  given_[i] = true;
  if (node_.outputs[i] == 0) return ok_status();
  if (operand.state == Operand::State::kValue && workspace_.graph.value(operand.value).name.empty()) {
    workspace_.graph.set_name(operand.value, workspace_.file.names.name(node_.outputs[i]));
  }
  workspace_.operands[node_.outputs[i]] = std::move(operand);
  return ok_status();
}

Status NodeImport::give(Result<Operand> operand) {
  if (!operand.ok()) return std::move(operand).error();
  return give(0, *std::move(operand));
}

Diagnostic NodeImport::input_error(Code code, std::size_t i, std::string message) const {
  return Diagnostic(code, std::move(message)).at({"", "", input_text(i, input_name(i))});
}

Diagnostic NodeImport::attribute_error(Code code, std::string_view name, std::string message) {
  return Diagnostic(code, std::move(message)).at({"", "", fmt::format("attribute '{}'", printable(name))});
}

std::string NodeImport::input_name(std::size_t i) const {
  return i < node_.inputs.size() ? workspace_.file.names.name(node_.inputs[i]) : "";
}

void NodeImport::note_obstacle(Diagnostic diagnostic) {
  workspace_.obstacles.push_back(placed(std::move(diagnostic), workspace_.file.path, node_));
}

Diagnostic placed(Diagnostic diagnostic, const std::string& file, const FileNode& node) {
  if (diagnostic.places.empty()) diagnostic.places.emplace_back();
  for (Place& place : diagnostic.places) {
    if (place.file.empty()) place.file = file;
    if (place.node.empty()) place.node = printable(node.name);
  }
  return diagnostic;
}

}  // namespace finnr
