// Shortest paths by Dijkstra's algorithm: one to many, and the k nearest of many sources.
//
// These are the plain forms that every faster method is held equal to; they stay in the product.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/csr.h"
#include "engine/id.h"
#include "engine/parallel.h"
#include "engine/graph.h"
#include "engine/units.h"

namespace maillage {

// What to do after a node is settled.
enum class Step : std::uint8_t { go_on, prune, stop };

// One search at a time over graphs of `n_nodes`; keeps its memory between searches, so a bounded
// search costs only what it touches. Not shared between threads.
class Dijkstra {
 public:
  explicit Dijkstra(std::size_t n_nodes) : time_(n_nodes, unreachable()) {}

  // Settles nodes in order of time (equal times in any order) and calls `settle(node, time)` once
  // for each; `prune` does not leave that node, `stop` ends the search.
  template <class Settle>
  void run(const ArcLists& graph, std::span<const LinkEnd> sources, Settle&& settle) {
    for (NodeId n : touched_) time_[n.v] = unreachable();
    touched_.clear();
    heap_.clear();
    for (const LinkEnd& s : sources) relax(s.node, s.time);
    while (!heap_.empty()) {
      const Item item = pop();
      if (item.time != time_[item.node.v]) continue;  // a shorter way was found meanwhile
      const Step step = settle(item.node, item.time);
      if (step == Step::stop) return;
      if (step == Step::prune) continue;
      for (const Arc& arc : graph[item.node.v]) relax(arc.head, item.time + arc.time);
    }
  }

 private:
  struct Item {
    Duration time;
    NodeId node;
  };

  void relax(NodeId node, Duration time) {
    Duration& known = time_[node.v];
    if (!(time < known)) return;
    if (!known.is_reachable()) touched_.push_back(node);
    known = time;
    heap_.push_back({time, node});
    std::size_t i = heap_.size() - 1;
    while (i > 0) {
      const std::size_t up = (i - 1) / 4;
      if (!(heap_[i].time < heap_[up].time)) break;
      std::swap(heap_[i], heap_[up]);
      i = up;
    }
  }

  Item pop() {
    const Item top = heap_.front();
    const Item last = heap_.back();
    heap_.pop_back();
    std::size_t i = 0;
    const std::size_t n = heap_.size();
    while (n > 0) {
      std::size_t best = 4 * i + 1;
      if (best >= n) break;
      for (std::size_t c = best + 1; c < n && c <= 4 * i + 4; ++c)
        if (heap_[c].time < heap_[best].time) best = c;
      if (!(heap_[best].time < last.time)) break;
      heap_[i] = heap_[best];
      i = best;
    }
    if (n > 0) heap_[i] = last;
    return top;
  }

  std::vector<Duration> time_;
  std::vector<NodeId> touched_;
  std::vector<Item> heap_;
};

// Times from the sources to every node (n_nodes); unreachable where no path leads.
std::vector<Duration> find_times_from(const ArcLists& graph, std::span<const LinkEnd> sources);

// A counter and the time to it. Ordered by time, then by counter.
struct Label {
  Duration time = unreachable();
  CounterId counter;
  friend constexpr auto operator<=>(const Label&, const Label&) = default;
};

// The k nearest distinct counters of every node: row v holds count[v] labels in order, then absent ones.
struct NodeLabels {
  int k = 0;
  std::vector<Label> labels;         // n_nodes x k
  std::vector<std::uint8_t> count;   // n_nodes

  std::span<const Label> operator[](NodeId node) const {
    return {labels.data() + static_cast<std::size_t>(node.v) * k, count[node.v]};
  }
};

// k-label Dijkstra from all counters at once. `entries` row c holds where counter `counters[c]` is
// entered; `reversed` is the graph of arcs against their direction. Exact; equal times are ordered
// by counter. 1 <= k <= 255.
NodeLabels find_k_nearest(const ArcLists& reversed, std::span<const CounterId> counters,
                          const Ragged<LinkEnd>& entries, int k, const Context& context = {});

}  // namespace maillage
