#include "engine/nearest.h"

#include <algorithm>
#include <optional>

namespace maillage {
namespace {

bool contains(std::span<const CounterId> sorted, CounterId id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

// Leaves the best label of each counter, in order, at most `k` of them.
void keep_best(std::vector<Label>& labels, int k) {
  std::sort(labels.begin(), labels.end());
  std::size_t n = 0;
  for (std::size_t i = 0; i < labels.size() && n < static_cast<std::size_t>(k); ++i) {
    bool listed = false;
    for (std::size_t j = 0; j < n && !listed; ++j) listed = labels[j].counter == labels[i].counter;
    if (!listed && labels[i].time.is_reachable()) labels[n++] = labels[i];
  }
  labels.resize(n);
}

// Time between two attached points along one and the same edge.
Duration find_shared_edge_time(const RoadNetwork& net, const Links& from, std::size_t i, const Links& to, std::size_t j) {
  return find_direct_time(net, from.position[i], to.position[j]) + from.access[i] + to.access[j];
}

std::vector<std::pair<EdgeId, std::uint32_t>> find_rows_on_edges(const Links& links) {
  std::vector<std::pair<EdgeId, std::uint32_t>> rows;
  for (std::uint32_t i = 0; i < links.n_points(); ++i)
    if (!links.position[i].edge.is_none()) rows.emplace_back(links.position[i].edge, i);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::pair<NodeId, Label>> find_entered_at(const CounterSet& set) {
  std::vector<std::pair<NodeId, Label>> rows;
  for (std::size_t i = 0; i < set.ids.size(); ++i)
    for (const LinkEnd& end : set.links.entries[i]) rows.emplace_back(end.node, Label{end.time, set.ids[i]});
  std::sort(rows.begin(), rows.end());
  return rows;
}

template <class Key, class Value, class Visit>
void visit_equal(const std::vector<std::pair<Key, Value>>& sorted, Key key, Visit&& visit) {
  auto it = std::lower_bound(sorted.begin(), sorted.end(), key, [](const auto& a, Key k) { return a.first < k; });
  for (; it != sorted.end() && it->first == key; ++it) visit(it->second);
}

}  // namespace

PlaceFinder build_place_finder(const RoadNetwork& network, const Links& places) {
  std::vector<std::pair<std::uint32_t, std::pair<PlaceId, Duration>>> exits;
  PlaceFinder finder;
  for (std::size_t p = 0; p < places.n_points(); ++p) {
    for (const LinkEnd& end : places.exits[p]) exits.emplace_back(end.node.v, std::pair(PlaceId(p), end.time));
    if (!places.position[p].edge.is_none()) finder.on_edge.emplace_back(places.position[p].edge, PlaceId(p));
  }
  finder.at_node = build_ragged<std::pair<PlaceId, Duration>>(network.n_nodes(), exits);
  std::sort(finder.on_edge.begin(), finder.on_edge.end());
  return finder;
}

NearestIndex build_nearest_index(const RoadNetwork& network, const Links& places, CounterSet counters, int k,
                                 const Context& context) {
  const NodeLabels at_nodes = find_k_nearest(network.in, counters.ids, counters.links.entries, k, context);
  NearestIndex out;
  out.k = k;
  out.n_places = places.n_points();
  out.labels.assign(out.n_places * static_cast<std::size_t>(k), Label{});
  out.count.assign(out.n_places, 0);
  out.counters = std::move(counters);
  out.on_edge = find_rows_on_edges(out.counters.links);
  out.entered_at = find_entered_at(out.counters);
  out.node_radius.resize(network.n_nodes());
  for (std::size_t v = 0; v < network.n_nodes(); ++v) {
    const auto labels = at_nodes[NodeId(v)];
    out.node_radius[v] = labels.size() == static_cast<std::size_t>(k) ? labels.back().time : unreachable();
  }
  context.begin("listing counters of places", out.n_places);
  for_blocks(out.n_places, 4096, context, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> found;
    for (std::size_t p = begin; p < end; ++p) {
      found.clear();
      for (const LinkEnd& exit : places.exits[p])
        for (const Label& l : at_nodes[exit.node]) found.push_back({l.time + exit.time, l.counter});
      if (!places.position[p].edge.is_none())
        visit_equal(out.on_edge, places.position[p].edge, [&](std::uint32_t row) {
          found.push_back({find_shared_edge_time(network, places, p, out.counters.links, row), out.counters.ids[row]});
        });
      keep_best(found, k);
      std::copy(found.begin(), found.end(), out.labels.begin() + static_cast<std::ptrdiff_t>(p * k));
      out.count[p] = static_cast<std::uint8_t>(found.size());
    }
  });
  std::vector<std::pair<std::uint32_t, PlaceId>> listed;
  for (std::size_t p = 0; p < out.n_places; ++p) {
    for (const Label& l : out[PlaceId(p)]) {
      const auto row = std::lower_bound(out.counters.ids.begin(), out.counters.ids.end(), l.counter);
      listed.emplace_back(static_cast<std::uint32_t>(row - out.counters.ids.begin()), PlaceId(p));
    }
  }
  out.places_of = build_ragged<PlaceId>(out.counters.ids.size(), listed);
  return out;
}

std::span<const Label> NearestView::operator[](PlaceId p) const {
  const auto it = std::lower_bound(touched_.begin(), touched_.end(), p);
  if (it != touched_.end() && *it == p) return lists_[static_cast<std::size_t>(it - touched_.begin())];
  return (*base_)[p];
}

// One change laid over one baseline.
class NearestUpdate {
 public:
  NearestUpdate(std::shared_ptr<const NearestIndex> base, const RoadNetwork& network, const Links& places,
                const CounterChange& change)
      : base_(std::move(base)), network_(network), places_(places), change_(change) {}

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
      const auto places = base_->places_of[static_cast<std::size_t>(row - ids.begin())];
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

  void repair(const Context& context) {
    if (dry_.empty()) return;
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
  const RoadNetwork& network_;
  const Links& places_;
  const CounterChange& change_;
  std::vector<PlaceId> touched_;
  std::vector<std::pair<PlaceId, Label>> reached_;
  std::vector<std::vector<Label>> lists_;
  std::vector<std::size_t> dry_;  // rows of lists_ to find anew
};

NearestView update_nearest(std::shared_ptr<const NearestIndex> base, const RoadNetwork& network, const Links& places,
                           const PlaceFinder& finder, const CounterChange& change, int n_needed,
                           const Context& context) {
  return NearestUpdate(std::move(base), network, places, change).build(finder, n_needed, context);
}

}  // namespace maillage
