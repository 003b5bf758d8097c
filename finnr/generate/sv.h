// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace finnr::sv {

// A syntax tree of the little SystemVerilog that is generated: modules that declare wires, instantiate modules of the
// library and connect them. Names are made legal once (Names), text is made last (print).

/// A number with a width, as it stands in the text: "8'hff".
struct Literal {
  std::string text;
};
Literal literal(std::uint64_t value, int bits);

/// Value of a parameter: a number, a file name, or a sized literal.
using Constant = std::variant<std::int64_t, std::string, Literal>;

enum class Direction : std::uint8_t { kInput, kOutput };

struct Port {
  Direction direction = Direction::kInput;
  std::int64_t width = 1;  ///< 1 is printed without a range
  std::string name;
};

struct Wire {
  std::int64_t width = 1;
  std::string name;
};

/// `assign target = source;`, both already expressions of legal names.
struct Assign {
  std::string target;
  std::string source;
};

struct Instance {
  std::string module;
  std::string name;
  std::vector<std::pair<std::string, Constant>> parameters;
  std::vector<std::pair<std::string, std::string>> connections;  ///< port, expression
};

struct Module {
  std::string comment;  ///< lines printed above the module
  std::string name;
  std::vector<Port> ports;
  std::vector<Wire> wires;
  std::vector<Assign> assigns;
  std::vector<Instance> instances;
  std::vector<std::string> unused;  ///< inputs that are read nowhere, on purpose
};

/// Which language the text is: the difference is the keyword of a net.
enum class Dialect : std::uint8_t { kSystemVerilog, kVerilog2001 };

std::string print(const Module& module, Dialect dialect);

/// "name", "name[3:0]" ... of the low `width` bits of a net `full` bits wide.
std::string low_bits(std::string_view name, std::int64_t width, std::int64_t full);

/// Makes identifiers: letters, digits and underscores, no keyword, no repetition.
class Names {
 public:
  /// A legal name like `wanted`, never given out before.
  std::string legal(std::string_view wanted);

 private:
  std::unordered_set<std::string> taken_;
};

}  // namespace finnr::sv
