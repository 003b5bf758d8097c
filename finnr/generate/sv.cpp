// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/sv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

namespace finnr::sv {
namespace {

/// Reserved words of IEEE 1800-2017, annex B.
// clang-format off
constexpr std::string_view kKeywords[] = {
    "accept_on", "alias", "always", "always_comb", "always_ff", "always_latch", "and", "assert", "assign", "assume", "automatic",
    "before", "begin", "bind", "bins", "binsof", "bit", "break", "buf", "bufif0", "bufif1", "byte", "case", "casex", "casez", "cell",
    "chandle", "checker", "class", "clocking", "cmos", "config", "const", "constraint", "context", "continue", "cover", "covergroup",
    "coverpoint", "cross", "deassign", "default", "defparam", "design", "disable", "dist", "do", "edge", "else", "end", "endcase",
    "endchecker", "endclass", "endclocking", "endconfig", "endfunction", "endgenerate", "endgroup", "endinterface", "endmodule",
    "endpackage", "endprimitive", "endprogram", "endproperty", "endsequence", "endspecify", "endtable", "endtask", "enum", "event",
    "eventually", "expect", "export", "extends", "extern", "final", "first_match", "for", "force", "foreach", "forever", "fork",
    "forkjoin", "function", "generate", "genvar", "global", "highz0", "highz1", "if", "iff", "ifnone", "ignore_bins", "illegal_bins",
    "implements", "implies", "import", "incdir", "include", "initial", "inout", "input", "inside", "instance", "int", "integer",
    "interconnect", "interface", "intersect", "join", "join_any", "join_none", "large", "let", "liblist", "library", "local",
    "localparam", "logic", "longint", "macromodule", "matches", "medium", "modport", "module", "nand", "negedge", "nettype", "new",
    "nexttime", "nmos", "nor", "noshowcancelled", "not", "notif0", "notif1", "null", "or", "output", "package", "packed", "parameter",
    "pmos", "posedge", "primitive", "priority", "program", "property", "protected", "pull0", "pull1", "pulldown", "pullup",
    "pulsestyle_ondetect", "pulsestyle_onevent", "pure", "rand", "randc", "randcase", "randsequence", "rcmos", "real", "realtime",
    "ref", "reg", "reject_on", "release", "repeat", "restrict", "return", "rnmos", "rpmos", "rtran", "rtranif0", "rtranif1", "s_always",
    "s_eventually", "s_nexttime", "s_until", "s_until_with", "scalared", "sequence", "shortint", "shortreal", "showcancelled", "signed",
    "small", "soft", "solve", "specify", "specparam", "static", "string", "strong", "strong0", "strong1", "struct", "super", "supply0",
    "supply1", "sync_accept_on", "sync_reject_on", "table", "tagged", "task", "this", "throughout", "time", "timeprecision", "timeunit",
    "tran", "tranif0", "tranif1", "tri", "tri0", "tri1", "triand", "trior", "trireg", "type", "typedef", "union", "unique", "unique0",
    "unsigned", "until", "until_with", "untyped", "use", "uwire", "var", "vectored", "virtual", "void", "wait", "wait_order", "wand",
    "weak", "weak0", "weak1", "while", "wildcard", "wire", "with", "within", "wor", "xnor", "xor"};
// clang-format on
static_assert(std::ranges::is_sorted(kKeywords));

std::string range(std::int64_t width) { return width == 1 ? "" : fmt::format("[{}:0] ", width - 1); }

std::string text(const Constant& constant) {
  if (const auto* number = std::get_if<std::int64_t>(&constant)) return fmt::format("{}", *number);
  if (const auto* sized = std::get_if<Literal>(&constant)) return sized->text;
  return fmt::format("\"{}\"", std::get<std::string>(constant));
}

}  // namespace

Literal literal(std::uint64_t value, int bits) {
  if (bits < 64) value &= (std::uint64_t{1} << bits) - 1;
  return {fmt::format("{}'h{:x}", bits, value)};
}

std::string low_bits(std::string_view name, std::int64_t width, std::int64_t full) {
  if (width == full) return std::string(name);
  return width == 1 ? fmt::format("{}[0]", name) : fmt::format("{}[{}:0]", name, width - 1);
}

std::string print(const Module& module, Dialect dialect) {
  const std::string_view net = dialect == Dialect::kSystemVerilog ? "logic" : "wire";
  std::string text_;
  const auto out = std::back_inserter(text_);
  for (std::size_t at = 0; at < module.comment.size();) {
    const std::size_t end = std::min(module.comment.find('\n', at), module.comment.size());
    fmt::format_to(out, "// {}\n", module.comment.substr(at, end - at));
    at = end + 1;
  }
  fmt::format_to(out, "\nmodule {} (\n", module.name);
  for (const Port& port : module.ports) {
    fmt::format_to(out, "  {} {} {}{}{}\n", port.direction == Direction::kInput ? "input " : "output", net, range(port.width), port.name,
                   &port == &module.ports.back() ? "" : ",");
  }
  text_ += ");\n\n";
  for (const Wire& wire : module.wires) fmt::format_to(out, "  {} {}{};\n", net, range(wire.width), wire.name);
  if (!module.wires.empty()) text_ += "\n";
  for (const Assign& assign : module.assigns) fmt::format_to(out, "  assign {} = {};\n", assign.target, assign.source);
  if (!module.assigns.empty()) text_ += "\n";
  for (const Instance& instance : module.instances) {
    fmt::format_to(out, "  {} ", instance.module);
    if (!instance.parameters.empty()) {
      text_ += "#(\n";
      for (const auto& parameter : instance.parameters) {
        fmt::format_to(out, "    .{}({}){}\n", parameter.first, text(parameter.second),
                       &parameter == &instance.parameters.back() ? "" : ",");
      }
      text_ += "  ) ";
    }
    fmt::format_to(out, "{} (\n", instance.name);
    for (const auto& connection : instance.connections) {
      fmt::format_to(out, "    .{}({}){}\n", connection.first, connection.second, &connection == &instance.connections.back() ? "" : ",");
    }
    text_ += "  );\n\n";
  }
  if (!module.unused.empty()) {
    text_ += "  // verilator lint_off UNUSED\n  // Reason: the accelerator counts beats itself; padding bits carry nothing.\n";
    fmt::format_to(out, "  {} unused;\n  assign unused = ^{{{}}};\n  // verilator lint_on UNUSED\n\n", net, fmt::join(module.unused, ", "));
  }
  text_ += "endmodule\n";
  return text_;
}

std::string Names::legal(std::string_view wanted) {
  std::string name;
  for (const char c : wanted.substr(0, 48)) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80;
    if (good || (!name.empty() && name.back() != '_')) name += good ? c : '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "n_");
  if (std::ranges::binary_search(kKeywords, std::string_view(name))) name += "_n";
  std::string unique = name;
  for (int i = 2; !taken_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
  return unique;
}

}  // namespace finnr::sv
