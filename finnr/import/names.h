// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace finnr {

/// A name of the model as it may stand in a message: control characters and bytes that are not UTF-8 are escaped,
/// very long names are cut. Names are arbitrary bytes; only messages need this, the graph keeps them as they are.
std::string printable(std::string_view name);

/// "tensor 'w0'".
std::string tensor_text(std::string_view name);

/// "input 1 (tensor 'w0')".
std::string input_text(std::size_t index, std::string_view tensor);

}  // namespace finnr
