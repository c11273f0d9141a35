#include "engine/group_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace maillage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool is_known(std::span<const double> row) {
  return std::none_of(row.begin(), row.end(), [](double v) { return std::isnan(v); });
}

double sum(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// One place: its known margins, reconciled, and the cells that are scaled until they meet them.
class PlaceFit {
 public:
  PlaceFit(std::span<const Margin> margins, const GroupFitOptions& options) : margins_(margins), options_(options) {}

  void fit(std::size_t place, std::span<const double> seed, GroupFit& out) {
    cells_.assign(seed.begin(), seed.end());
    std::span<double> persons(&out.persons(place, 0), cells_.size());
    if (!reconcile(place, out)) {
      std::fill(persons.begin(), persons.end(), kNaN);
      return;
    }
    double left = 0;
    std::uint32_t round = 0;
    do {
      for (const Target& t : targets_) scale(t);
      left = find_distance();
      ++round;
    } while (left > options_.tolerance * std::max(1.0, total_) && round < static_cast<std::uint32_t>(options_.max_rounds));
    std::copy(cells_.begin(), cells_.end(), persons.begin());
    out.distance[place] = left;
    out.rounds[place] = round;
  }

 private:
  struct Target {
    const Margin* margin;
    std::vector<double> persons;  // of each category
  };

  // Targets that have one total and ask nothing of cells that are zero. False when no margin is known.
  bool reconcile(std::size_t place, GroupFit& out) {
    targets_.clear();
    for (const Margin& m : margins_) {
      const auto row = m.persons.row(place);
      if (!is_known(row)) continue;
      const double total = sum(row);
      if (targets_.empty())
        total_ = total;
      else
        out.total_gap[place] = std::max(out.total_gap[place], std::abs(total - total_));
      Target t{&m, std::vector<double>(row.begin(), row.end())};
      out.excluded[place] += drop_excluded(t);
      const double here = sum(t.persons);
      if (here > 0)
        for (double& v : t.persons) v *= total_ / here;
      else if (total_ > 0 && !targets_.empty())
        continue;  // a margin of nobody says nothing of the others' persons
      targets_.push_back(std::move(t));
    }
    return !targets_.empty();
  }

  // Sets categories without a cell that may hold persons to zero; how many persons they had.
  double drop_excluded(Target& t) {
    sums_.assign(t.persons.size(), 0);
    for (std::size_t c = 0; c < cells_.size(); ++c) sums_[t.margin->category_of_cell[c]] += cells_[c];
    double dropped = 0;
    for (std::size_t k = 0; k < t.persons.size(); ++k)
      if (!(sums_[k] > 0)) {
        dropped += t.persons[k];
        t.persons[k] = 0;
      }
    return dropped;
  }

  void sum_cells(const Target& t) {
    sums_.assign(t.persons.size(), 0);
    for (std::size_t c = 0; c < cells_.size(); ++c) sums_[t.margin->category_of_cell[c]] += cells_[c];
  }

  void scale(const Target& t) {
    sum_cells(t);
    for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] = sums_[k] > 0 ? t.persons[k] / sums_[k] : 0;
    for (std::size_t c = 0; c < cells_.size(); ++c) cells_[c] *= sums_[t.margin->category_of_cell[c]];
  }

  double find_distance() {
    double largest = 0;
    for (const Target& t : targets_) {
      sum_cells(t);
      for (std::size_t k = 0; k < sums_.size(); ++k) largest = std::max(largest, std::abs(sums_[k] - t.persons[k]));
    }
    return largest;
  }

  std::span<const Margin> margins_;
  const GroupFitOptions& options_;
  std::vector<double> cells_, sums_;
  std::vector<Target> targets_;
  double total_ = 0;
};

}  // namespace

GroupFit fit_groups(const Matrix<double>& seeds, std::span<const std::uint32_t> seed_of_place,
                    std::span<const Margin> margins, const GroupFitOptions& options, const Context& context) {
  const std::size_t n = seed_of_place.size();
  GroupFit out{Matrix<double>(n, seeds.n_columns), std::vector<double>(n, 0), std::vector<double>(n, 0),
               std::vector<double>(n, 0), std::vector<std::uint32_t>(n, 0)};
  context.begin("fitting groups", n);
  for_blocks(n, 256, context, [&](std::size_t begin, std::size_t end) {
    PlaceFit fit(margins, options);
    for (std::size_t p = begin; p < end; ++p) fit.fit(p, seeds.row(seed_of_place[p]), out);
  });
  return out;
}

}  // namespace maillage
