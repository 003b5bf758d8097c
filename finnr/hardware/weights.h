// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "finnr/graph/graph.h"
#include "finnr/hardware/layout.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

// Constants of layers in the order of the streams that meet them.

/// Weights [K,N] of a matrix product with row i taken from row rows[i]; the same tensor when `rows` changes nothing or is empty.
std::shared_ptr<const Tensor> matrix_weights(const std::shared_ptr<const Tensor>& weights, const std::vector<std::int64_t>& rows);

/// Weights [M,C/groups,k...] of a convolution as [k * C/groups, M]: rows in the order (kernel position, channel), where
/// channel i of the stream is channel channels[i] of the tensor (groups 1), else the channels in their own order.
std::shared_ptr<const Tensor> convolution_weights(const Tensor& weights, std::int64_t groups, const std::vector<std::int64_t>& channels);

/// Weights [C,1,k...] of a depthwise convolution as [k, C].
std::shared_ptr<const Tensor> depthwise_weights(const Tensor& weights);

/// The row of a threshold table that each element of a stream takes: `order` gives the flat element at each position.
std::vector<std::int64_t> table_rows(const Graph& graph, NodeId thresholds, const Layout& layout);

/// Elements after which the rows of a threshold table repeat in the order of a stream: 1 when all elements share one row.
std::int64_t table_period(const Graph& graph, NodeId thresholds, const Layout& layout);

/// Exact type of weights as stored: bipolar when only -1 and +1 occur.
IntType weight_type(const Tensor& weights);

}  // namespace finnr
