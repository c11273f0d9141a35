#include "engine/equity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace maillage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The total burden of the first `persons` of them, a person split where the last one stands.
double sum_first(std::span<const Burden> sorted, double persons) {
  double left = persons, total = 0;
  for (const Burden& b : sorted) {
    if (!(left > 0) || !std::isfinite(b.value)) break;
    total += std::min(left, b.persons) * b.value;
    left -= b.persons;
  }
  return total;
}

// x ln x, continued to 0.
double xlogx(double x) { return x > 0 ? x * std::log(x) : 0; }

}  // namespace

void sort_burdens(std::span<Burden> burdens) {
  std::sort(burdens.begin(), burdens.end(), [](const Burden& a, const Burden& b) {
    return a.value != b.value ? a.value < b.value : a.persons < b.persons;
  });
}

BurdenSums sum_burdens(std::span<const Burden> burdens) {
  BurdenSums s;
  for (const Burden& b : burdens) {
    s.persons += b.persons;
    if (!std::isfinite(b.value)) continue;
    s.reachable += b.persons;
    s.total += b.persons * b.value;
  }
  return s;
}

double find_quantile(std::span<const Burden> sorted, const BurdenSums& sums, double q) {
  double below = 0;
  for (const Burden& b : sorted) {
    below += b.persons;
    // the tolerance absorbs the rounding of the sum, so that q = 1 finds the last person
    if (below > 0 && below >= q * sums.persons * (1 - 1e-12)) return std::isfinite(b.value) ? b.value : kNaN;
  }
  return kNaN;
}

double find_gini(std::span<const Burden> sorted, const BurdenSums& sums) {
  if (sums.total <= 0) return sums.reachable > 0 ? 0 : kNaN;
  double below = 0, area = 0;  // twice the area under the Lorenz curve, times persons and minutes
  double cumulated = 0;
  for (const Burden& b : sorted) {
    if (!std::isfinite(b.value)) break;
    const double next = cumulated + b.persons * b.value;
    area += b.persons * (cumulated + next);
    cumulated = next;
    below += b.persons;
  }
  return std::max(0.0, 1 - area / (below * cumulated));
}

double find_theil(std::span<const Burden> burdens, const BurdenSums& sums) {
  if (sums.total <= 0) return sums.reachable > 0 ? 0 : kNaN;
  const double mean = sums.mean();
  double sum = 0;
  for (const Burden& b : burdens)
    if (std::isfinite(b.value)) sum += b.persons * xlogx(b.value / mean);
  return std::max(0.0, sum / sums.reachable);
}

double find_palma(std::span<const Burden> sorted, const BurdenSums& sums) {
  const double least = sum_first(sorted, 0.4 * sums.reachable);
  if (!(least > 0)) return kNaN;
  const double most = sums.total - sum_first(sorted, 0.9 * sums.reachable);
  return most / least;
}

double find_kolm_pollak_ede(std::span<const Burden> burdens, const BurdenSums& sums, double epsilon) {
  if (!(sums.reachable > 0)) return kNaN;
  double squares = 0, greatest = 0;
  for (const Burden& b : burdens) {
    if (!std::isfinite(b.value) || !(b.persons > 0)) continue;
    squares += b.persons * b.value * b.value;
    greatest = std::max(greatest, b.value);
  }
  if (!(squares > 0) || epsilon == 0) return sums.mean();
  const double kappa = epsilon * sums.total / squares;
  // the largest exponent is taken out, so that none overflows
  const double shift = kappa < 0 ? -kappa * greatest : 0;
  double sum = 0;
  for (const Burden& b : burdens)
    if (std::isfinite(b.value)) sum += b.persons * std::exp(-kappa * b.value - shift);
  return -(std::log(sum / sums.reachable) + shift) / kappa;
}

