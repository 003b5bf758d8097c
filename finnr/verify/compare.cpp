// SPDX-License-Identifier: Apache-2.0
// Both sides as beats, so that comparing is cheap, and the first element that differs.
#include "finnr/verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "finnr/emulate/fast.h"

namespace finnr {
namespace {

Status check_fit(const Graph& network, ValueId id, std::int64_t elements, const std::string& stream) {
  const auto unfit = [&](const std::string& why) {
    return Diagnostic(Code::kNotABundle, fmt::format("{} and {} do not belong together", kBundleFile, kNetworkFile))
        .because(fmt::format("stream {}: {}", stream, why));
  };
  if (!id.valid() || id.index() >= network.value_count()) return unfit(fmt::format("the network has no value %{}", id.value));
  if (count(network.value(id).shape) != elements)
    return unfit(fmt::format("value %{} has {} elements, the stream {}", id.value, count(network.value(id).shape), elements));
  return ok_status();
}

/// Integers as they are, floats as their bit patterns.
Tensor::Ints codes_of(const Tensor& tensor, const IntType& element) {
  if (!tensor.is_float()) return tensor.ints();
  Tensor::Ints codes;
  codes.reserve(static_cast<std::size_t>(tensor.size()));
  for (const float x : tensor.floats()) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    codes.push_back(element.is_signed() ? std::int64_t{static_cast<std::int32_t>(bits)} : std::int64_t{bits});
  }
  return codes;
}

Tensor frame_tensor(const Value& value, const Tensor::Ints& frame) {
  if (!value.type.is_float) return {value.shape, frame};
  Tensor::Floats floats;
  floats.reserve(frame.size());
  for (const std::int64_t code : frame) floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(code)));
  return {value.shape, std::move(floats)};
}

/// Appends a frame, unless the stream would make other numbers of it.
Status record(Recording& recording, const Tensor::Ints& codes, const std::string& stream) {
  const IntType& element = recording.format.element;
  for (const std::int64_t code : codes) {
    if (carried(element, code) == code) continue;
    return Diagnostic(Code::kMismatch, fmt::format("stream {} has no room for {}", stream, code))
        .because(fmt::format("it carries {}, the network computes {}", to_text(element), code));
  }
  pack(recording.format, codes, recording.words);
  return ok_status();
}

/// Where the element of a value is: its channel, and the vector that it belongs to.
void place(const Shape& shape, std::int64_t element, Mismatch& mismatch) {
  if (shape.size() < 3) {
    const std::int64_t channels = shape.empty() ? 1 : shape.back();
    mismatch.vector = element / channels;
    mismatch.channel = element % channels;
    return;
  }
  const std::int64_t pixels = count(shape) / (shape[0] * shape[1]);
  mismatch.channel = element / pixels % shape[1];
  mismatch.vector = element / (pixels * shape[1]) * pixels + element % pixels;
  std::int64_t rest = element % pixels;
  mismatch.pixel.resize(shape.size() - 2);
  for (std::size_t axis = shape.size(); axis-- > 2; rest /= shape[axis]) mismatch.pixel[axis - 2] = rest % shape[axis];
}

/// A stream on both sides.
struct Pair {
  const Recording* expected;
  const Recording* got;
  Mismatch names;
  ValueId value;
};

}  // namespace

std::size_t Expected::streams() const {
  const auto carries = [](const Recording& recording) { return !recording.words.empty(); };
  return static_cast<std::size_t>(std::ranges::count_if(taps, carries) + std::ranges::count_if(outputs, carries));
}

