// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "finnr/base/embedded.h"
#include "finnr/hardware/bundle.h"

namespace finnr {

/// harness.cpp.in, the C++ side of every simulation, as the only entry.
std::span<const EmbeddedFile> harness_files();

/// The module around an accelerator that the simulator sees as its top: the accelerator's ports, and those of tap I as
/// tapI_valid, tapI_ready, tapI_data.
inline constexpr const char* kBenchModule = "finnr_bench";

/// SystemVerilog of that module.
std::string bench_module(const Bundle& bundle);

/// finnr_bench.h of the harness: sizes of the streams (the inputs, the taps, the outputs), and functions that visit all of
/// a kind.
std::string bench_header(const Bundle& bundle);

}  // namespace finnr
