// SPDX-License-Identifier: Apache-2.0
// The fast emulator as a share of what the machine can do. The roofline is measured first: the most population counts of
// exclusive ors, and the most dot products of bytes, that one core does with nothing but registers. Then whole networks, and
// single layers of the usual widths; model files named on the command line take the place of the shared ones. Every figure on one thread
// unless its name says otherwise. Shares and single threads go by the time that the processor spent, two threads by the clock.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/emulate/fast.h"
#include "finnr/flow/prepare.h"

namespace {

using namespace finnr;
namespace fs = std::filesystem;

/// What a core does at most, once for all benchmarks.
const FastPeaks& peaks() {
  static const FastPeaks kPeaks = measure_fast_peaks(fast_targets().back());
  return kPeaks;
}

/// Random bytes through a network; several threads take pieces of the frames in turn.
class Runner {
 public:
  Runner(const FastNetwork& network, const Graph& graph, std::size_t frames, std::size_t threads)
      : network_(network), frames_(frames), inputs_(static_cast<std::size_t>(count(graph.value(graph.inputs()[0]).shape))) {
    const Value& in = graph.value(graph.inputs()[0]);
    const Value& out = graph.value(graph.outputs()[0]);
    outputs_ = static_cast<std::size_t>(count(out.shape));
    Rng rng(1);
    bytes_.resize(inputs_ * frames);
    const std::int64_t most = in.type.is_float ? 255 : std::min<std::int64_t>(255, in.type.ints.hi);
    for (std::uint8_t& byte : bytes_) byte = static_cast<std::uint8_t>(rng.between(0, most));
    floats_.resize(out.type.is_float ? outputs_ * frames : 0);
    ints_.resize(out.type.is_float ? 0 : outputs_ * frames);
    for (std::size_t t = 0; t < threads; ++t) scratches_.push_back(network.make_scratch());
  }

  void run() {
    if (scratches_.size() == 1) return part(0, frames_, scratches_[0]);
    const std::size_t piece = 2 * network_.batch();
    std::atomic<std::size_t> next = 0;
    const auto work = [&](FastNetwork::Scratch& scratch) {
      for (std::size_t at = next.fetch_add(piece); at < frames_; at = next.fetch_add(piece))
        part(at, std::min(piece, frames_ - at), scratch);
    };
    std::vector<std::jthread> threads;
    for (std::size_t t = 1; t < scratches_.size(); ++t) threads.emplace_back([&, t] { work(scratches_[t]); });
    work(scratches_[0]);
  }
  FastNetwork::Scratch& scratch() { return scratches_[0]; }

 private:
  void part(std::size_t at, std::size_t frames, FastNetwork::Scratch& scratch) {
    const FastInput from{bytes_.data() + at * inputs_, ElementKind::kUint8};
    const FastOutput to{floats_.empty() ? nullptr : floats_.data() + at * outputs_, ints_.empty() ? nullptr : ints_.data() + at * outputs_};
    network_.run({&from, 1}, frames, {&to, 1}, scratch);
  }

