// SPDX-License-Identifier: Apache-2.0
#include "finnr/verify/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "finnr/emulate/reference.h"
#include "finnr/graph/text.h"
#include "finnr/simulate/hand_written_for_test.h"
#include "finnr/simulate/simulator_for_test.h"
#include "finnr/verify/compare.h"

namespace finnr {
namespace {

// Four inputs, two sums, one bit each.
constexpr std::string_view kNetwork = R"(
graph "tiny"
input %0 "x" : int[0,3][1,4]
const %1 : int[-1,2][4,2] = [1,-1,2,0,-1,1,1,2]
%2 = matmul(%0, %1) : int[-3,12][1,2] from "fc/MatMul"
const %3 : int[1,4][2,1] = [4,1]
const %4 : int[0,0][2] = [0,0]
const %5 : int[1,1][2,1] = [1,1]
%6 = thresholds(%2, %3, %4, %5) {axis=1, codes=int[0,1]} : int[0,1][1,2] from "fc/Quant"
output %6
)";

// Two lanes in, so that a frame takes two cycles; the sums leave in one beat. WRONG makes one weight depend on the input.
constexpr std::string_view kTop = R"(
module tiny (
  input  logic clk_i, input logic rst_ni,
  input  logic [7:0] s_axis_tdata, input logic s_axis_tvalid, output logic s_axis_tready, input logic s_axis_tlast,
  output logic [7:0] m_axis_tdata, output logic m_axis_tvalid, input logic m_axis_tready, output logic m_axis_tlast
);
  logic sum_valid, sum_ready, bit_valid, bit_ready;
  logic [9:0] sum_data;
  logic [1:0] bit_data;
  logic second_q, sum_q, bit_q;
  logic signed [4:0] acc0_q, acc1_q, x0, x1;
  logic [1:0] bit_data_q;
  logic take;

