// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "finnr/base/rng.h"
#include "finnr/graph/packing.h"

namespace finnr {
namespace {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

Graph read(std::string_view text) {
  Result<Graph> graph = parse(text);
  EXPECT_TRUE(graph.ok()) << to_text(graph.error());
  return graph.ok() ? *std::move(graph) : Graph{};
}

/// Read and printed again it is the same text.
void expect_settled(const std::string& text) {
  const Graph graph = read(text);
  EXPECT_EQ(print(graph), text);
  EXPECT_TRUE(verify(graph).ok());
}

TEST(Text, EveryOperator) {
  expect_settled(R"(graph "all"
input %0 "x" : f32[2,3]
input %1 "n" : int[-8,7][2,3]
input %2 "b" : bipolar[3]
%3 = quantize(%0) {style=onnx, rounding=half_up, codes=int[0,15], scale=[0.5,0.25,0.1]@1, zero=3} : int[0,15][2,3] from "q"
%4 = dequantize(%3) {scale=0.020000000298023225, zero=[1,-2]@0} : f32[2,3]
const %5 : f32[3,2] = [1,2,-3,4.5,0,1e-20]
%6 = count_thresholds(%0, %5) {axis=1, step=-2, base=4, bipolar=false} : int[0,4][2,3]
%7 = matmul(%0, %5) : f32[2,2]
%8 = binary(%4, %0) {function=prelu} : f32[2,3]
%9 = unary(%8) {function=selu, alpha=1.67, beta=1.05} : f32[2,3] from "a" "b \"c\"" "d"
%10 = reshape(%9) {shape=[3,1,2]} : f32[3,1,2]
%11 = transpose(%10) {perm=[2,0,1]} : f32[2,3,1]
%12 = softmax(%11) {axis=1, end=3, logarithm=true} : f32[2,3,1]
%13 = arg_max(%1) {axis=0, keep_axis=false, last_index=true} : int[0,1][3]
%14, %15 "labels" = top_k(%12) {k=2, axis=1, largest=false} : f32[2,2,1], int[0,2][2,2,1]
const %16 : int[-8,8][1,2] = [-1,8]
const %17 : int[0,0][1] = [0]
const %18 : int[-1,1][1,2] = [1,-1]
%19 = thresholds(%1, %16, %17, %18) {axis=1, codes=bipolar} : bipolar[2,3]
%20 = quantize(%0) {style=bipolar, rounding=half_even, codes=bipolar, scale=1, zero=0} : bipolar[2,3]
output %6 %7 %13 %14 %15 %19 %20 %2
)");
}

TEST(Text, EveryOperatorOfWindowsAndParts) {
  expect_settled(R"(graph "spatial"
input %0 "x" : int[0,3][1,2,4,5]
const %1 : int[-1,1][2,1,1,2] = [1,-1,0,1]
%2 = conv(%0, %1) {stride=[2,1], dilation=[1,2], begin=[1,-1], end=[0,0], spacing=[1,2], groups=2, fill=1} : int[-3,3][1,2,3,6] from "c"
%3 = pool(%0) {kind=max, kernel=[2,2], stride=[1,1], dilation=[1,1], begin=[0,0], end=[0,0], fill=0} : int[0,3][1,2,3,4]
%4 = pool(%0) {kind=sum, kernel=[2,1], stride=[2,1], dilation=[1,1], begin=[0,0], end=[0,0], fill=-2} : int[0,6][1,2,2,5]
%5 = sum(%4) {axes=[2,3], keep=false} : int[0,60][1,2]
%6 = take(%3) {axis=2, indices=[2,0]} : int[0,3][1,2,2,4]
%7 = pad(%6) {begin=[0,0,0,1], end=[0,0,0,0], value=0.5, code=-7} : int[-7,3][1,2,2,5]
%8 = concat(%4, %7, %4) {axis=1} : int[-7,6][1,6,2,5]
%9 = join(%4, %7) {function=add, left=3, right=-2} : int[-6,32][1,2,2,5]
%10 = join(%9, %4) {function=mul, left=1, right=1} : int[-36,192][1,2,2,5]
output %2 %5 %8 %10
)");
}

TEST(Text, OddNames) {
  Graph graph;
  graph.name = "a \"quoted\" \\ name\n\x01\x7F ünïcode %3 : = \t";
  const ValueId x = graph.add_input(graph.name, ElementType::float32(), {});
  const ValueId y = graph.must_add(Unary{UnaryFunction::kNeg, 0, 0}, {x}, {"from", "", "x\ny", "\xFF"});
  graph.set_outputs({y});
  const std::string text = print(graph);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << "no name breaks a line";
  const Graph back = read(text);
  EXPECT_EQ(back.name, graph.name);
  EXPECT_EQ(back.value(back.inputs()[0]).name, graph.name);
  EXPECT_EQ(back.node(back.order()[0]).origin, (Origin{"from", "", "x\ny", "\xFF"}));
}

TEST(Text, EveryFloatComesBack) {
  Rng rng(1);
  Floats odd = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), -0.0F, 1e-45F, 3.4028235e38F, 0.1F};
  for (int i = 0; i < 2; ++i) {  // a short list is printed as numbers, a long one is packed
    Graph graph;
    graph.set_outputs({graph.add_constant(Tensor({std::ssize(odd)}, odd))});
    const Graph back = read(print(graph));
    const Floats& same = back.value(back.outputs()[0]).constant->floats();
    ASSERT_EQ(same.size(), odd.size());
    for (std::size_t k = 0; k < odd.size(); ++k) EXPECT_EQ(std::bit_cast<std::uint32_t>(same[k]), std::bit_cast<std::uint32_t>(odd[k]));
    for (int k = 0; k < 200; ++k) odd.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(rng.next())));
    std::erase_if(odd, [](float f) { return std::isnan(f); });
  }
}

