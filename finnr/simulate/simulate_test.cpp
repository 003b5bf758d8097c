// SPDX-License-Identifier: Apache-2.0
// One small accelerator doubles numbers in two stages. The first number of a vector can ask it to misbehave, so that one
// compilation serves every way in which hardware can be wrong.
#include "finnr/simulate/simulate.h"

#include <gtest/gtest.h>

#include <memory>

#include "finnr/base/files.h"
#include "finnr/base/process.h"

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
  Bundle bundle;
  bundle.name = bundle.top = "doubler";
  bundle.interval = 4;
  bundle.sources = {"rtl/doubler.sv"};
  bundle.input = {"s_axis", ValueId{0}, IntType{0, 15}, false, 2, 2, 3, 4, 8};
  bundle.output = {"m_axis", ValueId{1}, IntType{0, 30}, false, 2, 2, 3, 4, 16};
  bundle.taps = {{"first", "half", "", ValueId{1}, IntType{0, 30}, 2, 2, 3, 4},
                 {"second", "full", "", ValueId{1}, IntType{0, 30}, 2, 2, 3, 4}};
  bundle.units = {{"first", "test", 2, 0, 4}, {"second", "test", 2, 0, 4}};
  return bundle;
}

std::vector<Tensor::Ints> some_frames(std::int64_t count) {
  std::vector<Tensor::Ints> frames;
  for (std::int64_t i = 0; i < count; ++i) frames.push_back({i % 9, 1, 2, 3 + i % 5, 15, 8});
  return frames;
}

class Simulation : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (simulator_version().empty() || !find_program("g++")) return;
    auto folder = ScratchFolder::make();
    ASSERT_TRUE(folder.ok());
    folder_ = std::make_unique<ScratchFolder>(*std::move(folder));
    std::filesystem::create_directories(folder_->path() / "rtl");
    std::filesystem::create_directories(folder_->path() / "work");
    ASSERT_TRUE(write_file(folder_->path() / "rtl/doubler.sv", kTop).ok());
    auto built = Simulator::build(folder_->path(), doubler(), folder_->path() / "work", false);
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
    run.frames[frame][kFirstLane[beat]] = trick;
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
      ASSERT_EQ(trace->outputs.size(), 40U);
      ASSERT_EQ(trace->taps.size(), 2U);
      for (std::size_t f = 0; f < frames.size(); ++f) {
        Tensor::Ints twice = frames[f];
        for (std::int64_t& element : twice) element *= 2;
        EXPECT_EQ(trace->outputs[f], twice);
        EXPECT_EQ(trace->taps[0][f], twice);
        EXPECT_EQ(trace->taps[1][f], twice);
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
  run.frames = some_frames(4);
  run.taps = false;
  const auto trace = simulator_->run(run);
  ASSERT_TRUE(trace.ok()) << to_text(trace.error());
  EXPECT_EQ(trace->first_frame, 5);  // four beats, two stages
  EXPECT_EQ(trace->frame_ends, (std::vector<std::int64_t>{5, 9, 13, 17}));
  EXPECT_EQ(trace->cycles, 17);
  EXPECT_TRUE(trace->taps.empty() || trace->taps[0].empty());
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
  run.frames[1][3] = kDrop;
  const auto trace = simulator_->observe(run);
  ASSERT_TRUE(trace.ok());
  ASSERT_TRUE(trace->fault.has_value());
  ASSERT_EQ(trace->taps[0].size(), 3U);
  EXPECT_EQ(trace->taps[0][0], (Tensor::Ints{0, 2, 4, 6, 30, 16}));
  EXPECT_EQ(trace->taps[0][1].size(), 6U);
  EXPECT_EQ(trace->taps[0][2].size(), 5U);
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
  const auto built = Simulator::build(folder_->path(), bundle, folder_->path() / "other", false);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().code, Code::kToolFailed);
  EXPECT_NE(built.error().cause.find("missing_valid"), std::string::npos) << built.error().cause;

  bundle = doubler();
  bundle.memories = {"mem/gone.hex"};
  const auto incomplete = Simulator::build(folder_->path(), bundle, folder_->path() / "other", false);
  ASSERT_FALSE(incomplete.ok());
  EXPECT_EQ(incomplete.error().code, Code::kNotABundle);
}

}  // namespace
}  // namespace finnr
