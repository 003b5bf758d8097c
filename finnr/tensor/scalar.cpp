// SPDX-License-Identifier: Apache-2.0
// Elementwise operators on scalars. Formulas of the rounding modes and quantizers are written as the QONNX text has
// them, one float32 operation each. dequantize() rounds once: the product is split into p + e without error by a fused
// multiply-add, p is rounded to odd at 53 bits, and rounding that to 24 bits is rounding the exact product
// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd").
#include "finnr/tensor/scalar.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "finnr/base/check.h"

namespace finnr {
namespace {

constexpr std::array<std::string_view, 7> kRoundings = {"half_even", "ceil", "floor", "up", "down", "half_up", "half_down"};
constexpr std::array<std::string_view, 10> kBinaries = {"add", "sub", "mul", "div", "pow", "min", "max", "mod", "fmod", "prelu"};
constexpr std::array<std::string_view, 3> kStyles = {"qonnx", "bipolar", "onnx"};

constexpr std::array kUnaries = {
    UnaryInfo{UnaryFunction::kRelu, "relu", 0},
    UnaryInfo{UnaryFunction::kLeakyRelu, "leaky_relu", 1},
    UnaryInfo{UnaryFunction::kClip, "clip", 2},
    UnaryInfo{UnaryFunction::kSigmoid, "sigmoid", 0},
    UnaryInfo{UnaryFunction::kTanh, "tanh", 0},
    UnaryInfo{UnaryFunction::kSign, "sign", 0},
    UnaryInfo{UnaryFunction::kAbs, "abs", 0},
    UnaryInfo{UnaryFunction::kNeg, "neg", 0},
    UnaryInfo{UnaryFunction::kExp, "exp", 0},
    UnaryInfo{UnaryFunction::kLog, "log", 0},
    UnaryInfo{UnaryFunction::kSqrt, "sqrt", 0},
    UnaryInfo{UnaryFunction::kReciprocal, "reciprocal", 0},
    UnaryInfo{UnaryFunction::kFloor, "floor", 0},
    UnaryInfo{UnaryFunction::kCeil, "ceil", 0},
    UnaryInfo{UnaryFunction::kRound, "round", 0},
    UnaryInfo{UnaryFunction::kErf, "erf", 0},
    UnaryInfo{UnaryFunction::kElu, "elu", 1},
    UnaryInfo{UnaryFunction::kSelu, "selu", 2},
    UnaryInfo{UnaryFunction::kCelu, "celu", 1},
    UnaryInfo{UnaryFunction::kHardSigmoid, "hard_sigmoid", 2},
    UnaryInfo{UnaryFunction::kHardSwish, "hard_swish", 0},
    UnaryInfo{UnaryFunction::kSoftplus, "softplus", 0},
    UnaryInfo{UnaryFunction::kSoftsign, "softsign", 0},
    UnaryInfo{UnaryFunction::kMish, "mish", 0},
    UnaryInfo{UnaryFunction::kGelu, "gelu", 1},
    UnaryInfo{UnaryFunction::kSin, "sin", 0},
    UnaryInfo{UnaryFunction::kCos, "cos", 0},
    UnaryInfo{UnaryFunction::kThresholdedRelu, "thresholded_relu", 1},
};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kUnaries.size(); ++i) {
    if (static_cast<std::size_t>(kUnaries[i].function) != i) return false;
  }
  return true;
}
static_assert(in_enum_order(), "unary_info() indexes by function");

template <class E, std::size_t N>
std::optional<E> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<E>(found - names.begin());
}

float half_even(float x) { return std::nearbyint(x); }

/// The only rounding of a function evaluated in double.
float once(double x) { return static_cast<float>(x); }

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

double gelu(double x, bool tanh_form) {
  if (!tanh_form) return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
  constexpr double kSqrt2OverPi = 0.79788456080286535588;
  return 0.5 * x * (1 + std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x)));
}

float clip(float x, float lo, float hi) {
  const float raised = x < lo ? lo : x;
  return raised > hi ? hi : raised;
}

float hard_sigmoid(float x, float alpha, float beta) {
  const float scaled = alpha * x;
  return clip(scaled + beta, 0, 1);
}

