#include "engine/hierarchy_update.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace maillage {
namespace {

constexpr std::int64_t kFar = unreachable().ms;
constexpr int kSettled = 120;          // of one witness search

// Least times from seeds along one direction of a hierarchy, by rank: up, then down.
class Nearness {
 public:
  explicit Nearness(std::size_t n) : time_(n, static_cast<std::int32_t>(kFar)) {}

  void seed(Rank r, std::int64_t time) { lower(time_[r], time); }

  void sweep(const Hierarchy& h, const Ragged<RankedArc>& up, const Ragged<RankedArc>& down, const Context& context) {
    for (Rank r = 0; r < time_.size(); ++r)
      if (time_[r] < kFar)
        for (const RankedArc& a : up[r]) lower(time_[a.head], std::int64_t{time_[r]} + a.time.ms);
    auto go_down = [&](Rank begin, Rank end) {
      for (Rank r = end; r-- > begin;)
        for (const RankedArc& a : down[r])
          if (time_[a.head] < kFar) lower(time_[r], std::int64_t{time_[a.head]} + a.time.ms);
    };
    go_down(h.first_top, static_cast<Rank>(time_.size()));
    for_blocks(h.blocks.size() - 1, 1, {context.n_threads, nullptr},
               [&](std::size_t b, std::size_t) { go_down(h.blocks[b], h.blocks[b + 1]); });
  }

  std::int64_t operator[](Rank r) const { return r < time_.size() ? time_[r] : 2 * kFar; }

 private:
  static void lower(std::int32_t& known, std::int64_t time) {
    if (time < known) known = static_cast<std::int32_t>(time);
  }
  std::vector<std::int32_t> time_;
};

// The shortest of the arcs to one head, or far.
std::int64_t find_time_to(std::span<const Arc> arcs, NodeId head) {
  std::int64_t time = kFar;
  for (const Arc& a : arcs)
    if (a.head == head) time = std::min<std::int64_t>(time, a.time.ms);
  return time;
}

// Arcs turned round: head -> (rank, time), for the arcs that lead to `head` from its less important side.
Ragged<RankedArc> build_turned(const Ragged<RankedArc>& arcs) {
  Ragged<RankedArc> out;
  const std::size_t n = arcs.n_rows();
  std::vector<std::uint32_t> offset(n + 1, 0);
  for (const RankedArc& a : arcs.values) ++offset[a.head + 1];
  for (std::size_t i = 0; i < n; ++i) offset[i + 1] += offset[i];
  std::vector<std::uint32_t> next(offset.begin(), offset.end() - 1);
  std::vector<RankedArc> values(arcs.values.size());
  for (Rank r = 0; r < n; ++r)
    for (const RankedArc& a : arcs[r]) values[next[a.head]++] = {r, a.time};
  out.offset = std::move(offset);
  out.values = std::move(values);
  return out;
}

// Works on slots: a node that was there before has the slot of its rank, new nodes stand behind them.
class HierarchyUpdate {
 public:
  using Slot = Rank;

  HierarchyUpdate(const Hierarchy& h, const GraphChange& change, const Context& context)
      : h_(h), g_(change), context_(context), n_old_(h.n_nodes()), near_from_(n_old_), near_to_(n_old_) {}

