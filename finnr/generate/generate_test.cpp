// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/generate.h"

#include <cstdlib>
#include <set>

#include "finnr/base/files.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

Generated generated(const Graph& graph, const Folding& folding, const std::string& name = "net") {
  const Result<Design> design = lower(part_of(graph), folding, name);
  EXPECT_TRUE(design.ok());
  return generate(*design);
}

Generated small() { return generated(integer_chain({4, 3, 2}), {{3, 2, false, {}}, {1, 1, false, {}}}); }

std::string text_of(const Generated& result, const std::string& path) {
  for (const GeneratedFile& file : result.files) {
    if (file.path == path) return file.text;
  }
  ADD_FAILURE() << path << " is missing";
  return "";
}

TEST(Generate, TopModuleIsTheGoldenOne) {
  const std::filesystem::path golden = std::filesystem::path(FINNR_SOURCE_DIR) / "tests/golden";
  const Generated result = small();
  for (const auto& [made, kept] : {std::pair{"rtl/net.sv", "small_top.sv.txt"}, std::pair{"rtl/net_wrapper.v", "small_wrapper.v.txt"}}) {
    if (std::getenv("FINNR_UPDATE_GOLDEN") != nullptr) {
      ASSERT_TRUE(write_file(golden / kept, text_of(result, made)).ok());
    }
    const Result<std::string> expected = read_file(golden / kept);
    ASSERT_TRUE(expected.ok()) << to_text(expected.error());
    EXPECT_EQ(text_of(result, made), *expected)
        << "if this is meant: FINNR_UPDATE_GOLDEN=1 unit_tests, and look at the difference of tests/golden/" << kept;
  }
}

TEST(Generate, FilesAreThoseOfTheBundle) {
  const Generated result = small();
  std::set<std::string> paths;
  for (const GeneratedFile& file : result.files) EXPECT_TRUE(paths.insert(file.path).second) << file.path << " twice";
  for (const std::string& source : result.bundle.sources) EXPECT_TRUE(paths.contains(source)) << source;
  for (const std::string& memory : result.bundle.memories) EXPECT_TRUE(paths.contains(memory)) << memory;
  EXPECT_EQ(result.bundle.memories, (std::vector<std::string>{"mem/fc0_weights.hex", "mem/fc0_thresholds.hex", "mem/fc1_weights.hex"}));
  EXPECT_EQ(result.bundle.top, "net");
  EXPECT_EQ(result.bundle.interval, 6);
  const std::string list = text_of(result, "rtl/files.f");
  for (const std::string& source : result.bundle.sources) EXPECT_NE(list.find(source + "\n"), std::string::npos);
}

TEST(Generate, LibraryModulesInUseAndNoOthers) {
  const Generated result = small();
  std::string all;
  for (const std::string& source : result.bundle.sources) all += text_of(result, source);
  for (const GeneratedFile& file : result.files) {
    if (!file.path.starts_with("rtl/finnr_") || !file.path.ends_with(".sv")) continue;
    const std::string module = file.path.substr(4, file.path.size() - 7);
    EXPECT_NE(all.find("  " + module + " "), std::string::npos) << module << " is used nowhere";
  }
  EXPECT_NE(all.find("module finnr_mvu #("), std::string::npos);
  EXPECT_EQ(all.find("module finnr_top_k #("), std::string::npos);
}

TEST(Generate, PortsAndTaps) {
  const Generated result = generated(integer_chain({7, 5}), {{2, 4, true, {}}});
  const Bundle& bundle = result.bundle;
  EXPECT_EQ(bundle.inputs[0].lanes, 4);
  EXPECT_EQ(bundle.inputs[0].channels, 7);
  EXPECT_EQ(bundle.inputs[0].padded, 8);
  EXPECT_EQ(bundle.inputs[0].data_bits, 8) << "four lanes of two bits";
  EXPECT_EQ(bundle.outputs[0].padded, 6);
  EXPECT_EQ(bundle.outputs[0].data_bits % 8, 0);
  ASSERT_EQ(bundle.taps.size(), bundle.units.size() - 1) << "the last stream is the output";
  EXPECT_EQ(bundle.taps.back().unit, "fc0");
  EXPECT_EQ(bundle.taps.back().node, "MatMul_0");
  EXPECT_EQ(bundle.units[1].kind, "mvu");
  EXPECT_EQ(bundle.units[1].pe, 2);
  EXPECT_EQ(bundle.units[1].simd, 4);
}

TEST(Generate, OddNamesBecomeLegal) {
  const Generated result = generated(integer_chain({4, 2}), {{1, 1, false, {}}}, "7-segment module");
  EXPECT_EQ(result.bundle.top, "n_7_segment_module");
  EXPECT_NE(text_of(result, "rtl/n_7_segment_module.sv").find("module n_7_segment_module ("), std::string::npos);
  EXPECT_EQ(generated(integer_chain({4, 2}), {{1, 1, false, {}}}, "module").bundle.top, "module_n");
}

TEST(Generate, TheSameDesignGivesTheSameBytes) {
  const Generated a = small();
  const Generated b = small();
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    EXPECT_EQ(a.files[i].path, b.files[i].path);
    EXPECT_EQ(a.files[i].text, b.files[i].text);
  }
  EXPECT_EQ(to_json(a.bundle), to_json(b.bundle));
}

TEST(Generate, BipolarNumbersAreComparedAsBits) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::integer(IntType::bipolar_type()), {1, 4});
  const ValueId t = graph.add_constant(Tensor({4, 1}, Tensor::Ints{1, 0, -1, 2}));
  const ValueId base = graph.add_constant(Tensor({4}, Tensor::Ints{0, 0, 0, 0}));
  const ValueId signs = graph.add_constant(Tensor({4, 1}, Tensor::Ints{1, 1, 1, 1}));
  const ValueId y = graph.must_add(Thresholds{1, {0, 1, false}}, {x, t, base, signs}, {});
  graph.set_outputs({y});
  const Generated result = generated(graph, {{1, 0, false, {}}});
  EXPECT_NE(text_of(result, "rtl/net.sv").find(".XSigned(0)"), std::string::npos);
  EXPECT_EQ(text_of(result, "mem/thr0_thresholds.hex"), "1\n1\n0\n2\n");
}

TEST(Generate, LabelsOfBipolarNumbers) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::integer(IntType::bipolar_type()), {4});
  const ValueId operands[] = {x};
  const Result<NodeId> top = graph.add(TopK{1, 0, true}, operands);
  ASSERT_TRUE(top.ok());
  graph.set_outputs({graph.node(*top).outputs[1]});
  EXPECT_NE(text_of(generated(graph, {{1, 0, false, {}}}), "rtl/net.sv").find(".XSigned(0)"), std::string::npos) << "bit 1 is the larger";
}

}  // namespace
}  // namespace finnr
