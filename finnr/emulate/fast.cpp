// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/fast.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/emulate/fast_kernels.h"
#include "finnr/emulate/fast_plan.h"
#include "finnr/emulate/reference.h"

namespace finnr {

using namespace fast;

struct FastNetwork::Plan {
  NetworkPlan plan;
  const Kernels* kernels = nullptr;
};

struct FastNetwork::Scratch::State {
  std::vector<std::vector<std::uint8_t>> memory;             ///< by buffer; empty for other names
  std::unordered_map<ValueId, std::vector<Tensor>> tensors;  ///< by value, then frame
  std::unique_ptr<Executor> executor;
  std::vector<double> seconds;
  bool measuring = false;
};

FastNetwork::Scratch::Scratch(std::unique_ptr<State> state) : state_(std::move(state)) {}
FastNetwork::Scratch::~Scratch() = default;
FastNetwork::Scratch::Scratch(Scratch&&) noexcept = default;

void FastNetwork::Scratch::measure() {
  state_->measuring = true;
  std::ranges::fill(state_->seconds, 0.0);
}
const std::vector<double>& FastNetwork::Scratch::seconds() const { return state_->seconds; }

namespace {

/// That this thread has computed: a machine with other work does not count.
double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Element `i` of an array as both kinds of numbers.
ChainValue element(const std::uint8_t* data, ElementKind kind, std::size_t i) {
  ChainValue x;
  switch (kind) {
    case ElementKind::kUint8:
      x.code = data[i];
      break;
    case ElementKind::kInt8:
      x.code = static_cast<std::int8_t>(data[i]);
      break;
    case ElementKind::kInt64:
      std::memcpy(&x.code, data + i * 8, 8);
      break;
    case ElementKind::kFloat32:
      std::memcpy(&x.real, data + i * 4, 4);
      x.code = x.real >= -0x1p62F && x.real <= 0x1p62F ? static_cast<std::int64_t>(x.real) : 0;
      return x;
  }
  x.real = static_cast<float>(x.code);
  return x;
}

/// One pass of some frames through all steps.
class Pass {
 public:
  Pass(const NetworkPlan& plan, const Kernels& kernels, std::vector<std::vector<std::uint8_t>>& memory,
       std::unordered_map<ValueId, std::vector<Tensor>>& tensors, Executor& executor, std::span<const FastInput> inputs,
       std::span<const FastOutput> outputs, std::size_t first, std::size_t frames)
      : plan_(plan),
        kernels_(kernels),
        memory_(memory),
        tensors_(tensors),
        executor_(executor),
        inputs_(inputs),
        outputs_(outputs),
        first_(first),
        frames_(frames) {}

  void operator()(const MultiplyStep& step) const {
    Weights weights;
    weights.product = step.weights.product;
    weights.narrow = step.weights.narrow;
    weights.pairs = step.weights.pairs;
    weights.words = step.weights.words.data();
    weights.planes = step.weights.planes;
    weights.blocks = step.weights.blocks;
    kernels_.multiply(windows(step.from, *step.windows, step.offset), weights, step.finish.view(), output(step.to), frames_);
  }

  void operator()(const DepthwiseStep& step) const {
    const DepthWeights weights = {step.taps.data(), step.channels, step.narrow};
    kernels_.depthwise(windows(step.from, *step.windows, 0), weights, step.finish.view(), output(step.to), frames_);
  }

  void operator()(const MixStep& step) const {
    Operand operands[2];
    for (std::size_t i = 0; i < step.from.size(); ++i) {
      const Layout& layout = plan_.buffers[step.from[i]].layout;
      operands[i] = {layout.form, layout.planes, static_cast<std::int32_t>(layout.encoding.lo),
                     static_cast<std::int32_t>(layout.encoding.step), windows(step.from[i], *step.windows[i], 0)};
    }
    const Mix mix = {step.kind, step.left, step.right, {operands, step.from.size()}};
    kernels_.mix(mix, step.finish.view(), output(step.to), frames_);
  }