  Hierarchy update() {
    context_.begin("updating the hierarchy", 3);
    number_slots();
    find_nearness();
    const std::vector<Slot> reached = find_reached();
    if (static_cast<double>(reached.size()) > g_.most_reached * static_cast<double>(n_slots())) return build_anew();
    context_.advance(1);
    context_.check();
    down_ = build_turned(h_.in);
    fresh_out_.assign(n_slots(), kNone);
    fresh_in_.assign(n_slots(), kNone);
    for (Slot s : reached) queue_.push({turn_[s], s});
    insert_graph_arcs();
    contract_again();
    context_.advance(1);
    context_.check();
    Hierarchy out = assemble();
    context_.advance(1);
    return out;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Side {
    Slot node;
    std::int64_t time;
    bool is_fresh;
  };

  std::size_t n_slots() const { return turn_.size(); }
  Context quiet() const { return {context_.n_threads, nullptr}; }

  void number_slots() {
    const std::size_t n = g_.node_before.size();
    slot_of_.resize(n);
    node_of_.assign(n_old_, NodeId());
    std::vector<NodeId> added;
    for (std::size_t i = 0; i < n; ++i) {
      const NodeId was = g_.node_before[i];
      if (was.is_none()) {
        slot_of_[i] = static_cast<Slot>(n_old_ + added.size());
        added.push_back(NodeId(i));
      } else {
        slot_of_[i] = h_.rank_of[was.v];
        node_of_[slot_of_[i]] = NodeId(i);
      }
    }
    node_of_.insert(node_of_.end(), added.begin(), added.end());
    turn_.resize(n_old_ + added.size());
    for (std::size_t s = 0; s < n_old_; ++s) turn_[s] = h_.turn[s] + static_cast<std::uint32_t>(added.size());
    for (std::size_t i = 0; i < added.size(); ++i) turn_[n_old_ + i] = static_cast<std::uint32_t>(i);
  }

  bool is_there(Slot s) const { return !node_of_[s].is_none(); }

  // Seeds: arcs of the graph before that are gone or take another time now.
  void find_nearness() {
    for (Slot s = 0; s < n_old_; ++s) {
      const NodeId was = h_.node_at[s], is = node_of_[s];
      for (const Arc& a : g_.before[was.v]) {
        const Slot head = h_.rank_of[a.head.v];
        const bool both = is_there(s) && is_there(head);
        const std::int64_t time = find_time_to(g_.before[was.v], a.head);
        if (both && find_time_to(g_.out[is.v], node_of_[head]) == time) continue;
        near_from_.seed(s, time);
        near_to_.seed(head, 0);
      }
    }
    near_from_.sweep(h_, h_.in, h_.out, context_);
    near_to_.sweep(h_, h_.out, h_.in, context_);
  }

  // May a path from `u` to `w` of this time lead over an arc that changed?
  bool is_near(Slot u, Slot w, std::int64_t time) const { return near_from_[u] + near_to_[w] <= time; }

  // Nodes with a pair of arcs that the change can reach.
  std::vector<Slot> find_reached() const {
    std::vector<std::uint8_t> flag(n_old_, 0);
    for_blocks(n_old_, 16384, quiet(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t s = begin; s < end; ++s) {
        std::int64_t from = 2 * kFar, to = 2 * kFar;
        for (const RankedArc& a : h_.in[s]) from = std::min(from, near_from_[a.head] - a.time.ms);
        for (const RankedArc& a : h_.out[s]) to = std::min(to, near_to_[a.head] - a.time.ms);
        flag[s] = is_there(static_cast<Slot>(s)) && from + to <= 0;
      }
    });
    std::vector<Slot> reached;
    for (Slot s = 0; s < n_old_; ++s)
      if (flag[s]) reached.push_back(s);
    return reached;
  }

  Hierarchy build_anew() const {
    std::vector<std::uint32_t> kept(slot_of_.size());
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = turn_[slot_of_[i]];
    return build_hierarchy(g_.out, g_.in, kept, context_);
  }

  // An arc of the old hierarchy that is surely there still.
  bool stays(Slot tail, Slot head, Duration time) const {
    return is_there(tail) && is_there(head) && !is_near(tail, head, time.ms);
  }

  static void keep_shorter(std::vector<std::uint32_t>& index, std::vector<std::vector<RankedArc>>& lists, Slot at, Slot head,
                           std::int64_t time) {
    if (index[at] == kNone) {
      index[at] = static_cast<std::uint32_t>(lists.size());
      lists.emplace_back();
    }
    for (RankedArc& a : lists[index[at]])
      if (a.head == head) {
        a.time.ms = static_cast<std::int32_t>(std::min<std::int64_t>(a.time.ms, time));
        return;
      }
    lists[index[at]].push_back({head, {static_cast<std::int32_t>(time)}});
  }

