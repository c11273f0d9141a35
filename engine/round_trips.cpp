#include "engine/round_trips.h"

#include <algorithm>

#include "engine/travel_times.h"

namespace maillage {
namespace {

constexpr int kShortLists = 4;  // up to here the way back is found on lists of kDefaultK, else on twice as many

// What a list says about the time of one counter: the time, or a time that it is not below.
struct Bound {
  Duration time;
  bool is_known;
};

Bound find_bound(std::span<const Label> list, int n_needed, CounterId counter) {
  for (const Label& l : list)
    if (l.counter == counter) return {l.time, true};
  if (list.size() < static_cast<std::size_t>(n_needed)) return {unreachable(), true};  // all that can be reached
  return {list.back().time, false};
}

// The trips of one network, which improve what others found.
class NetworkTrips {
 public:
  NetworkTrips(const Territory& territory, std::size_t n, const NearestQuery& query, const Context& context)
      : network_(territory.parts().networks[n]), n_there_(query.k),
        n_back_(query.k <= kShortLists ? kDefaultK : std::min(2 * query.k, 255)),
        there_(territory.nearest_on(n, query.service, query.level, n_there_, context)),
        back_(territory.nearest_on(n, query.service, query.level, n_back_, context, Direction::from_counters)),
        queries_([this] { return std::make_unique<PairQuery>(*network_.hierarchy); }) {}

  void improve(std::span<const std::pair<PlaceId, CounterId>> pairs, std::vector<Duration>& best, const Context& context) {
    context.begin("finding round trips", pairs.size());
    for_blocks(pairs.size(), 4096, context, [&](std::size_t begin, std::size_t end) {
      std::vector<std::size_t> open;  // pairs that no list decides
      for (std::size_t i = begin; i < end; ++i) {
        const auto [p, c] = pairs[i];
        const Bound there = find_bound((*there_)[p], n_there_, c), back = find_bound((*back_)[p], n_back_, c);
        const Duration least = there.time + back.time;
        if (!(least < best[i])) continue;
        if (there.is_known && back.is_known)
          best[i] = least;
        else
          open.push_back(i);
      }
      if (open.empty()) return;
      auto query = queries_.borrow();
      for (std::size_t i : open) best[i] = std::min(best[i], find_time(*query, pairs[i], best[i]));
    });
  }

 private:
  // Exact where it is less than `best`.
  Duration find_time(PairQuery& query, std::pair<PlaceId, CounterId> pair, Duration best) const {
    const auto [p, c] = pair;
    const LinkedPoint place{*network_.places, p.v}, counter{*network_.counters, c.v};
    Bound there = find_bound((*there_)[p], n_there_, c);
    const Bound back = find_bound((*back_)[p], n_back_, c);
    if (!there.is_known) there.time = find_pair_time(*network_.network, query, place, counter);
    if (back.is_known || !(there.time + back.time < best)) return there.time + back.time;
    return there.time + find_pair_time(*network_.network, query, counter, place);
  }

  const ModeNetwork& network_;
  int n_there_, n_back_;
  std::shared_ptr<const NearestView> there_, back_;
  Pool<PairQuery> queries_;
};

void improve_plainly(const ModeNetwork& m, std::span<const std::pair<PlaceId, CounterId>> pairs,
                     std::vector<Duration>& best, const Context& context) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> there, back;
  for (const auto& [p, c] : pairs) {
    there.emplace_back(p.v, c.v);
    back.emplace_back(c.v, p.v);
  }
  const auto out = find_pair_times(*m.network, *m.places, *m.counters, there, context);
  const auto home = find_pair_times(*m.network, *m.counters, *m.places, back, context);
  for (std::size_t i = 0; i < best.size(); ++i) best[i] = std::min(best[i], out[i] + home[i]);
}

void improve_by_crow(const Territory& territory, const ModeNetwork& m, std::span<const std::pair<PlaceId, CounterId>> pairs,
                     std::vector<Duration>& best) {
  const TerritoryParts& parts = territory.parts();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Duration time = find_crow_time(parts.place_points[pairs[i].first.v], parts.counters->point[pairs[i].second.v], m.crow());
    best[i] = std::min(best[i], time + time);
  }
}

// By timetable there and back, each at the percentile of the window.
void improve_by_transit(const Territory& territory, const ModeNetwork& m, std::span<const std::pair<PlaceId, CounterId>> pairs,
                        std::vector<Duration>& best, const Context& context) {
  const TerritoryParts& parts = territory.parts();
  std::vector<std::uint32_t> rows;
  for (const auto& [p, c] : pairs) rows.push_back(c.v);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  std::vector<LatLon> points;
  for (std::uint32_t c : rows) points.push_back(parts.counters->point[c]);
  const Links links = select_links(*m.counters, rows);
  const FootPoints places{parts.place_points, *m.places}, counters{points, links};
  const auto there = m.transit->find_columns(places, counters, Direction::to_counters, context);
  const auto back = m.transit->find_columns(places, counters, Direction::from_counters, context);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto c = static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), pairs[i].second.v) - rows.begin());
    Duration out = unreachable(), home = unreachable();
    visit_equal(*there[c], pairs[i].first, [&](Duration time) { out = time; });
    visit_equal(*back[c], pairs[i].first, [&](Duration time) { home = time; });
    best[i] = std::min(best[i], out + home);
  }
}

}  // namespace

std::vector<Duration> find_round_trips(const Territory& territory, const RoundTripQuery& query,
                                       std::span<const std::pair<PlaceId, CounterId>> pairs, const Context& context) {
  std::vector<Duration> best(pairs.size(), unreachable());
  const auto& networks = territory.parts().networks;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    if (!is_used(networks[n], query.nearest)) continue;
    if (networks[n].is_crow())
      improve_by_crow(territory, networks[n], pairs, best);
    else if (networks[n].is_transit())
      improve_by_transit(territory, networks[n], pairs, best, context);
    else if (query.exhaustive || !networks[n].hierarchy)
      improve_plainly(networks[n], pairs, best, context);
    else
      NetworkTrips(territory, n, query.nearest, context).improve(pairs, best, context);
  }
  return best;
}

}  // namespace maillage