  void operator()(const InputStep& step) const {
    const Buffer& buffer = plan_.buffers[step.to];
    const Layout& layout = buffer.layout;
    const FastInput& input = inputs_[step.feed];
    const auto elements = static_cast<std::size_t>(count(buffer.shape));
    for (std::size_t f = 0; f < frames_; ++f) {
      const auto* x = static_cast<const std::uint8_t*>(input.data) + (first_ + f) * elements * element_bytes(input.kind);
      std::uint8_t* to = frame(step.to, f);
      const bool bytes = input.kind == ElementKind::kUint8 && !step.bytes.empty();
      if (bytes && step.step_at >= 0 && layout.form == Form::kBits && buffer.places.size() == 1) {
        const bool never = step.step_at > 255;
        kernels_.compare_bytes(x, elements, never ? std::uint8_t{0} : static_cast<std::uint8_t>(step.step_at),
                               never ? !step.falls : step.falls, to);
        continue;
      }
      if (bytes) {
        const bool one = step.bytes.size() == 256;
        if (layout.form == Form::kBytes) {
          for_each_element(layout, buffer.shape, buffer.places, [&](std::size_t i, std::uint32_t place, std::size_t channel) {
            to[place + channel] = step.bytes[(one ? 0 : channel * 256) + x[i]];
          });
          continue;
        }
        if (layout.form == Form::kBits && buffer.places.size() == 1) {
          std::uint8_t codes[1024];
          for (std::size_t at = 0; at < elements; at += sizeof codes) {
            const std::size_t n = std::min(sizeof codes, elements - at);
            for (std::size_t i = 0; i < n; ++i) codes[i] = step.bytes[(one ? 0 : (at + i) * 256) + x[at + i]];
            kernels_.split_planes(codes, n, layout.planes, layout.plane_bytes, to + at / 8);
          }
          continue;
        }
        for_each_element(layout, buffer.shape, buffer.places, [&](std::size_t i, std::uint32_t place, std::size_t channel) {
          put(layout, to + place, channel, step.bytes[(one ? 0 : channel * 256) + x[i]]);
        });
        continue;
      }
      for_each_element(layout, buffer.shape, buffer.places, [&](std::size_t i, std::uint32_t place, std::size_t channel) {
        const ChainValue code = through_chain(plan_.graph, step.chain, element(x, input.kind, i), channel);
        put(layout, to + place, channel, layout.form == Form::kWords ? code.code : layout.encoding.code(code.code));
      });
    }
  }

  void operator()(const TakeFeedStep& step) const {
    const Value& value = plan_.graph.value(step.value);
    const FastInput& input = inputs_[step.feed];
    const auto elements = static_cast<std::size_t>(count(value.shape));
    std::vector<Tensor>& list = tensors_[step.value];
    list.clear();
    for (std::size_t f = 0; f < frames_; ++f) {
      const auto* x = static_cast<const std::uint8_t*>(input.data) + (first_ + f) * elements * element_bytes(input.kind);
      Tensor tensor = Tensor::zeros(value.shape, value.type.is_float);
      for (std::size_t i = 0; i < elements; ++i) {
        const ChainValue each = element(x, input.kind, i);
        if (value.type.is_float) {
          tensor.floats()[i] = each.real;
        } else {
          tensor.ints()[i] = each.code;
        }
      }
      list.push_back(std::move(tensor));
    }
  }

  void operator()(const ExportStep& step) const {
    const Buffer& buffer = plan_.buffers[step.from];
    std::vector<Tensor>& list = tensors_[step.value];
    list.clear();
    for (std::size_t f = 0; f < frames_; ++f) {
      Tensor tensor = Tensor::zeros(buffer.shape, false);
      read(step.from, f, tensor.ints().data());
      list.push_back(std::move(tensor));
    }
  }

  void operator()(const ImportStep& step) const {
    const Buffer& buffer = plan_.buffers[step.to];
    const Layout& layout = buffer.layout;
    for (std::size_t f = 0; f < frames_; ++f) {
      const Tensor::Ints& x = tensor(step.value, f).ints();
      std::uint8_t* to = frame(step.to, f);
      for_each_element(layout, buffer.shape, buffer.places, [&](std::size_t i, std::uint32_t place, std::size_t channel) {
        put(layout, to + place, channel, layout.form == Form::kWords ? x[i] : layout.encoding.code(x[i]));
      });
    }
  }

