// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "finnr/base/files.h"
#include "finnr/base/hash.h"
#include "finnr/explore/checker.h"
#include "finnr/explore/unit_cost.h"
#include "finnr/flow/subject.h"
#include "finnr/hardware/write_folding.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

/// Changes when the same job may come to another result: cost functions, options, the form of results.
constexpr const char* kResultsVersion = "finnr-explore-3";

/// Two hashes of a text from different starts, in hexadecimal.
std::string hash_of(std::string_view text) {
  return fmt::format("{:016x}{:016x}", content_hash(text), content_hash(text, content_hash("finnr")));
}

Json to_json_value(const Cost& cost) {
  Json json;
  for (std::size_t r = 0; r < kCostNames.size(); ++r) json[std::string(kCostNames[r])] = cost.*Cost::kMembers[r];
  return json;
}

Cost read_cost(const Json& json) {
  Cost cost;
  for (std::size_t r = 0; r < kCostNames.size(); ++r) cost.*Cost::kMembers[r] = json.at(std::string(kCostNames[r])).get<std::int64_t>();
  return cost;
}

template <class T>
Json optional_value(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> read_optional(const Json& json) { return json.is_null() ? std::nullopt : std::optional(json.get<double>()); }

Json to_json_value(const ExploreJob& job) {
  return {{"key", job.key},
          {"model", job.model},
          {"accuracy", optional_value(job.accuracy)},
          {"device", job.device},
          {"clock_mhz", job.clock_mhz},
          {"share", job.share},
          {"fps", optional_value(job.fps)},
          {"costs", job.costs}};
}

ExploreJob read_job(const Json& json) {
  return {json.at("key").get<std::string>(),    json.at("model").get<std::string>(), read_optional(json.at("accuracy")),
          json.at("device").get<std::string>(), json.at("clock_mhz").get<double>(),  json.at("share").get<double>(),
          read_optional(json.at("fps")),        json.at("costs").get<std::string>()};
}

Json to_json_value(const ExplorePoint& point) {
  Json json = to_json_value(point.job);
  json["fits"] = point.problem.empty();
  json["problem"] = point.problem;
  if (!point.problem.empty()) return json;
  json["interval"] = point.interval;
  json["bound"] = point.bound;
  json["fps_reached"] = point.fps;
  json["cost"] = to_json_value(point.cost);
  json["limit"] = to_json_value(point.limit);
  json["gap"] = point.gap;
  json["bottleneck"] = point.bottleneck;
  json["binding"] = point.binding;
  json["twice"] = point.twice ? to_json_value(*point.twice) : Json();
  json["tops"] = point.tops;
  json["attainable_tops"] = point.attainable_tops;
  json["folding"] = point.folding;
  json["front"] = point.front;
  return json;
}

ExplorePoint read_point(const Json& json) {
  ExplorePoint point;
  point.job = read_job(json);
  point.problem = json.at("problem").get<std::string>();
  if (!point.problem.empty()) return point;
  point.interval = json.at("interval").get<std::int64_t>();
  point.bound = json.at("bound").get<std::int64_t>();
  point.fps = json.at("fps_reached").get<double>();
  point.cost = read_cost(json.at("cost"));
  point.limit = read_cost(json.at("limit"));
  point.gap = json.at("gap").get<double>();
  point.bottleneck = json.at("bottleneck").get<std::string>();
  point.binding = json.at("binding").get<std::string>();
  if (!json.at("twice").is_null()) point.twice = read_cost(json.at("twice"));
  point.tops = json.at("tops").get<double>();
  point.attainable_tops = json.at("attainable_tops").get<double>();
  point.folding = json.at("folding").get<std::string>();
  return point;
}

/// Everything that a result depends on; the model by a hash of its file.
std::string key_of(const ExploreJob& job, const std::string& model, const Fpga& device, const std::string& costs) {
  std::string all = fmt::format("{}\n{}\n{} {} {}\n", kResultsVersion, model, device.name, to_text(device.family), device.part);
  for (const auto member : Cost::kMembers) all += fmt::format("{} {}\n", device.total.*member, device.usable().*member);
  all += fmt::format("{} {} {} {}\n{}", job.clock_mhz, job.share, job.fps.value_or(0), device.bram_bits, costs);
  return hash_of(all);
}

/// Lines of results by key. A line cut short by an interruption is no result.
std::map<std::string, ExplorePoint> read_results(const std::filesystem::path& path) {
  std::map<std::string, ExplorePoint> results;
  const Result<std::string> text = path.empty() ? Result<std::string>(std::string()) : read_file(path);
  if (!text.ok()) return results;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    try {
      ExplorePoint point = read_point(json);
      results.insert_or_assign(point.job.key, std::move(point));
    } catch (const nlohmann::json::exception&) {  // another file's line, or another version's
      continue;
    }
  }
  return results;
}

