#include "engine/territory.h"

#include <algorithm>

namespace maillage {
namespace {

bool same_point(LatLon a, LatLon b) { return a.lat == b.lat && a.lon == b.lon; }

void attach(TerritoryParts& parts, const Context& context) {
  for (ModeNetwork& m : parts.networks) {
    if (!m.places) m.places = std::make_shared<Links>(m.attach(parts.place_points, m.place_options, context));
    if (!m.counters)
      m.counters = std::make_shared<Links>(m.attach(parts.counters->point, m.counter_options, context));
    if (!m.finder && !m.is_transit()) m.finder = std::make_shared<PlaceFinder>(build_place_finder(*m.network, *m.places));
  }
}

}  // namespace

std::shared_ptr<const Territory> Territory::build(TerritoryParts parts, const Context& context) {
  attach(parts, context);
  auto territory = std::shared_ptr<Territory>(new Territory());
  territory->parts_ = std::move(parts);
  return territory;
}

std::shared_ptr<const Territory> Territory::derive(std::shared_ptr<const Territory> root, TerritoryParts parts,
                                                   const Context& context) {
  attach(parts, context);
  auto territory = std::shared_ptr<Territory>(new Territory());
  territory->root_ = root->root_ ? root->root_ : std::move(root);
  territory->parts_ = std::move(parts);
  return territory;
}

CounterSet Territory::select_counters(std::size_t n, ServiceId service, int level) const {
  CounterSet set;
  std::vector<std::uint32_t> rows;
  const Counters& counters = *parts_.counters;
  for (std::size_t c = 0; c < counters.n_counters(); ++c) {
    if (!counters.offers(CounterId(c), service, level)) continue;
    set.ids.push_back(CounterId(c));
    rows.push_back(static_cast<std::uint32_t>(c));
  }
  set.links = select_links(*parts_.networks[n].counters, rows);
  return set;
}

CrowPoints Territory::find_crow_points(const CounterSet& counters) const {
  CrowPoints out{parts_.place_points, {}};
  for (CounterId c : counters.ids) out.counters.push_back(parts_.counters->point[c.v]);
  return out;
}

NearestIndex Territory::build_transit_lists(const ListKey& key, int k, bool exhaustive, const Context& context) const {
  const ModeNetwork& m = parts_.networks[key.network];
  CounterSet counters = select_counters(key.network, ServiceId(key.service), key.level);
  const Links links = counters.links;
  const CrowPoints points = find_crow_points(counters);
  const FootPoints places{parts_.place_points, *m.places}, at{points.counters, links};
  return exhaustive ? build_transit_index_exhaustively(*m.transit, places, at, std::move(counters), k, key.direction, context)
                    : build_transit_index(*m.transit, places, at, std::move(counters), k, key.direction, context);
}

CounterChange Territory::find_change(std::size_t n, ServiceId service, int level) const {
  const Counters& before = *root_->parts_.counters;
  const Counters& after = *parts_.counters;
  CounterChange change;
  std::vector<std::uint32_t> rows;
  for (std::size_t c = 0; c < after.n_counters(); ++c) {
    const CounterId id(c);
    const bool known = c < before.n_counters();
    const bool moved = known && !same_point(before.point[c], after.point[c]);
    const bool was = known && before.offers(id, service, level);
    const bool is = after.offers(id, service, level);
    if (was && (!is || moved)) change.closed.push_back(id);
    if (is && (!was || moved)) {
      change.opened.ids.push_back(id);
      rows.push_back(static_cast<std::uint32_t>(c));
    }
  }
  change.opened.links = select_links(*parts_.networks[n].counters, rows);
  return change;
}

NearestIndex Territory::exhaustive_nearest_on(std::size_t n, ServiceId service, int level, int k,
                                              const Context& context, Direction direction) const {
  const ModeNetwork& m = parts_.networks[n];
  if (m.is_crow()) {
    CounterSet counters = select_counters(n, service, level);
    const CrowPoints points = find_crow_points(counters);
    return build_crow_index_exhaustively(points, std::move(counters), k, m.crow(), context);
  }
  if (m.is_transit()) return build_transit_lists({n, service.v, level, direction}, k, true, context);
  return build_nearest_index({*m.network, *m.places, nullptr, direction}, select_counters(n, service, level), k, context);
}

std::shared_ptr<const NearestIndex> Territory::find_lists(const ListKey& key, int k, const Context& context) const {
  if (const ModeNetwork& m = parts_.networks[key.network]; m.is_crow()) {  // found as fast as read
    CounterSet counters = select_counters(key.network, ServiceId(key.service), key.level);
    const CrowPoints points = find_crow_points(counters);
    return std::make_shared<const NearestIndex>(build_crow_index(points, std::move(counters), k, m.crow(), context));
  }
  if (parts_.networks[key.network].is_transit())  // what is dear, the times of each counter, is kept with the timetable
    return std::make_shared<const NearestIndex>(build_transit_lists(key, k, false, context));
  std::shared_ptr<ListShelf> shelf;
  {
    const std::lock_guard lock(mutex_);
    shelf = shelf_;
  }
  if (shelf) {
    auto lists = shelf->find(key, context);
    if (lists && lists->k >= k) return lists;
  }
  auto lists = std::make_shared<const NearestIndex>(build_nearest_index(
      parts_.networks[key.network].attached(key.direction),
      select_counters(key.network, ServiceId(key.service), key.level), k, context));
  if (shelf)
    shelf->keep(key, lists, [territory = weak_from_this(), key, before = std::weak_ptr(lists)](auto kept_lists) {
      const auto self = territory.lock();
      if (!self) return;
      const std::lock_guard lock(self->mutex_);
      const auto it = self->kept_.find(key);
      if (it != self->kept_.end() && it->second.view->base() == before.lock())
        it->second.view = std::make_shared<NearestView>(std::move(kept_lists));
    });
  return lists;
}

void Territory::use_shelf(std::shared_ptr<ListShelf> shelf) const {
  const std::lock_guard lock(mutex_);
  shelf_ = std::move(shelf);
}

std::shared_ptr<const NearestView> Territory::find_view(std::size_t n, ServiceId service, int level, int n_needed,
                                                        const Context& context, Direction direction) const {
  const ModeNetwork& m = parts_.networks[n];
  bool inherits = root_ && root_->parts_.networks[n].network == m.network && root_->parts_.networks[n].places == m.places &&
                  root_->parts_.networks[n].transit == m.transit;
  CounterChange change;
  if (inherits) change = find_change(n, service, level);
  const bool is_changed = !change.closed.empty() || !change.opened.ids.empty();
  if (direction == Direction::from_counters && is_changed) inherits = false;  // no change is laid over such lists
  if (!m.has_roads() && is_changed) inherits = false;                         // nor where there are no roads
  if (!inherits) {
    return std::make_shared<NearestView>(
        find_lists({n, service.v, level, direction}, std::max(n_needed, kDefaultK), context));
  }
  const auto base = root_->nearest_on(n, service, level, n_needed, context, direction);
  if (!is_changed) return base;
  return std::make_shared<NearestView>(
      update_nearest(base->base(), m.attached(), *m.finder, change, n_needed, context));
}

std::shared_ptr<const NearestView> Territory::nearest_on(std::size_t n, ServiceId service, int level, int n_needed,
                                                         const Context& context, Direction direction) const {
  const ListKey key{n, service.v, level, direction};
  {
    const std::lock_guard lock(mutex_);
    const auto it = kept_.find(key);
    if (it != kept_.end() && it->second.n_needed >= n_needed) return it->second.view;
  }
  auto view = find_view(n, service, level, n_needed, context, direction);
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[key];
  const int served = root_ ? n_needed : view->base()->k;  // a list of k labels serves every smaller need
  if (!kept.view || kept.n_needed < served) kept = {served, view};
  return kept.view;
}

namespace {

// Open counters of a service by area.
Ragged<CounterId> find_counters_by_area(const TerritoryParts& parts, const NearestQuery& query) {
  const Counters& counters = *parts.counters;
  std::vector<std::pair<std::uint32_t, CounterId>> pairs;
  std::int32_t last = -1;
  for (std::int32_t area : *parts.place_area) last = std::max(last, area);
  for (std::size_t c = 0; c < counters.n_counters(); ++c) {
    const std::int32_t area = counters.area[c];
    if (area >= 0 && area <= last && counters.offers(CounterId(c), query.service, query.level))
      pairs.emplace_back(static_cast<std::uint32_t>(area), CounterId(c));
  }
  return build_ragged<CounterId>(static_cast<std::size_t>(last + 1), pairs);
}

}  // namespace

Ragged<Label> find_nearest_counters(const Territory& territory, const NearestQuery& query, bool exhaustive,
                                    const Context& context) {
  const auto& networks = territory.parts().networks;
  std::vector<std::shared_ptr<const NearestView>> views;
  for (std::size_t n = 0; n < networks.size(); ++n) {
    if (!is_used(networks[n], query)) continue;
    if (exhaustive)
      views.push_back(std::make_shared<NearestView>(std::make_shared<NearestIndex>(
          territory.exhaustive_nearest_on(n, query.service, query.level, query.k, context, query.direction))));
    else
      views.push_back(territory.nearest_on(n, query.service, query.level, query.k, context, query.direction));
  }
  const auto& place_area = territory.parts().place_area;
  const Ragged<CounterId> inside = place_area ? find_counters_by_area(territory.parts(), query) : Ragged<CounterId>();
  std::vector<NearestView::Reader> readers;
  for (const auto& view : views) readers.emplace_back(*view);
  const auto k = static_cast<std::size_t>(query.k);
  Ragged<Label> out;
  out.offset.reserve(territory.n_places() + 1);
  out.values.reserve(territory.n_places() * std::min<std::size_t>(k, kDefaultK));
  std::vector<Label> row;
  for (std::size_t p = 0; p < territory.n_places(); ++p) {
    row.clear();
    for (NearestView::Reader& reader : readers) {
      auto list = reader.read(PlaceId(p));
      list = list.first(std::min(k, list.size()));  // the best k of all are among the best k of each
      row.insert(row.end(), list.begin(), list.end());
    }
    if (place_area && (*place_area)[p] >= 0)
      for (CounterId c : inside[static_cast<std::size_t>((*place_area)[p])]) row.push_back({{0}, c});
    if (row.size() > 1 && (readers.size() > 1 || place_area)) std::sort(row.begin(), row.end());
    const std::size_t start = out.values.size();
    for (const Label& l : row) {
      if (out.values.size() - start == k) break;
      bool listed = false;
      for (std::size_t i = start; i < out.values.size() && !listed; ++i) listed = out.values[i].counter == l.counter;
      if (!listed) out.values.push_back(l);
    }
    out.offset.push_back(static_cast<std::uint32_t>(out.values.size()));
  }
  return out;
}

}  // namespace maillage
