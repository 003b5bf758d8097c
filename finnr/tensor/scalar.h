// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "finnr/tensor/int_type.h"

namespace finnr {

// The meaning of every elementwise operator, on scalars. The reference executor maps these over tensors;
// the streamliner evaluates the same functions to find thresholds. All arithmetic is float32, rounded to
// nearest even after every operation, never contracted; transcendental functions are evaluated in double
// and rounded once.

/// Rounding to an integer (the QONNX modes; "ROUND" is kHalfEven, "ROUND_TO_ZERO" is kDown). The half modes add or subtract
/// 0.5 in float32, as QONNX does: 0.49999997 is 1 under kHalfUp.
enum class Rounding : std::uint8_t { kHalfEven, kCeil, kFloor, kUp, kDown, kHalfUp, kHalfDown };
float round_to_integer(Rounding rounding, float x);
/// The QONNX name in small letters.
std::string_view to_text(Rounding rounding);
/// From a QONNX attribute, letter case ignored; nothing when unknown.
std::optional<Rounding> find_rounding(std::string_view qonnx_name);

/// Functions of one float with up to two constant parameters (see unary_info for what they mean).
enum class UnaryFunction : std::uint8_t {
  kRelu,
  kLeakyRelu,
  kClip,
  kSigmoid,
  kTanh,
  kSign,
  kAbs,
  kNeg,
  kExp,
  kLog,
  kSqrt,
  kReciprocal,
  kFloor,
  kCeil,
  kRound,
  kErf,
  kElu,
  kSelu,
  kCelu,
  kHardSigmoid,
  kHardSwish,
  kSoftplus,
  kSoftsign,
  kMish,
  kGelu,
  kSin,
  kCos,
  kThresholdedRelu,
};

/// How a function of one variable moves where it is not NaN: what the threshold search may rely on.
enum class Monotone : std::uint8_t {
  kIncreasing,  ///< never decreases, exactly so in float32 by IEEE rules: bisection is allowed
  kDecreasing,  ///< never increases, exactly so in float32
  kUnknown,     ///< anything: scan the whole range
};

struct UnaryInfo {
  UnaryFunction function;
  std::string_view name;  ///< as in the text form, e.g. "leaky_relu"
  int parameters;         ///< how many of alpha, beta are used: 0, 1 or 2
};
const UnaryInfo& unary_info(UnaryFunction function);
std::optional<UnaryFunction> find_unary(std::string_view name);

/// f(x). alpha, beta: LeakyRelu slope; Clip low, high (raised to low first, then lowered to high); Elu/Celu alpha; Selu
/// alpha, gamma; HardSigmoid alpha, beta; Gelu 1 for the tanh form, else the exact one; ThresholdedRelu alpha; unused ones
/// are ignored. Sign(0) is 0; NaN stays NaN, except that ThresholdedRelu gives 0.
float apply(UnaryFunction function, float x, float alpha, float beta);
Monotone monotone(UnaryFunction function, float alpha, float beta);

/// Functions of two floats. kPrelu is x, slope: x < 0 ? slope * x : x. What is left by a division has the sign of the divisor
/// with kMod, of the dividend with kFmod.
enum class BinaryFunction : std::uint8_t { kAdd, kSub, kMul, kDiv, kPow, kMin, kMax, kMod, kFmod, kPrelu };
std::string_view to_text(BinaryFunction function);
std::optional<BinaryFunction> find_binary(std::string_view name);
float apply(BinaryFunction function, float a, float b);
/// The same on machine integers, modulo 2^64 (Div truncates toward zero, x / 0 and x mod 0 are 0; Pow multiplies repeatedly, a negative
/// exponent truncates); the caller wraps into narrower types.
std::int64_t apply(BinaryFunction function, std::int64_t a, std::int64_t b);
/// Behaviour of x -> f(x, constant), or of x -> f(constant, x) when `constant_first`.
Monotone monotone(BinaryFunction function, float constant, bool constant_first);

/// Where a quantizer rounds and what it divides by.
enum class QuantizeStyle : std::uint8_t {
  kQonnx,    ///< QONNX Quant: round(clamp(fl(fl(x/scale) + zero))); one-bit signed gives the sign of that sum
  kBipolar,  ///< QONNX BipolarQuant: x >= 0 ? +1 : -1, no division (NaN gives -1)
  kOnnx,     ///< ONNX QuantizeLinear: clamp(round(fl(x/scale)) + zero)
};
std::string_view to_text(QuantizeStyle style);
std::optional<QuantizeStyle> find_quantize_style(std::string_view name);

/// The integer code of x (§1.3 to §1.5 and §3.1 of the QONNX and ONNX operator texts). NaN takes the lowest code.
std::int64_t quantize(QuantizeStyle style, Rounding rounding, const IntType& codes, float x, float scale, float zero);

/// fl((code - zero) * scale) with one rounding to float32; |code - zero| < 2^53. `scale` is a float32 or an exact
/// product of two float32 numbers.
float dequantize(std::int64_t code, double scale, std::int64_t zero);

}  // namespace finnr
