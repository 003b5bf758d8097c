// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "finnr/base/embedded.h"
#include "finnr/hardware/bundle.h"

namespace finnr {

/// harness.cpp.in, the C++ side of every simulation, as the only entry.
std::span<const EmbeddedFile> harness_files();

/// The module around an accelerator that the simulator sees as its top: the accelerator's ports, and what the last clock edge
/// saw of the taps: a bit each in taps_valid, taps_ready, taps_passed (a beat did), taps_withdrawn and taps_changed (an offered
/// beat did not stay until it was taken); the last beat offered in tapI_data.
inline constexpr const char* kBenchModule = "finnr_bench";

/// SystemVerilog of that module.
std::string bench_module(const Bundle& bundle);

/// finnr_bench.h of the harness: sizes of the streams (the inputs, the taps, the outputs), and functions that visit
/// all ports of a kind, the bits of the taps, and the beat of one.
std::string bench_header(const Bundle& bundle);

}  // namespace finnr