  assign x0 = {3'd0, s_axis_tdata[1:0]};
  assign x1 = {3'd0, s_axis_tdata[3:2]};
  assign s_axis_tready = !sum_q || sum_ready;
  assign take = s_axis_tvalid && s_axis_tready;
  assign sum_valid = sum_q;
  assign sum_data  = {acc1_q, acc0_q};
  assign sum_ready = !bit_q || bit_ready;
  assign bit_valid = bit_q;
  assign bit_data  = bit_data_q;
  assign bit_ready = m_axis_tready;
  assign m_axis_tvalid = bit_valid;
  assign m_axis_tdata  = {6'd0, bit_data};
  assign m_axis_tlast  = 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      second_q <= 0;
      sum_q <= 0;
      bit_q <= 0;
    end else begin
      if (take) second_q <= !second_q;
      if (s_axis_tready) sum_q <= take && second_q;
      if (sum_ready) bit_q <= sum_q;
    end
    if (take && !second_q) begin
      acc0_q <= x0 + 5'sd2 * x1;
      acc1_q <= -x0;
    end
    if (take && second_q) begin
      acc0_q <= acc0_q - x0 + x1;
      acc1_q <= acc1_q + x0 + 5'sd2 * x1 + WRONG;
    end
    if (sum_ready) bit_data_q <= {acc1_q >= 5'sd1, acc0_q >= 5'sd4};
  end
endmodule
)";

Graph network() {
  auto graph = parse(kNetwork);
  EXPECT_TRUE(graph.ok()) << to_text(graph.error());
  return *std::move(graph);
}

Bundle tiny() {
  Bundle bundle = hand_written("tiny", 2);
  bundle.inputs = {{"s_axis", ValueId{0}, IntType{0, 3}, false, 2, 1, 4, 4, 8, {}}};
  bundle.outputs = {{"m_axis", ValueId{6}, IntType{0, 1}, false, 2, 1, 2, 2, 8, {}}};
  bundle.taps = {{"fc0", "sum", "fc/MatMul", ValueId{2}, IntType{-3, 12}, 2, 1, 2, 2, {}},
                 {"thr0", "bit", "fc/Quant", ValueId{6}, IntType{0, 1}, 2, 1, 2, 2, {}}};
  bundle.units = {{"fc0", "mvu", 2, 2, 2, {}}, {"thr0", "threshold", 2, 0, 1, {}}};
  return bundle;
}

ScratchFolder accelerator(const std::string& wrong) {
  std::string text(kTop);
  text.replace(text.find("WRONG"), 5, wrong);
  return folder_of(tiny(), text);
}

TEST(Verify, EqualHardwareIsExactAndTheIntervalIsMeasured) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const ScratchFolder folder = accelerator("5'sd0");
  Bundle bundle = tiny();
  bundle.interval = 3;  // a wrong prediction
  VerifyOptions options;
  std::set<std::string> seen;
  options.on_progress = [&](const std::string& what, double share) {
    seen.insert(what);
    EXPECT_GE(share, 0);
    EXPECT_LE(share, 1);
  };
  auto verdict = verify_bundle(folder.path(), bundle, network(), options);
  ASSERT_TRUE(verdict.ok()) << to_text(verdict.error());
  EXPECT_TRUE(verdict->exact);
  EXPECT_EQ(verdict->streams, 3U);
  EXPECT_EQ(verdict->elements, (20 + 8 + 8) * 6);
  EXPECT_EQ(verdict->latency, 3);
  EXPECT_EQ(verdict->runs.size(), 3U);
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(verdict->simulator, simulator_version());

  EXPECT_EQ(verdict->measured_interval, 2);
  EXPECT_FALSE(verdict->good());
  EXPECT_EQ(explain(*verdict, "out").code, Code::kIntervalDiffers);
  EXPECT_NE(to_json(*verdict).find("\"measured_interval\": 2"), std::string::npos);
  verdict->predicted_interval = 2;
  EXPECT_FALSE(verdict->good());
  EXPECT_EQ(explain(*verdict, "out").code, Code::kLatencyDiffers);
  verdict->predicted_latency = 3;
  EXPECT_TRUE(verdict->good());
}

TEST(Verify, ADifferenceNamesUnitFrameAndChannel) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const ScratchFolder folder = accelerator("((x0 == 0 && x1 == 3) ? -5'sd1 : 5'sd0)");
  const Graph graph = network();
  const Bundle bundle = tiny();
  VerifyOptions options;
  options.frames = 64;
  options.seed = 7;
  const auto verdict = verify_bundle(folder.path(), bundle, graph, options);
  ASSERT_TRUE(verdict.ok()) << to_text(verdict.error());
  EXPECT_FALSE(verdict->exact);
  ASSERT_TRUE(verdict->mismatch.has_value());

  const auto frames = trial_frames(graph, bundle, options.frames, options.seed);
  const auto guilty = std::find_if(frames.begin(), frames.end(), [](const PortFrame& x) { return x[0][2] == 0 && x[0][3] == 3; });
  ASSERT_NE(guilty, frames.end());
  const Tensor::Ints& x = (*guilty)[0];
  const Mismatch& mismatch = *verdict->mismatch;
  EXPECT_EQ(mismatch.unit, "fc0");
  EXPECT_EQ(mismatch.node, "fc/MatMul");
  EXPECT_EQ(mismatch.frame, guilty - frames.begin());
  EXPECT_EQ(mismatch.vector, 0);
  EXPECT_EQ(mismatch.channel, 1);
  EXPECT_EQ(mismatch.expected, -x[0] + x[2] + 2 * x[3]);
  EXPECT_EQ(mismatch.got, mismatch.expected - 1);
  EXPECT_TRUE(mismatch.inputs_equal);

  const Diagnostic told = explain(*verdict, "out");
  EXPECT_EQ(told.code, Code::kMismatch);
  EXPECT_NE(told.message.find("unit fc0 (node 'fc/MatMul')"), std::string::npos) << told.message;
  EXPECT_NE(told.way_out.find("finnr verify out --frames " + std::to_string(mismatch.frame + 1) + " --seed 7 --trace fc0"),
            std::string::npos)
      << told.way_out;
  EXPECT_NE(to_json(*verdict).find("\"unit\": \"fc0\""), std::string::npos);
}

TEST(Verify, BundleAndNetworkMustBelongTogether) {
  Bundle bundle = tiny();
  bundle.taps[0].value = ValueId{99};
  const auto streams = expected_streams(network(), bundle, {{{0, 1, 2, 3}}});
  ASSERT_FALSE(streams.ok());
  EXPECT_EQ(streams.error().code, Code::kNotABundle);
  bundle = tiny();
  bundle.taps[0].element = {0, 12};
  const auto narrow = expected_streams(network(), bundle, {{{0, 1, 2, 3}}, {{3, 0, 0, 0}}});
  ASSERT_FALSE(narrow.ok());
  EXPECT_EQ(narrow.error().message, "stream sum has no room for -3");
}

template <class Stream>
Recording recording(const Stream& stream, const std::vector<Tensor::Ints>& frames) {
  Recording result{beat_format(stream), {}};
  for (const Tensor::Ints& frame : frames) pack(result.format, frame, result.words);
  return result;
}

TEST(Verify, FirstMismatchIsOfTheFirstFrameAndThenTheFirstStream) {
  const Bundle bundle = tiny();
  const Graph graph = network();
  const Recording bits = recording(bundle.taps[1], {{0, 1}, {1, 0}});
  const Expected expected{{recording(bundle.taps[0], {{1, 2}, {3, 4}}), bits}, {recording(bundle.outputs[0], {{0, 1}, {1, 0}})}};
  Trace trace;
  trace.taps = {recording(bundle.taps[0], {{1, 2}, {3, 5}}), recording(bundle.taps[1], {{0, 1}, {1, 1}})};
  trace.outputs = {recording(bundle.outputs[0], {{0, 1}, {1, 1}})};
  std::int64_t compared = 0;
  auto mismatch = first_mismatch(graph, bundle, expected, trace, compared);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->stream, "sum");
  EXPECT_EQ(mismatch->frame, 1);
  EXPECT_EQ(mismatch->expected, 4);
  EXPECT_EQ(mismatch->got, 5);
  EXPECT_EQ(compared, 8);
  trace.outputs[0].words[0] ^= 2U;
  mismatch = first_mismatch(graph, bundle, expected, trace, compared);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->unit, "m_axis");
  EXPECT_EQ(mismatch->frame, 0);
  trace.taps = {recording(bundle.taps[0], {{1, 2}}), recording(bundle.taps[1], {})};  // a run that stopped
  trace.outputs[0].words.clear();
  EXPECT_FALSE(first_mismatch(graph, bundle, expected, trace, compared).has_value());
}