/// As numpy.minimum: a NaN wins.
float minimum(float a, float b) { return std::isnan(a) || a < b ? a : b; }
float maximum(float a, float b) { return std::isnan(a) || a > b ? a : b; }

/// As numpy.mod and Python's %.
float modulo(float a, float b) {
  const float rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(rest, b);
  return std::signbit(rest) == std::signbit(b) ? rest : rest + b;
}

std::int64_t wrapped(std::uint64_t x) { return static_cast<std::int64_t>(x); }

std::int64_t divide(std::int64_t a, std::int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return wrapped(0 - static_cast<std::uint64_t>(a));
  return a / b;
}

/// The sign of the result is that of a.
std::int64_t remainder(std::int64_t a, std::int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = remainder(a, b);
  return rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b;
}

std::int64_t power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  std::uint64_t result = 1;
  std::uint64_t square = static_cast<std::uint64_t>(base);
  for (auto rest = static_cast<std::uint64_t>(exponent); rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) result *= square;
    square *= square;
  }
  return wrapped(result);
}

/// An already rounded number as a code. Bounds near 2^31 and above are not float32 numbers, so the clamp in float may
/// end one code too high; the code range has the last word.
std::int64_t to_code(double rounded, const IntType& codes) {
  if (std::isnan(rounded) || rounded <= static_cast<double>(codes.lo)) return codes.lo;
  if (rounded >= static_cast<double>(codes.hi)) return codes.hi;
  return static_cast<std::int64_t>(rounded);
}

Monotone increasing_if(bool condition) { return condition ? Monotone::kIncreasing : Monotone::kUnknown; }

/// x -> x * c and x -> x / c.
Monotone scaled_by(float c) {
  if (!std::isfinite(c)) return Monotone::kUnknown;
  return c < 0 ? Monotone::kDecreasing : Monotone::kIncreasing;
}

}  // namespace

float round_to_integer(Rounding rounding, float x) {
  const float magnitude = std::fabs(x);
  switch (rounding) {
    case Rounding::kHalfEven:
      return half_even(x);
    case Rounding::kCeil:
      return std::ceil(x);
    case Rounding::kFloor:
      return std::floor(x);
    case Rounding::kUp:
      return std::copysign(std::ceil(magnitude), x);
    case Rounding::kDown:
      return std::trunc(x);
    case Rounding::kHalfUp:
      return std::copysign(std::floor(magnitude + 0.5F), x);
    case Rounding::kHalfDown:
      return std::copysign(std::ceil(magnitude - 0.5F), x);
  }
  FINNR_CHECK(false, "no such rounding");
}

std::string_view to_text(Rounding rounding) { return kRoundings.at(static_cast<std::size_t>(rounding)); }

std::optional<Rounding> find_rounding(std::string_view qonnx_name) {
  std::string lower(qonnx_name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "round") return Rounding::kHalfEven;
  if (lower == "round_to_zero") return Rounding::kDown;
  return find_name<Rounding>(kRoundings, lower);
}

const UnaryInfo& unary_info(UnaryFunction function) { return kUnaries.at(static_cast<std::size_t>(function)); }

std::optional<UnaryFunction> find_unary(std::string_view name) {
  const auto found = std::ranges::find(kUnaries, name, &UnaryInfo::name);
  if (found == kUnaries.end()) return std::nullopt;
  return found->function;
}

