// SPDX-License-Identifier: Apache-2.0
// Verilator makes C++, and we compile it ourselves, because a small design spends its time on reading the same headers
// again for each of Verilator's files: the files that run every cycle become one translation unit together with the
// harness (several when there is much of them), and the files that run once become another one,
// without optimization. Units compile on all cores. Verilator's runtime is the same for every design: it is compiled once
// and kept in the user's cache folder where there is one.
#include "finnr/simulate/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>

#include "finnr/base/files.h"
#include "finnr/base/hash.h"
#include "finnr/base/process.h"
#include "finnr/base/tool.h"
#include "finnr/simulate/bench.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

using Command = std::vector<std::string>;

constexpr std::uintmax_t kUnitBytes = 600'000;    // of C++ that runs every cycle: what one translation unit takes
constexpr std::int64_t kManyCycles = 20'000'000;  // win in the run what -O2 costs in the compiler

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

Status check_files(const fs::path& folder, const Bundle& bundle) {
  for (const auto* list : {&bundle.sources, &bundle.memories}) {
    for (const std::string& file : *list) {
      if (fs::is_regular_file(folder / file)) continue;
      return Diagnostic(Code::kNotABundle, fmt::format("'{}' is not complete", folder.string()))
          .because(fmt::format("the file '{}' is missing", file))
          .fix("build it again");
    }
  }
  return ok_status();
}

struct Tools {
  std::string compiler;
  fs::path include;  ///< of Verilator's runtime
};

Result<Tools> find_tools() {
  const auto missing = [](const std::string& what) {
    return Diagnostic(Code::kToolMissing, fmt::format("simulation needs {}, which is not on the PATH", what))
        .fix("install the packages 'verilator' and 'g++', or build with --verify 0");
  };
  if (!find_program("verilator")) return missing("Verilator");
  Tools tools;
  for (const char* name : {"g++", "c++", "clang++"}) {
    if (tools.compiler.empty() && find_program(name)) tools.compiler = name;
  }
  if (tools.compiler.empty()) return missing("a C++ compiler");
  FINNR_ASSIGN(const std::string root, run_tool({"verilator", "--getenv", "VERILATOR_ROOT"}, {}));
  tools.include = fs::path(trimmed(root)) / "include";
  return tools;
}

Command verilator_command(const Bundle& bundle, const fs::path& work, bool waveforms) {
  // Registers without reset start at random, so that nothing can rely on what they hold.
  Command command = {"verilator",  "--cc",      "--no-timing", "-O3",      "--assert", "--x-assign", "fast", "--x-initial",  "unique",
                     "-Wno-fatal", "-Wno-lint", "-Wno-style",  "--prefix", "Vmodel",   "--Mdir",     work,   "--top-module", kBenchModule};
  if (waveforms) command.emplace_back("--trace-fst");
  // Loops over the words of wide signals use an undeclared variable up to Verilator 5.008 (its issue 4057).
  for (const char* word : {"--output-split", "20000", "-fno-reloop"}) command.emplace_back(word);
  std::set<std::string> folders;
  for (const std::string& source : bundle.sources) folders.insert(fs::path(source).parent_path().string());
  for (const std::string& name : folders) command.push_back("-I" + (name.empty() ? "." : name));
  command.push_back(work / "finnr_bench.sv");
  for (const std::string& source : bundle.sources) {
    if (fs::path(source).extension() != ".svh") command.push_back(source);
  }
  return command;
}

struct TranslationUnit {
  std::string name;
  std::vector<std::string> files;
  std::uintmax_t bytes = 0;
  std::string optimization;
};

/// What Verilator left, distributed; the longest to compile come first.
std::vector<TranslationUnit> translation_units(const fs::path& work, bool long_run) {
  std::vector<std::pair<std::uintmax_t, std::string>> fast;
  TranslationUnit slow{"model_slow", {}, 0, "-O0"};
  std::uintmax_t total = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(work, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("Vmodel") || !name.ends_with(".cpp")) continue;
    const std::uintmax_t bytes = entry.file_size(error);
    if (name.find("__Slow") != std::string::npos || name.find("__Syms") != std::string::npos) {
      slow.files.push_back(name);
      slow.bytes += bytes;
    } else {
      fast.emplace_back(bytes, name);
      total += bytes;
    }
  }
  std::sort(slow.files.begin(), slow.files.end());
  std::sort(fast.rbegin(), fast.rend());
  std::vector<TranslationUnit> units(std::clamp<std::size_t>(total / kUnitBytes, 1, std::max<std::size_t>(1, fast.size())));
  for (std::size_t i = 0; i < units.size(); ++i) units[i] = {fmt::format("model_{}", i), {}, 0, long_run ? "-O2" : "-O1"};
  for (auto& [bytes, name] : fast) {  // largest first, to the emptiest
    TranslationUnit& least = *std::min_element(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    least.bytes += bytes;
    least.files.push_back(std::move(name));
  }
  units[0].files.emplace_back("harness.cpp");

  units.push_back(std::move(slow));
  return units;
}

