// Joint tables of persons by group from marginal ones: iterative proportional fitting, place by place.
//
// A cell is one combination of categories (a woman, 75 or more, no diploma, no car). A seed says how cells
// go together (a national table); margins say how many persons of each category live at a place. Each
// margin in turn scales the cells of its categories until all margins are met (Deming and Stephan 1940):
// the table nearest to the seed, in the sense of Kullback and Leibler, that has these margins. Cells that
// are zero in the seed stay zero.
//
// Margins that contradict each other are reconciled by a stated rule: the first known margin of a place
// sets its total and the others are scaled to it; persons of a category that the seed excludes are spread
// over the other categories of their margin.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/parallel.h"

namespace maillage {

// Persons by category at every place. A row with a NaN is not known and left aside.
struct Margin {
  std::vector<std::uint32_t> category_of_cell;  // n_cells
  Matrix<double> persons;                       // n_places x n_categories, >= 0
};

struct GroupFitOptions {
  double tolerance = 1e-9;  // largest distance from a margin, relative to the persons of the place
  int max_rounds = 1000;
};

struct GroupFit {
  Matrix<double> persons;               // n_places x n_cells; NaN where no margin is known
  std::vector<double> distance;         // n_places: largest distance from a (reconciled) margin left, persons
  std::vector<double> total_gap;        // n_places: largest difference of a margin's total from the first one's, persons
  std::vector<double> excluded;         // n_places: persons of categories that the seed excludes
  std::vector<std::uint32_t> rounds;    // n_places
};

// `seeds` is n_seeds x n_cells (>= 0); place p starts from row `seed_of_place[p]`. Parallel over places.
GroupFit fit_groups(const Matrix<double>& seeds, std::span<const std::uint32_t> seed_of_place,
                    std::span<const Margin> margins, const GroupFitOptions& options = {}, const Context& context = {});

}  // namespace maillage