Result<Expected> expected_streams(const Graph& network, const Bundle& bundle, const std::vector<PortFrame>& frames) {
  std::unordered_map<ValueId, std::size_t> input_of;
  for (std::size_t i = 0; i < bundle.inputs.size(); ++i) {
    const Port& port = bundle.inputs[i];
    FINNR_RETURN_IF_ERROR(check_fit(network, port.value, port.vectors * port.channels, port.name));
    input_of.emplace(port.value, i);
  }
  Expected expected;
  struct Target {
    Recording* recording;
    ValueId value;
    std::string name;
  };
  std::vector<Target> targets;
  expected.taps.reserve(bundle.taps.size());
  expected.outputs.reserve(bundle.outputs.size());
  for (const Tap& tap : bundle.taps) {
    Recording& recording = expected.taps.emplace_back(beat_format(tap));
    if (!tap.value.valid()) continue;
    FINNR_RETURN_IF_ERROR(check_fit(network, tap.value, tap.vectors * tap.channels, tap.signal));
    targets.push_back({&recording, tap.value, tap.signal});
  }
  for (const Port& port : bundle.outputs) {
    FINNR_RETURN_IF_ERROR(check_fit(network, port.value, port.vectors * port.channels, port.name));
    targets.push_back({&expected.outputs.emplace_back(beat_format(port)), port.value, port.name});
  }
  std::vector<ValueId> fetches;  // each value once; what only passes an input on is the frame itself
  std::unordered_map<ValueId, std::size_t> place_of;
  for (const Target& target : targets) {
    if (!input_of.contains(target.value) && place_of.emplace(target.value, fetches.size()).second) fetches.push_back(target.value);
    target.recording->words.reserve(frames.size() * static_cast<std::size_t>(target.recording->format.frame_words()));
  }
  std::vector<ValueId> entries;
  for (const Port& port : bundle.inputs) entries.push_back(port.value);
  FINNR_ASSIGN(const FastNetwork fast, FastNetwork::compile(network, entries, fetches));
  FastNetwork::Scratch scratch = fast.make_scratch();
  for (const PortFrame& frame : frames) {
    std::vector<Tensor> feeds;
    for (std::size_t i = 0; i < entries.size(); ++i) feeds.push_back(frame_tensor(network.value(entries[i]), frame[i]));
    std::vector<const Tensor*> pointers;
    for (const Tensor& feed : feeds) pointers.push_back(&feed);
    const std::vector<Tensor> values = fast.run(pointers, scratch);
    for (const Target& target : targets) {
      if (const auto input = input_of.find(target.value); input != input_of.end()) {
        FINNR_RETURN_IF_ERROR(record(*target.recording, frame[input->second], target.name));
        continue;
      }
      const Tensor& value = values[place_of.at(target.value)];
      if (value.is_float()) {
        FINNR_RETURN_IF_ERROR(record(*target.recording, codes_of(value, target.recording->format.element), target.name));
      } else {
        FINNR_RETURN_IF_ERROR(record(*target.recording, value.ints(), target.name));
      }
    }
  }
  return expected;
}

std::optional<Mismatch> first_mismatch(const Graph& network, const Bundle& bundle, const Expected& expected, const Trace& trace,
                                       std::int64_t& compared) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < std::min(bundle.taps.size(), trace.taps.size()); ++i) {
    const Tap& tap = bundle.taps[i];
    if (!tap.value.valid()) continue;
    Pair& pair = pairs.emplace_back(Pair{&expected.taps[i], &trace.taps[i], {}, tap.value});
    pair.names.unit = tap.unit;
    pair.names.stream = tap.signal;
    pair.names.node = tap.node;
  }
  for (std::size_t i = 0; i < std::min(bundle.outputs.size(), trace.outputs.size()); ++i) {
    const Port& port = bundle.outputs[i];
    Pair& pair = pairs.emplace_back(Pair{&expected.outputs[i], &trace.outputs[i], {}, port.value});
    pair.names.unit = pair.names.stream = port.name;
    for (const Tap& tap : bundle.taps) {
      if (bundle.outputs.size() == 1 || tap.value == port.value) pair.names.node = tap.node;
    }
  }
  std::int64_t frames = 0;
  for (const Pair& pair : pairs) frames = std::max(frames, pair.got->frames());
  for (std::int64_t frame = 0; frame < frames; ++frame) {
    for (const Pair& pair : pairs) {
      if (frame >= pair.got->frames()) continue;
      const auto expected_beats = pair.expected->beats_of(frame % pair.expected->frames());
      const Comparison comparison = compare(pair.got->format, expected_beats, pair.got->beats_of(frame));
      compared += comparison.equal;
      if (!comparison.differs) continue;
      ++compared;
      Mismatch mismatch = pair.names;
      mismatch.frame = frame;
      mismatch.expected = comparison.left;
      mismatch.got = comparison.right;
      mismatch.inputs_equal = true;  // streams in front of it in this frame, and all of the frames before, were equal
      place(network.value(pair.value).shape, comparison.element, mismatch);
      return mismatch;
    }
  }
  return std::nullopt;
}

std::int64_t measured_interval(const std::vector<std::int64_t>& frame_ends, std::int64_t warm_up, std::int64_t predicted) {
  const auto differences = static_cast<std::int64_t>(frame_ends.size()) - 1 - warm_up;
  if (differences < 2) return 0;
  const std::int64_t cycles = frame_ends.back() - frame_ends[static_cast<std::size_t>(warm_up)];
  if (cycles % differences == 0) return cycles / differences;
  const std::int64_t up = cycles / differences + 1;
  return up == predicted ? up - 1 : up;
}

}  // namespace finnr
