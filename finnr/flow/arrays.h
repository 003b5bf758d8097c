// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/emulate/reference.h"
#include "finnr/flow/frames.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// NAME=FILE; an empty name is the first input or output.
using NamedFile = std::pair<std::string, std::string>;

/// The arrays of a run, cut into what the network takes at once.
struct Frames {
  std::vector<Tensors> feeds;  ///< by graph input, one entry a call of the network
  bool exact_shape = false;    ///< the array had exactly the model's shape and is not a stack of frames
  Tensor::Ints labels;         ///< that the file of the first input holds beside its frames
};

/// The frames for every graph input, as many for each. Fails with kBadArray, kArrayShape, kMissingInput, kBadOption,
/// kFileUnreadable.
Result<std::vector<FrameSource>> open_frames(const Graph& graph, const std::vector<NamedFile>& files);

/// All of them as tensors. Integer arrays become float numbers exactly; float arrays feed integer inputs when every element is an
/// integer of the input's range. Fails also with kValueOutOfRange.
Result<Frames> load_frames(const Graph& graph, const std::vector<NamedFile>& files);

/// The shape of n calls' results of this shape as one array: stacked along the first axis, (N, ...shape without its batch).
Shape stacked_shape(Shape shape, std::int64_t n, bool exact_shape);
Tensor stack(const std::vector<Tensor>& results, bool exact_shape);

/// The graph output that a name means ("" is the first). Fails with kBadOption, naming what there is.
Result<std::size_t> find_output(const Graph& graph, const std::string& name);

}  // namespace finnr
