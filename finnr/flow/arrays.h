// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/emulate/reference.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// NAME=FILE; an empty name is the first input or output.
using NamedFile = std::pair<std::string, std::string>;

/// The arrays of a run, cut into what the network takes at once.
struct Frames {
  std::vector<Tensors> feeds;  ///< by graph input, one entry a call of the network
  bool exact_shape = false;    ///< the array had exactly the model's shape and is not a stack of frames
};

/// Loads one array for every graph input. (N, ...shape without its batch), or (N, all elements of a frame), gives N frames
/// (N / B calls when the model's batch B is not 1); an array of exactly the model's shape is one call. Integer arrays become
/// float numbers exactly; float arrays feed integer inputs when every element is an integer of the input's range.
/// Fails with kBadArray, kArrayShape, kMissingInput, kValueOutOfRange, kBadOption.
Result<Frames> load_frames(const Graph& graph, const std::vector<NamedFile>& files);

/// Results of the calls as one array: stacked along the first axis, (N, ...shape without its batch).
Tensor stack(const std::vector<Tensor>& results, bool exact_shape);

/// The graph output that a name means ("" is the first). Fails with kBadOption, naming what there is.
Result<std::size_t> find_output(const Graph& graph, const std::string& name);

/// How many labels agree: the first index of the largest score of each frame, or the first element where the network
/// returns indices itself.
struct Accuracy {
  std::int64_t right = 0;
  std::int64_t of = 0;
};
Result<Accuracy> accuracy(const std::vector<Tensor>& results, const std::string& labels_file);

}  // namespace finnr