ExplorePoint run(const ExploreJob& job, const Subject& subject, const Fpga& device, const Result<NamedCost>& costs,
                 const std::filesystem::path& certificates) {
  ExplorePoint point;
  point.job = job;
  const Room room = room_in(device, job.share, job.clock_mhz);
  point.limit = room.limit;
  std::optional<std::int64_t> interval;
  if (job.fps) interval = static_cast<std::int64_t>(std::floor(job.clock_mhz * 1e6 / *job.fps));
  Result<Fit> found = costs.ok() ? best_fit(subject.name, subject.part, room, interval, costs->cost) : costs.error();
  if (!found.ok()) {
    point.problem = found.error().message + (found.error().cause.empty() ? "" : ": " + found.error().cause);
    return point;
  }
  point.interval = found->interval;
  point.bound = job.fps ? found->interval : found->bound;
  point.fps = job.clock_mhz * 1e6 / static_cast<double>(found->interval);
  point.cost = found->cost;
  point.gap = found->least_share > 0 ? found->share / found->least_share - 1 : 0;
  point.bottleneck = found->bottleneck;
  point.binding = found->binding;
  point.twice = found->twice;
  point.tops = subject.operations() * point.fps * 1e-12;
  point.attainable_tops = attainable_tops(device, subject.work, std::max(1.0, static_cast<double>(subject.io_bits) / 8));
  point.folding = write_folding(subject.part, found->folding);
  if (!certificates.empty()) {
    const Status written = write_file(certificates / (job.key + ".json"), to_json(found->certificate));
    if (!written.ok()) point.problem = written.error().message;
  }
  return point;
}

bool better(const ExplorePoint& a, const ExplorePoint& b) {
  const double accuracy_a = a.job.accuracy.value_or(0);
  const double accuracy_b = b.job.accuracy.value_or(0);
  if (a.fps < b.fps || accuracy_a < accuracy_b || !a.cost.fits(b.cost)) return false;
  return a.fps > b.fps || accuracy_a > accuracy_b || !b.cost.fits(a.cost);
}

void mark_front(std::vector<ExplorePoint>& points) {
  for (ExplorePoint& p : points) {
    p.front = p.problem.empty() &&
              std::ranges::none_of(points, [&](const ExplorePoint& other) { return other.problem.empty() && better(other, p); });
  }
}

Result<std::vector<Fpga>> devices_of(const std::vector<std::string>& names) {
  std::vector<Fpga> devices;
  for (const std::string& name : names) {
    if (name == "all") {
      for (Fpga& device : known_devices()) devices.push_back(std::move(device));
      continue;
    }
    FINNR_ASSIGN(Fpga device, find_device(name));
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace

Result<std::vector<ExploreJob>> list_jobs(const ExploreConfig& config) {
  if (!config.accuracies.empty() && config.accuracies.size() != config.models.size()) {
    return Diagnostic(Code::kBadOption, fmt::format("{} accuracies for {} models", config.accuracies.size(), config.models.size()))
        .fix("give --accuracy one number a model, in their order");
  }
  if (config.costs != "fitted" && config.costs != "finn" && !std::filesystem::exists(config.costs)) {
    return unit_cost(config.costs, LogicFamily::kXc7).error();
  }
  struct Target {
    std::string name;
    Fpga device;
    std::string costs;  // a device without costs has points that say so
  };
  std::vector<Target> targets;
  for (const std::string& name : config.devices) {
    FINNR_ASSIGN(std::vector<Fpga> devices, devices_of({name}));
    for (Fpga& device : devices) {
      const Result<NamedCost> costs = unit_cost(config.costs, device.family);
      targets.push_back({name == "all" ? device.name : name, std::move(device), costs.ok() ? costs->identity : ""});
    }
  }
  std::vector<std::optional<double>> rates(config.fps.begin(), config.fps.end());
  if (rates.empty()) rates.emplace_back();
  std::vector<ExploreJob> jobs;
  for (std::size_t m = 0; m < config.models.size(); ++m) {
    FINNR_ASSIGN(const std::string text, read_file(config.models[m]));
    const std::string model = hash_of(text);
    for (const auto& [name, device, costs] : targets) {
      ExploreJob job{"", config.models[m], {}, name, config.clock_mhz.value_or(device.clock_mhz), 1, {}, config.costs};
      if (!config.accuracies.empty()) job.accuracy = config.accuracies[m];
      for (const double share : config.shares) {
        for (const std::optional<double> rate : rates) {
          job.share = share;
          job.fps = rate;
          job.key = key_of(job, model, device, costs);
          jobs.push_back(job);
        }
      }
    }
  }
  return jobs;
}

std::string to_json(const ExploreJob& job) { return to_json_value(job).dump(); }
std::string to_json(const ExplorePoint& point) { return to_json_value(point).dump(); }

Result<std::vector<ExploreJob>> read_jobs(const std::string& path) {
  FINNR_ASSIGN(const std::string text, read_file(path));
  std::vector<ExploreJob> jobs;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    const Json json = Json::parse(line, nullptr, false);
    try {
      jobs.push_back(read_job(json));
    } catch (const nlohmann::json::exception& error) {
      return Diagnostic(Code::kBadJob, fmt::format("line {} of '{}' is no job", number, path))
          .at({path, "", ""})
          .because(error.what())
          .fix("take lines that 'finnr explore MODEL --list-jobs' prints");
    }
  }
  return jobs;
}

std::optional<std::vector<ExplorePoint>> explore(const ExploreConfig& config, const std::vector<ExploreJob>& jobs,
                                                 Diagnostics& diagnostics) {
  const std::map<std::string, ExplorePoint> known = read_results(config.results);
  std::vector<ExplorePoint> points(jobs.size());
  std::vector<std::size_t> open;
  std::map<std::string, Subject> subjects;
  std::map<std::string, Fpga> devices;
  std::map<std::pair<std::string, LogicFamily>, Result<NamedCost>> costs;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const ExploreJob& job = jobs[i];
    if (const auto found = known.find(job.key); found != known.end()) {
      points[i] = found->second;
      points[i].job = job;
      continue;
    }
    open.push_back(i);
    if (!devices.contains(job.device)) {
      Result<Fpga> device = find_device(job.device);
      if (!device.ok()) {
        diagnostics.add(device.error());
        return std::nullopt;
      }
      devices.emplace(job.device, *std::move(device));
    }
    const std::pair kind(job.costs, devices.at(job.device).family);
    if (!costs.contains(kind)) costs.emplace(kind, unit_cost(kind.first, kind.second));
    if (subjects.contains(job.model)) continue;
    std::optional<Subject> subject = read_subject(job.model, {}, diagnostics);
    if (!subject) return std::nullopt;
    subjects.emplace(job.model, *std::move(subject));
  }

  std::ofstream lines;
  if (!config.results.empty()) lines.open(config.results, std::ios::app);
  std::error_code error;
  if (!config.certificates.empty()) std::filesystem::create_directories(config.certificates, error);
  if ((!config.results.empty() && !lines) || error) {
    diagnostics.add(
        Diagnostic(Code::kCannotWrite, fmt::format("'{}' cannot be written", (error ? config.certificates : config.results).string())));
    return std::nullopt;
  }
  std::atomic<std::size_t> next = 0;
  std::mutex finished;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t at = next++; at < open.size(); at = next++) {
      const ExploreJob& job = jobs[open[at]];
      const Fpga& device = devices.at(job.device);
      ExplorePoint point = run(job, subjects.at(job.model), device, costs.at({job.costs, device.family}), config.certificates);
      const std::scoped_lock lock(finished);
      if (lines.is_open()) lines << to_json(point) << std::endl;
      points[open[at]] = std::move(point);
      if (config.on_progress) config.on_progress("explore", static_cast<double>(++done) / static_cast<double>(open.size()));
    }
  };
  std::vector<std::thread> others;
  for (unsigned t = 1; t < std::min<std::size_t>(config.jobs, open.size()); ++t) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  mark_front(points);
  return points;
}

