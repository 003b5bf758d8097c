// SPDX-License-Identifier: Apache-2.0
// Kahn's algorithm with the earliest node of the file first; what remains open lies on or behind a cycle.
#include "finnr/import/links.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>

#include "finnr/import/names.h"

namespace finnr {
namespace {

constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kOutside = kNobody - 1;  ///< a graph input or a stored tensor

class LinkCheck {
 public:
  LinkCheck(const ModelFile& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics), producers_(file.names.size(), kNobody) {}

  Links run() {
    find_producers();
    check_reads();
    check_outputs();
    Links links;
    links.needed = needed();
    links.order = order();
    return links;
  }

 private:
  Place place_of(std::size_t node, std::string port = "") const { return {file_.path, printable(file_.nodes[node].name), std::move(port)}; }

  void find_producers() {
    for (const FileConstant& constant : file_.constants) {
      if (producers_[constant.tensor] == kOutside && constant.tensor != 0) {
        const std::string text = tensor_text(file_.names.name(constant.tensor));
        diagnostics_.add(Diagnostic(Code::kDuplicateTensor, fmt::format("{} is stored twice", text)).at({file_.path, "", text}));
      }
      producers_[constant.tensor] = kOutside;
    }
    for (const FilePort& input : file_.inputs) producers_[input.tensor] = kOutside;
    producers_[0] = kNobody;
    for (std::size_t n = 0; n < file_.nodes.size(); ++n) {
      for (const TensorIndex output : file_.nodes[n].outputs) {
        if (output == 0) continue;
        if (producers_[output] == kNobody) {
          producers_[output] = n;
        } else {
          report_duplicate(output, n);
        }
      }
    }
  }

  void report_duplicate(TensorIndex tensor, std::size_t node) {
    has_duplicates_ = true;
    const std::size_t first = producers_[tensor];
    const std::string text = tensor_text(file_.names.name(tensor));
    const std::string writer = first == kOutside ? "is an input of the graph or stored, and is written by"
                                                 : fmt::format("is written by both '{}' and", printable(file_.nodes[first].name));
    diagnostics_.add(Diagnostic(Code::kDuplicateTensor, fmt::format("{} {} '{}'", text, writer, printable(file_.nodes[node].name)))
                         .at(place_of(node, "output (" + text + ")"))
                         .because("every tensor of an ONNX graph has one producer")
                         .fix("give one of the results another name"));
  }

  bool has_inputs() const {
    std::vector<bool> stored(file_.names.size(), false);
    for (const FileConstant& constant : file_.constants) stored[constant.tensor] = true;
    return std::ranges::any_of(file_.inputs, [&](const FilePort& input) { return !stored[input.tensor]; });
  }

  void check_reads() {
    std::vector<bool> reported(file_.names.size(), false);
    const bool fed = has_inputs();
    bool undefined = false;
    for (std::size_t n = 0; n < file_.nodes.size(); ++n) {
      for (std::size_t i = 0; i < file_.nodes[n].inputs.size(); ++i) {
        const TensorIndex tensor = file_.nodes[n].inputs[i];
        if (tensor == 0 || producers_[tensor] != kNobody || reported[tensor]) continue;
        reported[tensor] = undefined = true;
        const std::string& name = file_.names.name(tensor);
        diagnostics_.add(
            Diagnostic(Code::kUndefinedTensor, fmt::format("{} is read but nothing produces it", tensor_text(name)))
                .at(place_of(n, input_text(i, name)))
                .because(fed ? "it is neither an input of the graph, nor stored, nor the result of a node" : "the graph has no input")
                .fix("export the model again"));
      }
    }
    if (fed || undefined) return;
    diagnostics_.add(Diagnostic(Code::kNoInputOrOutput, "the graph has no input")
                         .at({file_.path, "", ""})
                         .because("there is nothing to feed: all inputs are stored constants"));
  }

