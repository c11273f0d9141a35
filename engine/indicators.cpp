#include "engine/indicators.h"

#include <algorithm>
#include <limits>

namespace maillage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Sums of the reachable part, in order of time.
struct Sums {
  double all = 0, reachable = 0;
  double minutes = 0;  // person-minutes
};

Sums sum_up(std::span<const WeightedTime> times) {
  Sums s;
  for (const WeightedTime& t : times) {
    s.all += t.persons;
    if (!t.time.is_reachable()) continue;
    s.reachable += t.persons;
    s.minutes += t.persons * to_minutes(t.time);
  }
  return s;
}

double find_quantile(std::span<const WeightedTime> sorted, double persons, double q) {
  double below = 0;
  for (const WeightedTime& t : sorted) {
    below += t.persons;
    // the tolerance absorbs the rounding of the sum, so that q = 1 finds the last person
    if (below >= q * persons * (1 - 1e-12)) return to_minutes(t.time);
  }
  return kNaN;
}

double find_gini(std::span<const WeightedTime> sorted, const Sums& s) {
  if (s.minutes <= 0) return s.reachable > 0 ? 0 : kNaN;
  double below = 0, area = 0;  // twice the area under the Lorenz curve, times persons and minutes
  double cumulated = 0;
  for (const WeightedTime& t : sorted) {
    if (!t.time.is_reachable()) break;
    const double next = cumulated + t.persons * to_minutes(t.time);
    area += t.persons * (cumulated + next);
    cumulated = next;
    below += t.persons;
  }
  return std::max(0.0, 1 - area / (below * cumulated));
}

void fill_excess(std::span<const WeightedTime> times, const Sums& s, Duration line, TimeSummary& out) {
  const double z = to_minutes(line);
  double beyond = 0, excess1 = 0, excess2 = 0;
  for (const WeightedTime& t : times) {
    if (is_within(t.time, line)) continue;
    beyond += t.persons;
    if (!t.time.is_reachable()) continue;
    const double e = (to_minutes(t.time) - z) / z;
    excess1 += t.persons * e;
    excess2 += t.persons * e * e;
  }
  out.fgt0 = beyond / s.all;
  out.fgt1 = s.reachable > 0 && z > 0 ? excess1 / s.reachable : kNaN;
  out.fgt2 = s.reachable > 0 && z > 0 ? excess2 / s.reachable : kNaN;
}

}  // namespace

TimeSummary summarize_times(std::span<WeightedTime> times, const SummaryOptions& options) {
  std::sort(times.begin(), times.end(), [](const WeightedTime& a, const WeightedTime& b) {
    return a.time != b.time ? a.time < b.time : a.persons < b.persons;
  });
  TimeSummary out{kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, std::vector<double>(options.limits.size(), kNaN)};
  const Sums s = sum_up(times);
  if (!(s.all > 0)) return out;
  out.unreachable_share = std::max(0.0, (s.all - s.reachable) / s.all);
  if (s.reachable > 0) out.mean = s.minutes / s.reachable;
  out.median = find_quantile(times, s.all, 0.5);
  out.p90 = find_quantile(times, s.all, 0.9);
  for (const WeightedTime& t : times)
    if (t.time.is_reachable() && t.persons > 0) out.max = to_minutes(t.time);
  out.gini = find_gini(times, s);
  fill_excess(times, s, options.line, out);
  for (std::size_t i = 0; i < options.limits.size(); ++i) {
    double within = 0;
    for (const WeightedTime& t : times)
      if (is_within(t.time, options.limits[i])) within += t.persons;
    out.coverage[i] = std::min(1.0, within / s.all);
  }
  return out;
}

std::vector<TimeSummary> summarize_exposure(const Exposure& exposure, const Grouping& grouping,
                                            const SummaryOptions& options, const Context& context) {
  const TerritoryParts& t = exposure.territory->parts();
  const std::size_t n_groups = exposure.territory->n_groups();
  const std::size_t per_row = grouping.by_group ? n_groups : 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;  // row -> place
  for (std::size_t p = 0; p < exposure.territory->n_places(); ++p)
    if (grouping.row_of_place[p] >= 0)
      pairs.emplace_back(static_cast<std::uint32_t>(grouping.row_of_place[p]), static_cast<std::uint32_t>(p));
  const auto places_of = build_ragged<std::uint32_t>(grouping.n_rows, pairs);

  std::vector<TimeSummary> out(grouping.n_rows * per_row);
  context.begin("summarising travel times", out.size());
  for_blocks(out.size(), 256, context, [&](std::size_t begin, std::size_t end) {
    std::vector<WeightedTime> times;
    for (std::size_t i = begin; i < end; ++i) {
      times.clear();
      const std::size_t first_group = grouping.by_group ? i % per_row : 0;
      const std::size_t last_group = grouping.by_group ? first_group + 1 : n_groups;
      for (std::uint32_t p : places_of[i / per_row]) {
        for (std::size_t g = first_group; g < last_group; ++g) {
          const double persons = t.population->persons(p, g);
          const double car = persons * t.population->car_share(p, g);
          times.push_back({exposure.label(PlaceId(p), GroupId(g), PersonClass::car).time, car});
          times.push_back({exposure.label(PlaceId(p), GroupId(g), PersonClass::no_car).time, persons - car});
        }
      }
      out[i] = summarize_times(times, options);
    }
  });
  return out;
}

}  // namespace maillage
