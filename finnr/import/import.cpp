// SPDX-License-Identifier: Apache-2.0
// The importer as a table of contents: read the file, expand its functions, check its links, then import node by node
// in topological order. A failed node poisons its results, so that what is right about them is reported once.
#include "finnr/import/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_set>

#include "finnr/import/functions.h"
#include "finnr/import/links.h"
#include "finnr/import/names.h"
#include "finnr/import/node_import.h"
#include "finnr/import/operators.h"

namespace finnr {
namespace {

constexpr std::size_t kMaxReported = 20;
constexpr std::size_t kMaxPlaces = 8;

class Import {
 public:
  Import(const ModelFile& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics), workspace_{file, model_.graph, {}, 0} {
    workspace_.operands.resize(file.names.size());
    workspace_.budget = (std::int64_t{1} << 24) + 16 * static_cast<std::int64_t>(file.bytes);
  }

  Model run(std::vector<ModelNode> nodes) {
    describe(std::move(nodes));
    take_constants();
    take_inputs();
    const Links links = check_links(file_, diagnostics_);
    for (const std::size_t index : links.order) {
      if (links.needed[index] && reported_ < kMaxReported) import_node(file_.nodes[index]);
    }
    report_unknown();
    take_outputs();
    mark_folded();
    model_.obstacles = std::move(workspace_.obstacles);
    return std::move(model_);
  }

 private:
  void describe(std::vector<ModelNode> nodes) {
    model_.file = file_.path;
    model_.producer = file_.producer;
    model_.nodes = std::move(nodes);
    model_.graph.name = file_.graph_name;
    const auto standard = file_.opsets.find("");
    if (standard != file_.opsets.end())
      model_.opset = static_cast<int>(std::clamp<std::int64_t>(standard->second, 0, std::numeric_limits<int>::max()));
  }

  void report(Diagnostic diagnostic) {
    if (NodeImport::is_silent(diagnostic)) return;
    ++reported_;
    diagnostics_.add(std::move(diagnostic));
  }

  void take_constants() {
    for (const FileConstant& constant : file_.constants) {
      Operand& operand = workspace_.operands[constant.tensor];
      operand.stored = constant.value.type;
      operand.constant = constant.value.tensor;
      if (constant.value.tensor) operand.state = Operand::State::kConstant;
      if (!constant.value.tensor && !constant.reported) operand.state = Operand::State::kUnusable;
      stored_.push_back(constant.tensor);
    }
    std::ranges::sort(stored_);
  }

  void take_inputs() {
    for (const FilePort& input : file_.inputs) {
      if (std::ranges::binary_search(stored_, input.tensor)) continue;
      Operand& operand = workspace_.operands[input.tensor];
      operand.varies = true;
      const std::string name = printable(file_.names.name(input.tensor));
      const Place place{file_.path, "", fmt::format("input '{}'", name)};
      Result<Shape> shape = input_shape(input, name);
      Result<ElementType> type = input_type(input, name);
      if (!shape.ok()) report(Diagnostic(shape.error()).at(place));
      if (!type.ok()) report(Diagnostic(type.error()).at(place));
      if (!shape.ok() || !type.ok()) continue;
      operand.state = Operand::State::kValue;
      operand.stored = input.type;
      operand.batch_axis = !shape->empty() && shape->front() > 1 ? 0 : -1;
      operand.value = model_.graph.add_input(file_.names.name(input.tensor), *type, *std::move(shape));
    }
  }

  static Result<ElementType> input_type(const FilePort& input, const std::string& name) {
    if (!input.is_tensor) return Diagnostic(Code::kTypeMismatch, fmt::format("graph input '{}' is not a tensor", name));
    if (input.type == StoredType::kFloat32) return ElementType::float32();
    const std::optional<IntType> range = machine_range(input.type);
    if (range && input.type != StoredType::kUint64) return ElementType::integer(*range);
    return Diagnostic(Code::kTypeMismatch, fmt::format("graph input '{}' has element type {}", name, to_text(input.type)))
        .because("inputs are float32, integers or booleans")
        .fix("export the network in float32");
  }

