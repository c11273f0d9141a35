#include "engine/hierarchy.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <memory>

namespace maillage {
namespace {

// How far a witness is looked for: settled nodes of one search. Deciding the order can be coarse,
// a shortcut kept for want of a longer search costs every sweep.
constexpr int kOrderSettled = 12;
constexpr int kContractSettled = 120;
constexpr std::size_t kMaxHops = 1000;  // of a shortcut, for the order's bookkeeping

// An arc of the graph that is left; `hops` is how many original arcs it stands for.
struct LiveArc {
  std::uint32_t head;
  std::int32_t time;
  std::uint32_t hops;
};

struct Shortcut {
  std::uint32_t tail, head;
  std::int32_t time;
  std::uint32_t hops;
};

// Dijkstra over few nodes, again and again: times by stamp, a binary heap.
class WitnessSearch {
 public:
  explicit WitnessSearch(std::size_t n) : time_(n), stamp_(n, 0) {}

  // Settles up to `limit` nodes from `source` without passing `avoid` or a node of the present round,
  // no farther than `bound`.
  template <class IsBarred>
  void run(const std::vector<std::vector<LiveArc>>& out, std::uint32_t source, std::uint32_t avoid, std::int64_t bound,
           int limit, IsBarred&& is_barred) {
    if (++now_ == 0) {
      std::fill(stamp_.begin(), stamp_.end(), 0);
      now_ = 1;
    }
    heap_.clear();
    push(source, 0);
    while (!heap_.empty() && limit-- > 0) {
      std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
      const auto [time, node] = heap_.back();
      heap_.pop_back();
      if (time > time_[node]) {
        ++limit;
        continue;
      }
      if (time >= bound) return;
      for (const LiveArc& arc : out[node]) {
        const std::int64_t t = time + arc.time;
        if (t <= bound && arc.head != avoid && !is_barred(arc.head)) push(arc.head, t);
      }
    }
  }

  std::int64_t time(std::uint32_t node) const { return stamp_[node] == now_ ? time_[node] : kFar; }

  static constexpr std::int64_t kFar = std::int64_t{1} << 60;

 private:
  void push(std::uint32_t node, std::int64_t time) {
    if (stamp_[node] == now_ && time_[node] <= time) return;
    stamp_[node] = now_;
    time_[node] = time;
    heap_.emplace_back(time, node);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

  std::vector<std::int64_t> time_;
  std::vector<std::uint32_t> stamp_;
  std::uint32_t now_ = 0;
  std::vector<std::pair<std::int64_t, std::uint32_t>> heap_;
};

std::uint32_t find_hash(std::uint32_t v) {
  v = (v ^ 61) ^ (v >> 16);
  v *= 9;
  v ^= v >> 4;
  v *= 0x27d4eb2d;
  return v ^ (v >> 15);
}

class Contraction {
 public:
  // With a `kept` order (a number a node, least important first) no node is rated.
  Contraction(const ArcLists& out, const ArcLists& in, std::span<const std::uint32_t> kept, const Context& context)
      : context_(context), n_(out.n_rows()), is_kept_(!kept.empty()), out_(n_), in_(n_), level_(n_, 0),
        priority_(kept.begin(), kept.end()), round_of_(n_, kNever), is_stale_(n_, 0),
        searches_([this] { return std::make_unique<WitnessSearch>(n_); }) {
    priority_.resize(n_, 0);
    for_blocks(n_, 4096, quiet(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t v = begin; v < end; ++v) {
        fill(out[v], static_cast<std::uint32_t>(v), out_[v]);
        fill(in[v], static_cast<std::uint32_t>(v), in_[v]);
      }
    });
  }

  Hierarchy build() {
    context_.begin("ordering the hierarchy", n_);
    std::vector<std::uint32_t> left(n_);
    for (std::uint32_t v = 0; v < n_; ++v) left[v] = v;
    if (!is_kept_) rate(left);
    order_.reserve(n_);
    while (!left.empty()) {
      const std::vector<std::uint32_t> chosen = choose(left);
      find_shortcuts(chosen);
      take_out(chosen);
      std::erase_if(left, [&](std::uint32_t v) { return round_of_[v] != kNever; });
      ++round_;
      context_.check();
      context_.advance(chosen.size());
    }
    return finish();
  }

 private:
  static constexpr std::uint32_t kNever = 0xFFFFFFFF;

  Context quiet() const { return {context_.n_threads, nullptr}; }

