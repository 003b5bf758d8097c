// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/model_file.h"

namespace finnr {

/// Replaces each call of a function of the file by the nodes of its body, nested calls included. An operator that
/// finnr knows by itself keeps its own meaning. Reports calls that nest too deeply or grow too large.
void inline_functions(ModelFile& file, Diagnostics& diagnostics);

}  // namespace finnr
