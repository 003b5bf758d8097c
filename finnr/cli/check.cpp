// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "finnr/cli/options.h"
#include "finnr/cli/output.h"
#include "finnr/flow/plan.h"

namespace finnr::cli {
namespace {

std::string printable(const std::string& name) {
  std::string text;
  for (const char c : name) text += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

std::string table(const std::string& model, const std::vector<NodePlan>& plans) {
  std::array<int, 5> counts{};
  for (const NodePlan& plan : plans) ++counts[static_cast<std::size_t>(plan.fate)];
  std::string text = fmt::format("{}: {} nodes: {} native, {} fused, {} host, {} refused{}\n", model, plans.size(), counts[0], counts[1],
                                 counts[2], counts[3], counts[4] == 0 ? "" : fmt::format(", {} undecided", counts[4]));
  const auto line = [&](const NodePlan& plan) {
    text += fmt::format("  {:<8} {:<22} {}{}\n", to_text(plan.fate), plan.type.substr(plan.type.rfind(':') + 1), printable(plan.name),
                        plan.fate == Fate::kRefused ? "  -- " + plan.reason
                        : plan.where.empty()        ? ""
                                                    : "  -> " + plan.where);
  };
  for (const NodePlan& plan : plans) {
    if (plan.fate != Fate::kRefused) line(plan);
  }
  for (const NodePlan& plan : plans) {
    if (plan.fate == Fate::kRefused) line(plan);
  }
  return text;
}

}  // namespace

Action add_check(CLI::App& app, Common& common) {
  CLI::App* command = app.add_subcommand("check", "Show what becomes of every node; builds nothing");
  add_common(*command, common);
  auto model = std::make_shared<std::string>();
  command->add_option("MODEL", *model, "Model file (.onnx)")->required();
  auto host_from = std::make_shared<std::vector<std::string>>();
  add_host_from(*command, *host_from);
  return [model, host_from, &common] {
    Diagnostics diagnostics;
    Boundary boundary;
    boundary.host_from = *host_from;
    const std::optional<std::vector<NodePlan>> plans = plan(*model, boundary, diagnostics);
    Json nodes = Json::array();
    if (plans) {
      for (const NodePlan& p : *plans)
        nodes.push_back(
            {{"name", p.name}, {"type", p.type}, {"fate", std::string(to_text(p.fate))}, {"where", p.where}, {"reason", p.reason}});
      say(common, table(*model, *plans));
    }
    print_json(common, diagnostics, {{"model", *model}, {"nodes", nodes}});
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