  static void fill(std::span<const Arc> arcs, std::uint32_t v, std::vector<LiveArc>& live) {
    for (const Arc& arc : arcs)
      if (arc.head.v != v) live.push_back({arc.head.v, arc.time.ms, 1});
    keep_shortest(live);
  }

  // One arc a head, the shortest.
  static void keep_shortest(std::vector<LiveArc>& arcs) {
    std::sort(arcs.begin(), arcs.end(), [](const LiveArc& a, const LiveArc& b) {
      return a.head != b.head ? a.head < b.head : a.time != b.time ? a.time < b.time : a.hops < b.hops;
    });
    arcs.erase(std::unique(arcs.begin(), arcs.end(), [](const LiveArc& a, const LiveArc& b) { return a.head == b.head; }),
               arcs.end());
  }

  bool comes_before(std::uint32_t a, std::uint32_t b) const {
    if (priority_[a] != priority_[b]) return priority_[a] < priority_[b];
    const std::uint32_t ha = find_hash(a), hb = find_hash(b);
    return ha != hb ? ha < hb : a < b;
  }

  bool is_local_first(std::uint32_t v) const {
    for (const LiveArc& a : out_[v])
      if (comes_before(a.head, v)) return false;
    for (const LiveArc& a : in_[v])
      if (comes_before(a.head, v)) return false;
    return true;
  }

  // Calls `keep(tail, head, time, hops)` for every path through `v` without a witness.
  template <class IsBarred, class Keep>
  void visit_shortcuts(std::uint32_t v, WitnessSearch& search, int limit, IsBarred&& is_barred, Keep&& keep) const {
    if (out_[v].empty()) return;
    std::int64_t longest = 0;
    for (const LiveArc& b : out_[v]) longest = std::max<std::int64_t>(longest, b.time);
    for (const LiveArc& a : in_[v]) {
      if (out_[v].size() == 1 && out_[v][0].head == a.head) continue;
      search.run(out_, a.head, v, a.time + longest, limit, is_barred);
      for (const LiveArc& b : out_[v]) {
        const std::int64_t time = std::int64_t{a.time} + b.time;
        if (b.head != a.head && search.time(b.head) > time && time < unreachable().ms)
          keep(a.head, b.head, static_cast<std::int32_t>(time), a.hops + b.hops);
      }
    }
  }

  void rate(const std::vector<std::uint32_t>& nodes) {
    for_blocks(nodes.size(), 256, quiet(), [&](std::size_t begin, std::size_t end) {
      auto search = searches_.borrow();
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t v = nodes[i];
        std::int64_t added = 0, added_hops = 0, removed_hops = 0;
        visit_shortcuts(v, *search, kOrderSettled, [](std::uint32_t) { return false; },
                        [&](std::uint32_t, std::uint32_t, std::int32_t, std::uint32_t hops) {
                          ++added;
                          added_hops += hops;
                        });
        for (const LiveArc& a : out_[v]) removed_hops += a.hops;
        for (const LiveArc& a : in_[v]) removed_hops += a.hops;
        const std::int64_t removed = static_cast<std::int64_t>(out_[v].size() + in_[v].size());
        priority_[v] = 1000 * static_cast<std::int64_t>(level_[v]) + (removed ? 1000 * added / removed : 0) +
                       (removed_hops ? 1000 * added_hops / removed_hops : 0);
        is_stale_[v] = 0;
      }
    });
  }

