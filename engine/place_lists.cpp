#include "engine/place_lists.h"

#include <algorithm>
#include <cassert>

namespace maillage {
namespace {

constexpr std::size_t kBlock = 1024;  // places of one task
constexpr std::size_t kAtOnce = 128;  // places; their lines fit the first-level cache

const Ragged<LinkEnd>& ends_of_places(const AttachedPlaces& attached) {
  return attached.direction == Direction::to_counters ? attached.places.exits : attached.places.entries;
}

const Ragged<LinkEnd>& ends_of_counters(const Links& counters, Direction direction) {
  return direction == Direction::to_counters ? counters.entries : counters.exits;
}

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

// Places that stand on one edge with counters: sorted pairs of place and row of the counter.
std::vector<std::pair<PlaceId, std::uint32_t>> find_shared_edges(const AttachedPlaces& attached, const Links& counters) {
  const auto rows = find_rows_on_edges(counters);
  std::vector<std::pair<PlaceId, std::uint32_t>> shared;
  if (rows.empty()) return shared;
  if (attached.on_edge) {
    for (const auto& [edge, row] : rows)
      visit_equal(*attached.on_edge, edge, [&](PlaceId p) { shared.emplace_back(p, row); });
    std::sort(shared.begin(), shared.end());
    return shared;
  }
  std::vector<std::uint64_t> has_counter(attached.network.n_edges() / 64 + 1, 0);  // a bit an edge
  for (const auto& [edge, row] : rows) has_counter[edge.v / 64] |= std::uint64_t{1} << (edge.v % 64);
  for (std::size_t p = 0; p < attached.places.n_points(); ++p) {
    const EdgeId edge = attached.places.position[p].edge;
    if (edge.is_none() || !(has_counter[edge.v / 64] >> (edge.v % 64) & 1)) continue;
    visit_equal(rows, edge, [&](std::uint32_t row) { shared.emplace_back(PlaceId(p), row); });
  }
  return shared;
}

void to_line(std::span<const Label> list, LabelLine& line) {
  for (std::size_t i = 0; i < LabelLine::kWidth; ++i) {
    const Label label = i < list.size() ? list[i] : Label{};
    line.time[i] = label.time.ms;
    line.counter[i] = label.counter.v;
  }
}

}  // namespace

PlacesOnEdges find_places_on_edges(const Links& places) {
  PlacesOnEdges on_edge;
  for (std::size_t p = 0; p < places.n_points(); ++p)
    if (!places.position[p].edge.is_none()) on_edge.emplace_back(places.position[p].edge, PlaceId(p));
  std::sort(on_edge.begin(), on_edge.end());
  return on_edge;
}

std::vector<std::pair<EdgeId, std::uint32_t>> find_rows_on_edges(const Links& links) {
  std::vector<std::pair<EdgeId, std::uint32_t>> rows;
  for (std::uint32_t i = 0; i < links.n_points(); ++i)
    if (!links.position[i].edge.is_none()) rows.emplace_back(links.position[i].edge, i);
  std::sort(rows.begin(), rows.end());
  return rows;
}

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

Duration find_shared_edge_time(const RoadNetwork& net, const Links& from, std::size_t i, const Links& to, std::size_t j) {
  return find_direct_time(net, from.position[i], to.position[j]) + from.access[i] + to.access[j];
}

PlaceLists::PlaceLists(const AttachedPlaces& attached, const CounterSet& counters, int k, Reading reading,
                       const Context& context)
    : attached_(attached), counters_(counters), k_(k), shared_(find_shared_edges(attached, counters.links)) {
  const Ragged<LinkEnd>& ends = ends_of_counters(counters.links, attached.direction);
  if (attached.hierarchy)
    swept_ = sweep_k_nearest(*attached.hierarchy, counters.ids, ends, k,
                             {attached.direction, reading == Reading::places ? &ends_of_places(attached) : nullptr}, context);
  else
    searched_ = find_k_nearest(attached.direction == Direction::to_counters ? attached.network.in : attached.network.out,
                               counters.ids, ends, k, context);
}

std::span<const Label> PlaceLists::read_node(NodeId node, std::span<Label> buffer) const {
  return attached_.hierarchy ? swept_.read(attached_.hierarchy->rank_of[node.v], buffer) : searched_[node];
}

std::size_t PlaceLists::n_kept() const {
  return static_cast<std::size_t>(attached_.hierarchy ? swept_.n_kept() : k_);
}

Label PlaceLists::find_shared(std::size_t p, std::uint32_t row) const {
  const Links& places = attached_.places;
  const Duration time = attached_.direction == Direction::to_counters
                            ? find_shared_edge_time(attached_.network, places, p, counters_.links, row)
                            : find_shared_edge_time(attached_.network, counters_.links, row, places, p);
  return {time, counters_.ids[row]};
}

void PlaceLists::find(std::size_t p, std::vector<Label>& list, std::span<Label> first, std::span<Label> second) const {
  const auto ends = ends_of_places(attached_)[p];
  list.clear();
  if (ends.empty()) return;
  if (ends.size() <= 2) {
    const LinkEnd& last = ends.back();
    const auto other = ends.size() == 2 ? read_node(last.node, second) : std::span<const Label>();
    merge_lists(read_node(ends[0].node, first), ends[0].time, other, last.time, static_cast<std::size_t>(k_), list);
  } else {
    for (const LinkEnd& end : ends)
      for (const Label& l : read_node(end.node, first)) list.push_back({l.time + end.time, l.counter});
    keep_best(list, k_);
  }
  const std::size_t n = list.size();
  visit_equal(shared_, PlaceId(p), [&](std::uint32_t row) { list.push_back(find_shared(p, row)); });
  if (list.size() > n) keep_best(list, k_);
}

void PlaceLists::find_lines(std::size_t begin, std::size_t end, LabelLine* lines) const {
  if (!swept_.has_lines()) {
    std::vector<Label> list, first(n_kept()), second(n_kept());
    for (std::size_t p = begin; p < end; ++p) {
      find(p, list, first, second);
      to_line(list, lines[p - begin]);
    }
    return;
  }
  swept_.find_lines(*attached_.hierarchy, ends_of_places(attached_), begin, end, lines);
  auto shared = std::lower_bound(shared_.begin(), shared_.end(), std::pair(PlaceId(begin), 0u));
  for (; shared != shared_.end() && shared->first.v < end; ++shared) {
    const Label label = find_shared(shared->first.v, shared->second);
    add_label(lines[shared->first.v - begin], label.time, label.counter.v);
  }
}

void PlaceLists::visit_lines(const WriteLines& write, const Context& context) const {
  assert(k_ <= LabelLine::kWidth);
  const std::size_t n = attached_.places.n_points();
  context.begin("listing counters of places", n);
  for_blocks(n, kBlock, context, [&](std::size_t first, std::size_t last) {
    LabelLine lines[kAtOnce];
    for (std::size_t begin = first; begin < last; begin += kAtOnce) {
      const std::size_t end = std::min(last, begin + kAtOnce);
      find_lines(begin, end, lines);
      write(begin, end, lines);
    }
  });
}

void PlaceLists::visit(const Write& write, const Context& context) const {
  if (swept_.has_lines()) {
    visit_lines([&](std::size_t begin, std::size_t end, const LabelLine* lines) {
      Label list[LabelLine::kWidth];
      for (std::size_t p = begin; p < end; ++p) {
        const LabelLine& line = lines[p - begin];
        const int n = std::min(line.size(), k_);
        for (int i = 0; i < n; ++i) list[i] = {{line.time[i]}, CounterId(line.counter[i])};
        write(p, {list, static_cast<std::size_t>(n)});
      }
    }, context);
    return;
  }
  const std::size_t n = attached_.places.n_points();
  context.begin("listing counters of places", n);
  for_blocks(n, kBlock, context, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> list, first(n_kept()), second(n_kept());
    for (std::size_t p = begin; p < end; ++p) {
      find(p, list, first, second);
      write(p, list);
    }
  });
}

}  // namespace maillage