  const FastNetwork& network_;
  std::size_t frames_;
  std::size_t inputs_;  ///< elements of a frame
  std::size_t outputs_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::vector<FastNetwork::Scratch> scratches_;
  std::vector<float> floats_;
  std::vector<std::int64_t> ints_;
};

/// Frames a second; and the share of the peaks of all steps, of the products alone, and of those of bits.
void measure(benchmark::State& state, const Graph& graph, std::size_t frames, std::size_t threads) {
  const Result<FastNetwork> network = FastNetwork::compile(graph, graph.inputs(), graph.outputs());
  if (!network.ok()) return state.SkipWithError(network.error().message.c_str());
  Runner runner(*network, graph, frames, threads);
  runner.run();
  for (auto _ : state) runner.run();
  const double all = static_cast<double>(state.iterations()) * static_cast<double>(frames);
  state.counters["frames/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  if (threads > 1) return;
  constexpr int kMeasured = 10;  // apart: looking at the time between steps takes time too
  runner.scratch().measure();
  for (int i = 0; i < kMeasured; ++i) runner.run();
  const double done = kMeasured * static_cast<double>(frames);
  double limit = 0;  // seconds that the products would take at the peaks, those of bits apart
  double bits_limit = 0;
  double spent = 0;     // in all steps
  double products = 0;  // in products
  double bits = 0;      // in products of bits
  for (std::size_t s = 0; s < network->steps().size(); ++s) {
    const FastStep& step = network->steps()[s];
    const double seconds = runner.scratch().seconds()[s];
    const double at_peak = 2.0 * static_cast<double>(step.products) * step.pairs * done / (step.on_bits ? peaks().bits : peaks().bytes);
    limit += at_peak;
    spent += seconds;
    products += step.products > 0 ? seconds : 0;
    bits_limit += step.on_bits ? at_peak : 0;
    bits += step.on_bits ? seconds : 0;
  }
  state.counters["of_peaks"] = limit / spent;
  state.counters["products_of_peaks"] = limit / products;
  if (bits > 0) state.counters["bits_of_peak"] = bits_limit / bits;
}

void whole(benchmark::State& state, const fs::path& model, std::size_t frames, std::size_t threads) {
  Diagnostics diagnostics;
  std::optional<Network> network = read_network(model, diagnostics);
  if (!network || !streamline(*network, {}, diagnostics)) return state.SkipWithError("the model cannot be read");
  measure(state, network->graph, frames, threads);
}

Tensor random_codes(const Shape& shape, const IntType& type, Rng& rng) {
  Tensor t = Tensor::zeros(shape, false);
  for (std::int64_t& x : t.ints()) x = type.bipolar ? (rng.chance(0.5) ? 1 : -1) : rng.between(type.lo, type.hi);
  return t;
}

struct LayerShape {
  const char* name;
  std::int64_t inputs;  ///< channels
  std::int64_t outputs;
  std::int64_t kernel;
  std::int64_t side;  ///< of its result
};

/// The usual widths.
constexpr LayerShape kLayers[] = {
    {"pointwise_128", 128, 128, 1, 28}, {"pointwise_512", 512, 512, 1, 14}, {"3x3_64", 64, 64, 3, 56}, {"3x3_256", 256, 256, 3, 14}};
/// Those of the networks that run on dot products of bytes: MobileNet-v1's pointwise layers, ResNet-8's and ResNet-50's 3 x 3 layers.
constexpr LayerShape kNetworkLayers[] = {
    {"mobilenet_32_64", 32, 64, 1, 112},    {"mobilenet_64_128", 64, 128, 1, 56},    {"mobilenet_128_128", 128, 128, 1, 56},
    {"mobilenet_128_256", 128, 256, 1, 28}, {"mobilenet_256_256", 256, 256, 1, 28},  {"mobilenet_256_512", 256, 512, 1, 14},
    {"mobilenet_512_512", 512, 512, 1, 14}, {"mobilenet_512_1024", 512, 1024, 1, 7}, {"mobilenet_1024_1024", 1024, 1024, 1, 7},
    {"resnet8_16", 16, 16, 3, 32},          {"resnet8_32", 32, 32, 3, 16},           {"resnet8_64", 64, 64, 3, 8},
    {"resnet50_64", 64, 64, 3, 56},         {"resnet50_128", 128, 128, 3, 28},       {"resnet50_256", 256, 256, 3, 14},
    {"resnet50_512", 512, 512, 3, 7}};

/// A convolution with the thresholds of its own width behind it.
Graph layer(const IntType& weights, const IntType& activations, const LayerShape& shape) {
  Graph graph;
  Rng rng(1);
  const ValueId x = graph.add_input("x", ElementType::integer(activations), {1, shape.inputs, shape.side, shape.side});
  const std::int64_t border = shape.kernel / 2;
  const Conv op{{1, 1}, {1, 1}, {border, border}, {border, border}, {1, 1}, 1, activations.bipolar ? 1 : 0};
  const ValueId w = graph.add_constant(random_codes({shape.outputs, shape.inputs, shape.kernel, shape.kernel}, weights, rng));
  const ValueId sums = graph.must_add(op, {x, w}, {});
  const std::int64_t steps = activations.bipolar ? 1 : activations.hi - activations.lo;
  Tensor::Ints at;
  for (std::int64_t c = 0; c < shape.outputs; ++c) {
    const std::int64_t width = rng.between(3, 30);
    for (std::int64_t k = 0; k < steps; ++k) at.push_back((k - steps / 2) * width + c % 7);
  }
  const ValueId thresholds = graph.add_constant(Tensor({shape.outputs, steps}, at));
  const ValueId base = graph.add_constant(Tensor({1}, Tensor::Ints{activations.bipolar ? 0 : activations.lo}));
  const ValueId signs = graph.add_constant(Tensor({1, steps}, Tensor::Ints(static_cast<std::size_t>(steps), 1)));
  graph.set_outputs({graph.must_add(Thresholds{1, activations}, {sums, thresholds, base, signs}, {})});
  return graph;
}

void roofline(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(peaks());
  state.counters["bits_TOp/s"] = peaks().bits / 1e12;
  state.counters["bytes_TOp/s"] = peaks().bytes / 1e12;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RegisterBenchmark("roofline", roofline)->Iterations(1);
  std::vector<fs::path> models(argv + 1, argv + argc);
  for (const char* name : {"cnv-w1a1-cifar10", "lfc-w1a1", "lfc-w1a2", "tfc-w1a1", "tfc-w2a2", "mobilenet-w4a4", "resnet8-w3a4",
                           "vgg10-1d-w4a4", "tiny-yolo-w1a3"}) {
    const fs::path model = fs::path(FINNR_SOURCE_DIR) / "../shared/models" / name / "model.onnx";
    if (argc == 1 && fs::exists(model)) models.push_back(model);
  }
  for (const fs::path& model : models) {
    const std::string name = fs::absolute(model).parent_path().filename().string();
    for (const auto& [what, frames, threads] :
         {std::tuple("", 192, 1), std::tuple("/2_threads", 1536, 2), std::tuple("/batch_64", 64, 1), std::tuple("/batch_1", 1, 1)}) {
      auto* registered = benchmark::RegisterBenchmark(fmt::format("network/{}{}", name, what).c_str(), [=](benchmark::State& s) {
        whole(s, model, static_cast<std::size_t>(frames), static_cast<std::size_t>(threads));
      });
      if (threads > 1) registered->UseRealTime();
    }
  }
  const IntType bipolar = IntType::bipolar_type();
  const auto bits = [](int n, bool is_signed) { return IntType::of_bits(n, is_signed); };
  const struct {
    const char* name;
    IntType weights;
    IntType activations;
  } widths[] = {{"w1a1", bipolar, bipolar},
                {"w1a2", bipolar, bits(2, false)},
                {"w2a2", bits(2, true), bits(2, false)},
                {"w4a4", bits(4, true), bits(4, false)},
                {"w8a8", bits(8, true), bits(8, false)}};
  for (const auto& width : widths) {
    const auto add = [&](const LayerShape& shape) {
      benchmark::RegisterBenchmark(fmt::format("layer/{}/{}", width.name, shape.name).c_str(),
                                   [=](benchmark::State& s) { measure(s, layer(width.weights, width.activations, shape), 4, 1); });
    };
    for (const LayerShape& shape : kLayers) add(shape);
    if (width.weights.bits() < 4) continue;
    for (const LayerShape& shape : kNetworkLayers) add(shape);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
