#include "engine/ladders.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "engine/label_key.h"

namespace maillage {
namespace {

Rungs to_rungs(const KeyPair& pair) { return {to_label(pair.first), to_label(pair.second)}; }

// Open counters of a service by area; ascending inside an area.
Ragged<CounterId> find_counters_inside(const TerritoryParts& parts, ServiceId service, int level) {
  const Counters& counters = *parts.counters;
  std::int32_t last = -1;
  for (std::int32_t area : *parts.place_area) last = std::max(last, area);
  std::vector<std::pair<std::uint32_t, CounterId>> pairs;
  for (std::size_t c = 0; c < counters.n_counters(); ++c) {
    const std::int32_t area = counters.area[c];
    if (area >= 0 && area <= last && counters.offers(CounterId(c), service, level))
      pairs.emplace_back(static_cast<std::uint32_t>(area), CounterId(c));
  }
  return build_ragged<CounterId>(static_cast<std::size_t>(last + 1), pairs);
}

bool is_same_row(const Ragged<CounterId>& a, const Ragged<CounterId>& b, std::size_t row) {
  const auto x = row < a.n_rows() ? a[row] : std::span<const CounterId>();
  const auto y = row < b.n_rows() ? b[row] : std::span<const CounterId>();
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

Ladders::Ladders(std::shared_ptr<const Territory> territory, ServiceId service, int level, int n_needed,
                 const Context& context)
    : territory_(std::move(territory)), service_(service), level_(level), n_needed_(static_cast<std::size_t>(n_needed)) {
  const TerritoryParts& parts = territory_->parts();
  for (std::size_t n = 0; n < parts.networks.size(); ++n)
    views_.push_back(territory_->nearest_on(n, service, level, n_needed, context));
  networks_.resize(2 * parts.n_walk_classes);
  for (std::size_t l = 0; l < networks_.size(); ++l)
    for (std::uint32_t n = 0; n < parts.networks.size(); ++n) {
      const ModeNetwork& m = parts.networks[n];
      const bool is_theirs = m.walk_class == kEveryWalkClass || m.walk_class == walk_class(l);
      if (is_theirs && (is_car(l) || m.serves_no_car)) networks_[l].push_back(n);
    }
  if (parts.place_area) inside_ = find_counters_inside(parts, service, level);
}

std::span<const CounterId> Ladders::inside(PlaceId p) const {
  const auto& area = territory_->parts().place_area;
  if (!area || (*area)[p.v] < 0) return {};
  return inside_[static_cast<std::size_t>((*area)[p.v])];
}

void Ladders::read(PlaceId p, std::span<Rungs> rungs) const {
  constexpr std::size_t kMost = 16, kAhead = 24;
  if (views_.size() > kMost) {
    for (std::size_t l = 0; l < rungs.size(); ++l) rungs[l] = read(p, l);
    return;
  }
  std::array<KeyPair, kMost> best;  // of each network: it serves several ladders
  for (std::size_t n = 0; n < views_.size(); ++n) {
    const auto labels = list(n, p);
    __builtin_prefetch(labels.data() + kAhead * views_[n]->base()->k);  // places are read in order; past the end is harmless
    best[n] = to_pair(labels);
  }
  const KeyPair near = to_pair(inside(p));
  for (std::size_t l = 0; l < rungs.size(); ++l) {
    KeyPair pair = near;
    for (std::uint32_t n : networks_[l]) pair = merge(pair, best[n]);
    rungs[l] = to_rungs(pair);
  }
}

Rungs Ladders::read(PlaceId p, std::size_t ladder) const {
  KeyPair pair = to_pair(inside(p));
  for (std::uint32_t n : networks_[ladder]) pair = merge(pair, to_pair(list(n, p)));
  return to_rungs(pair);
}

Label Ladders::find_open(std::size_t ladder, PlaceId p, const ClosedSet& closed, std::vector<std::uint32_t>& dry) const {
  Label best;
  for (CounterId c : inside(p)) {
    if (closed.contains(c)) continue;
    best = {{0}, c};
    break;
  }
  const std::size_t first_dry = dry.size();
  for (std::uint32_t n : networks_[ladder]) {
    const auto labels = list(n, p);
    const auto open = std::find_if(labels.begin(), labels.end(), [&](const Label& l) { return !closed.contains(l.counter); });
    if (open != labels.end())
      best = std::min(best, *open);
    else if (labels.size() >= n_needed_)  // a shorter list names all that can be reached
      dry.push_back(n);
  }
  // beyond the last label of a list stands nothing better than that label
  std::size_t n_left = first_dry;
  for (std::size_t i = first_dry; i < dry.size(); ++i)
    if (!(best < list(dry[i], p).back())) dry[n_left++] = dry[i];
  dry.resize(n_left);
  return best;
}

std::vector<PlaceId> Ladders::find_changed(const Ladders& before) const {
  const std::size_t n_places = territory_->n_places();
  auto find_all = [n_places] {
    std::vector<PlaceId> all;
    for (std::size_t p = 0; p < n_places; ++p) all.push_back(PlaceId(p));
    return all;
  };
  std::vector<PlaceId> places;
  for (std::size_t n = 0; n < views_.size(); ++n) {
    if (views_[n] == before.views_[n]) continue;
    if (views_[n]->base() != before.views_[n]->base()) return find_all();
    for (const NearestView* view : {views_[n].get(), before.views_[n].get()})
      places.insert(places.end(), view->touched().begin(), view->touched().end());
  }
  if (const auto& area = territory_->parts().place_area) {
    std::vector<std::uint8_t> is_changed(std::max(inside_.n_rows(), before.inside_.n_rows()));
    for (std::size_t a = 0; a < is_changed.size(); ++a) is_changed[a] = !is_same_row(inside_, before.inside_, a);
    for (std::size_t p = 0; p < n_places; ++p)
      if ((*area)[p] >= 0 && is_changed[static_cast<std::size_t>((*area)[p])]) places.push_back(PlaceId(p));
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

CounterSearch::CounterSearch(std::shared_ptr<const Territory> territory, std::size_t network, ServiceId service, int level)
    : territory_(std::move(territory)),
      network_(territory_->parts().networks[network]),
      counters_(territory_->select_counters(network, service, level)),
      on_edge_(find_rows_on_edges(counters_.links)),
      searches_([n = network_.network->n_nodes()] { return std::make_unique<Dijkstra>(n); }) {
  if (!network_.has_roads()) return;
  for (std::size_t i = 0; i < counters_.ids.size(); ++i)
    for (const LinkEnd& end : counters_.links.entries[i]) entered_at_.emplace_back(end.node, Label{end.time, counters_.ids[i]});
  std::sort(entered_at_.begin(), entered_at_.end());
}

// By straight lines: every counter is looked at.
Label CounterSearch::look_from(PlaceId p, const ClosedSet& closed) const {
  const TerritoryParts& parts = territory_->parts();
  Label best;
  for (CounterId c : counters_.ids)
    if (!closed.contains(c)) best = std::min(best, Label{find_crow_time(parts.place_points[p.v], parts.counters->point[c.v], network_.crow()), c});
  return best.time.is_reachable() ? best : Label{};
}

// By timetable: the times of each counter are kept.
std::vector<Label> CounterSearch::look_up(std::span<const PlaceId> places, const ClosedSet& closed, const Context& context) const {
  const TerritoryParts& parts = territory_->parts();
  std::vector<LatLon> points;
  for (CounterId c : counters_.ids) points.push_back(parts.counters->point[c.v]);
  const auto columns = network_.transit->find_columns({parts.place_points, *network_.places}, {points, counters_.links}, Direction::to_counters, context);
  std::vector<Label> found(places.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (closed.contains(counters_.ids[c])) continue;
    for (std::size_t i = 0; i < places.size(); ++i)
      visit_equal(*columns[c], places[i], [&](Duration time) { found[i] = std::min(found[i], Label{time, counters_.ids[c]}); });
  }
  return found;
}

Label CounterSearch::search_from(Dijkstra& search, PlaceId p, const ClosedSet& closed, std::size_t& n_settled) const {
  const Links& places = *network_.places;
  Label best;
  if (const EdgeId edge = places.position[p.v].edge; !edge.is_none())
    visit_equal(on_edge_, edge, [&](std::uint32_t row) {
      const Duration time = find_shared_edge_time(*network_.network, places, p.v, counters_.links, row);
      if (!closed.contains(counters_.ids[row])) best = std::min(best, Label{time, counters_.ids[row]});
    });
  search.run(network_.network->out, places.exits[p.v], [&](NodeId node, Duration time) {
    if (time > best.time) return Step::stop;
    ++n_settled;
    visit_equal(entered_at_, node, [&](const Label& l) {
      if (!closed.contains(l.counter)) best = std::min(best, Label{l.time + time, l.counter});
    });
    return Step::go_on;
  });
  return best.time.is_reachable() ? best : Label{};
}

void CounterSearch::sweep(std::span<const PlaceId> places, const ClosedSet& closed, std::span<Label> found,
                          const Context& context) const {
  CounterSet open;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < counters_.ids.size(); ++i) {
    if (closed.contains(counters_.ids[i])) continue;
    open.ids.push_back(counters_.ids[i]);
    rows.push_back(i);
  }
  open.links = select_links(counters_.links, rows);
  std::fill(found.begin(), found.end(), Label{});
  if (open.ids.empty()) return;
  const PlaceLists lists(network_.attached(), open, 1, Reading::places, {context.n_threads, nullptr});
  std::vector<Label> list, first(lists.n_kept()), second(lists.n_kept());
  for (std::size_t i = 0; i < places.size(); ++i) {
    lists.find(places[i].v, list, first, second);
    if (!list.empty()) found[i] = list[0];
  }
}

std::vector<Label> CounterSearch::find_nearest_open(std::span<const PlaceId> places, const ClosedSet& closed,
                                                    const Context& context) const {
  std::vector<Label> found(places.size());
  if (network_.is_crow()) {
    for (std::size_t i = 0; i < places.size(); ++i) found[i] = look_from(places[i], closed);
    return found;
  }
  if (network_.is_transit()) return look_up(places, closed, context);
  // A sweep costs about as much as settling every node once.
  const std::size_t most = network_.network->n_nodes();
  std::atomic<std::size_t> n_settled{0};
  for_blocks(places.size(), 64, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    context.check();
    auto search = searches_.borrow();
    for (std::size_t i = begin; i < end && n_settled <= most; ++i) {
      std::size_t n = 0;
      found[i] = search_from(*search, places[i], closed, n);
      n_settled += n;
    }
  });
  if (n_settled > most) sweep(places, closed, found, context);
  return found;
}

}  // namespace maillage