Excess find_excess(std::span<const Burden> burdens, const BurdenSums& sums, double line) {
  double beyond = 0, excess1 = 0, excess2 = 0;
  for (const Burden& b : burdens) {
    if (b.value <= line && std::isfinite(b.value)) continue;
    beyond += b.persons;
    if (!std::isfinite(b.value)) continue;
    const double e = (b.value - line) / line;
    excess1 += b.persons * e;
    excess2 += b.persons * e * e;
  }
  const bool is_defined = sums.reachable > 0 && line > 0;
  return {beyond / sums.persons, is_defined ? excess1 / sums.reachable : kNaN, is_defined ? excess2 / sums.reachable : kNaN};
}

TheilParts split_theil(std::span<const Burden> burdens, std::span<const std::int32_t> group, std::size_t n_groups) {
  const BurdenSums all = sum_burdens(burdens);
  if (all.total <= 0) return all.reachable > 0 ? TheilParts{0, 0} : TheilParts{kNaN, kNaN};
  std::vector<BurdenSums> sums(n_groups);
  for (std::size_t i = 0; i < burdens.size(); ++i) {
    if (!std::isfinite(burdens[i].value)) continue;
    sums[group[i]].reachable += burdens[i].persons;
    sums[group[i]].total += burdens[i].persons * burdens[i].value;
  }
  const double mean = all.mean();
  double between = 0, within = 0;
  for (const BurdenSums& g : sums)
    if (g.reachable > 0) between += g.reachable * xlogx(g.mean() / mean);
  for (std::size_t i = 0; i < burdens.size(); ++i) {
    const BurdenSums& g = sums[group[i]];
    if (std::isfinite(burdens[i].value) && g.total > 0)
      within += burdens[i].persons * (g.mean() / mean) * xlogx(burdens[i].value / g.mean());
  }
  return {std::max(0.0, between / all.reachable), std::max(0.0, within / all.reachable)};
}

double find_concentration(std::span<const Burden> burdens, std::span<const double> living) {
  const BurdenSums sums = sum_burdens(burdens);
  if (sums.total <= 0) return sums.reachable > 0 ? 0 : kNaN;
  std::vector<std::size_t> order(burdens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return living[a] != living[b] ? living[a] < living[b] : burdens[a].value < burdens[b].value;
  });
  double below = 0, covariance = 0;
  for (std::size_t i = 0; i < order.size();) {
    double persons = 0, total = 0;  // of all with this standard of living
    const double here = living[order[i]];
    for (; i < order.size() && living[order[i]] == here; ++i) {
      const Burden& b = burdens[order[i]];
      if (!std::isfinite(b.value)) continue;
      persons += b.persons;
      total += b.persons * b.value;
    }
    const double rank = (below + persons / 2) / sums.reachable;
    covariance += (total - persons * sums.mean()) * (rank - 0.5);
    below += persons;
  }
  return 2 * covariance / sums.total;
}

Equity find_equity(std::span<Burden> burdens, const EquityOptions& options) {
  sort_burdens(burdens);
  const BurdenSums sums = sum_burdens(burdens);
  if (!(sums.persons > 0)) return {kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN};
  Equity out{};
  out.mean = sums.mean();
  out.median = find_quantile(burdens, sums, 0.5);
  out.p90 = find_quantile(burdens, sums, 0.9);
  out.max = kNaN;
  for (const Burden& b : burdens)
    if (std::isfinite(b.value) && b.persons > 0) out.max = b.value;
  out.unreachable_share = std::max(0.0, (sums.persons - sums.reachable) / sums.persons);
  out.gini = find_gini(burdens, sums);
  out.theil = find_theil(burdens, sums);
  out.palma = find_palma(burdens, sums);
  const double p10 = find_quantile(burdens, sums, 0.1);
  out.p90_p10 = p10 > 0 ? out.p90 / p10 : kNaN;
  out.kolm_pollak_ede = find_kolm_pollak_ede(burdens, sums, options.epsilon);
  const Excess excess = find_excess(burdens, sums, options.line);
  out.fgt0 = excess.fgt0;
  out.fgt1 = excess.fgt1;
  out.fgt2 = excess.fgt2;
  return out;
}

}  // namespace maillage