  // Nodes of this round: first among their neighbours, by a priority that is up to date.
  std::vector<std::uint32_t> choose(const std::vector<std::uint32_t>& left) {
    std::vector<std::uint8_t> flag(left.size());
    auto mark_first = [&] {
      for_blocks(left.size(), 2048, quiet(), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) flag[i] = is_local_first(left[i]);
      });
    };
    mark_first();
    std::vector<std::uint32_t> stale;
    for (std::size_t i = 0; i < left.size(); ++i)
      if (flag[i] && is_stale_[left[i]]) stale.push_back(left[i]);
    if (!stale.empty()) {
      rate(stale);
      mark_first();
    }
    std::vector<std::uint32_t> chosen;
    for (std::size_t i = 0; i < left.size(); ++i)
      if (flag[i] && !is_stale_[left[i]]) chosen.push_back(left[i]);
    for (std::uint32_t v : chosen) round_of_[v] = round_;
    return chosen;
  }

  void find_shortcuts(const std::vector<std::uint32_t>& chosen) {
    constexpr std::size_t kBlock = 64;
    std::vector<std::vector<Shortcut>> found((chosen.size() + kBlock - 1) / kBlock);
    for_blocks(chosen.size(), kBlock, quiet(), [&](std::size_t begin, std::size_t end) {
      auto search = searches_.borrow();
      std::vector<Shortcut>& mine = found[begin / kBlock];
      for (std::size_t i = begin; i < end; ++i)
        visit_shortcuts(chosen[i], *search, kContractSettled,
                        [&](std::uint32_t w) { return round_of_[w] == round_; },
                        [&](std::uint32_t tail, std::uint32_t head, std::int32_t time, std::uint32_t hops) {
                          mine.push_back({tail, head, time, std::min<std::uint32_t>(hops, kMaxHops)});
                        });
    });
    shortcuts_.clear();
    for (const auto& part : found) shortcuts_.insert(shortcuts_.end(), part.begin(), part.end());
  }

  void take_out(const std::vector<std::uint32_t>& chosen) {
    order_.insert(order_.end(), chosen.begin(), chosen.end());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_tail, by_head;  // node, shortcut
    for (std::uint32_t i = 0; i < shortcuts_.size(); ++i) {
      by_tail.emplace_back(shortcuts_[i].tail, i);
      by_head.emplace_back(shortcuts_[i].head, i);
    }
    std::vector<std::uint32_t> touched;
    for (std::uint32_t v : chosen) {
      for (const auto* arcs : {&out_[v], &in_[v]})
        for (const LiveArc& a : *arcs) {
          level_[a.head] = std::max(level_[a.head], level_[v] + 1);
          if (is_stale_[a.head] != 2) {
            is_stale_[a.head] = 2;
            touched.push_back(a.head);
          }
        }
    }
    std::sort(touched.begin(), touched.end());
    std::sort(by_tail.begin(), by_tail.end());
    std::sort(by_head.begin(), by_head.end());
    for_blocks(touched.size(), 256, quiet(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t v = touched[i];
        is_stale_[v] = is_kept_ ? 0 : 1;
        renew(out_[v], by_tail, v, true);
        renew(in_[v], by_head, v, false);
      }
    });
  }

  void renew(std::vector<LiveArc>& arcs, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& by_node,
             std::uint32_t v, bool is_tail) {
    std::erase_if(arcs, [&](const LiveArc& a) { return round_of_[a.head] != kNever; });
    auto it = std::lower_bound(by_node.begin(), by_node.end(), std::pair(v, std::uint32_t{0}));
    bool added = false;
    for (; it != by_node.end() && it->first == v; ++it) {
      const Shortcut& s = shortcuts_[it->second];
      arcs.push_back({is_tail ? s.head : s.tail, s.time, s.hops});
      added = true;
    }
    if (added) keep_shortest(arcs);
  }

  // Rounds from the bottom: a node's height is one more than that of the highest node below it.
  std::vector<std::uint32_t> find_heights() const {
    std::vector<std::uint32_t> height(n_, 0);
    for (std::uint32_t v : order_)
      for (const auto* arcs : {&out_[v], &in_[v]})
        for (const LiveArc& a : *arcs) height[a.head] = std::max(height[a.head], height[v] + 1);
    return height;
  }

  // What hangs together below a height, as the lowest node of each component; the top maps to kNever.
  std::vector<std::uint32_t> find_parts(const std::vector<std::uint32_t>& height, std::uint32_t top) const {
    std::vector<std::uint32_t> parent(n_);
    for (std::uint32_t v = 0; v < n_; ++v) parent[v] = v;
    auto root = [&](std::uint32_t v) {
      while (parent[v] != v) v = parent[v] = parent[parent[v]];
      return v;
    };
    for (std::uint32_t v = 0; v < n_; ++v)
      if (height[v] < top)
        for (const auto* arcs : {&out_[v], &in_[v]})
          for (const LiveArc& a : *arcs)
            if (height[a.head] < top) {
              const std::uint32_t x = root(v), y = root(a.head);
              parent[std::max(x, y)] = std::min(x, y);
            }
    std::vector<std::uint32_t> part(n_, kNever);
    for (std::uint32_t v = 0; v < n_; ++v)
      if (height[v] < top) part[v] = root(v);
    return part;
  }

  // The parts below the lowest top that leaves none larger than a sixteenth of the nodes.
  std::vector<std::uint32_t> find_balanced_parts() const {
    const std::vector<std::uint32_t> height = find_heights();
    std::vector<std::uint32_t> part(n_, kNever);
    for (std::uint32_t top = 2; top <= 64; ++top) {
      std::vector<std::uint32_t> tried = find_parts(height, top);
      std::vector<std::uint32_t> size(n_, 0);
      std::uint32_t largest = 0;
      for (std::uint32_t p : tried)
        if (p != kNever) largest = std::max(largest, ++size[p]);
      if (largest > std::max<std::size_t>(n_ / 16, 1000)) break;
      part = std::move(tried);
    }
    return part;
  }

  // A node only has to come after the nodes it was taken out after. Within a part, upward depth-first
  // search puts it next to its more important neighbours. Least important first.
  std::vector<std::uint32_t> find_local_order(const std::vector<std::uint32_t>& part) const {
    std::vector<std::uint32_t> starts(n_);
    for (std::uint32_t v = 0; v < n_; ++v) starts[v] = v;
    // the top first, then part by part
    std::stable_sort(starts.begin(), starts.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return part[a] + 1 < part[b] + 1; });
    std::vector<std::uint32_t> emitted;
    emitted.reserve(n_);
    std::vector<std::uint8_t> seen(n_, 0);
    std::vector<std::uint32_t> stack;
    for (std::uint32_t start : starts) {
      if (seen[start] == 0) stack.push_back(start);
      while (!stack.empty()) {
        const std::uint32_t v = stack.back();
        if (seen[v] != 0) {
          stack.pop_back();
          if (seen[v] == 1) emitted.push_back(v);
          seen[v] = 2;
          continue;
        }
        seen[v] = 1;
        for (const auto* arcs : {&out_[v], &in_[v]})
          for (const LiveArc& a : *arcs)
            if (seen[a.head] == 0) stack.push_back(a.head);
      }
    }
    std::reverse(emitted.begin(), emitted.end());
    return emitted;
  }

  // Cuts the ranks below the top where parts end, into blocks of some size.
  void cut_blocks(const std::vector<std::uint32_t>& part, Hierarchy& h) const {
    const Rank least = std::clamp<Rank>(static_cast<Rank>(n_ / 32), 256, 4096);
    h.first_top = 0;
    while (h.first_top < n_ && part[order_[h.first_top]] != kNever) ++h.first_top;
    for (Rank r = 1; r <= h.first_top; ++r) {
      const bool ends = r == h.first_top || part[order_[r]] != part[order_[r - 1]];
      if (ends && (r - h.blocks.back() >= least || r == h.first_top)) h.blocks.push_back(r);
    }
  }

  Hierarchy finish() {
    Hierarchy h;
    h.turn.resize(n_);
    std::vector<std::uint32_t> turn(n_);
    for (std::uint32_t i = 0; i < n_; ++i) turn[order_[i]] = i;
    const std::vector<std::uint32_t> part = find_balanced_parts();
    order_ = find_local_order(part);
    cut_blocks(part, h);
    h.rank_of.resize(n_);
    h.node_at.resize(n_);
    for (Rank r = 0; r < n_; ++r) {
      h.rank_of[order_[r]] = r;
      h.node_at[r] = NodeId(order_[r]);
      h.turn[r] = turn[order_[r]];
    }
    auto write = [&](const std::vector<std::vector<LiveArc>>& arcs, Ragged<RankedArc>& rows) {
      rows.offset.reserve(n_ + 1);
      std::vector<RankedArc> row;
      for (Rank r = 0; r < n_; ++r) {
        row.clear();
        for (const LiveArc& a : arcs[order_[r]]) row.push_back({h.rank_of[a.head], {a.time}});
        std::sort(row.begin(), row.end(), [](const RankedArc& a, const RankedArc& b) {
          return a.time != b.time ? a.time < b.time : a.head < b.head;
        });
        rows.push_row(row);
      }
    };
    write(out_, h.out);
    write(in_, h.in);
    return h;
  }

  Context context_;
  std::size_t n_;
  bool is_kept_;
  std::vector<std::vector<LiveArc>> out_, in_;  // after a node is taken out: its arcs upward
  std::vector<std::uint32_t> level_;
  std::vector<std::int64_t> priority_;
  std::vector<std::uint32_t> round_of_;
  std::vector<std::uint8_t> is_stale_;
  Pool<WitnessSearch> searches_;
  std::vector<std::uint32_t> order_;
  std::vector<Shortcut> shortcuts_;
  std::uint32_t round_ = 0;
};

}  // namespace

Hierarchy build_hierarchy(const ArcLists& out, const ArcLists& in, const Context& context) {
  return Contraction(out, in, {}, context).build();
}

Hierarchy build_hierarchy(const ArcLists& out, const ArcLists& in, std::span<const std::uint32_t> kept,
                          const Context& context) {
  assert(kept.size() == out.n_rows());
  return Contraction(out, in, kept, context).build();
}

}  // namespace maillage
