// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/base/result.h"
#include "finnr/flow/run.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// Runs the frames of a configuration through an integer network with the fast emulator, in rounds that bound its memory: frames
/// are read where they lie, results written as they come. Fills frames, accuracy and profile of `result`.
Status run_fast(const Graph& network, const RunConfig& config, RunResult& result);

/// The labels that a run is compared with: of the file named for them, else those beside the frames. Nothing when there are none.
Result<std::optional<Score>> score_for(const RunConfig& config, const Tensor::Ints& beside, std::size_t frames);

}  // namespace finnr
