// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "finnr/base/files.h"
#include "finnr/hardware/description.h"

namespace finnr {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<std::string_view, NodeKind>, 12> kKinds = {{{"conv", NodeKind::kConv},
                                                                           {"depthwise", NodeKind::kDepthwise},
                                                                           {"fc", NodeKind::kFc},
                                                                           {"threshold", NodeKind::kThreshold},
                                                                           {"maxpool", NodeKind::kMaxPool},
                                                                           {"avgpool", NodeKind::kAvgPool},
                                                                           {"add", NodeKind::kAdd},
                                                                           {"mul", NodeKind::kMul},
                                                                           {"concat", NodeKind::kConcat},
                                                                           {"fork", NodeKind::kFork},
                                                                           {"channelwise", NodeKind::kChannelwise},
                                                                           {"topk", NodeKind::kTopK}}};

constexpr const char* kFloat = "float32";
constexpr std::int64_t kMostSize = std::int64_t{1} << 20;  // of a dimension
constexpr std::int64_t kMostBits = 48;
constexpr std::int64_t kMostSteps = std::int64_t{1} << 12;

/// "bipolar", "uint4", "int17"; narrow integers leave out the least one.
std::optional<IntType> type_of(std::string_view name, bool narrow) {
  if (name == "bipolar") return IntType::bipolar_type();
  if (name == kFloat) return IntType::of_bits(32, true);  // for its width alone
  const bool is_signed = name.starts_with("int");
  if (!is_signed && !name.starts_with("uint")) return std::nullopt;
  name.remove_prefix(is_signed ? 3 : 4);
  int bits = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), bits);
  if (error != std::errc() || end != name.data() + name.size() || bits < 1 || bits > kMostBits) return std::nullopt;
  IntType type = IntType::of_bits(bits, is_signed);
  if (narrow && is_signed && bits > 1) ++type.lo;
  return type;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Result<NetworkDescription> read(const Json& file) {
    NetworkDescription result;
    if (!file.is_object() || !file.contains("network") || !file["network"].is_array()) return bad("", "it has no list 'network'");
    result.name = file.contains("name") && file["name"].is_string() ? file["name"].get<std::string>() : "network";
    if (!file.contains("input") || !file["input"].is_object()) return bad("", "it has no 'input' with a shape and a type");
    FINNR_ASSIGN(result.input, shape(file["input"], "shape", ""));
    result.float_input = file["input"].contains("type") && file["input"]["type"] == kFloat;
    FINNR_ASSIGN(result.input_type, type(file["input"], "type", "", false));
    shapes_["input"] = result.input;
    types_["input"] = result.input_type;
    for (const Json& node : file["network"]) {
      FINNR_ASSIGN(DescribedNode read, this->node(node));
      if (!shapes_.emplace(read.name, read.out).second) return bad(read.name, "another node has this name");
      types_[read.name] = read.y;
      const bool of_input = std::ranges::find(read.inputs, "input") != read.inputs.end();
      if (result.float_input && of_input && read.kind != NodeKind::kThreshold)
        return bad(read.name, "only thresholds take a float32 input");
      result.nodes.push_back(std::move(read));
    }
    if (result.nodes.empty()) return bad("", "'network' is empty");
    return result;
  }

  Diagnostic bad(const std::string& node, std::string why) const {
    return Diagnostic(Code::kBadDescription, fmt::format("the description of a network in '{}' cannot be used", path_))
        .at({path_, node, ""})
        .because(std::move(why))
        .fix("docs/estimate.md shows what each kind of node must say");
  }

 private:
  Result<DescribedNode> node(const Json& json) {
    DescribedNode n;
    if (!json.is_object() || !json.contains("name") || !json["name"].is_string()) return bad("", "a node has no name");
    n.name = json["name"].get<std::string>();
    const bool legal = !n.name.empty() && std::ranges::all_of(n.name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!legal) return bad(n.name, "names of nodes are letters, digits and _");
    const std::string kind = json.contains("kind") && json["kind"].is_string() ? json["kind"].get<std::string>() : "";
    const auto* known = std::ranges::find(kKinds, std::string_view(kind), &std::pair<std::string_view, NodeKind>::first);
    if (known == kKinds.end()) return bad(n.name, fmt::format("there is no kind '{}'", kind));
    n.kind = known->second;
    FINNR_RETURN_IF_ERROR(read_inputs(json, n));
    FINNR_ASSIGN(n.out, shape(json, "out_shape", n.name));
    FINNR_ASSIGN(n.y, type(json, "act_out_type", n.name, false));
    if (n.has_weights()) {
      const bool narrow = json.contains("weight_narrow_range") && json["weight_narrow_range"] == true;
      FINNR_ASSIGN(n.w, type(json, "weight_type", n.name, narrow));
    }
    if (n.kind == NodeKind::kThreshold) {
      FINNR_ASSIGN(n.steps, number(json, "steps", n.name, 1, kMostSteps));
      n.per_channel = n.inputs[0] != "input";
      if (json.contains("per_channel")) n.per_channel = json["per_channel"] == true;
    }
    if (n.kind == NodeKind::kTopK && json.contains("k")) {
      FINNR_ASSIGN(n.k, number(json, "k", n.name, 1, n.in.elements()));
    }
    FINNR_RETURN_IF_ERROR(windows(json, n));
    return n;
  }

  Status read_inputs(const Json& json, DescribedNode& n) {
    if (!json.contains("inputs") || !json["inputs"].is_array()) return bad(n.name, "it has no 'inputs'");
    for (const Json& input : json["inputs"]) {
      const std::string from = input.is_string() ? input.get<std::string>() : "";
      if (!shapes_.contains(from)) return bad(n.name, fmt::format("its input '{}' is no node before it", from));
      n.inputs.push_back(from);
    }
    const bool many = n.kind == NodeKind::kConcat;
    const std::size_t count = n.kind == NodeKind::kAdd || n.kind == NodeKind::kMul ? 2 : 1;
    if (many ? n.inputs.size() < 2 : n.inputs.size() != count) return bad(n.name, "it has a wrong number of inputs");
    n.in = shapes_[n.inputs[0]];
    n.x = types_[n.inputs[0]];
    if (json.contains("in_shape")) {
      FINNR_ASSIGN(const ImageShape said, shape(json, "in_shape", n.name));
      if (!(said == n.in)) return bad(n.name, fmt::format("its in_shape is not the shape of '{}'", n.inputs[0]));
    }
    if (json.contains("act_in_type")) {
      FINNR_ASSIGN(const IntType said, type(json, "act_in_type", n.name, false));
      if (said.bits() != n.x.bits() || said.is_signed() != n.x.is_signed())
        return bad(n.name, fmt::format("its act_in_type is not the type of '{}'", n.inputs[0]));
    }
    for (const std::string& other : n.inputs) {
      const ImageShape& s = shapes_[other];
      if (s.pixels() != n.in.pixels() || (!many && !(s == n.in))) return bad(n.name, "its inputs have different shapes");
    }
    return ok_status();
  }

  /// Kernel, stride, padding and groups where there are windows, and that all shapes agree.
  Status windows(const Json& json, DescribedNode& n) {
    ImageShape expected = n.in;
    const bool pool = n.kind == NodeKind::kMaxPool || n.kind == NodeKind::kAvgPool;
    if (n.kind == NodeKind::kConv || n.kind == NodeKind::kDepthwise || pool) {
      FINNR_RETURN_IF_ERROR(numbers(json, "kernel", n.name, 1, n.kernel));
      if (json.contains("stride")) FINNR_RETURN_IF_ERROR(numbers(json, "stride", n.name, 1, n.stride));
      if (json.contains("padding")) FINNR_RETURN_IF_ERROR(numbers(json, "padding", n.name, 0, n.padding));
      if (json.contains("groups")) {
        FINNR_ASSIGN(n.groups, number(json, "groups", n.name, 1, kMostSize));
      }
      if (n.padded_height() < n.kernel[0] || n.padded_width() < n.kernel[1]) return bad(n.name, "its kernel is larger than its image");
      if (n.in.channels % n.groups != 0 || n.out.channels % n.groups != 0) return bad(n.name, "its groups do not divide its channels");
      expected.height = (n.padded_height() - n.kernel[0]) / n.stride[0] + 1;
      expected.width = (n.padded_width() - n.kernel[1]) / n.stride[1] + 1;
      if (n.kind == NodeKind::kConv) expected.channels = n.out.channels;
    } else if (n.kind == NodeKind::kFc) {
      expected = {1, 1, n.out.channels};
    } else if (n.kind == NodeKind::kTopK) {
      expected = {1, 1, n.k};
    } else if (n.kind == NodeKind::kConcat) {
      expected.channels = 0;
      for (const std::string& input : n.inputs) expected.channels += shapes_[input].channels;
    }
    if (!(expected == n.out))
      return bad(n.name, fmt::format("its out_shape should be [{}, {}, {}]", expected.height, expected.width, expected.channels));
    return ok_status();
  }

  Result<std::int64_t> number(const Json& json, const char* key, const std::string& node, std::int64_t least, std::int64_t most) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return bad(node, fmt::format("'{}' is not a whole number", key));
    const auto value = found->get<std::int64_t>();
    if (value < least || value > most) return bad(node, fmt::format("'{}' is not between {} and {}", key, least, most));
    return value;
  }

  template <std::size_t N>
  Status numbers(const Json& json, const char* key, const std::string& node, std::int64_t least, std::array<std::int64_t, N>& out) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array() || found->size() != N) return bad(node, fmt::format("'{}' is not a list of {}", key, N));
    for (std::size_t i = 0; i < N; ++i) {
      const Json& value = (*found)[i];
      if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > kMostSize)
        return bad(node, fmt::format("'{}' has an entry that is no number from {} to {}", key, least, kMostSize));
      out[i] = value.get<std::int64_t>();
    }
    return ok_status();
  }

  Result<ImageShape> shape(const Json& json, const char* key, const std::string& node) const {
    std::array<std::int64_t, 3> sizes{};
    FINNR_RETURN_IF_ERROR(numbers(json, key, node, 1, sizes));
    return ImageShape{sizes[0], sizes[1], sizes[2]};
  }

  Result<IntType> type(const Json& json, const char* key, const std::string& node, bool narrow) const {
    const auto found = json.find(key);
    const std::string name = found != json.end() && found->is_string() ? found->get<std::string>() : "";
    const std::optional<IntType> type = type_of(name, narrow);
    const bool of_input = node.empty() || std::string_view(key) == "act_in_type";
    if (!type || (name == kFloat && !of_input)) return bad(node, fmt::format("'{}' is no type like bipolar, uint4 or int17", key));
    return *type;
  }

  const std::string& path_;
  std::map<std::string, ImageShape> shapes_;
  std::map<std::string, IntType> types_;
};

}  // namespace

namespace {

bool has_member(const std::string& path, const char* key) {
  const Result<std::string> content = path.ends_with(".json") ? read_file(path) : Diagnostic();
  if (!content.ok()) return false;
  const Json file = Json::parse(*content, nullptr, false);
  return file.is_object() && file.contains(key);
}

}  // namespace

bool is_description(const std::string& path) { return has_member(path, "network"); }

bool has_folding(const std::string& path) { return has_member(path, "folding"); }

Result<NetworkDescription> read_description(const std::string& path) {
  FINNR_ASSIGN(const std::string content, read_file(path));
  Reader reader(path);
  const Json file = Json::parse(content, nullptr, false);
  if (file.is_discarded()) return reader.bad("", "it is not JSON");
  return reader.read(file);
}

}  // namespace finnr
