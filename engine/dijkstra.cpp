#include "engine/dijkstra.h"

#include <algorithm>
#include <cassert>

namespace maillage {
namespace {

struct Item {
  Label label;
  NodeId node;
};
struct Later {
  bool operator()(const Item& a, const Item& b) const { return b.label < a.label; }
};

}  // namespace

std::vector<Duration> find_times_from(const ArcLists& graph, std::span<const LinkEnd> sources) {
  std::vector<Duration> times(graph.n_rows(), unreachable());
  Dijkstra search(graph.n_rows());
  search.run(graph, sources, [&](NodeId node, Duration time) {
    times[node.v] = time;
    return Step::go_on;
  });
  return times;
}

NodeLabels find_k_nearest(const ArcLists& reversed, std::span<const CounterId> counters,
                          const Ragged<LinkEnd>& entries, int k, const Context& context) {
  assert(k >= 1 && k <= 255 && counters.size() == entries.n_rows());
  const std::size_t n = reversed.n_rows();
  context.begin("finding the nearest counters", n * static_cast<std::size_t>(k));
  NodeLabels out;
  out.k = k;
  out.labels.assign(n * static_cast<std::size_t>(k), Label{});
  out.count.assign(n, 0);

  auto is_listed = [&](NodeId node, CounterId counter) {
    for (const Label& l : out[node])
      if (l.counter == counter) return true;
    return false;
  };
  std::vector<Item> heap;
  auto push = [&](NodeId node, Label label) {
    if (!label.time.is_reachable() || out.count[node.v] == k || is_listed(node, label.counter)) return;
    heap.push_back({label, node});
    std::push_heap(heap.begin(), heap.end(), Later());
  };
  for (std::size_t c = 0; c < counters.size(); ++c)
    for (const LinkEnd& end : entries[c]) push(end.node, {end.time, counters[c]});

  std::size_t settled = 0;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), Later());
    const Item item = heap.back();
    heap.pop_back();
    if (out.count[item.node.v] == k || is_listed(item.node, item.label.counter)) continue;
    out.labels[static_cast<std::size_t>(item.node.v) * k + out.count[item.node.v]++] = item.label;
    for (const Arc& arc : reversed[item.node.v]) push(arc.head, {item.label.time + arc.time, item.label.counter});
    if (++settled % 65536 == 0) {
      context.check();
      context.advance(65536);
    }
  }
  return out;
}

}  // namespace maillage