TEST(Text, NotANumberStaysOne) {
  for (const std::int64_t size : {3, 40}) {
    Graph graph;
    graph.set_outputs({graph.add_constant(Tensor({size}, Floats(static_cast<std::size_t>(size), std::nanf(""))))});
    const Graph back = read(print(graph));
    EXPECT_TRUE(std::isnan(back.value(back.outputs()[0]).constant->floats().back()));
  }
}

TEST(Text, PackedIntegersOfAllWidths) {
  Rng rng(2);
  for (int bits = 1; bits <= 62; ++bits) {
    for (const bool is_signed : {false, true}) {
      const IntType type = IntType::of_bits(bits, is_signed);
      Ints codes;
      for (int i = 0; i < 37; ++i) codes.push_back(rng.between(type.lo, type.hi));
      codes.front() = type.lo;
      codes.back() = type.hi;
      Graph graph;
      graph.set_outputs({graph.add_constant(Tensor({37}, codes), "w", type)});
      const Graph back = read(print(graph));
      EXPECT_EQ(back.value(back.outputs()[0]).constant->ints(), codes) << bits;
      EXPECT_EQ(back.value(back.outputs()[0]).type.ints, type);
    }
  }
}

TEST(Text, PackedBipolarAndConstantAndEmpty) {
  Graph graph;
  Ints signs;
  for (int i = 0; i < 50; ++i) signs.push_back(i % 3 == 0 ? 1 : -1);
  const ValueId a = graph.add_constant(Tensor({50}, signs), "", IntType::bipolar_type());
  const ValueId b = graph.add_constant(Tensor({50}, Ints(50, 7)));
  const ValueId c = graph.add_constant(Tensor({0, 4}, Ints{}));
  graph.set_outputs({a, b, c});
  const std::string text = print(graph);
  EXPECT_NE(text.find("int[7,7][50] = base64 \"\""), std::string::npos) << text;
  const Graph back = read(text);
  EXPECT_EQ(back.value(back.outputs()[0]).constant->ints(), signs);
  EXPECT_EQ(back.value(back.outputs()[1]).constant->ints(), Ints(50, 7));
  EXPECT_EQ(back.value(back.outputs()[2]).shape, (Shape{0, 4}));
}

TEST(Packing, BitsInBase64) {
  // 3, 0, 1 above lo = -1 in two bits each, low ones first: 0b01'00'11 is 19, the letter T.
  EXPECT_EQ(pack(Tensor({3}, Ints{2, -1, 0}), ElementType::integer({-1, 2})), "T");
  EXPECT_EQ(unpack("T", ElementType::integer({-1, 2}), {3}), Tensor({3}, Ints{2, -1, 0}));
  EXPECT_EQ(unpack("TT", ElementType::integer({-1, 2}), {3}), std::nullopt);
  EXPECT_EQ(unpack("", ElementType::integer({-1, 2}), {3}), std::nullopt);
  EXPECT_EQ(unpack("!", ElementType::integer({-1, 2}), {3}), std::nullopt);
}

TEST(Text, ElidedForPeople) {
  Graph graph;
  graph.set_outputs({graph.add_constant(Tensor({17}, Ints(17, 1)))});
  EXPECT_NE(print(graph, Constants::kElided).find("= ..."), std::string::npos);
  EXPECT_FALSE(parse(print(graph, Constants::kElided)).ok());
}