// An image and a threshold on every pixel.
constexpr std::string_view kImages = R"(
graph "images"
input %0 "x" : int[0,15][1,2,2,3]
input %1 "y" : int[0,3][1,4]
const %2 : int[1,15][2,1] = [4,9]
const %3 : int[0,0][2] = [0,0]
const %4 : int[1,1][2,1] = [1,1]
%5 = thresholds(%0, %2, %3, %4) {axis=1, codes=int[0,1]} : int[0,1][1,2,2,3] from "Quant"
const %6 : int[-2,2][3,2,2,2] = [1,-1,2,0,-1,1,1,2,0,1,-2,1,2,-1,1,1,-1,-1,-2,0,-1,1,0,2]
%7 = conv(%5, %6) {stride=[1,1], dilation=[1,1], begin=[1,1], end=[0,0], spacing=[1,1], groups=1, fill=0} : int[-5,7][1,3,2,3] from "Conv"
output %5
output %1
output %7
)";

Bundle images() {
  Bundle bundle;
  bundle.name = bundle.top = "images";
  const Layout pixels = Layout::channels_last({1, 2, 2, 3});
  bundle.inputs = {{"s_axis_0", ValueId{0}, IntType{0, 15}, false, 1, 6, 2, 2, 8, pixels},
                   {"s_axis_1", ValueId{1}, IntType{0, 3}, false, 4, 1, 4, 4, 8, {}}};
  bundle.outputs = {{"m_axis_0", ValueId{5}, IntType{0, 1}, false, 2, 6, 2, 2, 8, pixels},
                    {"m_axis_1", ValueId{1}, IntType{0, 3}, false, 4, 1, 4, 4, 8, {}}};
  bundle.taps = {{"window0", "window0_s", "Conv", ValueId{}, IntType{0, 1}, 2, 24, 2, 2, {}},
                 {"thr0", "thr0_s", "Quant", ValueId{5}, IntType{0, 1}, 2, 6, 2, 2, pixels}};
  return bundle;
}

