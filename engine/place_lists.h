// The k nearest counters of every place, found anew: from the labels of the network's nodes to lists.
//
// Labels of nodes come from two sweeps over a hierarchy or, without one, from the k-label Dijkstra that
// the sweeps are held equal to. A place takes the labels of the nodes where it leaves the network (or
// is come to), later by the way there, and counters that stand on its own edge.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/dijkstra.h"
#include "engine/hierarchy.h"
#include "engine/id.h"
#include "engine/label_lines.h"
#include "engine/links.h"
#include "engine/parallel.h"
#include "engine/road_network.h"
#include "engine/sweep.h"

namespace maillage {

// Which places stand inside an edge; sorted.
using PlacesOnEdges = Buffer<std::pair<EdgeId, PlaceId>>;
PlacesOnEdges find_places_on_edges(const Links& places);

// Places on a network, how to search from them, and which way trips go.
struct AttachedPlaces {
  const RoadNetwork& network;
  const Links& places;
  const Hierarchy* hierarchy = nullptr;  // null: plain searches
  Direction direction = Direction::to_counters;
  const PlacesOnEdges* on_edge = nullptr;  // null: they are looked for
};

// The counters of one service and level on one network. Row order is counter order.
struct CounterSet {
  Buffer<CounterId> ids;  // ascending
  Links links;            // row i: counter ids[i]
};

// Rows of links that stand inside an edge, by edge.
std::vector<std::pair<EdgeId, std::uint32_t>> find_rows_on_edges(const Links& links);

// Calls `visit(value)` for every pair with that key.
template <class Rows, class Key, class Visit>
void visit_equal(const Rows& sorted, Key key, Visit&& visit) {
  auto it = std::lower_bound(sorted.begin(), sorted.end(), key, [](const auto& a, Key k) { return a.first < k; });
  for (; it != sorted.end() && it->first == key; ++it) visit(it->second);
}

// Leaves the best label of each counter, in order, at most `k` of them.
void keep_best(std::vector<Label>& labels, int k);

// Time between two attached points along one and the same edge.
Duration find_shared_edge_time(const RoadNetwork& network, const Links& from, std::size_t i, const Links& to, std::size_t j);

// What will be read of the labels: those of places alone, or of any node.
enum class Reading : std::uint8_t { places, nodes };

// Finds the lists of places; `attached` and `counters` outlive it.
class PlaceLists {
 public:
  PlaceLists(const AttachedPlaces& attached, const CounterSet& counters, int k, Reading reading = Reading::places,
             const Context& context = {});

  // Hands the list of every place to `write(place, list)`, several threads at once.
  using Write = std::function<void(std::size_t, std::span<const Label>)>;
  void visit(const Write& write, const Context& context = {}) const;

  // The same for k <= 8, a block of places at a time: `write(begin, end, lines)`, a line each. Lines may
  // hold more than k labels.
  using WriteLines = std::function<void(std::size_t, std::size_t, const LabelLine*)>;
  void visit_lines(const WriteLines& write, const Context& context = {}) const;

  // The list of one place; `list` is written over, `buffers` have room for the labels of a node each.
  void find(std::size_t place, std::vector<Label>& list, std::span<Label> first, std::span<Label> second) const;

  // The labels of a node (with Reading::nodes); `buffer` has `n_kept` labels.
  std::span<const Label> read_node(NodeId node, std::span<Label> buffer) const;
  std::size_t n_kept() const;

 private:
  // Lines of the places `begin` to `end`.
  void find_lines(std::size_t begin, std::size_t end, LabelLine* lines) const;
  // The label of a counter that stands on the edge of a place.
  Label find_shared(std::size_t place, std::uint32_t row) const;

  AttachedPlaces attached_;
  const CounterSet& counters_;
  int k_;
  SweptLabels swept_;      // with a hierarchy
  NodeLabels searched_;    // without
  std::vector<std::pair<PlaceId, std::uint32_t>> shared_;  // sorted: place -> rows of counters on its edge
};

}  // namespace maillage
