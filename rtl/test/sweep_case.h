// SPDX-License-Identifier: Apache-2.0
//
// What the driver (sweep.cpp) and the models share: a case of the sweep, the shape of its streams, elements.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

using Value = std::int64_t;
using Raw = std::uint64_t;

inline constexpr Value kUnsigned = 0;
inline constexpr Value kBipolar = 2;

inline Raw Mask(Value bits) { return bits >= 64 ? ~Raw{0} : (Raw{1} << bits) - 1; }

inline Value Decode(Raw raw, Value bits, Value kind) {
  if (kind == kBipolar) return raw ? 1 : -1;
  if (kind == kUnsigned) return static_cast<Value>(raw);
  return (raw >> (bits - 1) & 1) ? static_cast<Value>(raw | ~Mask(bits)) : static_cast<Value>(raw);
}

struct Case {
  int index = 0;
  std::string module;
  std::map<std::string, Value> params;
  std::map<std::string, std::vector<Value>> data;
  std::size_t source = 0;  // number of its first input stream
  std::size_t sources = 1;
  std::size_t sink = 0;
  std::size_t sinks = 1;

  Value operator[](const std::string& name) const { return params.at(name); }
  std::string Text() const {
    std::string text = module;
    for (const auto& [name, value] : params) text += " " + name + "=" + std::to_string(value);
    return text;
  }
};

// An input stream: bits per lane, beats per frame.
struct Input {
  std::vector<Value> bits;
  Value beats = 1;
};

// Shape of the streams of a case, and its formula.
struct Shape {
  std::vector<Value> in_bits;   // per lane of an input beat
  std::vector<Value> out_bits;  // per lane of an output beat
  Value in_beats = 1;           // per frame
  std::vector<Input> more;      // further inputs; a frame holds the elements of all inputs, one input after the other
  Value out_beats = 1;
  Value interval = 1;    // cycles per frame
  Value capacity = -1;   // words taken while the output is blocked; -1: not promised
  bool settles = false;  // the first half of the frames may take longer or shorter
};
