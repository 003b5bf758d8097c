// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/embedded.h"
#include "finnr/base/result.h"
#include "finnr/cost/fpga.h"
#include "finnr/cost/terms.h"
#include "finnr/cost/unit_shape.h"
#include "finnr/hardware/cost.h"

namespace finnr {

/// Cells that costs are fitted to: 6-input LUTs as synth_xilinx makes them, 4-input LUTs as synth_ecp5 does.
enum class Cells : std::uint8_t { kXilinx, kEcp5 };
std::string_view to_text(Cells cells);
Cells cells_of(LogicFamily family);
/// Inputs of a LUT of such cells.
int lut_inputs(Cells cells);

/// The constants of one kind of unit, one for every term of its formulas (terms.h) that is not exact, and what another tool makes of an
/// exact one, which is one of its own for those that were fitted to samples.
struct KindConstants {
  std::vector<double> lut;
  std::vector<double> ff;
  double lut_factor = 1;
  double ff_factor = 1;
};

/// Cost functions with their constants.
struct CostModel {
  Cells cells = Cells::kXilinx;
  std::map<std::string, KindConstants, std::less<>> kinds;

  [[nodiscard]] Cost cost(const UnitShape& shape) const;
  [[nodiscard]] Cost cost(const Design& design, const Unit& unit) const { return cost(shape_of(design, unit)); }
};

/// finnr/cost/constants/*.json inside the binary.
std::span<const EmbeddedFile> constant_files();

/// "fitted" for the constants that come with finnr, or a file that `finnr calibrate` wrote. Fails with kBadCostFile.
Result<CostModel> cost_model(const std::string& name, LogicFamily family);

/// The text of a cost file, and back.
std::string to_json(const CostModel& model);
Result<CostModel> parse_cost_model(std::string_view text, const std::string& file);

}  // namespace finnr