  void operator()(const ReferenceStep& step) const {
    for (const ValueId id : step.fetches) tensors_[id].clear();
    for (std::size_t f = 0; f < frames_; ++f) {
      Tensors feeds;
      for (const ValueId id : step.feeds) feeds.emplace(id, tensor(id, f));
      Result<std::vector<Tensor>> results = executor_.run(feeds, step.fetches);
      FINNR_CHECK(results.ok(), "the plan feeds everything that is needed");
      for (std::size_t i = 0; i < step.fetches.size(); ++i) tensors_[step.fetches[i]].push_back(std::move((*results)[i]));
    }
  }

  void operator()(const TensorOutput& step) const {
    for (std::size_t f = 0; f < frames_; ++f) {
      const Tensor& t = tensor(step.value, f);
      const auto size = static_cast<std::size_t>(t.size());
      const FastOutput& output = outputs_[step.fetch];
      if (t.is_float()) std::ranges::copy(t.floats(), output.floats + (first_ + f) * size);
      if (!t.is_float()) std::ranges::copy(t.ints(), output.ints + (first_ + f) * size);
    }
  }

  void operator()(const BufferOutput& step) const {
    const auto size = static_cast<std::size_t>(count(plan_.buffers[step.from].shape));
    for (std::size_t f = 0; f < frames_; ++f) read(step.from, f, outputs_[step.fetch].ints + (first_ + f) * size);
  }

  void operator()(const TableOutput& step) const {
    const Buffer& buffer = plan_.buffers[step.from];
    const auto size = static_cast<std::size_t>(count(buffer.shape));
    for (std::size_t f = 0; f < frames_; ++f) {
      float* y = outputs_[step.fetch].floats + (first_ + f) * size;
      const std::uint8_t* from = frame(step.from, f);
      for_each_element(buffer.layout, buffer.shape, buffer.places, [&](std::size_t i, std::uint32_t place, std::size_t channel) {
        y[i] = step.table[i * step.span +
                          std::min(static_cast<std::size_t>(get(buffer.layout, from + place, channel) - step.lo), step.span - 1)];
      });
    }
  }

 private:
  [[nodiscard]] std::uint8_t* frame(std::size_t buffer, std::size_t f) const {
    return memory_[plan_.buffers[buffer].memory].data() + f * plan_.buffers[buffer].layout.frame_bytes;
  }
  [[nodiscard]] Windows windows(std::size_t buffer, const WindowTable& table, std::size_t offset) const {
    const Layout& layout = plan_.buffers[buffer].layout;
    return {frame(buffer, 0) + offset, layout.frame_bytes, layout.plane_bytes, table.starts, table.runs, table.run_words};
  }
  [[nodiscard]] Output output(const Target& to) const {
    const Buffer& buffer = plan_.buffers[to.buffer];
    return {buffer.layout.form,
            buffer.layout.planes,
            frame(to.buffer, 0) + to.offset,
            buffer.layout.frame_bytes,
            buffer.layout.plane_bytes,
            buffer.places,
            to.pool,
            to.channels};
  }
  void read(std::size_t index, std::size_t f, std::int64_t* y) const {
    const Buffer& buffer = plan_.buffers[index];
    const std::uint8_t* from = frame(index, f);
    for_each_element(buffer.layout, buffer.shape, buffer.places,
                     [&](std::size_t i, std::uint32_t place, std::size_t channel) { y[i] = get(buffer.layout, from + place, channel); });
  }
  [[nodiscard]] const Tensor& tensor(ValueId value, std::size_t f) const {
    const Value& v = plan_.graph.value(value);
    return v.constant ? *v.constant : tensors_.at(value)[f];
  }

