#include "engine/indicators.h"

#include <algorithm>
#include <limits>

namespace maillage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double to_burden(Duration time) { return time.is_reachable() ? to_minutes(time) : kInfinite; }

double find_coverage(std::span<const Burden> times, const BurdenSums& sums, Duration limit) {
  const double most = limit.is_reachable() ? to_minutes(limit) : std::numeric_limits<double>::max();
  double within = 0;
  for (const Burden& t : times)
    if (t.value <= most) within += t.persons;
  return std::min(1.0, within / sums.persons);
}

// Calls `visit(row, times)` for every row of a grouping with the times of its persons, car and no-car at their
// own nearest counter.
template <class Visit>
void visit_rows(const Exposure& exposure, const Grouping& grouping, const Context& context, Visit&& visit) {
  const TerritoryParts& t = exposure.territory->parts();
  const std::size_t n_groups = exposure.territory->n_groups();
  const std::size_t per_row = grouping.by_group ? n_groups : 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;  // row -> place
  for (std::size_t p = 0; p < exposure.territory->n_places(); ++p)
    if (grouping.row_of_place[p] >= 0)
      pairs.emplace_back(static_cast<std::uint32_t>(grouping.row_of_place[p]), static_cast<std::uint32_t>(p));
  const auto places_of = build_ragged<std::uint32_t>(grouping.n_rows, pairs);
  const std::size_t n_rows = grouping.n_rows * per_row;
  context.begin("summarising travel times", n_rows);
  const std::size_t n_classes = t.n_walk_classes;
  for_blocks(n_rows, std::clamp<std::size_t>(n_rows / 64, 1, 256), context, [&](std::size_t begin, std::size_t end) {
    std::vector<Burden> times;
    std::vector<double> by_car(n_classes), without(n_classes);  // persons of one place who share their times
    for (std::size_t i = begin; i < end; ++i) {
      times.clear();
      const std::size_t first_group = grouping.by_group ? i % per_row : 0;
      const std::size_t last_group = grouping.by_group ? first_group + 1 : n_groups;
      for (std::uint32_t p : places_of[i / per_row]) {
        std::fill(by_car.begin(), by_car.end(), 0.0);
        std::fill(without.begin(), without.end(), 0.0);
        for (std::size_t g = first_group; g < last_group; ++g) {
          const double persons = t.population->persons(p, g);
          const double car = persons * t.population->car_share(p, g);
          by_car[t.groups->walk_class[g]] += car;
          without[t.groups->walk_class[g]] += persons - car;
        }
        for (std::size_t w = 0; w < n_classes; ++w) {
          if (by_car[w] != 0) times.push_back({to_burden(exposure.car[w][p].time), by_car[w]});
          if (without[w] != 0) times.push_back({to_burden(exposure.no_car[w][p].time), without[w]});
        }
      }
      visit(i, std::span<Burden>(times));
    }
  });
}

std::size_t find_n_rows(const Exposure& exposure, const Grouping& grouping) {
  return grouping.n_rows * (grouping.by_group ? exposure.territory->n_groups() : 1);
}

}  // namespace

TimeSummary summarize_times(std::span<Burden> times, const SummaryOptions& options) {
  sort_burdens(times);
  TimeSummary out{kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, std::vector<double>(options.limits.size(), kNaN)};
  const BurdenSums sums = sum_burdens(times);
  if (!(sums.persons > 0)) return out;
  out.unreachable_share = std::max(0.0, (sums.persons - sums.reachable) / sums.persons);
  if (sums.reachable > 0) out.mean = sums.mean();  // 0 / 0 would be a NaN with a sign
  out.median = find_quantile(times, sums, 0.5);
  out.p90 = find_quantile(times, sums, 0.9);
  for (const Burden& t : times)
    if (t.value < kInfinite && t.persons > 0) out.max = t.value;
  out.gini = find_gini(times, sums);
  const Excess excess = find_excess(times, sums, to_burden(options.line));
  out.fgt0 = excess.fgt0;
  out.fgt1 = excess.fgt1;
  out.fgt2 = excess.fgt2;
  for (std::size_t i = 0; i < options.limits.size(); ++i) out.coverage[i] = find_coverage(times, sums, options.limits[i]);
  return out;
}

std::vector<TimeSummary> summarize_exposure(const Exposure& exposure, const Grouping& grouping,
                                            const SummaryOptions& options, const Context& context) {
  std::vector<TimeSummary> out(find_n_rows(exposure, grouping));
  visit_rows(exposure, grouping, context, [&](std::size_t i, std::span<Burden> times) { out[i] = summarize_times(times, options); });
  return out;
}

std::vector<Equity> find_exposure_equity(const Exposure& exposure, const Grouping& grouping, const EquityOptions& options,
                                         const Context& context) {
  std::vector<Equity> out(find_n_rows(exposure, grouping));
  visit_rows(exposure, grouping, context, [&](std::size_t i, std::span<Burden> times) { out[i] = find_equity(times, options); });
  return out;
}

}  // namespace maillage