  static Result<Shape> input_shape(const FilePort& input, const std::string& name) {
    if (!input.shape)
      return Diagnostic(Code::kDynamicShape, fmt::format("graph input '{}' has no shape", name)).fix("export with fixed sizes");
    Shape shape;
    std::string unknown;
    for (const FileDimension& dimension : *input.shape) {
      const bool batch = shape.empty();
      if (dimension.size == 0)
        return Diagnostic(Code::kShapeMismatch, fmt::format("graph input '{}' has a zero dimension", name))
            .because("there is nothing to feed")
            .fix("export with fixed sizes");
      if (dimension.size < 0 && !batch)
        unknown +=
            (unknown.empty() ? "" : ", ") + (dimension.symbol.empty() ? fmt::format("axis {}", shape.size()) : printable(dimension.symbol));
      shape.push_back(dimension.size < 0 ? 1 : dimension.size);
    }
    if (!unknown.empty())
      return Diagnostic(Code::kDynamicShape, fmt::format("graph input '{}' has symbolic dimensions {}", name, unknown))
          .because("hardware has fixed sizes; only the batch may be symbolic")
          .fix("export with fixed sizes");
    if (!checked_count(shape))
      return Diagnostic(Code::kTooLarge, fmt::format("graph input '{}' of shape {} is too large", name, to_text(shape)))
          .because("no tensor may have more than 2^30 elements");
    return shape;
  }

  void import_node(const FileNode& node) {
    NodeImport work(node, workspace_);
    Status status = import_with(node, work);
    if (status.ok()) {
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == 0 || work.is_given(i) || !is_read(node.outputs[i])) continue;
        status = NodeImport::error(Code::kUnknownOperator,
                                   fmt::format("output {} ({}) of {} is not supported", i, tensor_text(file_.names.name(node.outputs[i])),
                                               printable(full_type(node))));
        break;
      }
    }
    if (status.ok()) return;
    report(placed(std::move(status).error(), file_.path, node));
    const bool varies = std::ranges::any_of(node.inputs, [&](TensorIndex input) { return workspace_.operands[input].varies; });
    for (const TensorIndex output : node.outputs) {
      if (output == 0) continue;
      workspace_.operands[output] = Operand();
      workspace_.operands[output].varies = varies;
    }
  }

  Status import_with(const FileNode& node, NodeImport& work) {
    const OperatorInfo* info = find_operator(node);
    if (info != nullptr) {
      FINNR_RETURN_IF_ERROR(check_operands(node, *info));
      return info->import(work);
    }
    const std::string type = full_type(node);
    const auto known = std::ranges::find(unknown_, type, &Unknown::type);
    if (known == unknown_.end()) {
      ++reported_;
      unknown_.push_back({type, unknown_operator(node), 1});
      unknown_.back().diagnostic.places.push_back({file_.path, printable(node.name), ""});
    } else if (++known->nodes; known->diagnostic.places.size() < kMaxPlaces) {
      known->diagnostic.places.push_back({file_.path, printable(node.name), ""});
    }
    return NodeImport::silence();
  }

  /// One message an operator, with all its nodes.
  void report_unknown() {
    for (Unknown& unknown : unknown_) {
      const std::size_t shown = unknown.diagnostic.places.size();
      if (unknown.nodes > shown) unknown.diagnostic.cause += fmt::format("; {} more nodes are affected", unknown.nodes - shown);
      diagnostics_.add(std::move(unknown.diagnostic));
    }
  }

  bool is_read(TensorIndex tensor) {
    if (readers_.empty()) {
      readers_.resize(file_.names.size(), false);
      for (const FileNode& node : file_.nodes) {
        for (const TensorIndex input : node.inputs) readers_[input] = true;
      }
      for (const FilePort& output : file_.outputs) readers_[output.tensor] = true;
    }
    return readers_[tensor];
  }

