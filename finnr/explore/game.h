// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace finnr {

/// A matrix game: the row player wants payoff[row] of the column that the other player takes to be large.
struct GameSolution {
  std::vector<double> rows;  ///< the row player's best mixture: what each row weighs, in sum 1
  double value = 0;          ///< what it secures
};

/// Solves a game of few rows. `columns` are the payoffs of each column, by row; there is at least one of each.
GameSolution solve_game(const std::vector<std::vector<double>>& columns);

}  // namespace finnr
