// SPDX-License-Identifier: Apache-2.0
// A recursive-descent reader of the text form. The grammar has no nesting beyond lists, so there is no recursion.
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "finnr/graph/packing.h"
#include "finnr/graph/rules.h"
#include "finnr/graph/text.h"

namespace finnr {
namespace {

/// The characters of one statement. Every take_ either succeeds and moves on, or records the first failure.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : rest_(line) {}

  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }
  void fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }

  bool at_end() {
    skip_space();
    return rest_.empty();
  }
  bool peek(std::string_view token) {
    skip_space();
    return rest_.starts_with(token);
  }
  bool accept(std::string_view token) {
    if (!peek(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void take(std::string_view token) {
    if (!accept(token)) fail(fmt::format("'{}' expected before '{}'", token, rest_.substr(0, 20)));
  }
  std::string_view take_word() {
    skip_space();
    std::size_t n = 0;
    while (n < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[n])) != 0 || rest_[n] == '_')) ++n;
    if (n == 0) fail(fmt::format("a word expected before '{}'", rest_.substr(0, 20)));
    const std::string_view word = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return word;
  }
  template <class T>
  T take_number() {
    skip_space();
    T value{};
    const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (status != std::errc{}) {
      fail(fmt::format("a number expected before '{}'", rest_.substr(0, 20)));
      return T{};
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::string take_quoted() {
    take("\"");
    std::string text;
    while (!failed()) {
      if (rest_.empty()) {
        fail("a quoted name does not end");
        break;
      }
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') break;
      if (c == '\\') {
        if (rest_.starts_with('x') && rest_.size() >= 3) {
          unsigned code = 0;
          if (std::from_chars(rest_.data() + 1, rest_.data() + 3, code, 16).ptr != rest_.data() + 3)
            fail("\\x needs two hexadecimal digits");
          c = static_cast<char>(code);
          rest_.remove_prefix(3);
        } else if (!rest_.empty()) {
          c = rest_.front();
          rest_.remove_prefix(1);
        }
      }
      text += c;
    }
    return text;
  }

 private:
  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r')) rest_.remove_prefix(1);
  }
  std::string_view rest_;
  std::string error_;
};

void take_field(Scanner& s, bool& x) { x = s.take_word() == "true"; }
void take_field(Scanner& s, int& x) { x = s.take_number<int>(); }
void take_field(Scanner& s, std::int64_t& x) { x = s.take_number<std::int64_t>(); }
void take_field(Scanner& s, float& x) { x = s.take_number<float>(); }
void take_field(Scanner& s, double& x) { x = s.take_number<double>(); }
void take_field(Scanner& s, IntType& x) {
  if (s.accept("bipolar")) {
    x = IntType::bipolar_type();
    return;
  }
  s.take("int[");
  x.lo = s.take_number<std::int64_t>();
  s.take(",");
  x.hi = s.take_number<std::int64_t>();
  s.take("]");
  if (x.lo > x.hi) s.fail("an empty integer range");
}
template <class T>
void take_named(Scanner& s, T& x, std::optional<T> (*find)(std::string_view)) {
  const std::string_view word = s.take_word();
  if (const std::optional<T> found = find(word)) {
    x = *found;
  } else {
    s.fail(fmt::format("'{}' is not known", word));
  }
}
void take_field(Scanner& s, Rounding& x) { take_named(s, x, find_rounding); }
void take_field(Scanner& s, QuantizeStyle& x) { take_named(s, x, find_quantize_style); }
void take_field(Scanner& s, BinaryFunction& x) { take_named(s, x, find_binary); }
void take_field(Scanner& s, PoolKind& x) { take_named(s, x, find_pool_kind); }
void take_field(Scanner& s, JoinFunction& x) { take_named(s, x, find_join_function); }
void take_field(Scanner& s, UnaryFunction& x) { take_named(s, x, find_unary); }
template <class T>
void take_field(Scanner& s, std::vector<T>& list) {
  list.clear();
  s.take("[");
  while (!s.failed() && !s.accept("]")) {
    if (!list.empty()) s.take(",");
    T x{};
    take_field(s, x);
    list.push_back(x);
  }
}
template <class T>
void take_field(Scanner& s, PerAxis<T>& x) {
  x.values.assign(1, T{});
  if (!s.peek("[")) {
    take_field(s, x.values[0]);
    return;
  }
  take_field(s, x.values);
  s.take("@");
  take_field(s, x.axis);
}

template <std::size_t I = 0>
std::optional<Op> make_op(std::string_view name) {
  if constexpr (I == std::variant_size_v<Op>) {
    return std::nullopt;
  } else {
    if (kOpNames[I] == name) return Op(std::in_place_index<I>);
    return make_op<I + 1>(name);
  }
}

void take_attributes(Scanner& s, Op& op) {
  bool first = true;
  std::visit(
      [&](auto& typed) {
        fields(typed, [&](std::string_view name, auto& member) {
          if (s.failed()) return;
          s.take(first ? "{" : ",");
          first = false;
          s.take(name);
          s.take("=");
          take_field(s, member);
        });
      },
      op);
  if (!first) s.take("}");
}

ResultType take_type(Scanner& s) {
  ResultType result;
  if (!s.accept("f32")) {
    result.type.is_float = false;
    take_field(s, result.type.ints);
  }
  take_field(s, result.shape);
  if (!s.failed() && !checked_count(result.shape)) s.fail("a shape is too large");
  return result;
}