  void take_outputs() {
    std::vector<ValueId> outputs;
    for (const FilePort& output : file_.outputs) {
      Operand& operand = workspace_.operands[output.tensor];
      const std::string& name = file_.names.name(output.tensor);
      const Place place{file_.path, "", fmt::format("output '{}'", printable(name))};
      if (operand.state == Operand::State::kUnusable) {
        report(Diagnostic(Code::kBadTensor, fmt::format("graph output '{}' has element type {}", printable(name), to_text(operand.stored)))
                   .at(place));
        continue;
      }
      if (operand.state == Operand::State::kPoisoned) continue;
      if (!operand.value.valid()) operand.value = model_.graph.add_constant(*operand.constant, name);
      outputs.push_back(operand.value);
      check_declared(output, name, place);
    }
    const std::vector<ValueId> named(outputs);
    model_.graph.set_outputs(std::move(outputs));
    for (std::size_t i = 0; i < named.size() && named.size() == file_.outputs.size(); ++i) {
      if (model_.graph.value(named[i]).producer.valid() &&
          std::ranges::find(named, named[i]) - named.begin() == static_cast<std::ptrdiff_t>(i)) {
        model_.graph.set_name(named[i], file_.names.name(file_.outputs[i].tensor));
      }
    }
    model_.graph.remove_unused();
  }

  /// Values rule; a declaration that contradicts them deserves a word.
  void check_declared(const FilePort& output, const std::string& name, const Place& place) {
    if (!output.shape) return;
    const Shape& shape = model_.graph.value(workspace_.operands[output.tensor].value).shape;
    bool agrees = output.shape->size() == shape.size();
    Shape declared;
    for (std::size_t i = 0; i < output.shape->size(); ++i) {
      declared.push_back((*output.shape)[i].size);
      agrees = agrees && (declared[i] < 0 || declared[i] == shape[i]);
    }
    if (agrees) return;
    diagnostics_.add(Diagnostic(Code::kShapeMismatch, fmt::format("graph output '{}' is declared {} but is {}", printable(name),
                                                                  to_text(declared), to_text(shape)))
                         .at(place)
                         .because("the declaration in the file does not follow from its nodes; the computed shape is taken")
                         .as_warning());
  }

  void mark_folded() {
    std::unordered_set<std::string_view> standing;
    for (std::size_t i = 0; i < model_.graph.node_count(); ++i) {
      const Node& node = model_.graph.node({static_cast<std::uint32_t>(i)});
      if (node.alive) standing.insert(node.origin.begin(), node.origin.end());
    }
    for (ModelNode& node : model_.nodes) node.folded = !standing.contains(node.name);
  }

  struct Unknown {
    std::string type;
    Diagnostic diagnostic;
    std::size_t nodes = 0;
  };

  const ModelFile& file_;
  Diagnostics& diagnostics_;
  Model model_;
  Workspace workspace_;
  std::vector<TensorIndex> stored_;
  std::vector<bool> readers_;
  std::vector<Unknown> unknown_;
  std::size_t reported_ = 0;
};

std::vector<ModelNode> list_nodes(const ModelFile& file) {
  std::vector<ModelNode> nodes;
  nodes.reserve(file.nodes.size());
  for (const FileNode& node : file.nodes) nodes.push_back({node.name, full_type(node), false});
  return nodes;
}

}  // namespace

std::vector<ModelNode> list_nodes(const std::string& path) {
  Diagnostics ignored;
  const std::optional<ModelFile> file = read_model_file(path, ignored);
  return file ? list_nodes(*file) : std::vector<ModelNode>();
}

std::optional<Model> import_model(const std::string& path, Diagnostics& diagnostics) {
  Diagnostics found;
  std::optional<Model> model;
  if (std::optional<ModelFile> file = read_model_file(path, found)) {
    std::vector<ModelNode> nodes = list_nodes(*file);
    inline_functions(*file, found);
    model = Import(*file, found).run(std::move(nodes));
  }
  if (found.has_errors()) model.reset();
  for (const Diagnostic& diagnostic : found.list()) diagnostics.add(diagnostic);
  return model;
}

}  // namespace finnr
