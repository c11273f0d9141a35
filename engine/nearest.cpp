#include "engine/nearest.h"

#include <algorithm>

namespace maillage {
namespace {

// Costs in whole searches over the network, and what share of one finds a counter: see DECISIONS.md.
constexpr double kSweepInSearches = 2;
constexpr double kLabelSearchInSearches = 60;
constexpr double kSettledACounter = 2;

bool contains(std::span<const CounterId> sorted, CounterId id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

std::vector<std::pair<NodeId, Label>> find_entered_at(const CounterSet& set) {
  std::vector<std::pair<NodeId, Label>> rows;
  for (std::size_t i = 0; i < set.ids.size(); ++i)
    for (const LinkEnd& end : set.links.entries[i]) rows.emplace_back(end.node, Label{end.time, set.ids[i]});
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

PlaceFinder build_place_finder(const RoadNetwork& network, const Links& places) {
  std::vector<std::pair<std::uint32_t, std::pair<PlaceId, Duration>>> exits;
  PlaceFinder finder;
  for (std::size_t p = 0; p < places.n_points(); ++p)
    for (const LinkEnd& end : places.exits[p]) exits.emplace_back(end.node.v, std::pair(PlaceId(p), end.time));
  finder.at_node = build_ragged<std::pair<PlaceId, Duration>>(network.n_nodes(), exits);
  finder.on_edge = find_places_on_edges(places);
  return finder;
}

Ragged<std::uint32_t> find_blocks_of(const NearestIndex& index) {
  const Buffer<CounterId>& ids = index.counters.ids;
  std::vector<std::uint32_t> row_of(ids.empty() ? 0 : ids.back().v + 1);
  for (std::uint32_t i = 0; i < ids.size(); ++i) row_of[ids[i].v] = i;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;  // row, block
  std::vector<std::size_t> last(ids.size(), index.n_places);   // the block a row was last seen in
  for (std::size_t p = 0; p < index.n_places; ++p) {
    const std::size_t block = p / NearestIndex::kPlacesInBlock;
    for (const Label& l : index[PlaceId(p)]) {
      const std::uint32_t row = row_of[l.counter.v];
      if (last[row] == block) continue;
      last[row] = block;
      pairs.emplace_back(row, static_cast<std::uint32_t>(block));
    }
  }
  return build_ragged<std::uint32_t>(ids.size(), pairs);
}

NearestIndex build_nearest_index(const AttachedPlaces& attached, CounterSet counters, int k, const Context& context) {
  NearestIndex out;
  out.k = k;
  out.n_places = attached.places.n_points();
  out.labels.resize(out.n_places * static_cast<std::size_t>(k));
  out.count.resize(out.n_places);
  out.counters = std::move(counters);
  out.on_edge = find_rows_on_edges(out.counters.links);
  out.entered_at = find_entered_at(out.counters);
  const PlaceLists lists(attached, out.counters, k, Reading::nodes, context);
  lists.visit([&](std::size_t p, std::span<const Label> list) {
    std::copy(list.begin(), list.end(), out.labels.begin() + static_cast<std::ptrdiff_t>(p * static_cast<std::size_t>(k)));
    out.count[p] = static_cast<std::uint8_t>(list.size());
  }, context);

  if (attached.direction == Direction::from_counters) return out;
  out.node_radius.resize(attached.network.n_nodes());
  for_blocks(attached.network.n_nodes(), 65536, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> buffer(lists.n_kept());
    for (std::size_t v = begin; v < end; ++v) {
      const auto list = lists.read_node(NodeId(v), buffer);
      out.node_radius[v] = list.size() >= static_cast<std::size_t>(k) ? list[static_cast<std::size_t>(k) - 1].time : unreachable();
    }
  });
  out.blocks_of = find_blocks_of(out);
  return out;
}

std::vector<PlaceId> NearestIndex::find_places_of(std::size_t row) const {
  const CounterId id = counters.ids[row];
  std::vector<PlaceId> places;
  for (std::uint32_t block : blocks_of[row]) {
    const std::size_t end = std::min(n_places, (block + 1) * kPlacesInBlock);
    for (std::size_t p = block * kPlacesInBlock; p < end; ++p)
      for (const Label& l : (*this)[PlaceId(p)])
        if (l.counter == id) places.push_back(PlaceId(p));
  }
  return places;
}

std::span<const Label> NearestView::operator[](PlaceId p) const {
  const auto it = std::lower_bound(touched_.begin(), touched_.end(), p);
  if (it != touched_.end() && *it == p) return lists_[static_cast<std::size_t>(it - touched_.begin())];
  return (*base_)[p];
}

// One change laid over one baseline.
class NearestUpdate {
 public:
  NearestUpdate(std::shared_ptr<const NearestIndex> base, const AttachedPlaces& attached, const CounterChange& change)
      : base_(std::move(base)), attached_(attached), network_(attached.network), places_(attached.places),
        change_(change) {}

  NearestView build(const PlaceFinder& finder, int n_needed, const Context& context) {
    find_promoted();
    find_reached(finder, context);
    lay_over(n_needed);
    repair(context);
    NearestView view(base_);
    view.touched_ = touched_;
    for (const std::vector<Label>& list : lists_) view.lists_.push_row(list);
    return view;
  }

 private:
  // Places that list a counter which closes.
  void find_promoted() {
    for (CounterId id : change_.closed) {
      const auto& ids = base_->counters.ids;
      const auto row = std::lower_bound(ids.begin(), ids.end(), id);
      if (row == ids.end() || *row != id) continue;
      const auto places = base_->find_places_of(static_cast<std::size_t>(row - ids.begin()));
      touched_.insert(touched_.end(), places.begin(), places.end());
    }
  }

  // Places whose list an opened counter enters. A search goes no further than where k counters of
  // the baseline are nearer: their lists, once counters close, are repaired by their own search.
  void find_reached(const PlaceFinder& finder, const Context& context) {
    if (change_.opened.ids.empty()) return;
    Dijkstra search(network_.n_nodes());
    for (std::size_t i = 0; i < change_.opened.ids.size(); ++i) {
      context.check();
      const CounterId id = change_.opened.ids[i];
      const Links& links = change_.opened.links;
      auto offer = [&](PlaceId p, Duration time) {
        const Label label{time, id};
        if (time.is_reachable() && is_placed(p, label)) reached_.emplace_back(p, label);
      };
      search.run(network_.in, links.entries[i], [&](NodeId node, Duration time) {
        if (time > base_->node_radius[node.v]) return Step::prune;
        for (const auto& [p, exit] : finder.at_node[node.v]) offer(p, time + exit);
        return Step::go_on;
      });
      if (!links.position[i].edge.is_none())
        visit_equal(finder.on_edge, links.position[i].edge, [&](PlaceId p) {
          offer(p, find_shared_edge_time(network_, places_, p.v, links, i));
        });
    }
    std::sort(reached_.begin(), reached_.end());
    for (const auto& [p, label] : reached_) touched_.push_back(p);
  }

  bool is_full(PlaceId p) const { return base_->count[p.v] == base_->k; }

  // Beyond the last label of a full list stand counters that it does not name.
  bool is_placed(PlaceId p, const Label& label) const { return !is_full(p) || label < (*base_)[p].back(); }

  void lay_over(int n_needed) {
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    lists_.resize(touched_.size());
    auto next = reached_.begin();
    for (std::size_t i = 0; i < touched_.size(); ++i) {
      const PlaceId p = touched_[i];
      std::vector<Label>& list = lists_[i];
      for (const Label& l : (*base_)[p])
        if (!contains(change_.closed, l.counter)) list.push_back(l);
      for (; next != reached_.end() && next->first == p; ++next) list.push_back(next->second);
      keep_best(list, base_->k);
      if (is_full(p) && list.size() < static_cast<std::size_t>(n_needed)) dry_.push_back(i);
    }
  }

  // Searches from dry places cost what they settle, a share of the nodes that grows as counters get rare; one
  // sweep finds the lists of all places for what a few whole searches cost.
  bool is_sweep_cheaper() const {
    const std::size_t n_open = base_->counters.ids.size() - std::min(base_->counters.ids.size(), change_.closed.size()) +
                               change_.opened.ids.size();
    const double share = std::min(1.0, kSettledACounter * base_->k / static_cast<double>(std::max<std::size_t>(n_open, 1)));
    return static_cast<double>(dry_.size()) * share > (attached_.hierarchy ? kSweepInSearches : kLabelSearchInSearches);
  }

  // The counters after the change.
  CounterSet build_open_set() const {
    const Buffer<CounterId>& before = base_->counters.ids;
    std::vector<std::pair<CounterId, std::uint32_t>> rows;
    for (std::uint32_t i = 0; i < before.size(); ++i)
      if (!contains(change_.closed, before[i])) rows.emplace_back(before[i], i);
    for (std::size_t i = 0; i < change_.opened.ids.size(); ++i)
      rows.emplace_back(change_.opened.ids[i], static_cast<std::uint32_t>(before.size() + i));
    std::sort(rows.begin(), rows.end());
    CounterSet open;
    std::vector<std::uint32_t> links;
    for (const auto& [id, row] : rows) {
      open.ids.push_back(id);
      links.push_back(row);
    }
    open.links = select_links(join_links(base_->counters.links, change_.opened.links), links);
    return open;
  }

  void repair_by_sweep(const Context& context) {
    const CounterSet open = build_open_set();
    const PlaceLists lists(attached_, open, base_->k, Reading::places, context);
    context.begin("repairing lists", dry_.size());
    for_blocks(dry_.size(), 1024, context, [&](std::size_t begin, std::size_t end) {
      std::vector<Label> first(lists.n_kept()), second(lists.n_kept());
      for (std::size_t i = begin; i < end; ++i) lists.find(touched_[dry_[i]].v, lists_[dry_[i]], first, second);
    });
  }

  void repair(const Context& context) {
    if (dry_.empty()) return;
    if (is_sweep_cheaper()) {
      repair_by_sweep(context);
      return;
    }
    const auto opened_at = find_entered_at(change_.opened);
    const auto opened_on = find_rows_on_edges(change_.opened.links);
    Pool<Dijkstra> searches([&] { return std::make_unique<Dijkstra>(network_.n_nodes()); });
    context.begin("repairing lists", dry_.size());
    for_blocks(dry_.size(), 16, context, [&](std::size_t begin, std::size_t end) {
      auto search = searches.borrow();
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t p = touched_[dry_[i]].v;
        std::vector<Label>& found = lists_[dry_[i]];
        found.clear();
        const EdgeId edge = places_.position[p].edge;
        if (!edge.is_none()) {
          visit_equal(base_->on_edge, edge, [&](std::uint32_t row) { offer_shared(p, base_->counters, row, true, found); });
          visit_equal(opened_on, edge, [&](std::uint32_t row) { offer_shared(p, change_.opened, row, false, found); });
        }
        search->run(network_.out, places_.exits[p], [&](NodeId node, Duration time) {
          if (found.size() == static_cast<std::size_t>(base_->k) && time > found.back().time) return Step::stop;
          const std::size_t before = found.size();
          visit_equal(base_->entered_at, node, [&](const Label& l) {
            if (!contains(change_.closed, l.counter)) found.push_back({l.time + time, l.counter});
          });
          visit_equal(opened_at, node, [&](const Label& l) { found.push_back({l.time + time, l.counter}); });
          if (found.size() > before) keep_best(found, base_->k);
          return Step::go_on;
        });
        keep_best(found, base_->k);
      }
    });
  }

  void offer_shared(std::size_t place, const CounterSet& set, std::uint32_t row, bool may_be_closed,
                    std::vector<Label>& found) const {
    if (may_be_closed && contains(change_.closed, set.ids[row])) return;
    found.push_back({find_shared_edge_time(network_, places_, place, set.links, row), set.ids[row]});
    keep_best(found, base_->k);
  }

  std::shared_ptr<const NearestIndex> base_;
  AttachedPlaces attached_;
  const RoadNetwork& network_;
  const Links& places_;
  const CounterChange& change_;
  std::vector<PlaceId> touched_;
  std::vector<std::pair<PlaceId, Label>> reached_;
  std::vector<std::vector<Label>> lists_;
  std::vector<std::size_t> dry_;  // rows of lists_ to find anew
};

NearestView update_nearest(std::shared_ptr<const NearestIndex> base, const AttachedPlaces& attached,
                           const PlaceFinder& finder, const CounterChange& change, int n_needed,
                           const Context& context) {
  return NearestUpdate(std::move(base), attached, change).build(finder, n_needed, context);
}

}  // namespace maillage