/// The graph under construction and the names of its values.
class Reader {
 public:
  Status read_line(std::string_view line) {
    Scanner s(line);
    if (s.at_end() || s.peek("#")) return ok_status();
    if (s.accept("graph ")) {
      graph_.name = s.take_quoted();
    } else if (s.accept("input ")) {
      read_input(s);
    } else if (s.accept("const ")) {
      read_constant(s);
    } else if (s.accept("output")) {
      std::vector<ValueId> outputs;
      while (!s.failed() && !s.at_end()) outputs.push_back(take_value(s));
      graph_.set_outputs(std::move(outputs));
    } else {
      FINNR_RETURN_IF_ERROR(read_node(s));
    }
    if (!s.failed() && !s.at_end()) s.fail("more text than a statement has");
    return s.failed() ? Status(Diagnostic(Code::kBadText, s.error())) : ok_status();
  }

  Graph finish() && { return std::move(graph_); }

 private:
  struct Name {
    std::uint32_t number = 0;
    std::string text;
  };

  static Name take_name(Scanner& s) {
    s.take("%");
    Name name{s.take_number<std::uint32_t>(), ""};
    if (s.peek("\"")) name.text = s.take_quoted();
    return name;
  }
  ValueId take_value(Scanner& s) {
    s.take("%");
    const auto number = s.take_number<std::uint32_t>();
    const auto found = values_.find(number);
    if (found == values_.end()) {
      s.fail(fmt::format("%{} is not defined above", number));
      return {};
    }
    return found->second;
  }
  void define(Scanner& s, const Name& name, ValueId id) {
    if (!values_.emplace(name.number, id).second) s.fail(fmt::format("%{} is defined twice", name.number));
    graph_.set_name(id, name.text);
  }

  void read_input(Scanner& s) {
    const Name name = take_name(s);
    s.take(":");
    const ResultType type = take_type(s);
    if (!s.failed()) define(s, name, graph_.add_input(name.text, type.type, type.shape));
  }

  void read_constant(Scanner& s) {
    const Name name = take_name(s);
    s.take(":");
    const ResultType type = take_type(s);
    s.take("=");
    if (s.failed()) return;
    std::optional<Tensor> tensor;
    if (s.accept("base64")) {
      tensor = unpack(s.take_quoted(), type.type, type.shape);
    } else if (type.type.is_float) {
      Tensor::Floats list;
      take_field(s, list);
      if (static_cast<std::int64_t>(list.size()) == count(type.shape)) tensor = Tensor(type.shape, std::move(list));
    } else {
      Tensor::Ints list;
      take_field(s, list);
      for (const std::int64_t x : list) {
        if (!type.type.ints.contains(x)) s.fail(fmt::format("{} lies outside {}", x, to_text(type.type.ints)));
      }
      if (static_cast<std::int64_t>(list.size()) == count(type.shape)) tensor = Tensor(type.shape, std::move(list));
    }
    if (!tensor) s.fail("the elements do not fit the type");
    if (!s.failed()) define(s, name, graph_.add_constant(*std::move(tensor), name.text, type.type.ints));
  }

  Status read_node(Scanner& s) {
    std::vector<Name> results;
    do {
      results.push_back(take_name(s));
    } while (!s.failed() && s.accept(","));
    s.take("=");
    const std::string_view op_word = s.take_word();
    std::optional<Op> op = make_op(op_word);
    if (!op) {
      s.fail(fmt::format("operator '{}' is not known", op_word));
      return ok_status();
    }
    s.take("(");
    std::vector<ValueId> operands;
    while (!s.failed() && !s.accept(")")) {
      if (!operands.empty()) s.take(",");
      operands.push_back(take_value(s));
    }
    take_attributes(s, *op);
    s.take(":");
    std::vector<ResultType> types;
    do {
      types.push_back(take_type(s));
    } while (!s.failed() && s.accept(","));
    Origin origin;
    if (s.accept("from")) {
      while (!s.failed() && s.peek("\"")) origin.push_back(s.take_quoted());
    }
    if (s.failed()) return ok_status();
    FINNR_ASSIGN(const NodeId node, graph_.add(*std::move(op), operands, std::move(origin)));
    const std::vector<ValueId> outputs = graph_.node(node).outputs;
    if (outputs.size() != results.size() || outputs.size() != types.size()) {
      s.fail("a wrong number of results");
      return ok_status();
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Value& value = graph_.value(outputs[i]);
      if (!(ResultType{value.type, value.shape} == types[i]))
        s.fail(fmt::format("the type of %{} does not follow from the operator", results[i].number));
      define(s, results[i], outputs[i]);
    }
    return ok_status();
  }

  Graph graph_;
  std::unordered_map<std::uint32_t, ValueId> values_;
};

}  // namespace

Result<Graph> parse(std::string_view text) {
  Reader reader;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    ++number;
    if (Status status = reader.read_line(text.substr(0, end)); !status.ok()) {
      Diagnostic inner = std::move(status).error();
      return Diagnostic(Code::kBadText, fmt::format("line {} of the text form cannot be read", number))
          .because(inner.cause.empty() ? inner.message : fmt::format("{}: {}", inner.message, inner.cause));
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return std::move(reader).finish();
}

}  // namespace finnr