TEST(Text, CommentsAndSpaceAndLineEnds) {
  const Graph graph = read("# a note\r\n\r\n   graph \"g\"\r\n input   %7 \"x\":f32[ 2 , 3 ]\r\n\toutput %7  \n\n");
  EXPECT_EQ(graph.name, "g");
  EXPECT_EQ(graph.value(graph.inputs()[0]).shape, (Shape{2, 3}));
}

struct Broken {
  std::string_view text;
  int line;
  std::string_view cause;
};

TEST(Text, ErrorsNameTheLine) {
  const Broken kBroken[] = {
      {"nonsense", 1, "'%' expected"},
      {"graph \"g", 1, "does not end"},
      {"graph \"\\xzz\"", 1, "hexadecimal"},
      {"graph \"g\"\ninput %0 \"x\" f32[1]", 2, "':' expected"},
      {"input %0 : f64[1]", 1, "int["},
      {"input %0 : int[3,2][1]", 1, "empty integer range"},
      {"input %0 : f32[-1]", 1, "too large"},
      {"input %0 : f32[2000000000,2000000000]", 1, "too large"},
      {"input %0 : f32[99999999999999999999]", 1, "a number expected"},
      {"input %0 : f32[1] more", 1, "more text"},
      {"input %0 : f32[1]\ninput %0 : f32[1]", 2, "defined twice"},
      {"output %4", 1, "not defined"},
      {"const %0 : int[0,3][2] = [1,4]", 1, "4 lies outside"},
      {"const %0 : int[0,3][2] = [1]", 1, "do not fit"},
      {"const %0 : int[0,3][2] = [1 2]", 1, "',' expected"},
      {"const %0 : f32[2] = [1,two]", 1, "a number expected"},
      {"const %0 : int[0,3][2] = base64 \"AAAA\"", 1, "do not fit"},
      {"input %0 : f32[1]\n%1 = wobble(%0) : f32[1]", 2, "'wobble' is not known"},
      {"input %0 : f32[1]\n%1 = unary(%0) {function=wobble, alpha=0, beta=0} : f32[1]", 2, "'wobble' is not known"},
      {"input %0 : f32[1]\n%1 = unary(%0) {alpha=0, beta=0} : f32[1]", 2, "'function' expected"},
      {"input %0 : f32[1]\n%1 = unary(%0) {function=neg, alpha=0, beta=0} : f32[2]", 2, "does not follow"},
      {"input %0 : f32[1]\n%1 = unary(%0, %0) {function=neg, alpha=0, beta=0} : f32[1]", 2, "takes 1 operands, 2 given"},
      {"input %0 : f32[1]\n%1, %2 = unary(%0) {function=neg, alpha=0, beta=0} : f32[1], f32[1]", 2, "number of results"},
      {"input %0 : f32[2]\n\n%1 = reshape(%0) {shape=[3]} : f32[3]", 3, "[2] cannot become [3]"},
      {"input %0 : f32[1]\n%0 = unary(%0) {function=neg, alpha=0, beta=0} : f32[1]", 2, "defined twice"},
      {"input %0 : f32[1]\n%1 = unary(%1) {function=neg, alpha=0, beta=0} : f32[1]", 2, "not defined above"},
      {"input %0 : f32[1]\n%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,1], scale=[]@0, zero=0} : int[0,1][1]", 2,
       "the scale is empty"},
  };
  for (const Broken& broken : kBroken) {
    const Result<Graph> graph = parse(broken.text);
    ASSERT_FALSE(graph.ok()) << broken.text;
    EXPECT_EQ(graph.error().code, Code::kBadText) << broken.text;
    EXPECT_NE(graph.error().message.find(fmt::format("line {} ", broken.line)), std::string::npos) << graph.error().message;
    EXPECT_NE(graph.error().cause.find(broken.cause), std::string::npos) << broken.text << "\n" << graph.error().cause;
  }
}

TEST(Text, NoPrefixOfAGoodTextEndsTheProcess) {
  const std::string text = R"(graph "g"
input %0 "x" : f32[1,2]
const %1 : int[-2,1][2,2] = [1,-2,0,1]
%2 = dequantize(%1) {scale=[0.5,1]@1, zero=0} : f32[2,2] from "w"
%3, %4 = top_k(%2) {k=1, axis=0, largest=true} : f32[1,2], int[0,1][1,2]
output %3
)";
  ASSERT_TRUE(parse(text).ok());
  for (std::size_t n = 0; n < text.size(); ++n) {
    (void)parse(text.substr(0, n)).ok();
    std::string changed = text;
    changed[n] = changed[n] == '9' ? '%' : '9';
    (void)parse(changed).ok();
  }
}

}  // namespace
}  // namespace finnr
