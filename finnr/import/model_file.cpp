// SPDX-License-Identifier: Apache-2.0
// The one source that knows protobuf: everything is copied into plain structs, and the message goes.
#include "finnr/import/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "finnr/base/files.h"
#include "finnr/import/external_data.h"
#include "finnr/import/names.h"

#define ONNX_ML 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

namespace finnr {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxFile = std::numeric_limits<std::int32_t>::max();

template <class T, class List>
std::span<const T> view(const List& list) {
  return {list.data(), static_cast<std::size_t>(list.size())};
}

/// Copies the parts of one message, with what they need to know of the file.
class Reader {
 public:
  Reader(ModelFile& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  void read(onnx::ModelProto& model) {
    onnx::GraphProto& graph = *model.mutable_graph();
    file_.graph_name = graph.name();
    file_.producer = model.producer_name();
    if (!model.producer_version().empty()) file_.producer += " " + model.producer_version();
    file_.ir_version = model.ir_version();
    for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
      std::int64_t& version = file_.opsets[set.domain() == "ai.onnx" ? "" : set.domain()];
      version = std::max(version, set.version());
    }
    for (const onnx::ValueInfoProto& input : graph.input()) file_.inputs.push_back(port(input));
    for (const onnx::ValueInfoProto& output : graph.output()) file_.outputs.push_back(port(output));
    for (onnx::TensorProto& tensor : *graph.mutable_initializer()) constant(tensor);
    for (const onnx::SparseTensorProto& sparse : graph.sparse_initializer()) sparse_constant(sparse);
    file_.nodes.reserve(static_cast<std::size_t>(graph.node_size()));
    for (const onnx::NodeProto& proto : graph.node()) {
      FileNode result = node(proto, file_.nodes.size());
      for (const std::string& name : proto.input()) result.inputs.push_back(file_.names.index(name));
      for (const std::string& name : proto.output()) result.outputs.push_back(file_.names.index(name));
      while (!result.inputs.empty() && result.inputs.back() == 0) result.inputs.pop_back();
      file_.nodes.push_back(std::move(result));
    }
    for (const onnx::FunctionProto& proto : model.functions()) function(proto);
  }

 private:
  FilePort port(const onnx::ValueInfoProto& info) {
    FilePort result;
    result.tensor = file_.names.index(info.name());
    result.is_tensor = !info.has_type() || info.type().has_tensor_type();
    if (!info.type().has_tensor_type()) return result;
    const onnx::TypeProto_Tensor& type = info.type().tensor_type();
    result.type = static_cast<StoredType>(type.elem_type());
    if (!type.has_shape()) return result;
    result.shape.emplace();
    for (const auto& dim : type.shape().dim()) {
      const bool known = dim.has_dim_value() && dim.dim_value() >= 0;
      result.shape->push_back({known ? dim.dim_value() : -1, dim.dim_param()});
    }
    return result;
  }

  void constant(onnx::TensorProto& proto) {
    FileConstant result{file_.names.index(proto.name()), {static_cast<StoredType>(proto.data_type()), nullptr}, false};
    Result<StoredTensor> decoded = tensor(proto);
    if (decoded.ok()) {
      result.value = *std::move(decoded);
    } else {
      result.reported = true;
      report(std::move(decoded).error());
    }
    onnx::TensorProto().Swap(&proto);  // the bytes are not needed twice
    file_.constants.push_back(std::move(result));
  }

  void sparse_constant(const onnx::SparseTensorProto& sparse) {
    const std::string& name = sparse.values().name();
    file_.constants.push_back({file_.names.index(name), {StoredType::kUndefined, nullptr}, true});
    report(Diagnostic(Code::kBadTensor, fmt::format("sparse initializer '{}' is not supported", printable(name)))
               .at({"", "", tensor_text(name)})
               .because("finnr reads dense tensors only")
               .fix("store the tensor densely"));
  }

  Result<StoredTensor> tensor(const onnx::TensorProto& proto) {
    TensorParts parts{proto.name(),
                      static_cast<StoredType>(proto.data_type()),
                      {proto.dims().begin(), proto.dims().end()},
                      std::nullopt,
                      view<float>(proto.float_data()),
                      view<double>(proto.double_data()),
                      view<std::int32_t>(proto.int32_data()),
                      view<std::int64_t>(proto.int64_data()),
                      view<std::uint64_t>(proto.uint64_data())};
    if (proto.data_location() != onnx::TensorProto::EXTERNAL) {
      if (proto.has_raw_data()) parts.raw = proto.raw_data();
      return decode(parts);
    }
    ExternalData where;
    for (const onnx::StringStringEntryProto& entry : proto.external_data()) {
      if (entry.key() == "location") where.location = entry.value();
      if (entry.key() == "offset") where.offset = entry.value();
      if (entry.key() == "length") where.length = entry.value();
    }
    FINNR_ASSIGN(const std::int64_t wanted, raw_size(parts));
    FINNR_ASSIGN(const std::string bytes, read_external(fs::path(file_.path).parent_path(), where, wanted, proto.name()));
    parts.raw = bytes;
    return decode(parts);
  }

  FileNode node(const onnx::NodeProto& proto, std::size_t index) {
    FileNode result;
    result.name = proto.name().empty() ? fmt::format("{}_{}", proto.op_type(), index) : proto.name();
    result.type = proto.op_type();
    result.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
    for (const onnx::AttributeProto& attribute : proto.attribute())
      result.attributes.push_back({attribute.name(), attribute.ref_attr_name(), value(attribute)});
    return result;
  }

