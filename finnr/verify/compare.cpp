// SPDX-License-Identifier: Apache-2.0
// Both sides as plain lists of integers by stream and frame, and their first difference.
#include "finnr/verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "finnr/emulate/reference.h"

namespace finnr {
namespace {

struct StreamView {
  std::string unit;
  std::string signal;
  std::string node;
  ValueId value;
  IntType element;
  std::int64_t vectors;
  std::int64_t channels;
};

std::vector<StreamView> streams_of(const Bundle& bundle) {
  std::vector<StreamView> streams;
  for (const Tap& tap : bundle.taps) streams.push_back({tap.unit, tap.signal, tap.node, tap.value, tap.element, tap.vectors, tap.channels});
  const Port& output = bundle.output;
  streams.push_back({output.name, output.name, bundle.taps.empty() ? "" : bundle.taps.back().node, output.value, output.element,
                     output.vectors, output.channels});
  return streams;
}

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
  for (const float x : tensor.floats()) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    codes.push_back(element.is_signed() ? std::int64_t{static_cast<std::int32_t>(bits)} : std::int64_t{bits});
  }
  return codes;
}

Tensor frame_tensor(const Value& value, const Tensor::Ints& frame) {
  if (!value.type.is_float) return {value.shape, frame};
  Tensor::Floats floats;
  for (const std::int64_t code : frame) floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(code)));
  return {value.shape, std::move(floats)};
}

}  // namespace

Result<Expected> expected_streams(const Graph& network, const Bundle& bundle, const std::vector<Tensor::Ints>& frames) {
  const Port& input = bundle.input;
  FINNR_RETURN_IF_ERROR(check_fit(network, input.value, input.vectors * input.channels, input.name));
  const std::vector<StreamView> streams = streams_of(bundle);
  std::vector<ValueId> fetches;  // each value once; what only passes the input on is the frame itself
  std::unordered_map<ValueId, std::size_t> place;
  for (const StreamView& stream : streams) {
    FINNR_RETURN_IF_ERROR(check_fit(network, stream.value, stream.vectors * stream.channels, stream.signal));
    if (stream.value != input.value && place.emplace(stream.value, fetches.size()).second) fetches.push_back(stream.value);
  }
  Expected expected(streams.size());
  Executor executor(network);
  for (const Tensor::Ints& frame : frames) {
    Tensors feeds;
    feeds.emplace(input.value, frame_tensor(network.value(input.value), frame));
    std::vector<Tensor> values;
    if (!fetches.empty()) {
      FINNR_ASSIGN(values, executor.run(feeds, fetches));
    }
    for (std::size_t s = 0; s < streams.size(); ++s) {
      expected[s].push_back(streams[s].value == input.value ? frame : codes_of(values[place.at(streams[s].value)], streams[s].element));
    }
  }
  return expected;
}

std::optional<Mismatch> first_mismatch(const Bundle& bundle, const Expected& expected, const Trace& trace, std::int64_t& compared) {
  const std::vector<StreamView> streams = streams_of(bundle);
  std::vector<const std::vector<Tensor::Ints>*> got;
  for (const auto& tap : trace.taps) got.push_back(&tap);
  got.push_back(&trace.outputs);
  std::size_t frames = 0;
  for (const auto* stream : got) frames = std::max(frames, stream->size());
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t s = 0; s < got.size(); ++s) {
      if (frame >= got[s]->size()) continue;
      const Tensor::Ints& is = (*got[s])[frame];
      const Tensor::Ints& should = expected[s][frame % expected[s].size()];
      const auto size = static_cast<std::ptrdiff_t>(std::min(is.size(), should.size()));
      const auto differs = std::mismatch(is.begin(), is.begin() + size, should.begin());
      const std::ptrdiff_t at = differs.first - is.begin();
      compared += at;
      if (at == size) continue;
      ++compared;
      const StreamView& stream = streams[s];
      Mismatch mismatch;
      mismatch.unit = stream.unit;
      mismatch.node = stream.node;
      mismatch.stream = stream.signal;
      mismatch.frame = static_cast<std::int64_t>(frame);
      mismatch.vector = at / stream.channels;
      mismatch.channel = at % stream.channels;
      mismatch.expected = *differs.second;
      mismatch.got = *differs.first;
      mismatch.inputs_equal = true;  // streams in front of it in this frame, and all of the frames before, were equal
      return mismatch;
    }
  }
  return std::nullopt;
}

std::int64_t measured_interval(const std::vector<std::int64_t>& frame_ends, std::int64_t warm_up, std::int64_t predicted) {
  const auto differences = static_cast<std::int64_t>(frame_ends.size()) - 1 - warm_up;
  if (differences < 4) return 0;
  const std::int64_t cycles = frame_ends.back() - frame_ends[static_cast<std::size_t>(warm_up)];
  if (cycles % differences == 0) return cycles / differences;
  const std::int64_t up = cycles / differences + 1;
  return up == predicted ? up - 1 : up;
}

}  // namespace finnr
