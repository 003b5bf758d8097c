// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// A kind of random networks.
struct Family {
  std::string program;  ///< for the line that repeats a failure
  /// A network as importers give it; `hardware`: nothing that hardware must refuse by design.
  std::function<Graph(Rng& rng, bool hardware)> make;
  int few = 200;    ///< networks whose numbers are tried
  int most = 1500;  ///< with FINNR_SWEEP=all
};

/// Random networks against the two promises of the compiler. Numbers: the streamlined network gives what the float network
/// gives, exactly. Hardware (--rtl): every stream of the generated accelerator carries the network's integers under every
/// kind of stalls, and a frame takes the predicted cycles. A network that the compiler refuses with a code is counted, not a
/// failure. Exit status: 0, or 1 after failures, 2 usage, 77 when --rtl has no simulator.
///   PROGRAM                      some networks' numbers; FINNR_SWEEP=all: many
///   PROGRAM --rtl                4 networks; FINNR_SWEEP=all: 60
///   PROGRAM --times              some designs' token simulations in runs of beats, against beats that pass one by one
///   PROGRAM --fast               the fast emulator on every instruction set against the integer network: 1100 networks
///   PROGRAM --seed N [--rtl]     that one alone, with the network and the design in words; FINNR_KEEP=DIR keeps the
///                                accelerator's folder, for `finnr verify DIR`
///   PROGRAM --count N            another number of networks, from --seed on
///   PROGRAM --seeds A..B         those, both ends included
int sweep(const Family& family, std::span<char*> arguments);

}  // namespace finnr
