#include "engine/hierarchy_query.h"

#include <algorithm>
#include <memory>

namespace maillage {
namespace {

// Destinations whose buckets stand in memory at a time: some 500 entries of 8 bytes each.
constexpr std::size_t kDestinations = 16384;

bool is_later(const UpwardSearch::Item& a, const UpwardSearch::Item& b) {
  return a.time != b.time ? a.time > b.time : a.rank > b.rank;
}

struct Entry {
  std::uint32_t column;
  Duration time;
};

using Found = std::vector<std::pair<std::uint32_t, Entry>>;  // rank, what lies there

// What the destinations `begin` to `end` leave at the nodes above them.
Ragged<Entry> build_buckets(const Hierarchy& h, const Ragged<LinkEnd>& entries, std::size_t begin, std::size_t end,
                            const Context& context) {
  constexpr std::size_t kBlock = 64;
  std::vector<Found> parts((end - begin + kBlock - 1) / kBlock);
  Pool<UpwardSearch> searches([&] { return std::make_unique<UpwardSearch>(h, h.in, h.out); });
  for_blocks(end - begin, kBlock, {context.n_threads, nullptr}, [&](std::size_t first, std::size_t last) {
    context.check();
    auto search = searches.borrow();
    Found& part = parts[first / kBlock];
    for (std::size_t i = first; i < last; ++i) {
      search->begin(entries[begin + i]);
      while (!search->is_done()) {
        const UpwardSearch::Item item = search->settle();
        if (item.rank < h.n_nodes()) part.emplace_back(item.rank, Entry{static_cast<std::uint32_t>(begin + i), item.time});
      }
    }
  });
  Found all;
  for (const Found& part : parts) all.insert(all.end(), part.begin(), part.end());
  return build_ragged<Entry>(h.n_nodes(), all);
}

}  // namespace

void UpwardSearch::begin(std::span<const LinkEnd> sources) {
  for (Rank r : touched_) time_[r] = unreachable();
  touched_.clear();
  heap_.clear();
  for (const LinkEnd& s : sources) relax(hierarchy_.rank_of[s.node.v], s.time);
}

void UpwardSearch::relax(Rank rank, Duration time) {
  Duration& known = time_[rank];
  if (!(time < known)) return;
  if (!known.is_reachable()) touched_.push_back(rank);
  known = time;
  heap_.push_back({time, rank});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

UpwardSearch::Item UpwardSearch::settle() {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  const Item item = heap_.back();
  heap_.pop_back();
  const Item nothing{item.time, static_cast<Rank>(time_.size())};
  if (item.time != time_[item.rank]) return nothing;
  for (const RankedArc& a : down_[item.rank])
    if (time_[a.head] + a.time < item.time) return nothing;
  for (const RankedArc& a : up_[item.rank]) relax(a.head, item.time + a.time);
  return item;
}

Duration PairQuery::find_time(std::span<const LinkEnd> exits, std::span<const LinkEnd> entries) {
  from_.begin(exits);
  to_.begin(entries);
  Duration best = unreachable();
  while (!from_.is_done() || !to_.is_done()) {
    const bool forward = to_.is_done() || (!from_.is_done() && from_.next_time() <= to_.next_time());
    UpwardSearch& search = forward ? from_ : to_;
    if (!(search.next_time() < best)) {
      search.stop();
      continue;
    }
    const UpwardSearch::Item item = search.settle();
    if (item.rank < from_.n_nodes()) best = std::min(best, item.time + (forward ? to_ : from_).time(item.rank));
  }
  return best;
}

Matrix<Duration> find_time_table(const Hierarchy& h, const Ragged<LinkEnd>& exits, const Ragged<LinkEnd>& entries,
                                 const Context& context) {
  const std::size_t n_rows = exits.n_rows(), n_columns = entries.n_rows();
  Matrix<Duration> out(n_rows, n_columns, unreachable());
  Pool<UpwardSearch> searches([&] { return std::make_unique<UpwardSearch>(h, h.out, h.in); });
  context.begin("finding travel times", n_rows * ((n_columns + kDestinations - 1) / kDestinations));
  for (std::size_t begin = 0; begin < n_columns; begin += kDestinations) {
    const Ragged<Entry> buckets = build_buckets(h, entries, begin, std::min(n_columns, begin + kDestinations), context);
    for_blocks(n_rows, 16, context, [&](std::size_t first, std::size_t last) {
      auto search = searches.borrow();
      for (std::size_t o = first; o < last; ++o) {
        Duration* const row = out.values.data() + o * n_columns;
        search->begin(exits[o]);
        while (!search->is_done()) {
          const UpwardSearch::Item item = search->settle();
          if (item.rank >= h.n_nodes()) continue;
          for (const Entry& e : buckets[item.rank]) {
            // as unsigned numbers two times never leave their range, and what would be too late stays out
            const std::uint32_t time = static_cast<std::uint32_t>(item.time.ms) + static_cast<std::uint32_t>(e.time.ms);
            if (time < static_cast<std::uint32_t>(row[e.column].ms)) row[e.column].ms = static_cast<std::int32_t>(time);
          }
        }
      }
    });
  }
  return out;
}

}  // namespace maillage
