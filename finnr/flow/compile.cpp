// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/compile.h"

#include <fmt/format.h>

#include <chrono>

#include "finnr/base/files.h"
#include "finnr/explore/queues.h"
#include "finnr/generate/generate.h"
#include "finnr/graph/text.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace fs = std::filesystem;
namespace {

/// Refuses a target that is not ours to replace.
Status check_target(const Config& config) {
  std::error_code error;
  if (config.output.empty()) return Diagnostic(Code::kBadOption, "the output folder has no name").fix("name it: -o DIR");
  if (!fs::exists(config.output, error)) return ok_status();
  if (fs::is_directory(config.output, error) && fs::is_empty(config.output, error)) return ok_status();
  const bool ours = load_bundle(config.output).ok();
  if (ours && config.force) return ok_status();
  return Diagnostic(Code::kOutputExists, fmt::format("'{}' exists", config.output.string()))
      .because(ours ? "it holds an accelerator built before" : "it is not a folder that finnr made")
      .fix(ours ? "choose another folder, or replace it with --force" : "choose another folder");
}

Status write_files(const fs::path& folder, const Generated& generated) {
  std::error_code error;
  for (const char* part : {"rtl", "mem"}) {
    fs::create_directories(folder / part, error);
    if (error) return Diagnostic(Code::kCannotWrite, fmt::format("'{}' cannot be written", folder.string())).because(error.message());
  }
  for (const GeneratedFile& file : generated.files) FINNR_RETURN_IF_ERROR(write_file(folder / file.path, file.text));
  return ok_status();
}

class Steps {
 public:
  explicit Steps(std::vector<StepRecord>& records) : records_(records) {}
  void done(std::string name, std::string summary) {
    const auto now = std::chrono::steady_clock::now();
    records_.push_back({std::move(name), std::chrono::duration<double>(now - start_).count(), std::move(summary)});
    start_ = now;
  }

 private:
  std::vector<StepRecord>& records_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Everything that can fail once; what a user should see in full goes to `diagnostics` first.
Result<Record> build(const Config& config, Diagnostics& diagnostics) {
  const Diagnostic reported;  // stands for "already in diagnostics"; never shown
  FINNR_RETURN_IF_ERROR(check_target(config));

  std::optional<Network> network = read_network(config.model, diagnostics);
  if (!network || !streamline(*network, config.boundary, diagnostics)) return reported;
  const std::optional<HardwarePart> part = plan_hardware(*network, diagnostics);
  if (!part) return reported;

  Record record{std::move(network->model), {}, {}, std::move(network->steps), std::move(network->passes), {}};
  network->model = {};
  Steps steps(record.steps);
  FINNR_ASSIGN(record.design, make_design(config, *part, diagnostics));
  steps.done("fold", fmt::format("{} units, {} MACs a cycle, {} cycles a frame", record.design.units.size(), macs_per_cycle(record.design),
                                 interval(record.design)));

  Generated generated = generate(record.design);
  generated.bundle.model = config.model;
  for (auto* ports : {&generated.bundle.inputs, &generated.bundle.outputs}) {
    for (Port& port : *ports) port.is_float = network->graph.value(port.value).type.is_float;
  }
  record.units = generated.bundle.units;
  std::error_code error;
  const fs::path target = (fs::absolute(config.output, error) / "").lexically_normal().parent_path();  // without a slash at its end
  const fs::path parent = target.parent_path();
  FINNR_ASSIGN(ScratchFolder folder, ScratchFolder::make(parent, "finnr-build"));
  FINNR_RETURN_IF_ERROR(write_files(folder.path(), generated));
  FINNR_RETURN_IF_ERROR(write_file(folder.path() / kNetworkFile, print(network->graph)));
  FINNR_RETURN_IF_ERROR(write_file(folder.path() / kBundleFile, to_json(generated.bundle)));
  steps.done("generate", fmt::format("{} files, {} memory images", generated.files.size() + 2, generated.bundle.memories.size()));

  if (config.verify_frames > 0) {
    VerifyOptions options;
    options.frames = config.verify_frames;
    options.on_progress = config.on_progress;
    FINNR_ASSIGN(record.verdict, verify_bundle(folder.path(), generated.bundle, network->graph, options));
    if (!record.verdict->good()) return explain(*record.verdict, config.output);
    FINNR_RETURN_IF_ERROR(write_file(folder.path() / kVerdictFile, to_json(*record.verdict)));
    steps.done("verify", fmt::format("{} streams bit-exact, {} elements; interval {} cycles measured = predicted", record.verdict->streams,
                                     record.verdict->elements, record.verdict->measured_interval));
  }
  FINNR_RETURN_IF_ERROR(std::move(folder).publish(target));
  return record;
}

}  // namespace

Result<Folding> choose_folding(const Config& config, const HardwarePart& part, Diagnostics& diagnostics) {
  if (!config.folding.empty()) return read_folding(part, config.folding, config.variant, diagnostics);
  if (config.fps) return folding_for_fps(part, *config.fps, config.clock_mhz);
  return default_folding(part);
}

Result<Design> make_design(const Config& config, const HardwarePart& part, Diagnostics& diagnostics) {
  FINNR_ASSIGN(const Folding folding, choose_folding(config, part, diagnostics));
  FINNR_ASSIGN(Design design, lower(part, folding, fs::path(config.model).stem().string()));
  design.clock_mhz = config.clock_mhz;
  size_queues(design);
  return design;
}

std::optional<Record> compile(const Config& config, Diagnostics& diagnostics) {
  Result<Record> record = build(config, diagnostics);
  report_failure(record, diagnostics, config.model);
  return std::move(record).value_or_nothing();
}

}  // namespace finnr
