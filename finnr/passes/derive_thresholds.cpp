// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/pass.h"
#include "finnr/passes/step_table.h"

namespace finnr {
namespace {

/// True when every integer keeps its code and its type: no unit is needed.
bool is_identity(const StepTable& table, const IntType& source) {
  if (table.codes != source || table.thresholds.shape()[0] != 1) return false;
  if (source.bipolar) return level_at(table, 0, -1) == 0 && level_at(table, 0, 1) == 1;
  if (source.hi - source.lo > 2 * kMaxSteps) return false;
  for (std::int64_t x = source.lo; x <= source.hi; ++x) {
    if (level_at(table, 0, x) != x) return false;
  }
  return true;
}

}  // namespace

// A quantizer that cannot become thresholds stays as it is: behind the last integer layer the host runs it, and in front
// of another one the hardware reports why (hardware/layers.cpp asks step_table again).
Changed derive_thresholds(Graph& graph, PassContext&) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Op& op = graph.node(id).op;
    if (!std::holds_alternative<Quantize>(op) && !std::holds_alternative<CountThresholds>(op)) continue;
    Result<StepTable> found = step_table(graph, id);
    if (!found.ok()) continue;
    StepTable& table = *found;
    const ValueId output = graph.node(id).outputs[0];
    const Shape shape = graph.value(output).shape;

    ValueId source = table.source;
    if (graph.value(source).shape != table.shape) source = graph.must_add(Reshape{table.shape}, {source}, {});
    ValueId codes = source;
    if (!is_identity(table, graph.value(source).type.ints)) {
      const ValueId thresholds = graph.add_constant(std::move(table.thresholds));
      const ValueId base = graph.add_constant(std::move(table.base));
      const ValueId signs = graph.add_constant(std::move(table.signs));
      codes = graph.must_add(Thresholds{table.axis, table.codes}, {source, thresholds, base, signs}, table.origin);
    }
    if (table.shape != shape) codes = graph.must_add(Reshape{shape}, {codes}, {});
    if (codes != source) graph.set_name(codes, graph.value(output).name);
    const bool narrower = !(graph.value(codes).type == graph.value(output).type);
    graph.replace(output, codes);
    graph.remove(id);
    if (narrower) graph.derive_types();
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
