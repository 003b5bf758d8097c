// SPDX-License-Identifier: Apache-2.0
// One small accelerator doubles numbers in two stages. The first number of a vector can ask it to misbehave, so that one
// compilation serves every way in which hardware can be wrong.
#include "finnr/simulate/simulate.h"

#include <gtest/gtest.h>

#include <memory>

#include "finnr/simulate/hand_written_for_test.h"
#include "finnr/simulate/simulator_for_test.h"

namespace finnr {
namespace {

enum Trick : std::int64_t { kAssert = 9, kWithdraw = 10, kChange = 11, kHighBit = 12, kEarlyLast = 13, kNoLast = 14, kDrop = 15 };

constexpr std::string_view kTop = R"(
module doubler (
  input  logic clk_i, input logic rst_ni,
  input  logic [7:0]  s_axis_tdata, input  logic s_axis_tvalid, output logic s_axis_tready, input logic s_axis_tlast,
  output logic [15:0] m_axis_tdata, output logic m_axis_tvalid, input logic m_axis_tready, output logic m_axis_tlast
);
  logic half_valid, half_ready, full_valid, full_ready;
  logic [9:0] half_data, full_data;
  logic a_q, b_q, waited_q;
  logic [9:0] a_data_q, b_data_q;
  logic [1:0] beat_q;