TranslationUnit runtime_unit(bool waveforms, bool kept) {
  TranslationUnit unit{"runtime", {"verilated.cpp", "verilated_threads.cpp"}, 0, kept ? "-O2" : "-O0"};
  if (waveforms) unit.files.emplace_back("verilated_fst_c.cpp");
  return unit;
}

Command compile_command(const Tools& tools, const TranslationUnit& unit, bool waveforms) {
  return {tools.compiler,
          "-std=c++20",
          unit.optimization,
          "-w",
          "-I",
          tools.include,
          "-I",
          tools.include / "vltstd",
          "-I",
          ".",
          "-DVM_COVERAGE=0",
          "-DVM_SC=0",
          waveforms ? "-DVM_TRACE=1" : "-DVM_TRACE=0",
          waveforms ? "-DVM_TRACE_FST=1" : "-DVM_TRACE_FST=0",
          "-DVM_TRACE_VCD=0",
          "-c",
          unit.name + ".cpp",
          "-o",
          unit.name + ".o"};
}

/// Where the compiled runtime of these tools is kept, "" when nowhere. The name tells all that it depends on.
fs::path kept_runtime(const Tools& tools, bool waveforms) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder = cache != nullptr ? fs::path(cache) : fs::path();
  if (!folder.is_absolute()) folder = home != nullptr ? fs::path(home) / ".cache" : fs::path();
  if (!folder.is_absolute()) return {};
  folder /= "finnr";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return {};
  std::string text;
  for (const std::string& word : compile_command(tools, runtime_unit(waveforms, true), waveforms)) text += word + '\n';
  for (const Command& command : {Command{"verilator", "--version"}, Command{tools.compiler, "--version"}}) {
    const Result<std::string> version = run_tool(command, {});
    if (!version.ok()) return {};
    text += *version;
  }
  return folder / fmt::format("verilator-runtime-{:016x}.o", content_hash(text));
}

/// Another process may read or write it at the same time. What goes wrong costs time only.
void keep_runtime(const fs::path& object, const fs::path& kept) {
  if (Result<std::string> bytes = read_file(object); bytes.ok()) (void)write_file(kept, *bytes).ok();
}

}  // namespace

Status build_simulation(const fs::path& folder, const Bundle& bundle, const fs::path& work, const SimulatorOptions& options) {
  FINNR_RETURN_IF_ERROR(check_files(folder, bundle));
  FINNR_ASSIGN(const Tools tools, find_tools());
  FINNR_RETURN_IF_ERROR(write_file(work / "finnr_bench.sv", bench_module(bundle)));
  FINNR_RETURN_IF_ERROR(write_file(work / "finnr_bench.h", bench_header(bundle)));
  FINNR_RETURN_IF_ERROR(write_file(work / "harness.cpp", harness_files()[0].text));
  FINNR_RETURN_IF_ERROR(run_tools({verilator_command(bundle, work, options.waveforms)}, folder));

  std::vector<TranslationUnit> units = translation_units(work, options.cycles >= kManyCycles);
  Command link = {tools.compiler, "-o", kSimulationProgram};
  const fs::path kept = kept_runtime(tools, options.waveforms);
  const bool have_runtime = !kept.empty() && fs::is_regular_file(kept);
  if (have_runtime) {
    link.push_back(kept);
  } else {
    units.push_back(runtime_unit(options.waveforms, !kept.empty()));
  }
  std::vector<Command> commands;
  for (const TranslationUnit& unit : units) {
    std::string text;
    for (const std::string& file : unit.files) text += fmt::format("#include \"{}\"\n", file);
    FINNR_RETURN_IF_ERROR(write_file(work / (unit.name + ".cpp"), text));
    commands.push_back(compile_command(tools, unit, options.waveforms));
    link.push_back(unit.name + ".o");
  }
  FINNR_RETURN_IF_ERROR(run_tools(commands, work));
  if (!have_runtime && !kept.empty()) keep_runtime(work / "runtime.o", kept);
  link.emplace_back("-pthread");
  if (options.waveforms) link.emplace_back("-lz");
  return run_tools({link}, work);
}

}  // namespace finnr