  std::span<const RankedArc> read_fresh(const std::vector<std::uint32_t>& index, Slot s) const {
    return index[s] == kNone ? std::span<const RankedArc>() : std::span<const RankedArc>(lists_[index[s]]);
  }

  void insert(Slot tail, Slot head, std::int64_t time) {
    keep_shorter(fresh_out_, lists_, tail, head, time);
    keep_shorter(fresh_in_, lists_, head, tail, time);
    const Slot lower = turn_[tail] < turn_[head] ? tail : head;
    queue_.push({turn_[lower], lower});
  }

  // Arcs of the graph that the old hierarchy does not have, or that stood where arcs are dropped.
  void insert_graph_arcs() {
    for (std::size_t i = 0; i < slot_of_.size(); ++i) {
      const Slot tail = slot_of_[i];
      const NodeId was = g_.node_before[i];
      for (const Arc& a : g_.out[i]) {
        const Slot head = slot_of_[a.head.v];
        const NodeId head_was = g_.node_before[a.head.v];
        const bool is_old = !was.is_none() && !head_was.is_none() &&
                            find_time_to(g_.before[was.v], head_was) <= a.time.ms && !is_near(tail, head, a.time.ms);
        if (!is_old && tail != head && a.time.is_reachable()) insert(tail, head, a.time.ms);
      }
    }
  }

  void contract_again() {
    time_.resize(n_slots());
    stamp_.assign(n_slots(), 0);
    std::size_t n_done = 0;
    Slot last = kNone;
    while (!queue_.empty()) {
      const Slot s = queue_.top().second;
      queue_.pop();
      if (s == last) continue;
      last = s;
      contract(s);
      if (++n_done % 256 == 0) context_.check();
    }
  }

  // The arcs between `s` and more important nodes, the shortest to each.
  void list_side(Slot s, bool outward, std::vector<Side>& side) const {
    side.clear();
    if (s < n_old_)
      for (const RankedArc& a : (outward ? h_.out : h_.in)[s])
        if (outward ? stays(s, a.head, a.time) : stays(a.head, s, a.time)) side.push_back({a.head, a.time.ms, false});
    const std::size_t n_kept = side.size();
    for (const RankedArc& a : read_fresh(outward ? fresh_out_ : fresh_in_, s)) {
      if (turn_[a.head] < turn_[s]) continue;
      const auto known = std::find_if(side.begin(), side.begin() + static_cast<std::ptrdiff_t>(n_kept),
                                      [&](const Side& k) { return k.node == a.head; });
      if (known == side.begin() + static_cast<std::ptrdiff_t>(n_kept))
        side.push_back({a.head, a.time.ms, true});
      else if (a.time.ms < known->time)
        *known = {a.head, a.time.ms, true};
    }
  }

  void contract(Slot s) {
    list_side(s, false, ins_);
    if (ins_.empty()) return;
    list_side(s, true, outs_);
    for (const Side& u : ins_) {
      wanted_.clear();
      std::int64_t bound = 0;
      for (const Side& w : outs_) {
        const std::int64_t time = u.time + w.time;
        if (u.node == w.node || time >= kFar) continue;
        if (!u.is_fresh && !w.is_fresh && !is_near(u.node, w.node, time)) continue;
        wanted_.push_back({w.node, time, false});
        bound = std::max(bound, time);
      }
      if (wanted_.empty()) continue;
      search(u.node, turn_[s], bound);
      for (const Side& w : wanted_)
        if (stamp_[w.node] != now_ || time_[w.node] > w.time) insert(u.node, w.node, w.time);
    }
  }