  assign s_axis_tready = !a_q || half_ready;
  assign half_valid = a_q && !(waited_q && a_data_q[4:0] == 5'd20);
  assign half_data  = a_data_q ^ {10{waited_q && a_data_q[4:0] == 5'd22}};
  assign half_ready = !b_q || full_ready;
  assign full_valid = b_q;
  assign full_data  = b_data_q;
  assign full_ready = m_axis_tready;
  assign m_axis_tvalid = full_valid;
  assign m_axis_tdata  = {b_data_q[4:0] == 5'd24, 5'd0, full_data};
  assign m_axis_tlast  = (beat_q == 2'd3 && b_data_q[4:0] != 5'd28) || (beat_q == 2'd2 && b_data_q[4:0] == 5'd26);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      a_q <= 0;
      b_q <= 0;
      waited_q <= 0;
      beat_q <= 0;
    end else begin
      waited_q <= half_valid && !half_ready;
      if (s_axis_tready) a_q <= s_axis_tvalid && s_axis_tdata[3:0] != 4'd15;
      if (half_ready) b_q <= a_q;
      if (full_valid && full_ready) beat_q <= beat_q + 1;
    end
    if (s_axis_tready) a_data_q <= {s_axis_tdata[7:4], 1'b0, s_axis_tdata[3:0], 1'b0};
    if (half_ready) b_data_q <= a_data_q;
  end
  no_nine: assert property (@(posedge clk_i) disable iff (!rst_ni) (!a_q || a_data_q[4:0] != 5'd18)) else $error("%m: nine");
endmodule
)";

Bundle doubler() {
  Bundle bundle = hand_written("doubler", 4);
  bundle.inputs = {{"s_axis", ValueId{0}, IntType{0, 15}, false, 2, 2, 3, 4, 8, {}}};
  bundle.outputs = {{"m_axis", ValueId{1}, IntType{0, 30}, false, 2, 2, 3, 4, 16, {}}};
  bundle.taps = {{"first", "half", "", ValueId{1}, IntType{0, 30}, 2, 2, 3, 4, {}},
                 {"second", "full", "", ValueId{1}, IntType{0, 30}, 2, 2, 3, 4, {}}};
  bundle.units = {{"first", "test", 2, 0, 4, {}}, {"second", "test", 2, 0, 4, {}}};
  return bundle;
}

std::vector<PortFrame> some_frames(std::int64_t count) {
  std::vector<PortFrame> frames;
  for (std::int64_t i = 0; i < count; ++i) frames.push_back({{i % 9, 1, 2, 3 + i % 5, 15, 8}});
  return frames;
}

class Simulation : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (no_simulator()) return;
    folder_ = std::make_unique<ScratchFolder>(folder_of(doubler(), kTop));
    auto built = Simulator::build(folder_->path(), doubler(), folder_->path() / "work", {});
    ASSERT_TRUE(built.ok()) << to_text(built.error());
    simulator_ = std::make_unique<Simulator>(*std::move(built));
  }
  static void TearDownTestSuite() {
    simulator_.reset();
    folder_.reset();
  }
  void SetUp() override {
    if (!simulator_) GTEST_SKIP() << "needs verilator and g++";
  }

  /// Runs three frames, `trick` instead of one element: the first lane of the frame's beat `beat`.
  static Result<Trace> play(Trick trick, Stalls stalls, std::size_t frame = 1, std::size_t beat = 2) {
    constexpr std::size_t kFirstLane[] = {0, 2, 3, 5};
    finnr::Run run;
    run.frames = some_frames(3);
    run.frames[frame][0][kFirstLane[beat]] = trick;
    run.stalls = stalls;
    return simulator_->run(run);
  }
  static void expect_broken_rule(const Result<Trace>& trace, const std::string& words) {
    ASSERT_FALSE(trace.ok()) << words;
    EXPECT_EQ(trace.error().code, Code::kMismatch);
    EXPECT_NE(to_text(trace.error()).find(words), std::string::npos) << to_text(trace.error());
  }

  static std::unique_ptr<ScratchFolder> folder_;
  static std::unique_ptr<Simulator> simulator_;
};
std::unique_ptr<ScratchFolder> Simulation::folder_;
std::unique_ptr<Simulator> Simulation::simulator_;

TEST_F(Simulation, ElementsUnderEveryKindOfStalls) {
  const auto frames = some_frames(40);
  for (const Stalls stalls : {Stalls::kNone, Stalls::kRandom, Stalls::kWorst}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      finnr::Run run;
      run.frames = frames;
      run.stalls = stalls;
      run.seed = seed;
      std::int64_t seen = 0;
      run.on_frame = [&](std::int64_t done) { EXPECT_EQ(done, ++seen); };
      const auto trace = simulator_->run(run);
      ASSERT_TRUE(trace.ok()) << to_text(trace.error());
      EXPECT_EQ(seen, 40);
      ASSERT_EQ(trace->outputs.size(), 1U);
      ASSERT_EQ(trace->outputs[0].frames(), 40);
      ASSERT_EQ(trace->taps.size(), 2U);
      for (std::size_t f = 0; f < frames.size(); ++f) {
        Tensor::Ints twice = frames[f][0];
        for (std::int64_t& element : twice) element *= 2;
        for (const Recording* stream : {&trace->outputs[0], &trace->taps[0], &trace->taps[1]})
          EXPECT_EQ(stream->frame(static_cast<std::int64_t>(f)), twice);
      }
      if (stalls == Stalls::kNone) {
        EXPECT_EQ(trace->cycles, 40 * 4 + 1);
      } else {
        EXPECT_GT(trace->cycles, 40 * 4 + 40);
      }
    }
  }
}

TEST_F(Simulation, TimingInCycles) {
  finnr::Run run;
  run.frames = some_frames(2);
  run.count = 4;
  run.kept = 1;
  const auto trace = simulator_->run(run);
  ASSERT_TRUE(trace.ok()) << to_text(trace.error());
  EXPECT_EQ(trace->first_frame, 5);  // four beats, two stages
  EXPECT_EQ(trace->frame_ends, (std::vector<std::int64_t>{5, 9, 13, 17}));
  EXPECT_EQ(trace->cycles, 17);
  EXPECT_EQ(trace->taps[0].frames(), 1);
  EXPECT_EQ(trace->outputs[0].frames(), 4);
  EXPECT_EQ(trace->outputs[0].frame(1), trace->outputs[0].frame(3)) << "the frames repeat";
  EXPECT_NE(trace->outputs[0].frame(0), trace->outputs[0].frame(1));
}

TEST_F(Simulation, LostBeatIsNoProgress) {
  for (const Stalls stalls : {Stalls::kNone, Stalls::kRandom, Stalls::kWorst}) {
    const auto trace = play(kDrop, stalls);
    ASSERT_FALSE(trace.ok());
    EXPECT_EQ(trace.error().code, Code::kNoProgress);
    EXPECT_NE(trace.error().cause.find("unit 'first' took 12 beats"), std::string::npos) << trace.error().cause;
  }
}

TEST_F(Simulation, WhatCameBeforeAFaultIsKept) {
  finnr::Run run;
  run.frames = some_frames(3);
  run.frames[1][0][3] = kDrop;
  const auto trace = simulator_->observe(run);
  ASSERT_TRUE(trace.ok());
  ASSERT_TRUE(trace->fault.has_value());
  ASSERT_EQ(trace->taps[0].frames(), 3);
  EXPECT_EQ(trace->taps[0].frame(0), (Tensor::Ints{0, 2, 4, 6, 30, 16}));
  EXPECT_EQ(trace->taps[0].frame(1).size(), 6U);
  EXPECT_EQ(trace->taps[0].frame(2).size(), 5U);
}

TEST_F(Simulation, RulesOfTheStreams) {
  expect_broken_rule(play(kNoLast, Stalls::kNone, 1, 3), "tlast is low on the last beat");
  expect_broken_rule(play(kEarlyLast, Stalls::kNone), "tlast is high before");
  expect_broken_rule(play(kHighBit, Stalls::kNone), "m_axis of 'doubler' breaks a rule in frame 1");
  expect_broken_rule(play(kAssert, Stalls::kNone), "nine");
  // The worst stalls begin with a stopped output: the second beat waits behind the first one.
  expect_broken_rule(play(kChange, Stalls::kWorst, 0, 1), "stream half of 'doubler' breaks a rule in frame 0");
  expect_broken_rule(play(kWithdraw, Stalls::kWorst, 0, 1), "valid was taken back");
}

TEST_F(Simulation, ToolErrorsShowTheirOwnLines) {
  Bundle bundle = doubler();
  bundle.taps[1].signal = "missing";
  std::filesystem::create_directories(folder_->path() / "other");
  const auto built = Simulator::build(folder_->path(), bundle, folder_->path() / "other", {});
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().code, Code::kToolFailed);
  EXPECT_NE(built.error().cause.find("missing_valid"), std::string::npos) << built.error().cause;

  bundle = doubler();
  bundle.memories = {"mem/gone.hex"};
  const auto incomplete = Simulator::build(folder_->path(), bundle, folder_->path() / "other", {});
  ASSERT_FALSE(incomplete.ok());
  EXPECT_EQ(incomplete.error().code, Code::kNotABundle);
}

// Two inputs meet: one sends images of two channels by pixels, the other a number a pixel. Their products leave on one output,
// the second input's numbers on the other. A stream inside passes twice for every pixel and carries no value.
constexpr std::string_view kMeetingTop = R"(
module meeting (
  input  logic clk_i, input logic rst_ni,
  input  logic [7:0]  s_axis_0_tdata, input  logic s_axis_0_tvalid, output logic s_axis_0_tready, input logic s_axis_0_tlast,
  input  logic [7:0]  s_axis_1_tdata, input  logic s_axis_1_tvalid, output logic s_axis_1_tready, input logic s_axis_1_tlast,
  output logic [15:0] m_axis_0_tdata, output logic m_axis_0_tvalid, input logic m_axis_0_tready, output logic m_axis_0_tlast,
  output logic [7:0]  m_axis_1_tdata, output logic m_axis_1_tvalid, input logic m_axis_1_tready, output logic m_axis_1_tlast
);
  logic pair_valid, pair_ready, again_valid, again_ready;
  logic [15:0] pair_data;
  logic [3:0] again_data;
  logic product_q, number_q, second_q;
  logic [15:0] product_data_q;
  logic [3:0] number_data_q;
  logic [1:0] beat_q, number_beat_q;
  logic room, take;

