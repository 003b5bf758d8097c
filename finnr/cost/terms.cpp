// SPDX-License-Identifier: Apache-2.0
// The small units. A counter of n bits has n flip-flops and about as many LUTs, and with three bits or more a carry chain of its own;
// what a constant beside a term adds is fitted, not derived.
#include "finnr/cost/terms.h"

#include <algorithm>
#include <array>
#include <bit>

#include "finnr/base/check.h"
#include "finnr/cost/term_shapes.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr {
namespace {

using terms::Formulas;
using terms::log2_up;

constexpr std::int64_t kBlockStyle = 2;

/// Shift registers with the place where they are read; or two pointers of a bits and a count of c bits around a memory, of which one of
/// a few bits is registers.
Formulas fifo(const UnitShape& u, int k) {
  const std::int64_t width = u.at("Width", 1);
  const std::int64_t depth = u.at("Depth", 2);
  const bool sync = u.at("Style") >= kBlockStyle;
  constexpr std::int64_t kRegisterBits = 12;
  constexpr std::int64_t kBank = 64;
  constexpr std::array<std::int64_t, 6> kPlace = {0, 5, 5, 7, 11, 13};  // by bits, counted
  const bool shifts = k >= 6 && u.at("Style") == 0 && depth <= kShiftedWords;
  const bool ring = !shifts;
  const bool registers = ring && u.at("Style") == 0 && width * depth <= kRegisterBits;
  const std::int64_t a = terms::counter_bits(depth);
  const std::int64_t c = log2_up(depth + 1);
  const terms::LutRam ram = shifts ? terms::LutRam{width, 0} : sync || registers ? terms::LutRam{} : terms::lut_ram(width, depth, k);
  const double bits = registers ? static_cast<double>(width * depth) : 0;
  const std::int64_t pointers = 2 * a + c + (sync ? 1 : a);
  return {{{"one", ring},
           {"count bits", ring ? c : 0},
           {"carry chains", ring && a >= 3},
           {"banks", ring && !sync && depth > kBank ? ceil_div(depth, kBank) : 0},
           {"memory mux", ram.mux, k == 6},
           {"decoded words", registers ? depth : 0},
           {"place and a flag", shifts ? kPlace[static_cast<std::size_t>(a)] : 0},
           {"memory", ram.cells, true}},
          {{"pointers and count", ring ? pointers : 0}, {"place and a flag", shifts ? a + 1 : 0}, {"registers", bits}}};
}

/// A shift register, and on the way down its multiplexers.
Formulas width(const UnitShape& u, int) {
  const std::int64_t in = u.at("InLanes", 1);
  const std::int64_t out = u.at("OutLanes", 1);
  const std::int64_t ratio = std::max(in, out) / std::min(in, out);
  const bool up = in < out;
  const std::int64_t count = up ? log2_up(ratio) : log2_up(ratio + 1);
  return {{{"one", 1},
           {"count bits", count},
           {"carry chains", up && count >= 3},
           {"down", !up},
           {"shifted bits", up ? 0 : (in - out) * u.at("ElementBits", 1)}},
          {{"data", std::max(in, out) * u.at("ElementBits", 1)}, {"count bits", count}, {"flags", up ? 1 : 2}}};
}

/// A ready gate and a memory of who has taken the beat, for every output.
Formulas fork(const UnitShape& u, int k) {
  constexpr std::array<std::int64_t, 9> kOfEcp5 = {0, 0, 7, 18, 11, 14, 17, 22, 23};  // by outputs, counted: nothing else matters
  const std::int64_t outputs = u.at("Outputs", 1);
  const bool counted = k < 6 && outputs < std::ssize(kOfEcp5);
  return {{{"outputs", counted ? 0 : outputs},
           {"tree", counted ? 0 : terms::tree(2 * outputs, k)},
           {"counted", counted ? kOfEcp5[static_cast<std::size_t>(outputs)] : 0, true}},
          {{"outputs", outputs}}};
}

/// Wires.
Formulas cast(const UnitShape&, int) { return {}; }

/// A counter, what it is beyond the first beat taken, and whether that is within the run. Low bits of both ends that are 0 need neither.
Formulas take(const UnitShape& u, int) {
  const std::int64_t bits = terms::counter_bits(u.at("Period", 1));
  const auto above_zeros = [&](std::int64_t n) {
    return n == 0 ? 0 : std::max<std::int64_t>(0, bits - std::countr_zero(static_cast<std::uint64_t>(n)));
  };
  const bool chain = bits >= 3;
  return {{{"one", 1},
           {"count bits", bits},
           {"carry chains", chain},
           {"moved bits", chain ? above_zeros(u.at("First")) : 0},
           {"compared bits", above_zeros(u.at("Count", 1))}},
          {{"count bits", bits}}};
}

/// A multiplexer of the inputs, a turn counter, and a comparison with every turn.
Formulas concat(const UnitShape& u, int k) {
  const std::int64_t inputs = u.at("Inputs", 1);
  const std::int64_t count = std::max<std::int64_t>(1, log2_up(u.at("LongestTurn", 1)));
  return {{{"one", 1},
           {"inputs", inputs},
           {"data", u.at("Width", 1) * terms::mux(inputs, k)},
           {"count bits", count},
           {"turn ends", inputs * terms::tree(count + 1, k)}},
          {{"input bits", terms::counter_bits(inputs)}, {"count bits", count}}};
}

/// Full adders that a tool makes of a product: its rows, one for each bit of the shorter operand, less the two that an adder sums. A sign
/// repeats up to the last bit of the result.
std::int64_t adders_of_product(const UnitShape& u) {
  constexpr std::int64_t kSigned = 1;
  const std::int64_t out = u.at("OutBits", 1);
  const std::int64_t a = u.at("AKind") == kSigned ? out : u.at("ABits", 1);
  const std::int64_t b = u.at("BKind") == kSigned ? out : u.at("BBits", 1);
  std::int64_t count = 0;
  for (std::int64_t i = 2; i < std::min(a, b); ++i) count += std::clamp<std::int64_t>(out - i, 0, std::max(a, b));
  return count;
}

/// Sums of both operands, or products, and a register behind four or five LUTs of handshakes. Above the shorter operand of a sum only a
/// carry is left to add, unless its sign is repeated there; the carry cells of an ECP5 reach over the whole sum. A product with a bit is an
/// and; one of so few bits that a LUT, or two of them, read all is looked up, as one with a sign of one bit is; others are rows that full
/// adders and an adder sum up.
Formulas join(const UnitShape& u, int k) {
  constexpr std::int64_t kSigned = 1;
  constexpr std::int64_t kRead = 6;
  const std::int64_t handshakes = k == 6 ? 4 : 5;
  const std::int64_t lanes = u.at("Lanes", 1);
  const std::int64_t a = u.at("ABits", 1);
  const std::int64_t b = u.at("BBits", 1);
  const std::int64_t out = u.at("OutBits", 1);
  const bool product = u.at("Function") == 1;
  const bool short_sign = u.at(a <= b ? "AKind" : "BKind") == kSigned;
  const std::int64_t added = short_sign ? std::max(a, b) : std::min(a, b);
  const bool blocks = terms::joined_in_dsp(u, k);
  const bool anded = product && ((a == 1 && u.at("AKind") != kSigned) || (b == 1 && u.at("BKind") != kSigned));
  const bool gates = product && !blocks && !anded;
  const bool one = gates && a + b <= kRead;
  const bool two = gates && !one && (a + b == kRead + 1 || std::min(a, b) == 1);
  const bool rows = gates && !one && !two;
  const std::int64_t sum = k == 6 ? added : std::max(a, b) > 1 ? terms::carried(out) : out;
  return {{{"handshakes", handshakes, true},
           {"added bits", product ? 0 : lanes * sum, true},
           {"anded bits", anded ? lanes * std::max(a, b) : 0, true},
           {"bits of a LUT", one ? lanes * out : 0},
           {"bits of two LUTs", two ? lanes * out : 0},
           {"product bits", rows ? lanes * out : 0, k == 6},
           {"adders of products", rows ? lanes * adders_of_product(u) : 0}},
          {{"valid", 1, true}, {"data", blocks && k == 6 ? 0 : lanes * (anded ? std::max(a, b) : out), true}}};
}

/// A ring of frames: counters of frames and words on both sides, of passes, perhaps addresses, and a memory that the tool puts where
/// it wants.
Formulas replay(const UnitShape& u, int k) {
  const terms::Ring ring = terms::replay_ring(u, k);
  const bool there = u.at("Passes", 1) > 1;
  const terms::LutRam ram = there && !ring.block ? terms::lut_ram(u.at("Width", 1), ring.slots, k) : terms::LutRam{};
  return {{{"ring", there},
           {"frame bits", there ? ring.frame_bits : 0},
           {"word bits", there ? ring.word_bits : 0},
           {"pass bits", there ? ring.pass_bits : 0},
           {"address bits", there ? ring.address_bits : 0},
           {"memory mux", ram.mux},
           {"memory", ram.cells, true}},
          {{"counters", there ? ring.registers() : 0}, {"data", there && !ring.block ? u.at("Width", 1) : 0}}};
}

/// Two frames of memory, the index of every beat, and counters of both sides.
Formulas permute(const UnitShape& u, int k) {
  const std::int64_t in = u.at("InBeats", 1);
  const std::int64_t out = u.at("OutBeats", 1);
  const bool block = u.at("Style") >= kBlockStyle;
  const bool index_block = u.at("IndexStyle") >= kBlockStyle;
  const terms::LutRam ram = block ? terms::LutRam{} : terms::lut_ram(u.at("Width", 1), 2 * in, k);
  const std::int64_t index = terms::counter_bits(in);
  return {{{"one", 1},
           {"counter bits", index + log2_up(2 * in) + terms::counter_bits(out)},
           {"index", index_block ? 0 : terms::rom(index, out, k)},
           {"memory mux", ram.mux},
           {"passed bits", terms::passed_bits(block, u.at("Width", 1), k)},
           {"memory", ram.cells, true}},
          {{"one", 1},
           {"counter bits", index + log2_up(2 * in) + terms::counter_bits(out)},
           {"index", index_block ? 0 : index},
           {"data", block ? 0 : u.at("Width", 1)},
           {"passed bits", 2 * terms::passed_bits(block, u.at("Width", 1), k), true}}};
}

/// A sorted list of K keys and indices; the lanes of a beat are inserted one after the other.
Formulas top_k(const UnitShape& u, int) {
  const std::int64_t k = u.at("K", 1);
  const std::int64_t steps = u.at("Lanes", 1) * k;
  const std::int64_t between = steps - k;  // what one lane leaves to the next is no register yet
  const std::int64_t key = u.at("XBits", 1) + 1;
  const std::int64_t index = terms::counter_bits(u.at("Labels", 1));
  return {{{"one", 1},
           {"compared bits", steps * key},
           {"shifted index bits", k > 1 ? steps * index : 0},
           {"key bits between lanes", between * key},
           {"index bits between lanes", between * index},
           {"counter bits", index + log2_up(k + 1)}},
          {{"key bits", k * key}, {"index bits", 2 * k * index}, {"counter bits", index + log2_up(k + 1)}}};
}

struct Kind {
  std::string_view name;
  Formulas (*formulas)(const UnitShape&, int);
};
constexpr std::array<Kind, 16> kKinds = {{{"cast", cast},
                                          {"concat", concat},
                                          {"fifo", fifo},
                                          {"fork", fork},
                                          {"join", join},
                                          {"mvu", terms::mvu},
                                          {"permute", permute},
                                          {"pool", terms::pool},
                                          {"replay", replay},
                                          {"table", terms::table},
                                          {"take", take},
                                          {"threshold", terms::threshold},
                                          {"top_k", top_k},
                                          {"vvu", terms::vvu},
                                          {"width", width},
                                          {"window", terms::window}}};
constexpr auto kNames = [] {
  std::array<std::string_view, kKinds.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kKinds[i].name;
  return names;
}();

Terms plain(const std::vector<terms::Count>& counts) {
  Terms result;
  for (const terms::Count& count : counts) result.push_back({count.name, count.value, count.exact});
  return result;
}

}  // namespace

/// A sign of one bit is one of two for an ECP5, an unsigned bit is an and.
bool terms::joined_in_dsp(const UnitShape& u, int k) {
  const auto bits = [&](std::string_view name, std::string_view kind) {
    return u.at(name, 1) + (k < 6 && u.at(kind) == 1 && u.at(name, 1) == 1 ? 1 : 0);
  };
  return u.at("Function") == 1 && product_in_dsp(bits("ABits", "AKind"), bits("BBits", "BKind"), k);
}

std::span<const std::string_view> costed_kinds() { return kNames; }

UnitTerms unit_terms(const UnitShape& shape, int inputs) {
  const auto* kind = std::ranges::find(kKinds, shape.kind, &Kind::name);
  FINNR_CHECK(kind != kKinds.end(), "every kind of unit has formulas");
  const Formulas formulas = kind->formulas(shape, inputs);
  UnitTerms terms{plain(formulas.lut), plain(formulas.ff), block_cost(shape, inputs)};
  terms.lut.push_back({"multiplexers of blocks", static_cast<double>(terms.blocks.lut), true});
  terms.ff.push_back({"addresses of blocks", static_cast<double>(terms.blocks.ff), true});
  return terms;
}

}  // namespace finnr