TEST(Verify, SeveralPortsAndLayouts) {
  const auto graph = parse(kImages);
  ASSERT_TRUE(graph.ok()) << to_text(graph.error());
  const Bundle bundle = images();
  const auto frames = trial_frames(*graph, bundle, 30, 4);
  ASSERT_EQ(frames[0].size(), 2U);
  EXPECT_EQ(frames[1][0], Tensor::Ints(12, 15));
  EXPECT_EQ(frames[1][1], Tensor::Ints(4, 3));
  const auto expected = expected_streams(*graph, bundle, frames);
  ASSERT_TRUE(expected.ok()) << to_text(expected.error());
  EXPECT_EQ(expected->streams(), 3U);
  EXPECT_EQ(expected->outputs[1].frame(7), frames[7][1]);
  for (std::int64_t f = 0; f < 30; ++f) {
    Tensor::Ints bits;
    for (std::size_t i = 0; i < 12; ++i) bits.push_back(frames[static_cast<std::size_t>(f)][0][i] >= (i < 6 ? 4 : 9) ? 1 : 0);
    EXPECT_EQ(expected->outputs[0].frame(f), bits);
  }
  Trace trace;
  trace.taps = expected->taps;
  trace.outputs = expected->outputs;
  std::int64_t compared = 0;
  EXPECT_FALSE(first_mismatch(*graph, bundle, *expected, trace, compared).has_value());
  EXPECT_EQ(compared, 30 * (12 + 12 + 4));
  trace.outputs[0].words[6 * 2 + 5] ^= 2U;
  const auto mismatch = first_mismatch(*graph, bundle, *expected, trace, compared);
  ASSERT_TRUE(mismatch.has_value());
  EXPECT_EQ(mismatch->stream, "m_axis_0");
  EXPECT_EQ(mismatch->frame, 2);
  EXPECT_EQ(mismatch->channel, 1);
  EXPECT_EQ(mismatch->vector, 5);
  EXPECT_EQ(mismatch->pixel, (std::vector<std::int64_t>{1, 2}));
  Verdict verdict;
  verdict.mismatch = mismatch;
  EXPECT_NE(explain(verdict, "out").message.find("frame 2, pixel 1,2, channel 1: expected"), std::string::npos);
}

TEST(TrialFrames, ConvolutionsAreDrivenToTheirEnds) {
  const auto graph = parse(kImages);
  ASSERT_TRUE(graph.ok()) << to_text(graph.error());
  const auto& weights = graph->value(ValueId{6}).constant->ints();
  const Bundle bundle = images();
  const auto frames = trial_frames(*graph, bundle, 20, 9);
  Executor executor(*graph);
  for (std::size_t f = 2; f < 20; f += 2) {
    Tensors feeds;
    feeds.emplace(ValueId{0}, Tensor({1, 2, 2, 3}, frames[f][0]));
    const ValueId sums[] = {ValueId{7}};
    const auto values = executor.run(feeds, sums);
    ASSERT_TRUE(values.ok());
    bool reached = false;  // the end of one channel, with the kernel on the image
    for (std::size_t channel = 0; channel < 3; ++channel) {
      std::int64_t end = 0;
      for (std::size_t i = 0; i < 8; ++i)
        end += f % 4 == 2 ? std::max<std::int64_t>(0, weights[channel * 8 + i]) : std::min<std::int64_t>(0, weights[channel * 8 + i]);
      for (std::size_t pixel = 0; pixel < 6; ++pixel) reached = reached || (*values)[0].ints()[channel * 6 + pixel] == end;
    }
    EXPECT_TRUE(reached) << f;
  }
}

