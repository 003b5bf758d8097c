// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "finnr/graph/graph.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/layout.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

// Constants of layers in the order of the streams that meet them.

/// Row i taken from row rows[i], of the weights [K,N] of a matrix product or of a table; the same tensor when `rows` changes nothing or
/// is empty.
std::shared_ptr<const Tensor> with_rows(const std::shared_ptr<const Tensor>& table, const std::vector<std::int64_t>& rows);

/// Weights [M,C/groups,k...] of a convolution as [k * C/groups, M], those of a depthwise one as [k, C]: rows in the order (kernel
/// position, channel), where channel i of the stream is channel channels[i] of the tensor; empty stands for their own order.
std::shared_ptr<const Tensor> convolution_weights(const Tensor& weights, const std::vector<std::int64_t>& channels);

/// Weights [k * channels, N] as [k * padded, N]: rows of zeros behind the channels of each kernel position.
std::shared_ptr<const Tensor> with_empty_rows(const Tensor& weights, std::int64_t channels, std::int64_t padded);

/// Weights [k, C] as [k, padded]: further columns are the first one.
std::shared_ptr<const Tensor> with_first_columns(const Tensor& weights, std::int64_t padded);

/// The row of a threshold table that each element of a stream takes: `order` gives the flat element at each position.
std::vector<std::int64_t> table_rows(const Graph& graph, NodeId thresholds, const Layout& layout);

/// Elements after which the rows of a threshold table repeat in the order of a stream: 1 when all elements share one row.
std::int64_t table_period(const Graph& graph, NodeId thresholds, const Layout& layout);

/// A threshold table in the order of a stream: one row, or one for each element of a period.
Steps steps_of(const Graph& graph, NodeId thresholds, const Layout& layout);

/// Exact type of weights as stored: bipolar when only -1 and +1 occur.
IntType weight_type(const Tensor& weights);

}  // namespace finnr