  FileAttribute::Value value(const onnx::AttributeProto& proto) {
    const bool typed = proto.has_type() && proto.type() != onnx::AttributeProto::UNDEFINED;
    const auto is = [&](onnx::AttributeProto_AttributeType type, bool present) { return typed ? proto.type() == type : present; };
    using A = onnx::AttributeProto;
    if (is(A::INT, proto.has_i())) return proto.i();
    if (is(A::FLOAT, proto.has_f())) return proto.f();
    if (is(A::STRING, proto.has_s())) return proto.s();
    if (is(A::INTS, proto.ints_size() > 0)) return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    if (is(A::FLOATS, proto.floats_size() > 0)) return std::vector<float>(proto.floats().begin(), proto.floats().end());
    if (is(A::STRINGS, proto.strings_size() > 0)) return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    if (!is(A::TENSOR, proto.has_t())) return std::monostate();
    Result<StoredTensor> decoded = tensor(proto.t());
    if (!decoded.ok()) return std::move(decoded).error();
    return *std::move(decoded);
  }

  /// A function that cannot be expanded faithfully is left out; its calls are unknown operators then.
  void function(const onnx::FunctionProto& proto) {
    if (!is_faithful(proto)) return;
    FileFunction result{
        proto.name(), proto.domain(), {proto.input().begin(), proto.input().end()}, {proto.output().begin(), proto.output().end()}, {}};
    for (const onnx::NodeProto& step : proto.node()) {
      result.steps.push_back({node(step, 0), {step.input().begin(), step.input().end()}, {step.output().begin(), step.output().end()}});
    }
    file_.functions.push_back(std::move(result));
  }

  /// No attributes with defaults (field 11) or overloads (field 13), which this reader does not see, and the model's own
  /// meaning of operators whose meaning changed with version 13.
  bool is_faithful(const onnx::FunctionProto& proto) const {
    const google::protobuf::UnknownFieldSet& unknown = proto.unknown_fields();
    for (int i = 0; i < unknown.field_count(); ++i) {
      if (unknown.field(i).number() == 11 || unknown.field(i).number() == 13) return false;
    }
    const auto standard = file_.opsets.find("");
    for (const onnx::OperatorSetIdProto& set : proto.opset_import()) {
      const bool is_standard = set.domain().empty() || set.domain() == "ai.onnx";
      if (is_standard && standard != file_.opsets.end() && (set.version() < 13) != (standard->second < 13)) return false;
    }
    return true;
  }

  void report(Diagnostic diagnostic) {
    for (Place& place : diagnostic.places) place.file = file_.path;
    diagnostics_.add(std::move(diagnostic));
  }

  ModelFile& file_;
  Diagnostics& diagnostics_;
};

Status check_file(const std::string& path) {
  std::error_code error;
  const Place place{path, "", ""};
  if (fs::is_character_file(path, error) || fs::is_block_file(path, error)) {
    return Diagnostic(Code::kFileUnreadable, fmt::format("'{}' cannot be read", printable(path))).at(place).because("it is a device");
  }
  const std::uintmax_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  if (!error && size > kMaxFile) {
    return Diagnostic(Code::kNotOnnx, "the file is too large for an ONNX model")
        .at(place)
        .because("ONNX files end at 2 GB; larger models keep their weights in a second file");
  }
  return ok_status();
}

Diagnostic not_onnx(const std::string& path, std::string_view bytes) {
  const auto refused = [&](std::string message, std::string cause) {
    return Diagnostic(Code::kNotOnnx, std::move(message))
        .at({path, "", ""})
        .because(std::move(cause))
        .fix("export or copy the model again");
  };
  if (bytes.empty()) return refused("the file is empty", "an export or a download failed");
  const bool text =
      std::ranges::all_of(bytes.substr(0, 512), [](char c) { return (c >= 32 && c < 127) || c == '\n' || c == '\r' || c == '\t'; });
  if (text) return refused("this is a text file, not an ONNX model", "the bytes are plain text, not an ONNX (protobuf) file");
  return refused("the file is not a complete ONNX model",
                 "the file is cut short (an incomplete download?), corrupt, or not an ONNX (protobuf) file");
}

}  // namespace

TensorIndex TensorNames::index(const std::string& name) {
  const auto [found, is_new] = indices_.try_emplace(name, static_cast<TensorIndex>(names_.size()));
  if (is_new) names_.push_back(name);
  return found->second;
}

TensorIndex TensorNames::fresh(std::string name) {
  names_.push_back(std::move(name));
  return static_cast<TensorIndex>(names_.size() - 1);
}

std::optional<ModelFile> read_model_file(const std::string& path, Diagnostics& diagnostics) {
  const auto refuse = [&](Diagnostic why) {
    diagnostics.add(std::move(why));
    return std::nullopt;
  };
  if (Status status = check_file(path); !status.ok()) return refuse(std::move(status).error());
  Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) return refuse(std::move(bytes).error());

  google::protobuf::LogSilencer quiet;
  onnx::ModelProto model;
  const bool parsed = !bytes->empty() && bytes->size() <= kMaxFile && model.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()));
  if (!parsed || !model.has_graph()) return refuse(not_onnx(path, *bytes));

  ModelFile file;
  file.path = path;
  file.bytes = bytes->size();
  *bytes = std::string();
  Reader(file, diagnostics).read(model);
  return file;
}

std::string full_type(const FileNode& node) { return node.domain.empty() ? node.type : node.domain + "::" + node.type; }

}  // namespace finnr
