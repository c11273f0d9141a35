#include "engine/nearest.h"

#include <algorithm>
#include <array>

#include "engine/sweep.h"

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

namespace {

// The labels of nodes, however they were found.
class FoundLabels {
 public:
  FoundLabels(const AttachedPlaces& attached, const CounterSet& counters, int k, const Context& context)
      : hierarchy_(attached.hierarchy) {
    if (hierarchy_)
      swept_ = sweep_k_nearest(*hierarchy_, counters.ids, counters.links.entries, k, context);
    else
      searched_ = find_k_nearest(attached.network.in, counters.ids, counters.links.entries, k, context);
  }

  // `buffer` has room for the labels of one node.
  std::span<const Label> read(NodeId node, std::span<Label> buffer) const {
    return hierarchy_ ? swept_.read(hierarchy_->rank_of[node.v], buffer) : searched_[node];
  }
  std::size_t n_buffered() const { return hierarchy_ ? static_cast<std::size_t>(swept_.k()) : 0; }

 private:
  const Hierarchy* hierarchy_;
  SweptLabels swept_;
  NodeLabels searched_;
};

// Both lists are in order and name a counter once; `out` gets the k best of the two, each counter once.
void merge_lists(std::span<const Label> a, Duration after_a, std::span<const Label> b, Duration after_b, std::size_t k,
                 std::vector<Label>& out) {
  out.clear();
  std::size_t i = 0, j = 0;
  while (out.size() < k && (i < a.size() || j < b.size())) {
    const Label x = i < a.size() ? Label{a[i].time + after_a, a[i].counter} : Label{};
    const Label y = j < b.size() ? Label{b[j].time + after_b, b[j].counter} : Label{};
    const Label& best = j == b.size() || (i < a.size() && x < y) ? x : y;
    (&best == &x ? i : j) += 1;
    if (!best.time.is_reachable()) continue;
    bool listed = false;
    for (const Label& l : out) listed |= l.counter == best.counter;
    if (!listed) out.push_back(best);
  }
}

using WriteList = std::function<void(std::size_t, std::span<const Label>)>;

// Lists of places from the labels of the nodes where they leave the network.
void list_places(const FoundLabels& labels, const AttachedPlaces& attached, const CounterSet& counters, int k,
                 const WriteList& write, const Context& context) {
  const auto on_edge = find_rows_on_edges(counters.links);
  const Links& places = attached.places;
  context.begin("listing counters of places", places.n_points());
  for_blocks(places.n_points(), 4096, context, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> list, first(labels.n_buffered()), second(labels.n_buffered());
    for (std::size_t p = begin; p < end; ++p) {
      const auto exits = places.exits[p];
      if (exits.empty()) {
        list.clear();
      } else if (exits.size() <= 2) {
        const LinkEnd& last = exits.back();
        const auto other = exits.size() == 2 ? labels.read(last.node, second) : std::span<const Label>();
        merge_lists(labels.read(exits[0].node, first), exits[0].time, other, last.time, static_cast<std::size_t>(k), list);
      } else {
        list.clear();
        for (const LinkEnd& exit : exits)
          for (const Label& l : labels.read(exit.node, first)) list.push_back({l.time + exit.time, l.counter});
        keep_best(list, k);
      }
      if (!on_edge.empty() && !places.position[p].edge.is_none()) {
        const std::size_t before = list.size();
        visit_equal(on_edge, places.position[p].edge, [&](std::uint32_t row) {
          list.push_back({find_shared_edge_time(attached.network, places, p, counters.links, row), counters.ids[row]});
        });
        if (list.size() > before) keep_best(list, k);
      }
      write(p, list);
    }
  });
}

// Counter row -> places that list it.
Ragged<PlaceId> find_places_of(const NearestIndex& index) {
  const std::vector<CounterId>& ids = index.counters.ids;
  std::vector<std::uint32_t> row_of(ids.empty() ? 0 : ids.back().v + 1);
  for (std::uint32_t i = 0; i < ids.size(); ++i) row_of[ids[i].v] = i;
  Ragged<PlaceId> out;
  out.offset.assign(ids.size() + 1, 0);
  auto visit = [&](auto&& use) {
    for (std::size_t p = 0; p < index.n_places; ++p)
      for (const Label& l : index[PlaceId(p)]) use(row_of[l.counter.v], PlaceId(p));
  };
  visit([&](std::uint32_t row, PlaceId) { ++out.offset[row + 1]; });
  for (std::size_t i = 0; i < ids.size(); ++i) out.offset[i + 1] += out.offset[i];
  out.values.resize(out.offset.back());
  std::vector<std::uint32_t> next(out.offset.begin(), out.offset.end() - 1);
  visit([&](std::uint32_t row, PlaceId p) { out.values[next[row]++] = p; });
  return out;
}

}  // namespace

void visit_nearest(const AttachedPlaces& attached, const CounterSet& counters, int k, const WriteList& write,
                   const Context& context) {
  list_places(FoundLabels(attached, counters, k, context), attached, counters, k, write, context);
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
  const FoundLabels labels(attached, out.counters, k, context);
  auto write = [&](std::size_t p, std::span<const Label> list) {
    std::copy(list.begin(), list.end(), out.labels.begin() + static_cast<std::ptrdiff_t>(p * static_cast<std::size_t>(k)));
    out.count[p] = static_cast<std::uint8_t>(list.size());
  };
  list_places(labels, attached, out.counters, k, write, context);

  out.node_radius.resize(attached.network.n_nodes());
  for_blocks(attached.network.n_nodes(), 65536, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> buffer(labels.n_buffered());
    for (std::size_t v = begin; v < end; ++v) {
      const auto list = labels.read(NodeId(v), buffer);
      out.node_radius[v] = list.size() >= static_cast<std::size_t>(k) ? list[static_cast<std::size_t>(k) - 1].time : unreachable();
    }
  });
  out.places_of = find_places_of(out);
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
  NearestUpdate(std::shared_ptr<const NearestIndex> base, const AttachedPlaces& attached, const CounterChange& change)
      : base_(std::move(base)), network_(attached.network), places_(attached.places), change_(change) {}

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

NearestView update_nearest(std::shared_ptr<const NearestIndex> base, const AttachedPlaces& attached,
                           const PlaceFinder& finder, const CounterChange& change, int n_needed,
                           const Context& context) {
  return NearestUpdate(std::move(base), attached, change).build(finder, n_needed, context);
}

}  // namespace maillage
