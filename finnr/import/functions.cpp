// SPDX-License-Identifier: Apache-2.0
// Calls are expanded from a stack of open nodes, with bounds on depth and size: bodies may call each other, and a few
// lines can spell a network of billions of nodes.
#include "finnr/import/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "finnr/import/names.h"
#include "finnr/import/operators.h"

namespace finnr {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = std::size_t{1} << 20;

using Functions = std::map<std::pair<std::string, std::string>, const FileFunction*>;

struct OpenNode {
  FileNode node;
  int depth = 0;
};

const FileFunction* called_by(const FileNode& node, const Functions& functions) {
  if (find_operator(node) != nullptr) return nullptr;
  const auto found = functions.find({node.domain, node.type});
  return found == functions.end() ? nullptr : found->second;
}

/// The attributes of a step, with references to the call's attributes resolved; absent ones are dropped.
std::vector<FileAttribute> resolved(const std::vector<FileAttribute>& attributes, const FileNode& call) {
  std::vector<FileAttribute> result;
  for (const FileAttribute& attribute : attributes) {
    if (attribute.reference.empty()) {
      result.push_back(attribute);
      continue;
    }
    const auto given = std::ranges::find(call.attributes, attribute.reference, &FileAttribute::name);
    if (given != call.attributes.end()) result.push_back({attribute.name, "", given->value});
  }
  return result;
}

std::vector<FileNode> body(const FileFunction& function, const FileNode& call, TensorNames& names) {
  std::map<std::string, TensorIndex> tensors = {{"", 0}};
  for (std::size_t i = 0; i < function.inputs.size(); ++i) tensors[function.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : 0;
  for (std::size_t i = 0; i < function.outputs.size() && i < call.outputs.size(); ++i) {
    if (call.outputs[i] != 0) tensors[function.outputs[i]] = call.outputs[i];
  }
  const auto local = [&](const std::string& name) {
    const auto [found, is_new] = tensors.try_emplace(name, 0);
    if (is_new) found->second = names.fresh(call.name + "/" + name);
    return found->second;
  };
  std::vector<FileNode> nodes;
  for (const FileFunction::Step& step : function.steps) {
    FileNode node = step.node;
    node.attributes = resolved(step.node.attributes, call);
    node.name = call.name;
    for (const std::string& name : step.inputs) node.inputs.push_back(local(name));
    for (const std::string& name : step.outputs) node.outputs.push_back(local(name));
    while (!node.inputs.empty() && node.inputs.back() == 0) node.inputs.pop_back();
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace

void inline_functions(ModelFile& file, Diagnostics& diagnostics) {
  Functions functions;
  for (const FileFunction& function : file.functions) functions.emplace(std::pair(function.domain, function.name), &function);
  if (functions.empty()) return;

  std::vector<OpenNode> open;
  for (FileNode& node : file.nodes) open.push_back({std::move(node), 0});
  std::ranges::reverse(open);
  file.nodes.clear();
  while (!open.empty()) {
    OpenNode next = std::move(open.back());
    open.pop_back();
    const FileFunction* function = called_by(next.node, functions);
    if (function == nullptr) {
      file.nodes.push_back(std::move(next.node));
      continue;
    }
    if (next.depth >= kMaxDepth || open.size() + file.nodes.size() + function->steps.size() > kMaxNodes) {
      diagnostics.add(Diagnostic(Code::kUnknownOperator,
                                 fmt::format("calls of function {} nest too deeply or grow too large", printable(full_type(next.node))))
                          .at({file.path, printable(next.node.name), ""})
                          .because(fmt::format("functions are expanded up to depth {} and {} nodes", kMaxDepth, kMaxNodes))
                          .fix("export without local functions"));
      return;
    }
    std::vector<FileNode> nodes = body(*function, next.node, file.names);
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) open.push_back({std::move(*node), next.depth + 1});
  }
}

}  // namespace finnr