  assign room = (!product_q || (m_axis_0_tready && second_q)) && (!number_q || m_axis_1_tready);
  assign take = s_axis_0_tvalid && s_axis_1_tvalid && room;
  assign s_axis_0_tready = take;
  assign s_axis_1_tready = take;
  assign pair_valid = product_q && second_q;
  assign pair_ready = m_axis_0_tready;
  assign pair_data  = product_data_q;
  assign again_valid = product_q && (!second_q || m_axis_0_tready);
  assign again_ready = 1'b1;
  assign again_data  = product_data_q[3:0];
  assign m_axis_0_tvalid = pair_valid;
  assign m_axis_0_tdata  = pair_data;
  assign m_axis_0_tlast  = beat_q == 2'd3;
  assign m_axis_1_tvalid = number_q;
  assign m_axis_1_tdata  = {4'd0, number_data_q};
  assign m_axis_1_tlast  = number_beat_q == 2'd3;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      product_q <= 0;
      number_q <= 0;
      second_q <= 0;
      beat_q <= 0;
      number_beat_q <= 0;
    end else begin
      if (take) begin
        product_q <= 1;
        second_q <= 0;
      end else if (product_q && !second_q) second_q <= 1;
      else if (pair_valid && pair_ready) product_q <= 0;
      if (take) number_q <= 1;
      else if (m_axis_1_tready) number_q <= 0;
      if (pair_valid && pair_ready) beat_q <= beat_q + 1;
      if (number_q && m_axis_1_tready) number_beat_q <= number_beat_q + 1;
    end
    if (take) begin
      product_data_q <= {{4'd0, s_axis_0_tdata[7:4]} * {4'd0, s_axis_1_tdata[3:0]},
                         {4'd0, s_axis_0_tdata[3:0]} * {4'd0, s_axis_1_tdata[3:0]}};
      number_data_q <= s_axis_1_tdata[3:0];
    end
  end
endmodule
)";

Bundle meeting() {
  Bundle bundle = hand_written("meeting", 8);
  const Layout pixels = Layout::channels_last({1, 2, 2, 2});
  bundle.inputs = {{"s_axis_0", ValueId{0}, IntType{0, 15}, false, 2, 4, 2, 2, 8, pixels},
                   {"s_axis_1", ValueId{1}, IntType{0, 15}, false, 1, 1, 4, 4, 8, {}}};
  bundle.outputs = {{"m_axis_0", ValueId{2}, IntType{0, 225}, false, 2, 4, 2, 2, 16, pixels},
                    {"m_axis_1", ValueId{1}, IntType{0, 15}, false, 1, 1, 4, 4, 8, {}}};
  bundle.taps = {{"repeat", "again", "", ValueId{}, IntType{0, 15}, 1, 1, 8, 8, {}},
                 {"times", "pair", "", ValueId{2}, IntType{0, 225}, 2, 4, 2, 2, pixels}};
  bundle.units = {{"repeat", "test", 1, 0, 8, {}}, {"times", "test", 2, 0, 8, {}}};
  return bundle;
}

TEST(SeveralPorts, EachStallsAloneAndCarriesItsLayout) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const ScratchFolder folder = folder_of(meeting(), kMeetingTop);
  SimulatorOptions options;
  options.cycles = 100'000'000;
  const auto simulator = Simulator::build(folder.path(), meeting(), folder.path() / "work", options);
  ASSERT_TRUE(simulator.ok()) << to_text(simulator.error());
  finnr::Run run;
  run.frames = {{{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 15}}, {{15, 14, 13, 12, 11, 10, 9, 8}, {15, 0, 7, 5}}};
  run.count = 40;
  for (const Stalls stalls : {Stalls::kNone, Stalls::kRandom, Stalls::kWorst}) {
    run.stalls = stalls;
    const auto trace = simulator->run(run);
    ASSERT_TRUE(trace.ok()) << to_text(trace.error());
    ASSERT_EQ(trace->outputs.size(), 2U);
    EXPECT_EQ(trace->frame_ends.size(), 40U);
    EXPECT_TRUE(trace->taps[0].words.empty()) << "it carries no value";
    for (std::int64_t f = 0; f < 40; ++f) {
      const PortFrame& frame = run.frames[static_cast<std::size_t>(f % 2)];
      Tensor::Ints products;
      for (std::size_t i = 0; i < 8; ++i) products.push_back(frame[0][i] * frame[1][i % 4]);
      EXPECT_EQ(trace->outputs[0].frame(f), products);
      EXPECT_EQ(trace->taps[1].frame(f), products);
      EXPECT_EQ(trace->outputs[1].frame(f), frame[1]);
    }
    if (stalls == Stalls::kNone) {
      EXPECT_EQ(trace->first_frame, 8);
      EXPECT_EQ(trace->frame_ends[1] - trace->frame_ends[0], 8);
    }
  }

