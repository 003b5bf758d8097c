// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/report.h"

#include <gtest/gtest.h>

namespace finnr {
namespace {

TEST(Report, CountsOfSynth) {
  const auto report = read_report(R"({"units": [{"name": "fc0", "lut": 12, "ff": 3, "bram18": 1, "uram": 0, "dsp": 2}]})", "x");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->at("fc0"), (Cost{12, 3, 1, 0, 2}));
}

TEST(Report, NetlistOfYosys) {
  const auto report = read_report(R"({"modules": {
    "\\mvu": {"attributes": {}, "cells": {"a": {"type": "LUT6"}, "b": {"type": "dot"}, "c": {"type": "dot"}}},
    "dot": {"cells": {"d": {"type": "CARRY4"}, "e": {"type": "FDRE"}, "f": {"type": "RAM32M"}, "g": {"type": "RAMB36E1"}}},
    "LUT6": {"attributes": {"blackbox": "1"}, "cells": {}},
    "net": {"cells": {"fc0": {"type": "\\mvu"}, "fc1.u_mac.x": {"type": "LUT2"}, "fc1.y": {"type": "DSP48E1"}}}}})",
                                  "x");
  ASSERT_TRUE(report.ok()) << to_text(report.error());
  EXPECT_EQ(report->at("fc0"), (Cost{9, 2, 4, 0, 0}));
  EXPECT_EQ(report->at("fc1"), (Cost{1, 0, 0, 0, 1}));
}

TEST(Report, HierarchyOfVivado) {
  const auto report = read_report(
      "Copyright ...\n"
      "+-----------+-----------+------------+------------+---------+------+------+--------+--------+--------------+\n"
      "|  Instance |   Module  | Total LUTs | Logic LUTs | LUTRAMs | SRLs |  FFs | RAMB36 | RAMB18 | DSP48 Blocks |\n"
      "+-----------+-----------+------------+------------+---------+------+------+--------+--------+--------------+\n"
      "| net       |     (top) |       1300 |       1200 |     100 |    0 |  900 |      3 |      1 |            5 |\n"
      "|   (net)   |     (top) |          1 |          1 |       0 |    0 |    0 |      0 |      0 |            0 |\n"
      "|   fc0     | finnr_mvu |       1000 |        900 |     100 |    0 |  700 |      3 |      1 |            5 |\n"
      "|     fc1   |    inside |          7 |          7 |       0 |    0 |    0 |      0 |      0 |            0 |\n"
      "|   fc1     | finnr_mvu |        299 |        299 |       0 |    0 |  200 |      0 |      0 |            0 |\n"
      "+-----------+-----------+------------+------------+---------+------+------+--------+--------+--------------+\n",
      "x");
  ASSERT_TRUE(report.ok()) << to_text(report.error());
  EXPECT_EQ(report->at("fc0"), (Cost{1000, 700, 7, 0, 5}));
  EXPECT_EQ(report->at("fc1"), (Cost{299, 200, 0, 0, 0})) << "the shallower one";
}

TEST(Report, Refusals) {
  const auto refused = [](const std::string& text, const std::string& words) {
    const auto report = read_report(text, "x");
    ASSERT_FALSE(report.ok()) << words;
    EXPECT_EQ(report.error().code, Code::kBadCostFile);
    EXPECT_NE(to_text(report.error()).find(words), std::string::npos) << to_text(report.error());
  };
  refused("nothing", "no table");
  refused("| Instance | Total LUTs |\n| fc0 | many |\n", "is no number");
  refused("{}", "neither 'units' nor 'modules'");
  refused(R"({"units": [{}]})", "has no name");
  refused(R"({"modules": {}})", "no top module");
  refused(R"({"modules": {"a": {}}})", "has no cells");
}

}  // namespace
}  // namespace finnr
