// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "finnr/graph/packing.h"
#include "finnr/graph/text.h"

namespace finnr {
namespace {

constexpr std::int64_t kPlainElements = 16;  ///< constants up to this size are lists of numbers

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string type_text(const ElementType& type, const Shape& shape) { return (type.is_float ? "f32" : to_text(type.ints)) + to_text(shape); }

// One overload for each kind of field.
std::string field(bool x) { return x ? "true" : "false"; }
std::string field(int x) { return fmt::format("{}", x); }
std::string field(std::int64_t x) { return fmt::format("{}", x); }
std::string field(float x) { return fmt::format("{}", x); }
std::string field(double x) { return fmt::format("{}", x); }
std::string field(const IntType& x) { return to_text(x); }
std::string field(Rounding x) { return std::string(to_text(x)); }
std::string field(QuantizeStyle x) { return std::string(to_text(x)); }
std::string field(BinaryFunction x) { return std::string(to_text(x)); }
std::string field(PoolKind x) { return std::string(to_text(x)); }
std::string field(JoinFunction x) { return std::string(to_text(x)); }
std::string field(UnaryFunction x) { return std::string(unary_info(x).name); }
template <class T>
std::string field(const std::vector<T>& list) {
  std::string text = "[";
  for (const T& x : list) text += (text.size() > 1 ? "," : "") + field(x);
  return text + "]";
}
template <class T>
std::string field(const PerAxis<T>& x) {
  return x.uniform() ? field(x.values[0]) : fmt::format("{}@{}", field(x.values), x.axis);
}

std::string attributes(Op op) {
  std::string text;
  std::visit(
      [&](auto& typed) {
        fields(typed, [&](std::string_view name, const auto& member) {
          text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, field(member));
        });
      },
      op);
  return text.empty() ? "" : " {" + text + "}";
}

std::string elements(const Value& value, Constants constants) {
  const Tensor& tensor = *value.constant;
  if (tensor.size() > kPlainElements)
    return constants == Constants::kElided ? "..." : fmt::format("base64 \"{}\"", pack(tensor, value.type));
  return tensor.is_float() ? field(tensor.floats()) : field(tensor.ints());
}

}  // namespace

std::string attributes_text(const Op& op) { return std::string(op_name(op)) + attributes(op); }

std::string print(const Graph& graph, Constants constants) {
  std::string text;
  const auto out = std::back_inserter(text);
  const auto named = [&](ValueId id) {
    const std::string& name = graph.value(id).name;
    return name.empty() ? fmt::format("%{}", id.value) : fmt::format("%{} {}", id.value, quoted(name));
  };
  std::vector<bool> printed(graph.value_count(), false);
  const auto constant = [&](ValueId id) {
    const Value& value = graph.value(id);
    if (!value.constant || printed[id.index()]) return;
    printed[id.index()] = true;
    fmt::format_to(out, "const {} : {} = {}\n", named(id), type_text(value.type, value.shape), elements(value, constants));
  };

  fmt::format_to(out, "graph {}\n", quoted(graph.name));
  for (const ValueId id : graph.inputs())
    fmt::format_to(out, "input {} : {}\n", named(id), type_text(graph.value(id).type, graph.value(id).shape));
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    for (const ValueId input : node.inputs) constant(input);
    std::string results;
    std::string types;
    std::string operands;
    for (const ValueId output : node.outputs) {
      results += (results.empty() ? "" : ", ") + named(output);
      types += (types.empty() ? "" : ", ") + type_text(graph.value(output).type, graph.value(output).shape);
    }
    for (const ValueId input : node.inputs) operands += fmt::format("{}%{}", operands.empty() ? "" : ", ", input.value);
    fmt::format_to(out, "{} = {}({}){} : {}", results, op_name(node.op), operands, attributes(node.op), types);
    if (!node.origin.empty()) text += " from";
    for (const std::string& name : node.origin) text += " " + quoted(name);
    text += "\n";
  }
  for (const ValueId id : graph.outputs()) constant(id);
  text += "output";
  for (const ValueId id : graph.outputs()) fmt::format_to(out, " %{}", id.value);
  text += "\n";
  return text;
}

}  // namespace finnr