  // Half as many beats inside as were promised, without a word about their elements.
  Bundle wrong = meeting();
  wrong.taps[0].channels = wrong.taps[0].padded = 16;
  const auto other = Simulator::build(folder.path(), wrong, folder.path() / "work", {});
  ASSERT_TRUE(other.ok());
  run.stalls = Stalls::kNone;
  const auto trace = other->run(run);
  ASSERT_FALSE(trace.ok());
  EXPECT_NE(to_text(trace.error()).find("stream again of 'meeting'"), std::string::npos) << to_text(trace.error());
  EXPECT_NE(to_text(trace.error()).find("fewer beats"), std::string::npos) << to_text(trace.error());
}

TEST(SeveralPorts, TheBenchWithoutTapsKnowsThePortsOnly) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const ScratchFolder folder = folder_of(meeting(), kMeetingTop);
  SimulatorOptions options;
  options.taps = false;
  const auto simulator = Simulator::build(folder.path(), meeting(), folder.path() / "work", options);
  ASSERT_TRUE(simulator.ok()) << to_text(simulator.error());
  finnr::Run run;
  run.frames = {{{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 15}}};
  const auto trace = simulator->run(run);
  ASSERT_TRUE(trace.ok()) << to_text(trace.error());
  EXPECT_TRUE(trace->taps.empty());
  EXPECT_EQ(trace->outputs[1].frame(0), run.frames[0][1]);
}

}  // namespace
}  // namespace finnr
