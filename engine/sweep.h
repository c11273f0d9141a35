// The k nearest counters of every node in two linear passes over a hierarchy: no queue, no search.
//
//   up    from the least important node on, every node that holds labels hands them to the more
//         important ends of its incoming arcs: counters reach their ancestors
//   down  from the most important node on, every node merges the lists of the heads of its outgoing
//         arcs into its own
//
// (Trips from counters to points swap incoming and outgoing.) Keeping only k labels a node is safe: k
// better ones stay better all the way down. The result equals `find_k_nearest` label by label (time,
// then counter), for any number of threads.
//
//   k <= 8   a node's list is one cache line, merged by vector instructions where the processor has
//            them (`label_lines`)
//   k > 8    plain rows of k labels
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/block.h"
#include "engine/dijkstra.h"
#include "engine/hierarchy.h"
#include "engine/label_lines.h"

namespace maillage {

// The k nearest counters of every node of a hierarchy, by rank.
class SweptLabels {
 public:
  // Labels kept of a node: k or more.
  int n_kept() const { return n_kept_; }
  std::size_t n_nodes() const { return n_; }

  // The labels of a node, in order, absent ones left out; `buffer` (n_kept labels) may hold them.
  std::span<const Label> read(Rank rank, std::span<Label> buffer) const;

  // Whether lists are lines, so that `find_lines` serves.
  bool has_lines() const { return lines_ != nullptr; }

  // Lists of points that leave the network (or are come to) at their `ends`: rows `begin` to `end` of
  // `ends`, a line each.
  void find_lines(const Hierarchy& hierarchy, const Ragged<LinkEnd>& ends, std::size_t begin, std::size_t end,
                  LabelLine* out) const;

 private:
  friend class Sweep;
  const LabelLine* lines() const { return static_cast<const LabelLine*>(lines_.get()); }

  int n_kept_ = 0;
  std::size_t n_ = 0;
  Block lines_;                // k <= 8: a line a node
  std::vector<Label> labels_;  // k > 8: n x k
};

struct SweepOptions {
  Direction direction = Direction::to_counters;
  // Only these nodes will be read, so only they and their ancestors are swept; all others hold anything.
  // Null: every node.
  const Ragged<LinkEnd>* read_at = nullptr;
};

// As find_k_nearest, on the hierarchy of the same graph; `ends` are nodes of the graph, where counters
// are entered (or left, for trips from them). Counter ids are below 2^31.
SweptLabels sweep_k_nearest(const Hierarchy& hierarchy, std::span<const CounterId> counters, const Ragged<LinkEnd>& ends,
                            int k, const SweepOptions& options = {}, const Context& context = {});

}  // namespace maillage
