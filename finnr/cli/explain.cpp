// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "finnr/base/codes.h"
#include "finnr/cli/options.h"
#include "finnr/cli/output.h"

namespace finnr::cli {
namespace {

/// Words broken into lines of at most 100 characters.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kColumns = 98;
  std::string result = "  ";
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + end + 1 > kColumns) {
      result += "\n  ";
      column = 0;
    }
    result += fmt::format("{}{}", column > 0 ? " " : "", text.substr(0, end));
    column += end + 1;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result + "\n";
}

}  // namespace

Action add_explain(CLI::App& app, Common& common) {
  CLI::App* command = app.add_subcommand("explain", "Explain the code of a message");
  add_common(*command, common);
  auto code = std::make_shared<std::string>();
  command->add_option("CODE", *code, "F and four digits; without it, all codes");
  return [code, &common] {
    Diagnostics diagnostics;
    Json json;
    if (code->empty()) {
      std::string list;
      for (const CodeInfo& info : all_codes()) {
        list += fmt::format("{}  {}\n", to_text(info.code), info.title);
        json["codes"].push_back({{"code", std::string(to_text(info.code))}, {"title", std::string(info.title)}});
      }
      say(common, list);
    } else if (const std::optional<CodeInfo> info = find_code(*code)) {
      say(common, fmt::format("{}: {}\n{}", to_text(info->code), info->title, wrapped(info->text)));
      json = {{"code", std::string(to_text(info->code))}, {"title", std::string(info->title)}, {"text", std::string(info->text)}};
    } else {
      diagnostics.add(Diagnostic(Code::kBadOption, fmt::format("there is no code '{}'", *code)).fix("'finnr explain' lists all codes"));
    }
    print_json(common, diagnostics, json);
    return report(diagnostics, common);
  };
}

}  // namespace finnr::cli