float apply(UnaryFunction function, float x, float alpha, float beta) {
  const double d = x;
  const double a = alpha;
  switch (function) {
    case UnaryFunction::kRelu:
      return x < 0 ? 0.0F : x;
    case UnaryFunction::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case UnaryFunction::kClip:
      return clip(x, alpha, beta);
    case UnaryFunction::kSigmoid:
      return once(1 / (1 + std::exp(-d)));
    case UnaryFunction::kTanh:
      return once(std::tanh(d));
    case UnaryFunction::kSign:
      return x > 0 ? 1.0F : x < 0 ? -1.0F : x;
    case UnaryFunction::kAbs:
      return std::fabs(x);
    case UnaryFunction::kNeg:
      return -x;
    case UnaryFunction::kExp:
      return once(std::exp(d));
    case UnaryFunction::kLog:
      return once(std::log(d));
    case UnaryFunction::kSqrt:
      return std::sqrt(x);
    case UnaryFunction::kReciprocal:
      return 1.0F / x;
    case UnaryFunction::kFloor:
      return std::floor(x);
    case UnaryFunction::kCeil:
      return std::ceil(x);
    case UnaryFunction::kRound:
      return half_even(x);
    case UnaryFunction::kErf:
      return once(std::erf(d));
    case UnaryFunction::kElu:
      return x < 0 ? once(a * std::expm1(d)) : x;
    case UnaryFunction::kSelu:
      return once(beta * (x > 0 ? d : a * std::expm1(d)));
    case UnaryFunction::kCelu:
      return once(std::max(0.0, d) + std::min(0.0, a * std::expm1(d / a)));
    case UnaryFunction::kHardSigmoid:
      return hard_sigmoid(x, alpha, beta);
    case UnaryFunction::kHardSwish:
      return x * hard_sigmoid(x, 1.0F / 6, 0.5F);
    case UnaryFunction::kSoftplus:
      return once(softplus(d));
    case UnaryFunction::kSoftsign:
      return x / (1 + std::fabs(x));
    case UnaryFunction::kMish:
      return once(d * std::tanh(softplus(d)));
    case UnaryFunction::kGelu:
      return once(gelu(d, alpha == 1));
    case UnaryFunction::kSin:
      return once(std::sin(d));
    case UnaryFunction::kCos:
      return once(std::cos(d));
    case UnaryFunction::kThresholdedRelu:
      return x > alpha ? x : 0.0F;
  }
  FINNR_CHECK(false, "no such function");
}

Monotone monotone(UnaryFunction function, float alpha, float beta) {
  switch (function) {
    case UnaryFunction::kRelu:
    case UnaryFunction::kClip:
    case UnaryFunction::kSign:
    case UnaryFunction::kFloor:
    case UnaryFunction::kCeil:
    case UnaryFunction::kRound:
      return Monotone::kIncreasing;
    case UnaryFunction::kNeg:
      return Monotone::kDecreasing;
    case UnaryFunction::kLeakyRelu:
      return monotone(BinaryFunction::kPrelu, alpha, false);
    case UnaryFunction::kHardSigmoid:
      return std::isfinite(beta) ? scaled_by(alpha) : Monotone::kUnknown;
    case UnaryFunction::kThresholdedRelu:
      return increasing_if(alpha >= 0);
    // Square root is NaN below zero; softsign and hard swish divide or multiply two moving numbers; the others are
    // library functions, which need not be monotone to the last bit.
    case UnaryFunction::kSigmoid:
    case UnaryFunction::kTanh:
    case UnaryFunction::kAbs:
    case UnaryFunction::kExp:
    case UnaryFunction::kLog:
    case UnaryFunction::kSqrt:
    case UnaryFunction::kReciprocal:
    case UnaryFunction::kErf:
    case UnaryFunction::kElu:
    case UnaryFunction::kSelu:
    case UnaryFunction::kCelu:
    case UnaryFunction::kHardSwish:
    case UnaryFunction::kSoftplus:
    case UnaryFunction::kSoftsign:
    case UnaryFunction::kMish:
    case UnaryFunction::kGelu:
    case UnaryFunction::kSin:
    case UnaryFunction::kCos:
      return Monotone::kUnknown;
  }
  FINNR_CHECK(false, "no such function");
}

std::string_view to_text(BinaryFunction function) { return kBinaries.at(static_cast<std::size_t>(function)); }
std::optional<BinaryFunction> find_binary(std::string_view name) { return find_name<BinaryFunction>(kBinaries, name); }