  void check_outputs() {
    if (file_.outputs.empty()) {
      diagnostics_.add(Diagnostic(Code::kNoInputOrOutput, "the graph has no output")
                           .at({file_.path, "", ""})
                           .because("there is nothing to compute")
                           .fix("declare the result as an output of the graph"));
    }
    for (const FilePort& output : file_.outputs) {
      if (producers_[output.tensor] != kNobody) continue;
      outputs_good_ = false;
      const std::string name = printable(file_.names.name(output.tensor));
      diagnostics_.add(Diagnostic(Code::kUndefinedTensor, fmt::format("graph output '{}' is not produced by any node", name))
                           .at({file_.path, "", fmt::format("output '{}'", name)})
                           .because("the export is incomplete, or a node was removed by hand"));
    }
  }

  std::vector<bool> needed() const {
    if (file_.outputs.empty() || !outputs_good_) return std::vector<bool>(file_.nodes.size(), true);
    std::vector<bool> result(file_.nodes.size(), false);
    std::vector<std::size_t> open;
    const auto need = [&](TensorIndex tensor) {
      const std::size_t producer = producers_[tensor];
      if (producer >= kOutside || result[producer]) return;
      result[producer] = true;
      open.push_back(producer);
    };
    for (const FilePort& output : file_.outputs) need(output.tensor);
    while (!open.empty()) {
      const std::size_t node = open.back();
      open.pop_back();
      for (const TensorIndex input : file_.nodes[node].inputs) need(input);
    }
    return result;
  }

  std::vector<std::size_t> order() {
    const std::size_t count = file_.nodes.size();
    std::vector<std::size_t> waits(count, 0);
    std::vector<std::vector<std::size_t>> users(count);
    for (std::size_t n = 0; n < count; ++n) {
      for (const TensorIndex input : file_.nodes[n].inputs) {
        const std::size_t producer = producers_[input];
        if (producer >= kOutside) continue;
        users[producer].push_back(n);
        ++waits[n];
      }
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t n = 0; n < count; ++n) {
      if (waits[n] == 0) ready.push(n);
    }
    std::vector<std::size_t> result;
    while (!ready.empty()) {
      const std::size_t node = ready.top();
      ready.pop();
      result.push_back(node);
      for (const std::size_t user : users[node]) {
        if (--waits[user] == 0) ready.push(user);
      }
    }
    if (result.size() != count && !has_duplicates_) report_cycle(waits);  // two producers of one name make false cycles
    return result;
  }

  /// Every open node waits for another open one: walking back from any of them must come round.
  void report_cycle(const std::vector<std::size_t>& waits) {
    std::size_t node = 0;
    while (waits[node] == 0) ++node;
    std::vector<std::size_t> path;
    std::vector<std::size_t> position(file_.nodes.size(), kNobody);
    while (position[node] == kNobody) {
      position[node] = path.size();
      path.push_back(node);
      for (const TensorIndex input : file_.nodes[node].inputs) {
        const std::size_t producer = producers_[input];
        if (producer < kOutside && waits[producer] > 0) {
          node = producer;
          break;
        }
      }
    }
    std::vector<std::size_t> cycle(path.begin() + static_cast<std::ptrdiff_t>(position[node]), path.end());
    std::ranges::sort(cycle);
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(cycle.size(), 8); ++i)
      names += fmt::format("{}'{}'", i == 0 ? "" : ", ", printable(file_.nodes[cycle[i]].name));
    if (cycle.size() > 8) names += fmt::format(" and {} more", cycle.size() - 8);
    diagnostics_.add(Diagnostic(Code::kCycle, "the graph has a cycle through " + names)
                         .at(place_of(cycle.front()))
                         .because("these nodes read, through each other, their own results")
                         .fix("export a feed-forward network; unroll recurrent layers"));
  }

  const ModelFile& file_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t> producers_;  ///< by tensor
  bool outputs_good_ = true;
  bool has_duplicates_ = false;
};

}  // namespace

Links check_links(const ModelFile& file, Diagnostics& diagnostics) { return LinkCheck(file, diagnostics).run(); }

}  // namespace finnr
