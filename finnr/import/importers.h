// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/node_import.h"
#include "finnr/tensor/scalar.h"

namespace finnr {

// One function an operator (or a family of them): reads operands and attributes, adds to the graph or folds, and gives
// the results. The table in operators.cpp has checked the number of operands. Failures are coded and name the operand.
// Parameters are checked before the data, so that they are judged even where the data has failed before.

// quantizers.cpp: each becomes a quantize and dequantize pair.
Status import_quant(NodeImport& node);
Status import_bipolar_quant(NodeImport& node);
Status import_multi_threshold(NodeImport& node);
Status import_quantize_linear(NodeImport& node);
Status import_dequantize_linear(NodeImport& node);

// linear.cpp
Status import_matmul(NodeImport& node);
Status import_gemm(NodeImport& node);
Status import_batch_normalization(NodeImport& node);
/// Channels along the last axis.
Status import_batch_normalization_channels_last(NodeImport& node);

// truncation.cpp
Status import_trunc(NodeImport& node);

// convolutions.cpp
Status import_conv(NodeImport& node);
Status import_conv_transpose(NodeImport& node);

// code_products.cpp
Status import_qlinear_conv(NodeImport& node);
Status import_qlinear_matmul(NodeImport& node);
Status import_conv_integer(NodeImport& node);
Status import_matmul_integer(NodeImport& node);

// pools.cpp: an average is a sum and a division.
Status import_max_pool(NodeImport& node);
Status import_average_pool(NodeImport& node);
Status import_global_max_pool(NodeImport& node);
Status import_global_average_pool(NodeImport& node);

// reductions.cpp
enum class Reduction : std::uint8_t { kSum, kMean, kMax, kMin, kProduct, kMagnitudes, kSquares, kEuclid };
Status import_reduce(NodeImport& node, Reduction reduction);

// channels_last.cpp
Status import_conv_channels_last(NodeImport& node);
Status import_max_pool_channels_last(NodeImport& node);
Status import_quant_avg_pool(NodeImport& node);
Status import_im2col(NodeImport& node);
Status import_xnor_popcount(NodeImport& node);

// elementwise.cpp
Status import_unary(NodeImport& node, UnaryFunction function);
Status import_gelu(NodeImport& node);
Status import_clip(NodeImport& node);
Status import_binary(NodeImport& node, BinaryFunction function);
Status import_mod(NodeImport& node);
/// Any number of operands, from the left.
Status import_chain(NodeImport& node, BinaryFunction function);
Status import_mean(NodeImport& node);
Status import_cast(NodeImport& node);
Status import_rename(NodeImport& node);
Status import_dropout(NodeImport& node);

// moves.cpp
Status import_reshape(NodeImport& node);
Status import_flatten(NodeImport& node);
Status import_squeeze(NodeImport& node);
Status import_unsqueeze(NodeImport& node);
Status import_transpose(NodeImport& node);

// takes.cpp
Status import_gather(NodeImport& node);
Status import_concat(NodeImport& node);
Status import_slice(NodeImport& node);
Status import_split(NodeImport& node);
Status import_tile(NodeImport& node);
Status import_expand(NodeImport& node);

// padding.cpp
Status import_pad(NodeImport& node);

// resampling.cpp
Status import_resize(NodeImport& node);
Status import_upsample(NodeImport& node);
Status import_depth_to_space(NodeImport& node);
Status import_space_to_depth(NodeImport& node);

// selections.cpp
Status import_softmax(NodeImport& node, bool logarithm);
Status import_arg_max(NodeImport& node);
Status import_top_k(NodeImport& node);

// constants.cpp: operators that appear only in the arithmetic of shapes and parameters; always folded.
Status import_constant(NodeImport& node);
Status import_shape(NodeImport& node);
Status import_size(NodeImport& node);
Status import_constant_of_shape(NodeImport& node);
Status import_range(NodeImport& node);
Status import_where(NodeImport& node);
Status import_equal(NodeImport& node);

}  // namespace finnr
