// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/emulate/fast.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// The frames for one input of a network, wherever they come from: a .npy file, MNIST's idx (perhaps compressed), CIFAR-10's
/// binary batches, or a folder of PGM and PPM images. Files are mapped, not loaded: memory does not grow with the number of
/// frames. Bytes are the numbers 0 to 255.
class FrameSource {
 public:
  /// (N, ...shape without its batch), or (N, all elements of a frame), gives N frames (N / B calls when the model's batch B is
  /// not 1); an array of exactly the model's shape is one call. Fails with kBadArray, kArrayShape, kFileUnreadable.
  static Result<FrameSource> open(const std::string& file, const Value& input);
  ~FrameSource();
  FrameSource(FrameSource&&) noexcept;

  [[nodiscard]] std::int64_t calls() const;
  /// The array had exactly the model's shape and is not a stack of frames.
  [[nodiscard]] bool exact_shape() const;
  /// That the file holds beside its frames (CIFAR-10), else empty.
  [[nodiscard]] Tensor::Ints labels() const;

  /// Where frames that have to be converted lie.
  struct Room {
    std::string bytes;
    Tensor numbers;
  };
  /// Calls [first, first + n), as they lie in the file or converted into `room`; every number fits the input. Fails with
  /// kBadArray, kArrayShape, kValueOutOfRange, kFileUnreadable.
  [[nodiscard]] Result<FastInput> read(std::int64_t first, std::int64_t n, Room& room) const;
  /// The calls in front of `end` will not be read again.
  void let_go(std::int64_t end) const;

 private:
  struct State;
  explicit FrameSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace finnr
