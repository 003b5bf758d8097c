// SPDX-License-Identifier: Apache-2.0
// The column player's linear program, with payoffs shifted so that all are positive: maximise sum(y) with payoff * y <= 1 and
// y >= 0. Zero is a first solution, so that the simplex method needs no first phase; the prices of the rows are the mixture.
#include "finnr/explore/game.h"

#include <algorithm>
#include <cmath>

namespace finnr {

GameSolution solve_game(const std::vector<std::vector<double>>& columns) {
  const std::size_t rows = columns.front().size();
  const std::size_t count = columns.size();
  double least = columns.front().front();
  double most = least;
  for (const std::vector<double>& column : columns) {
    for (const double payoff : column) {
      least = std::min(least, payoff);
      most = std::max(most, payoff);
    }
  }
  const double unit = std::max(most - least, 1e-9);
  const auto shifted = [&](double payoff) { return (payoff - least) / unit + 1.0; };

  // Tableau: one line a row of the game, then the line of prices; columns: y, slacks, right side.
  const std::size_t width = count + rows + 1;
  std::vector<std::vector<double>> table(rows + 1, std::vector<double>(width, 0.0));
  std::vector<std::size_t> basis(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < count; ++c) table[r][c] = shifted(columns[c][r]);
    table[r][count + r] = 1.0;
    table[r][width - 1] = 1.0;
    basis[r] = count + r;
  }
  for (std::size_t c = 0; c < count; ++c) table[rows][c] = -1.0;

  constexpr double kTiny = 1e-12;
  for (std::size_t turn = 0; turn < 50 * (count + rows); ++turn) {
    // The steepest column at first, and the first one later (Bland's rule ends every cycle).
    std::size_t enter = width;
    for (std::size_t c = 0; c + 1 < width; ++c) {
      if (table[rows][c] >= -kTiny) continue;
      if (enter == width || (turn < 10 * (count + rows) && table[rows][c] < table[rows][enter])) enter = c;
    }
    if (enter == width) break;
    std::size_t leave = rows;
    for (std::size_t r = 0; r < rows; ++r) {
      if (table[r][enter] <= kTiny) continue;
      if (leave == rows) {
        leave = r;
        continue;
      }
      const double ratio = table[r][width - 1] * table[leave][enter] - table[leave][width - 1] * table[r][enter];
      if (ratio < 0 || (ratio == 0 && basis[r] < basis[leave])) leave = r;
    }
    if (leave == rows) break;
    const double pivot = table[leave][enter];
    for (double& x : table[leave]) x /= pivot;
    for (std::size_t r = 0; r <= rows; ++r) {
      const double factor = table[r][enter];
      if (r == leave || factor == 0) continue;
      for (std::size_t c = 0; c < width; ++c) table[r][c] -= factor * table[leave][c];
    }
    basis[leave] = enter;
  }

  GameSolution solution;
  const double total = std::max(table[rows][width - 1], kTiny);
  double sum = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    solution.rows.push_back(std::max(table[rows][count + r], 0.0));
    sum += solution.rows.back();
  }
  for (double& weight : solution.rows) weight = sum > 0 ? weight / sum : 1.0 / static_cast<double>(rows);
  solution.value = (1.0 / total - 1.0) * unit + least;
  return solution;
}

}  // namespace finnr