std::string to_csv(const std::vector<ExplorePoint>& points) {
  std::string text = "front,model,accuracy,device,share,clock_mhz,asked_fps,fps,interval,bound,gap";
  for (const std::string_view name : kCostNames) text += fmt::format(",{0},{0}_limit", name);
  text += ",bottleneck,binding";
  for (const std::string_view name : kCostNames) text += fmt::format(",twice_{}", name);
  text += ",tops,attainable_tops,problem\n";
  const auto number = [](const std::optional<double>& value) { return value ? fmt::format("{:g}", *value) : std::string(); };
  const auto quoted = [](std::string value) {
    for (std::size_t at = value.find('"'); at != std::string::npos; at = value.find('"', at + 2)) value.insert(at, "\"");
    return "\"" + value + "\"";
  };
  for (const ExplorePoint& p : points) {
    text += fmt::format("{},{},{},{},{:g},{:g},{},{:.6g},{},{},{:.3g}", p.front ? 1 : 0, quoted(p.job.model), number(p.job.accuracy),
                        quoted(p.job.device), p.job.share, p.job.clock_mhz, number(p.job.fps), p.fps, p.interval, p.bound, p.gap);
    for (const auto member : Cost::kMembers) text += fmt::format(",{},{}", p.cost.*member, p.limit.*member);
    text += fmt::format(",{},{}", p.bottleneck, p.binding);
    for (const auto member : Cost::kMembers) text += p.twice ? fmt::format(",{}", (*p.twice).*member) : ",";
    text += fmt::format(",{:.4g},{:.4g},{}\n", p.tops, p.attainable_tops, quoted(p.problem));
  }
  return text;
}

Result<std::string> certify(const std::string& path) {
  FINNR_ASSIGN(const std::string text, read_file(path));
  FINNR_ASSIGN(const Certificate certificate, read_certificate(text, path));
  const std::string wrong = check(certificate);
  if (wrong.empty()) return certificate.subject;
  return Diagnostic(Code::kCertificateFails, fmt::format("the certificate '{}' does not hold", path))
      .at({path, "", ""})
      .because(wrong)
      .fix("explore again, and keep the certificate as it is written");
}

}  // namespace finnr