  // Times from `source` over nodes after turn `after`, few of them settled.
  void search(Slot source, std::uint32_t after, std::int64_t bound) {
    if (++now_ == 0) {
      std::fill(stamp_.begin(), stamp_.end(), 0);
      now_ = 1;
    }
    heap_.clear();
    push(source, 0);
    for (int left = kSettled; !heap_.empty() && left > 0;) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const auto [time, s] = heap_.back();
      heap_.pop_back();
      if (time > time_[s]) continue;
      if (time >= bound) return;
      --left;
      auto relax = [&](Slot head, Duration more) {
        if (turn_[head] > after && time + more.ms <= bound) push(head, time + more.ms);
      };
      if (s < n_old_) {
        for (const RankedArc& a : h_.out[s])
          if (stays(s, a.head, a.time)) relax(a.head, a.time);
        for (const RankedArc& a : down_[s])
          if (turn_[a.head] > after && stays(s, a.head, a.time)) relax(a.head, a.time);
      }
      for (const RankedArc& a : read_fresh(fresh_out_, s)) relax(a.head, a.time);
    }
  }

  void push(Slot s, std::int64_t time) {
    if (stamp_[s] == now_ && time_[s] <= time) return;
    stamp_[s] = now_;
    time_[s] = time;
    heap_.emplace_back(time, s);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  // Nodes keep their rank where they can. A new arc may want a node behind another, or join two blocks:
  // then its head moves to the top, and what stands above that.
  Hierarchy assemble() const {
    const std::vector<std::uint32_t> block = find_blocks();
    const std::vector<Slot> slot_at = find_ranks(block);
    Hierarchy out;
    const std::size_t n = slot_at.size();
    out.rank_of.resize(n);
    out.node_at.resize(n);
    out.turn.resize(n);
    std::vector<Rank> rank(n_slots(), 0);
    for (Rank r = 0; r < n; ++r) {
      rank[slot_at[r]] = r;
      out.node_at[r] = node_of_[slot_at[r]];
      out.rank_of[out.node_at[r].v] = r;
      out.turn[r] = turn_[slot_at[r]];
      if (block[slot_at[r]] == top()) continue;
      out.first_top = r + 1;
      if (r > 0 && block[slot_at[r]] != block[slot_at[r - 1]]) out.blocks.push_back(r);
    }
    if (out.first_top > 0) out.blocks.push_back(out.first_top);
    out.out = build_rows(slot_at, rank, true);
    out.in = build_rows(slot_at, rank, false);
    return out;
  }

  std::uint32_t top() const { return static_cast<std::uint32_t>(h_.blocks.size() - 1); }

  // Calls `visit(head)` for the more important ends of all arcs of a slot.
  template <class Visit>
  void visit_heads(Slot s, Visit&& visit) const {
    std::vector<Side> side;
    for (const bool outward : {true, false}) {
      list_side(s, outward, side);
      for (const Side& a : side) visit(a.node);
    }
  }

  bool has_fresh(Slot s) const { return fresh_out_[s] != kNone || fresh_in_[s] != kNone; }

  std::vector<std::uint32_t> find_blocks() const {
    std::vector<std::uint32_t> block(n_slots(), top());
    for (std::uint32_t b = 0; b < top(); ++b) std::fill(block.begin() + h_.blocks[b], block.begin() + h_.blocks[b + 1], b);
    for (std::size_t s = n_slots(); s-- > n_old_;) {
      block[s] = 0;
      visit_heads(static_cast<Slot>(s), [&](Slot head) { block[s] = block[head] == top() ? block[s] : block[head]; });
    }
    std::vector<Slot> raised;
    for (Slot s = 0; s < n_slots(); ++s) {
      if (!has_fresh(s) || !is_there(s)) continue;
      visit_heads(s, [&](Slot head) {
        if (block[head] != block[s] && block[head] != top()) raised.push_back(head);
      });
      while (!raised.empty()) {
        const Slot r = raised.back();
        raised.pop_back();
        if (block[r] == top()) continue;
        block[r] = top();
        visit_heads(r, [&](Slot head) { raised.push_back(head); });
      }
    }
    return block;
  }

  // Slots by rank: each before its heads, block by block, otherwise as they stood; new ones first.
  std::vector<Slot> find_ranks(const std::vector<std::uint32_t>& block) const {
    std::vector<Slot> emitted, stack;  // most important first
    std::vector<std::uint8_t> seen(n_slots(), 0);
    auto emit = [&](Slot start) {
      if (!is_there(start) || seen[start] != 0) return;
      stack.push_back(start);
      while (!stack.empty()) {
        const Slot s = stack.back();
        if (seen[s] != 0) {
          stack.pop_back();
          if (seen[s] == 1) emitted.push_back(s);
          seen[s] = 2;
          continue;
        }
        seen[s] = 1;
        if (s == start && !has_fresh(s)) continue;  // its heads stood above it and are done
        visit_heads(s, [&](Slot head) {
          if (seen[head] == 0) stack.push_back(head);
        });
      }
    };
    for (std::size_t s = n_old_; s-- > 0;) emit(static_cast<Slot>(s));
    for (std::size_t s = n_slots(); s-- > n_old_;) emit(static_cast<Slot>(s));
    std::vector<std::uint32_t> next(top() + 2, 0);
    for (Slot s : emitted) ++next[block[s] + 1];
    for (std::size_t b = 0; b <= top(); ++b) next[b + 1] += next[b];
    std::vector<Slot> slot_at(emitted.size());
    for (std::size_t i = emitted.size(); i-- > 0;) slot_at[next[block[emitted[i]]]++] = emitted[i];
    return slot_at;
  }

  Ragged<RankedArc> build_rows(const std::vector<Slot>& slot_at, const std::vector<Rank>& rank, bool outward) const {
    constexpr std::size_t kBlock = 16384;
    const std::size_t n = slot_at.size();
    std::vector<std::uint32_t> offset(n + 1, 0);
    std::vector<std::vector<RankedArc>> parts((n + kBlock - 1) / kBlock);
    for_blocks(n, kBlock, quiet(), [&](std::size_t begin, std::size_t end) {
      std::vector<Side> side;
      std::vector<RankedArc>& part = parts[begin / kBlock];
      for (std::size_t r = begin; r < end; ++r) {
        list_side(slot_at[r], outward, side);
        const auto row = static_cast<std::ptrdiff_t>(part.size());
        for (const Side& a : side) part.push_back({rank[a.node], {static_cast<std::int32_t>(a.time)}});
        std::sort(part.begin() + row, part.end(), [](const RankedArc& a, const RankedArc& b) {
          return a.time != b.time ? a.time < b.time : a.head < b.head;
        });
        offset[r + 1] = static_cast<std::uint32_t>(side.size());
      }
    });
    for (std::size_t r = 0; r < n; ++r) offset[r + 1] += offset[r];
    std::vector<RankedArc> values(offset[n]);
    for_blocks(parts.size(), 1, quiet(), [&](std::size_t p, std::size_t) {
      std::copy(parts[p].begin(), parts[p].end(), values.begin() + offset[p * kBlock]);
    });
    Ragged<RankedArc> rows;
    rows.offset = std::move(offset);
    rows.values = std::move(values);
    return rows;
  }

  const Hierarchy& h_;
  const GraphChange& g_;
  Context context_;
  std::size_t n_old_;
  Nearness near_from_, near_to_;        // to the nearest changed arc, its own time included; on from it
  std::vector<Slot> slot_of_;           // node now -> slot
  std::vector<NodeId> node_of_;         // slot -> node now, none if it is gone
  std::vector<std::uint32_t> turn_;     // slot -> turn
  Ragged<RankedArc> down_;              // rank -> arcs to less important nodes
  std::vector<std::uint32_t> fresh_out_, fresh_in_;  // slot -> row of lists_: arcs that are new
  std::vector<std::vector<RankedArc>> lists_;
  using Turn = std::pair<std::uint32_t, Slot>;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> queue_;  // nodes to contract again
  std::vector<Side> ins_, outs_, wanted_;
  std::vector<std::int64_t> time_;  // of the search: by stamp
  std::vector<std::uint32_t> stamp_;
  std::uint32_t now_ = 0;
  std::vector<std::pair<std::int64_t, Slot>> heap_;
};

}  // namespace

Hierarchy update_hierarchy(const Hierarchy& hierarchy, const GraphChange& change, const Context& context) {
  return HierarchyUpdate(hierarchy, change, context).update();
}

}  // namespace maillage
