// SPDX-License-Identifier: Apache-2.0
// Small model files for tests, written in the wire format by hand: a test can so make broken ones, too.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace finnr::testing {

/// One message of the wire format.
class Message {
 public:
  Message& number(int field, std::int64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& text(int field, std::string_view bytes) {
    varint((static_cast<std::uint64_t>(field) << 3) | 2);
    varint(bytes.size());
    bytes_ += bytes;
    return *this;
  }
  Message& real(int field, float value) {
    varint((static_cast<std::uint64_t>(field) << 3) | 5);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Message& add(int field, const Message& inner) { return text(field, inner.bytes_); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>((value & 127) | 128);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

using Sizes = std::vector<std::int64_t>;
inline constexpr int kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7, kString = 8, kHalf = 10;

template <class T>
std::string raw(const std::vector<T>& elements) {
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)};
}

/// A tensor with its elements in raw form.
inline Message tensor(std::string_view name, int type, const Sizes& dims, std::string_view bytes) {
  Message message;
  for (const std::int64_t dim : dims) message.number(1, dim);
  return message.number(2, type).text(8, name).text(9, bytes);
}
inline Message floats(std::string_view name, const Sizes& dims, const std::vector<float>& elements) {
  return tensor(name, kFloat, dims, raw(elements));
}
inline Message ints(std::string_view name, const Sizes& dims, const std::vector<std::int64_t>& elements) {
  return tensor(name, kInt64, dims, raw(elements));
}

inline Message attribute(std::string_view name, std::int64_t value) { return Message().text(1, name).number(3, value).number(20, 2); }
inline Message attribute(std::string_view name, float value) { return Message().text(1, name).real(2, value).number(20, 1); }
inline Message attribute(std::string_view name, std::string_view value) { return Message().text(1, name).text(4, value).number(20, 3); }
inline Message attribute(std::string_view name, const Sizes& values) {
  Message message;
  message.text(1, name);
  for (const std::int64_t value : values) message.number(8, value);
  return message.number(20, 7);
}
inline Message attribute(std::string_view name, const Message& value) { return Message().text(1, name).add(5, value).number(20, 4); }

using Names = std::vector<std::string>;

inline Message node(std::string_view type, const Names& inputs, const Names& outputs, const std::vector<Message>& attributes = {},
                    std::string_view domain = "", std::string_view name = "") {
  Message message;
  for (const std::string& input : inputs) message.text(1, input);
  for (const std::string& output : outputs) message.text(2, output);
  if (!name.empty()) message.text(3, name);
  message.text(4, type);
  for (const Message& each : attributes) message.add(5, each);
  if (!domain.empty()) message.text(7, domain);
  return message;
}

/// An operator of the quantization set.
inline Message quant_node(std::string_view type, const Names& inputs, const Names& outputs, const std::vector<Message>& attributes = {}) {
  return node(type, inputs, outputs, attributes, "qonnx.custom_op.general");
}

/// A dimension that is a size, or a symbol ("" for neither).
struct Dim {
  std::int64_t size = 0;
  const char* symbol = nullptr;
  Dim(std::int64_t known) : size(known) {}       // NOLINT(google-explicit-constructor): a size is a dimension
  Dim(const char* unknown) : symbol(unknown) {}  // NOLINT(google-explicit-constructor): so is a symbol
};

inline Message port(std::string_view name, const std::vector<Dim>& dims, int type = kFloat) {
  Message shape;
  for (const Dim& dim : dims) shape.add(1, dim.symbol != nullptr ? Message().text(2, dim.symbol) : Message().number(1, dim.size));
  return Message().text(1, name).add(2, Message().add(1, Message().number(1, type).add(2, shape)));
}
inline Message port(std::string_view name) { return Message().text(1, name); }

/// A whole model; parts are added in any order.
struct ModelBuilder {
  std::vector<Message> inputs, outputs, constants, sparse, nodes, functions;
  int opset = 13;

  [[nodiscard]] std::string bytes() const {
    Message graph;
    for (const Message& each : nodes) graph.add(1, each);
    graph.text(2, "g");
    for (const Message& each : constants) graph.add(5, each);
    for (const Message& each : inputs) graph.add(11, each);
    for (const Message& each : outputs) graph.add(12, each);
    for (const Message& each : sparse) graph.add(15, each);
    Message model;
    model.number(1, 8).text(2, "maker").text(3, "1.0").add(7, graph).add(8, Message().text(1, "").number(2, opset));
    for (const Message& each : functions) model.add(25, each);
    return model.bytes();
  }
};

/// One data node between input "x" [1,4] and output "y", with constants.
inline ModelBuilder around(const Message& data_node, const std::vector<Message>& constants = {}, const std::vector<Dim>& shape = {1, 4},
                           int type = kFloat) {
  ModelBuilder model;
  model.inputs = {port("x", shape, type)};
  model.outputs = {port("y")};
  model.constants = constants;
  model.nodes = {data_node};
  return model;
}

/// A folder of its own for the files of one test.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "finnr_import_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace finnr::testing
