// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/unit_parameters.h"

#include <map>

#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

/// Parameters of the units of a design as text, by unit and parameter; memories by name.
struct Made {
  std::map<std::string, std::map<std::string, std::string>> units;
  std::map<std::string, std::string> memories;
};

Made made(const Graph& graph, const Folding& folding) {
  const Result<Design> design = lower(part_of(graph), folding, "net");
  EXPECT_TRUE(design.ok()) << to_text(design.error());
  Made result;
  const StoreMemory store = [&](const std::string& name, std::string text) {
    EXPECT_TRUE(result.memories.emplace(name, std::move(text)).second) << name << " twice";
    return "mem/" + name;
  };
  for (const Unit& unit : design->units) {
    for (const auto& [name, value] : unit_parameters(*design, unit, store)) {
      const std::string text =
          std::visit(Overloaded{[](std::int64_t number) { return std::to_string(number); }, [](const std::string& file) { return file; },
                                [](const sv::Literal& literal) { return literal.text; }},
                     value);
      EXPECT_TRUE(result.units[unit.name].emplace(name, text).second) << name << " twice";
    }
  }
  return result;
}

TEST(UnitParameters, WindowsAndGroups) {
  SmallNetwork net;
  const Around around = {.stride = {1, 2}, .begin = {1, 0}, .end = {1, 1}, .groups = 2, .fill = 2};
  const ValueId x = net.conv(net.input({1, 6, 4, 5}), 4, {3, 2}, around);
  const Made m = made(net.done({x}), {{2, 3, false, {}}});
  const auto& window = m.units.at("conv0_window");
  EXPECT_EQ(window.at("H"), "4");
  EXPECT_EQ(window.at("W"), "5");
  EXPECT_EQ(window.at("Groups"), "2");
  EXPECT_EQ(window.at("Inner"), "1");
  EXPECT_EQ(window.at("Lanes"), "3");
  EXPECT_EQ(window.at("StrideW"), "2");
  EXPECT_EQ(window.at("PadTop"), "1");
  EXPECT_EQ(window.at("OH"), "4");
  EXPECT_EQ(window.at("OW"), "3");
  EXPECT_EQ(window.at("Fill"), "2'h2");
  const auto& conv = m.units.at("conv0");
  EXPECT_EQ(conv.at("Groups"), "2");
  EXPECT_EQ(conv.at("Mw"), "18");
  EXPECT_EQ(conv.at("Mh"), "2");
  EXPECT_EQ(conv.at("WeightFile"), "mem/conv0_weights");
  const std::string& weights = m.memories.at("conv0_weights");
  EXPECT_EQ(std::count(weights.begin(), weights.end(), '\n'), 2 * 1 * 6);
}

TEST(UnitParameters, PaddingOfBipolarNumbers) {
  const auto fill = [](std::int64_t code) {
    SmallNetwork net;
    const ValueId x = net.input({1, 2, 3, 3}, IntType::bipolar_type());
    const Made m = made(net.done({net.conv(x, 2, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .fill = code}, IntType::bipolar_type())}),
                        {{1, 1, false, {}}});
    return m.units.at("conv0_window").at("Fill") + " " + m.units.at("conv0").at("XKind");
  };
  EXPECT_EQ(fill(0), "2'h0 1");
  EXPECT_EQ(fill(1), "1'h1 2");
  EXPECT_EQ(fill(-1), "1'h0 2");
}

TEST(UnitParameters, JoinsConcatenationsAndCasts) {
  SmallNetwork net;
  const ValueId a = net.input({1, 4, 2, 2}, {-3, 2, false});
  const ValueId b = net.thresholds(a, 1, 1, true);
  const ValueId sum = net.add(Join{JoinFunction::kAdd, -2, 3}, {a, b});
  const Graph graph = net.done({net.thresholds(net.add(Concat{1}, {sum, b}))});
  const Made m = made(graph, Folding(4, Fold{2, 0, false, {}}));
  const auto& join = m.units.at("join0");
  EXPECT_EQ(join.at("Lanes"), "2");
  EXPECT_EQ(join.at("AKind"), "1");
  EXPECT_EQ(join.at("BKind"), "2");
  EXPECT_EQ(join.at("MulA"), "-2");
  EXPECT_EQ(join.at("MulB"), "3");
  const auto& concat = m.units.at("concat0");
  EXPECT_EQ(concat.at("Inputs"), "2");
  EXPECT_EQ(concat.at("Turns"), "{32'd2, 32'd2}");
  const auto& cast = m.units.at("cast0");
  EXPECT_EQ(cast.at("InKind"), "2");
  EXPECT_EQ(cast.at("OutBits"), join.at("OutBits"));
  EXPECT_EQ(m.units.at("fork0").at("Outputs"), "2");
}

TEST(UnitParameters, DepthwiseAndPools) {
  SmallNetwork net;
  ValueId x = net.conv(net.input({1, 4, 4, 4}), 4, {2, 2}, {.groups = 4});
  x = net.pool(net.thresholds(x), {.kernel = {2, 2}});
  const Made m = made(net.done({net.add(Sum{{2, 3}, true}, {x})}), {{2, 4, false, Store::kBlock}, {2, 0, false, {}}, {4, 0, false, {}}});
  EXPECT_EQ(m.units.at("dw0").at("Channels"), "4");
  EXPECT_EQ(m.units.at("dw0").at("K"), "4");
  EXPECT_EQ(m.units.at("dw0").at("Simd"), "4");
  EXPECT_EQ(m.units.at("dw0").at("WeightStyle"), "2");
  EXPECT_EQ(m.units.at("pool0_window").at("Groups"), "2");
  EXPECT_EQ(m.units.at("pool0_window").at("TileH"), "1");
  EXPECT_EQ(m.units.at("pool0_window").at("TileW"), "2");
  EXPECT_EQ(m.units.at("pool0").at("Simd"), "2");
  EXPECT_EQ(m.units.at("pool0").at("Count"), "2");
  EXPECT_EQ(m.units.at("pool0").at("Inner"), "1");
  EXPECT_EQ(m.units.at("pool0").at("Function"), "0");
  EXPECT_EQ(m.units.at("pool1").at("Count"), "4");
  EXPECT_EQ(m.units.at("pool1").at("Function"), "1");
}

}  // namespace
}  // namespace finnr
