// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/compile.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "finnr/base/files.h"
#include "finnr/cost/cost_model.h"
#include "finnr/explore/queues.h"
#include "finnr/explore/unit_cost.h"
#include "finnr/flow/subject.h"
#include "finnr/generate/generate.h"
#include "finnr/graph/text.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/write_folding.h"

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

constexpr const char* kFoldingFile = "folding.json";
constexpr const char* kCertificateFile = "certificate.json";

/// What the search found, in a line.
std::string summary(const Config& config, const Fit& fit) {
  const double fps = config.clock_mhz * 1e6 / static_cast<double>(fit.interval);
  std::string text = fmt::format("{:.6g} fps at {:g} MHz on {}: ", fps, config.clock_mhz, config.device);
  if (config.fps) {
    text += fmt::format("enough for {:g}", *config.fps);
  } else {
    text += fit.bound == fit.interval ? "nothing faster fits (proved)" : fmt::format("nothing below {} cycles fits (proved)", fit.bound);
    if (!fit.binding.empty()) text += fmt::format(", {} binds", fit.binding);
  }
  text += fit.share <= fit.least_share ? ", at the least cost (proved)"
                                       : fmt::format(", {:.2g} % above the least cost", 100 * (fit.share / fit.least_share - 1));
  return text +
         fmt::format("; {} LUT, {} BRAM18 estimated{}", fit.cost.lut, fit.cost.bram18, config.costs == "finn" ? " by FINN's formulas" : "");
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

Result<Design> lowered(const Config& config, const HardwarePart& part, const Folding& folding) {
  FINNR_ASSIGN(Design design, lower(part, folding, fs::path(config.model).stem().string()));
  design.clock_mhz = config.clock_mhz;
  return design;
}

/// What the fitted costs say of every unit, for all cells that have some.
void add_predictions(const Design& design, Bundle& bundle) {
  for (const LogicFamily family : {LogicFamily::kXc7, LogicFamily::kEcp5}) {
    const Result<CostModel> model = cost_model("fitted", family);
    if (!model.ok()) continue;
    for (std::size_t i = 0; i < design.units.size(); ++i) {
      bundle.units[i].predicted[std::string(to_text(model->cells))] = model->cost(design, design.units[i]);
    }
  }
}

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
  FINNR_ASSIGN(const ChosenFolding chosen, choose_folding(config, *part, diagnostics));
  if (chosen.fit) steps.done("explore", summary(config, *chosen.fit));
  FINNR_ASSIGN(record.design, lowered(config, *part, chosen.folding));
  const bool sized = size_queues(record.design);
  steps.done("fold",
             fmt::format("{} units, {} MACs a cycle, {} cycles a frame{}", record.design.units.size(), macs_per_cycle(record.design),
                         interval(record.design), sized ? "" : "; queues where branches meet are deeper than needed"));

  Generated generated = generate(record.design);
  generated.bundle.model = config.model;
  for (auto* ports : {&generated.bundle.inputs, &generated.bundle.outputs}) {
    for (Port& port : *ports) port.is_float = network->graph.value(port.value).type.is_float;
  }
  add_predictions(record.design, generated.bundle);
  record.units = generated.bundle.units;
  std::error_code error;
  const fs::path target = (fs::absolute(config.output, error) / "").lexically_normal().parent_path();  // without a slash at its end
  const fs::path parent = target.parent_path();
  FINNR_ASSIGN(ScratchFolder folder, ScratchFolder::make(parent, "finnr-build"));
  FINNR_RETURN_IF_ERROR(write_files(folder.path(), generated));
  FINNR_RETURN_IF_ERROR(write_file(folder.path() / kNetworkFile, print(network->graph)));
  FINNR_RETURN_IF_ERROR(write_file(folder.path() / kBundleFile, to_json(generated.bundle)));
  if (chosen.fit) {
    FINNR_RETURN_IF_ERROR(write_file(folder.path() / kFoldingFile, write_folding(*part, chosen.folding)));
    FINNR_RETURN_IF_ERROR(write_file(folder.path() / kCertificateFile, to_json(chosen.fit->certificate)));
  }
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

Result<ChosenFolding> choose_folding(const Config& config, const HardwarePart& part, Diagnostics& diagnostics) {
  ChosenFolding chosen;
  if (!config.device.empty()) {
    FINNR_ASSIGN(const Fpga device, find_device(config.device));
    std::optional<std::int64_t> interval;
    if (config.fps) interval = static_cast<std::int64_t>(std::floor(config.clock_mhz * 1e6 / *config.fps));
    FINNR_ASSIGN(const NamedCost costs, unit_cost(config.costs, device.family));
    FINNR_ASSIGN(chosen.fit, best_fit(fs::path(config.model).stem().string(), part, room_in(device, config.share, config.clock_mhz),
                                      interval, costs.cost));
    chosen.folding = chosen.fit->folding;
  } else if (!config.folding.empty()) {
    FINNR_ASSIGN(chosen.folding, read_folding(part, config.folding, config.variant, diagnostics));
  } else if (config.fps) {
    FINNR_ASSIGN(chosen.folding, folding_for_fps(part, *config.fps, config.clock_mhz));
  } else {
    chosen.folding = default_folding(part);
  }
  return chosen;
}

Result<Design> make_design(const Config& config, const HardwarePart& part, Diagnostics& diagnostics) {
  FINNR_ASSIGN(const ChosenFolding chosen, choose_folding(config, part, diagnostics));
  FINNR_ASSIGN(Design design, lowered(config, part, chosen.folding));
  size_queues(design);
  return design;
}

std::optional<Record> compile(const Config& config, Diagnostics& diagnostics) {
  Result<Record> record = build(config, diagnostics);
  report_failure(record, diagnostics, config.model);
  return std::move(record).value_or_nothing();
}

}  // namespace finnr