float apply(BinaryFunction function, float a, float b) {
  switch (function) {
    case BinaryFunction::kAdd:
      return a + b;
    case BinaryFunction::kSub:
      return a - b;
    case BinaryFunction::kMul:
      return a * b;
    case BinaryFunction::kDiv:
      return a / b;
    case BinaryFunction::kPow:
      return once(std::pow(static_cast<double>(a), static_cast<double>(b)));
    case BinaryFunction::kMin:
      return minimum(a, b);
    case BinaryFunction::kMax:
      return maximum(a, b);
    case BinaryFunction::kMod:
      return modulo(a, b);
    case BinaryFunction::kFmod:
      return std::fmod(a, b);
    case BinaryFunction::kPrelu:
      return a < 0 ? b * a : a;
  }
  FINNR_CHECK(false, "no such function");
}

std::int64_t apply(BinaryFunction function, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a);
  const auto ub = static_cast<std::uint64_t>(b);
  switch (function) {
    case BinaryFunction::kAdd:
      return wrapped(ua + ub);
    case BinaryFunction::kSub:
      return wrapped(ua - ub);
    case BinaryFunction::kMul:
      return wrapped(ua * ub);
    case BinaryFunction::kDiv:
      return divide(a, b);
    case BinaryFunction::kPow:
      return power(a, b);
    case BinaryFunction::kMin:
      return std::min(a, b);
    case BinaryFunction::kMax:
      return std::max(a, b);
    case BinaryFunction::kMod:
      return modulo(a, b);
    case BinaryFunction::kFmod:
      return remainder(a, b);
    case BinaryFunction::kPrelu:
      return a < 0 ? wrapped(ua * ub) : a;
  }
  FINNR_CHECK(false, "no such function");
}

Monotone monotone(BinaryFunction function, float constant, bool constant_first) {
  switch (function) {
    case BinaryFunction::kAdd:
      return increasing_if(std::isfinite(constant));
    case BinaryFunction::kSub:
      if (!std::isfinite(constant)) return Monotone::kUnknown;
      return constant_first ? Monotone::kDecreasing : Monotone::kIncreasing;
    case BinaryFunction::kMul:
      return scaled_by(constant);
    case BinaryFunction::kDiv:
      return constant_first || constant == 0 ? Monotone::kUnknown : scaled_by(constant);
    case BinaryFunction::kPow:
    case BinaryFunction::kMod:
    case BinaryFunction::kFmod:
      return Monotone::kUnknown;
    case BinaryFunction::kMin:
    case BinaryFunction::kMax:
      return increasing_if(!std::isnan(constant));
    case BinaryFunction::kPrelu:
      // With the number constant, its slope varies: c * x below zero, c itself above.
      if (constant_first) return constant < 0 ? scaled_by(constant) : increasing_if(std::isfinite(constant));
      return increasing_if(std::isfinite(constant) && constant >= 0);
  }
  FINNR_CHECK(false, "no such function");
}

std::string_view to_text(QuantizeStyle style) { return kStyles.at(static_cast<std::size_t>(style)); }
std::optional<QuantizeStyle> find_quantize_style(std::string_view name) { return find_name<QuantizeStyle>(kStyles, name); }

std::int64_t quantize(QuantizeStyle style, Rounding rounding, const IntType& codes, float x, float scale, float zero) {
  switch (style) {
    case QuantizeStyle::kQonnx: {
      const float y = x / scale + zero;
      if (codes.bipolar) return y >= 0 ? 1 : -1;
      return to_code(round_to_integer(rounding, clip(y, static_cast<float>(codes.lo), static_cast<float>(codes.hi))), codes);
    }
    case QuantizeStyle::kBipolar:
      return x >= 0 ? 1 : -1;
    case QuantizeStyle::kOnnx: {
      // In double the sum of the rounded quotient and the zero point is exact wherever it can lie within the codes.
      const double y = static_cast<double>(round_to_integer(rounding, x / scale)) + static_cast<double>(zero);
      return to_code(y, codes);
    }
  }
  FINNR_CHECK(false, "no such style");
}

float dequantize(std::int64_t code, double scale, std::int64_t zero) {
  const auto difference = static_cast<double>(code - zero);
  double p = difference * scale;
  const double e = std::fma(difference, scale, -p);
  if (e != 0 && std::isfinite(p) && (std::bit_cast<std::uint64_t>(p) & 1) == 0) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    p = std::nextafter(p, e > 0 ? kInfinity : -kInfinity);
  }
  return once(p);
}

}  // namespace finnr