  const NetworkPlan& plan_;
  const Kernels& kernels_;
  std::vector<std::vector<std::uint8_t>>& memory_;
  std::unordered_map<ValueId, std::vector<Tensor>>& tensors_;
  Executor& executor_;
  std::span<const FastInput> inputs_;
  std::span<const FastOutput> outputs_;
  std::size_t first_;
  std::size_t frames_;
};

}  // namespace

std::size_t element_bytes(ElementKind kind) {
  switch (kind) {
    case ElementKind::kUint8:
    case ElementKind::kInt8:
      return 1;
    case ElementKind::kInt64:
      return 8;
    case ElementKind::kFloat32:
      return 4;
  }
  return 0;
}

FastPeaks measure_fast_peaks(FastTarget target) {
  constexpr std::size_t kRounds = 4000;
  constexpr int kRuns = 100;
  const Kernels& k = kernels(target);
  const auto best = [&](Product product) {
    double most = 0;
    for (int i = 0; i < kRuns; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const double operations = k.spin(product, kRounds);
      most = std::max(most, operations / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return most;
  };
  return {best(Product::kXor), best(Product::kDot)};
}

FastNetwork::FastNetwork(std::unique_ptr<const Plan> plan) : plan_(std::move(plan)) {}
FastNetwork::~FastNetwork() = default;
FastNetwork::FastNetwork(FastNetwork&&) noexcept = default;
FastNetwork& FastNetwork::operator=(FastNetwork&&) noexcept = default;

Result<FastNetwork> FastNetwork::compile(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches,
                                         std::optional<FastTarget> target) {
  auto plan = std::make_unique<Plan>();
  FINNR_ASSIGN(plan->plan, make_plan(graph, feeds, fetches, target.value_or(fast_targets().back())));
  plan->kernels = &kernels(plan->plan.target);
  return FastNetwork(std::move(plan));
}

FastNetwork::Scratch FastNetwork::make_scratch() const {
  const NetworkPlan& plan = plan_->plan;
  auto state = std::make_unique<Scratch::State>();
  for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
    std::vector<std::uint8_t>& memory = state->memory.emplace_back();
    const Layout& layout = plan.buffers[i].layout;
    if (plan.buffers[i].memory != i) continue;
    memory.resize(layout.frame_bytes * plan.batch + kSlack);
    for (std::size_t f = 0; f < plan.batch; ++f) write_border(layout, memory.data() + f * layout.frame_bytes);
  }
  state->executor = std::make_unique<Executor>(plan.graph);
  state->seconds.assign(plan.steps.size(), 0.0);
  return Scratch(std::move(state));
}

void FastNetwork::run(std::span<const FastInput> inputs, std::size_t frames, std::span<const FastOutput> outputs, Scratch& scratch) const {
  const NetworkPlan& plan = plan_->plan;
  Scratch::State& state = *scratch.state_;
  FINNR_CHECK(inputs.size() == plan.feeds.size() && outputs.size() == plan.fetches.size(), "one array for each feed and fetch");
  for (std::size_t first = 0; first < frames; first += plan.batch) {
    const Pass pass(plan, *plan_->kernels, state.memory, state.tensors, *state.executor, inputs, outputs, first,
                    std::min(plan.batch, frames - first));
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      if (!state.measuring) {
        std::visit(pass, plan.steps[i]);
        continue;
      }
      const double start = thread_seconds();
      std::visit(pass, plan.steps[i]);
      state.seconds[i] += thread_seconds() - start;
    }
  }
}

std::vector<Tensor> FastNetwork::run(std::span<const Tensor* const> inputs, Scratch& scratch) const {
  const NetworkPlan& plan = plan_->plan;
  std::vector<FastInput> from;
  for (const Tensor* input : inputs) {
    if (input->is_float()) from.push_back({input->floats().data(), ElementKind::kFloat32});
    if (!input->is_float()) from.push_back({input->ints().data(), ElementKind::kInt64});
  }
  std::vector<Tensor> results;
  std::vector<FastOutput> to;
  for (const ValueId id : plan.fetches) results.push_back(Tensor::zeros(plan.graph.value(id).shape, plan.graph.value(id).type.is_float));
  for (Tensor& result : results) {
    if (result.is_float()) to.push_back({result.floats().data(), nullptr});
    if (!result.is_float()) to.push_back({nullptr, result.ints().data()});
  }
  run(from, 1, to, scratch);
  return results;
}

const std::vector<FastStep>& FastNetwork::steps() const { return plan_->plan.about; }
std::size_t FastNetwork::batch() const { return plan_->plan.batch; }
FastTarget FastNetwork::target() const { return plan_->plan.target; }

}  // namespace finnr