TEST(Verify, IntervalIsAMeanOrVisiblyNot) {
  EXPECT_EQ(measured_interval({9, 19, 25, 35, 45, 55, 65}, 2, 10), 10);
  EXPECT_EQ(measured_interval({9, 19, 25, 34, 45, 54, 65}, 2, 11), 10);
  EXPECT_EQ(measured_interval({0, 10, 20, 30, 41}, 0, 10), 11);
  EXPECT_EQ(measured_interval({0, 10, 20, 30, 41}, 0, 11), 10);
  EXPECT_EQ(measured_interval({0, 10, 20, 30}, 1, 10), 10);
  EXPECT_EQ(measured_interval({0, 10, 20}, 1, 10), 0);
}

TEST(TrialFrames, CornersThenExtremesThenRandom) {
  const Graph graph = network();
  const auto frames = trial_frames(graph, tiny(), 40, 3);
  ASSERT_EQ(frames.size(), 40U);
  EXPECT_EQ(frames[0][0], Tensor::Ints(4, 0));
  EXPECT_EQ(frames[1][0], Tensor::Ints(4, 3));
  const std::set<Tensor::Ints> greatest = {{3, 3, 0, 3}, {0, 0, 3, 3}};  // where the weights of a column are positive
  const std::set<Tensor::Ints> least = {{0, 0, 3, 0}, {3, 0, 0, 0}};
  for (std::size_t i = 2; i < 20; i += 4) EXPECT_TRUE(greatest.contains(frames[i][0]));
  for (std::size_t i = 4; i < 20; i += 4) EXPECT_TRUE(least.contains(frames[i][0]));
  for (const PortFrame& frame : frames) {
    for (const std::int64_t code : frame[0]) EXPECT_TRUE(code >= 0 && code <= 3);
  }
  EXPECT_GT(std::set<PortFrame>(frames.begin(), frames.end()).size(), 15U);
}

TEST(TrialFrames, FewerFramesAreTheFirstOnes) {
  const Graph graph = network();
  const auto all = trial_frames(graph, tiny(), 30, 11);
  for (std::int64_t n = 1; n < 30; ++n) EXPECT_EQ(trial_frames(graph, tiny(), n, 11), std::vector<PortFrame>(all.begin(), all.begin() + n));
  EXPECT_NE(trial_frames(graph, tiny(), 30, 12), all);
}

TEST(TrialFrames, FloatsThatPassThroughAreBitPatterns) {
  auto graph = parse("graph \"pass\"\ninput %0 \"x\" : f32[1,3]\noutput %0\n");
  ASSERT_TRUE(graph.ok());
  Bundle bundle;
  bundle.inputs = {{"s_axis", ValueId{0}, IntType::of_bits(32, false), true, 1, 1, 3, 3, 32, {}}};
  bundle.outputs = bundle.inputs;
  bundle.outputs[0].name = "m_axis";
  const auto frames = trial_frames(*graph, bundle, 6, 1);
  EXPECT_EQ(frames[1][0], Tensor::Ints(3, 0xFFFFFFFF));
  const auto expected = expected_streams(*graph, bundle, frames);
  ASSERT_TRUE(expected.ok());
  for (std::size_t f = 0; f < frames.size(); ++f) EXPECT_EQ(expected->outputs[0].frame(static_cast<std::int64_t>(f)), frames[f][0]);
}

}  // namespace
}  // namespace finnr
