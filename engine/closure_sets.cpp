#include "engine/closure_sets.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace maillage {
namespace {

using Pair = std::uint64_t;  // greater counter << 32 | lesser counter

// Counts places by the pairs of counters on their first rungs.
class SharedCounts {
 public:
  SharedCounts(const People& people, std::size_t n_ladders) : people_(people), n_ladders_(n_ladders) {}

  void add(PlaceId p, std::span<const Rungs> rungs, std::span<const std::uint8_t> is_used) {
    std::array<CounterId, 2> pair;
    std::vector<CounterId>& all = all_;
    all.clear();
    for (std::size_t l = 0; l < n_ladders_; ++l)
      if (is_used[l] && std::find(all.begin(), all.end(), rungs[l].first.counter) == all.end()) all.push_back(rungs[l].first.counter);
    if (all.size() < 2) return;
    for (std::size_t w = 0; 2 * w < n_ladders_; ++w) {
      pair = {rungs[2 * w].first.counter, rungs[2 * w + 1].first.counter};
      if (!is_used[2 * w] || !is_used[2 * w + 1] || pair[0] == pair[1]) continue;
      std::uint32_t* row = find_row(pair[0], pair[1]);
      for (std::uint32_t g : people_.groups_of(w))
        if (people_.persons(p, g, true) > 0 && people_.persons(p, g, false) > 0) ++row[g];
    }
    std::sort(all.begin(), all.end());
    if (all.size() == 2) {
      ++find_row(all[0], all[1])[people_.n_columns() - 1];
      return;
    }
    for (std::size_t i = 1; i < all.size(); ++i) {
      chain_counter.push_back(all[i]);
      chains.push_row(std::span(all).first(i));
    }
  }

  std::unordered_map<Pair, std::uint32_t> row_of;
  std::vector<std::uint32_t> counts;  // rows x n_columns
  std::vector<CounterId> chain_counter;
  Ragged<CounterId> chains;

 private:
  std::uint32_t* find_row(CounterId a, CounterId b) {
    const Pair key = static_cast<Pair>(std::max(a, b).v) << 32 | std::min(a, b).v;
    const auto [it, is_new] = row_of.try_emplace(key, static_cast<std::uint32_t>(row_of.size()));
    if (is_new) counts.resize(counts.size() + people_.n_columns(), 0);
    return counts.data() + it->second * people_.n_columns();
  }

  const People& people_;
  std::size_t n_ladders_;
  std::vector<CounterId> all_;
};

// Blocks' counts together, pairs in order.
void join_counts(std::vector<SharedCounts>& blocks, std::size_t n_counters, std::size_t n_columns, RungIndex& out) {
  std::vector<std::pair<Pair, std::pair<std::uint32_t, std::uint32_t>>> found;  // pair -> block, row
  for (std::uint32_t b = 0; b < blocks.size(); ++b)
    for (const auto& [pair, row] : blocks[b].row_of) found.emplace_back(pair, std::pair(b, row));
  std::sort(found.begin(), found.end());
  std::vector<std::pair<std::uint32_t, RungIndex::Shared>> shared;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [pair, where] = found[i];
    if (i == 0 || found[i - 1].first != pair) {
      const auto row = static_cast<std::uint32_t>(shared.size());
      shared.emplace_back(static_cast<std::uint32_t>(pair >> 32), RungIndex::Shared{CounterId(pair & 0xFFFFFFFF), row});
      out.shared_counts.resize(shared.size() * n_columns, 0);
    }
    const std::uint32_t* add = blocks[where.first].counts.data() + where.second * n_columns;
    for (std::size_t c = 0; c < n_columns; ++c) out.shared_counts[(shared.size() - 1) * n_columns + c] += add[c];
  }
  out.shared = build_ragged<RungIndex::Shared>(n_counters, shared);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> chains;
  for (const SharedCounts& block : blocks)
    for (std::size_t i = 0; i < block.chain_counter.size(); ++i) {
      chains.emplace_back(block.chain_counter[i].v, static_cast<std::uint32_t>(out.chains.n_rows()));
      out.chains.push_row(block.chains[i]);
    }
  out.chains_of = build_ragged<std::uint32_t>(n_counters, chains);
}

}  // namespace

RungIndex build_rung_index(const Ladders& ladders, const People& people, const Context& context) {
  const std::size_t n_places = ladders.territory()->n_places(), n_ladders = ladders.n_ladders();
  const std::size_t n_counters = ladders.territory()->parts().counters->n_counters();
  std::vector<std::vector<CounterId>> first(n_ladders, std::vector<CounterId>(n_places)), second = first;
  const std::size_t block = std::max<std::size_t>(4096, (n_places + 63) / 64);
  std::vector<SharedCounts> counts((n_places + block - 1) / block, SharedCounts(people, n_ladders));
  context.begin("indexing first counters", n_places);
  for_blocks(n_places, block, context, [&](std::size_t begin, std::size_t end) {
    std::vector<Rungs> rungs(n_ladders);
    std::vector<std::uint8_t> is_used(n_ladders);
    for (std::size_t p = begin; p < end; ++p) {
      ladders.read(PlaceId(p), rungs);
      for (std::size_t l = 0; l < n_ladders; ++l) {
        is_used[l] = !rungs[l].first.counter.is_none() && people.is_populated(PlaceId(p), l);
        if (!is_used[l]) continue;
        first[l][p] = rungs[l].first.counter;
        second[l][p] = rungs[l].second.counter;
      }
      counts[begin / block].add(PlaceId(p), rungs, is_used);
    }
  });

  RungIndex out;
  out.ladders.resize(n_ladders);
  for_blocks(n_ladders, 1, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    for (std::size_t l = begin; l < end; ++l) {
      RungIndex::OfLadder& of = out.ladders[l];
      of.offset.assign(n_counters + 1, 0);
      for (CounterId c : first[l])
        if (!c.is_none()) ++of.offset[c.v + 1];
      for (std::size_t c = 0; c < n_counters; ++c) of.offset[c + 1] += of.offset[c];
      of.places.resize(of.offset.back());
      of.seconds.resize(of.offset.back());
      std::vector<std::uint32_t> next(of.offset.begin(), of.offset.end() - 1);
      for (std::size_t p = 0; p < n_places; ++p) {
        if (first[l][p].is_none()) continue;
        const std::uint32_t i = next[first[l][p].v]++;
        of.places[i] = PlaceId(p);
        of.seconds[i] = second[l][p];
      }
    }
  });
  join_counts(counts, n_counters, people.n_columns(), out);
  return out;
}

// What one thread needs to look at sets one after the other.
struct ClosureSets::Scratch {
  struct DryStep {
    PlaceId place;
    std::size_t ladder;
    Label open;                       // as far as the lists say
    std::size_t first_dry, last_dry;  // of dry_networks
  };
  explicit Scratch(const Ladders& ladders)
      : closed(ladders.territory()->parts().counters->n_counters()),
        dry_places(ladders.n_networks()), dry_labels(ladders.n_networks()) {}

  ClosedSet closed;
  std::vector<std::uint32_t> dry_networks;
  std::vector<DryStep> dry_steps;
  std::vector<std::vector<PlaceId>> dry_places;  // network -> places
  std::vector<std::vector<Label>> dry_labels;    // beside dry_places
};

ClosureSets::ClosureSets(const Ladders& ladders, const People& people, const SingleClosures& singles, const RungIndex& index)
    : ladders_(ladders), people_(people), singles_(singles), index_(index), searches_(ladders.n_networks()),
      scratches_(std::make_unique<Pool<Scratch>>([&ladders] { return std::make_unique<Scratch>(ladders); })) {}

ClosureSets::~ClosureSets() = default;

const CounterSearch& ClosureSets::search_on(std::uint32_t network) const {
  const std::lock_guard lock(mutex_);
  auto& search = searches_[network];
  if (!search) search = std::make_unique<CounterSearch>(ladders_.territory(), network, ladders_.service(), ladders_.level());
  return *search;
}

void ClosureSets::correct(PlaceId p, std::size_t ladder, const Label& open, std::span<Change> columns) const {
  const Rungs r = ladders_.read(p, ladder);
  people_.add_times({p, ladder, r.second, open}, columns);  // to the second they went when it was the only one
  people_.add_worst({p, ladder, r.first, open}, columns);
}

void ClosureSets::count_places_once(std::span<const CounterId> set, const ClosedSet& closed, std::span<Change> columns) const {
  for (CounterId c : set) {
    for (const RungIndex::Shared& s : index_.shared[c.v]) {
      if (!closed.contains(s.other)) continue;
      const std::uint32_t* counts = index_.shared_counts.data() + s.row * columns.size();
      for (std::size_t i = 0; i < columns.size(); ++i) columns[i].n_places -= counts[i];
    }
    for (std::uint32_t chain : index_.chains_of[c.v]) {
      const auto lesser = index_.chains[chain];
      columns.back().n_places -= std::any_of(lesser.begin(), lesser.end(), [&](CounterId o) { return closed.contains(o); });
    }
  }
}

void ClosureSets::follow_dry(Scratch& s, std::span<Change> columns, const Context& context) const {
  for (const Scratch::DryStep& step : s.dry_steps)
    for (std::size_t i = step.first_dry; i < step.last_dry; ++i) s.dry_places[s.dry_networks[i]].push_back(step.place);
  for (std::uint32_t n = 0; n < s.dry_places.size(); ++n) {
    std::vector<PlaceId>& places = s.dry_places[n];
    if (places.empty()) continue;
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    s.dry_labels[n] = search_on(n).find_nearest_open(places, s.closed, context);
  }
  for (const Scratch::DryStep& step : s.dry_steps) {
    Label open = step.open;
    for (std::size_t i = step.first_dry; i < step.last_dry; ++i) {
      const std::vector<PlaceId>& places = s.dry_places[s.dry_networks[i]];
      const auto at = std::lower_bound(places.begin(), places.end(), step.place) - places.begin();
      open = std::min(open, s.dry_labels[s.dry_networks[i]][static_cast<std::size_t>(at)]);
    }
    correct(step.place, step.ladder, open, columns);
  }
  for (std::vector<PlaceId>& places : s.dry_places) places.clear();
  s.dry_steps.clear();
  s.dry_networks.clear();
}

void ClosureSets::find_one(std::span<const CounterId> set, Scratch& s, std::span<Change> columns, const Context& context) const {
  for (CounterId c : set) {
    s.closed.insert(c);
    const auto alone = singles_[c];
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i].add(alone[i]);
  }
  for (std::size_t l = 0; l < index_.ladders.size(); ++l) {
    const RungIndex::OfLadder& of = index_.ladders[l];
    for (CounterId c : set)
      for (std::uint32_t i = of.offset[c.v]; i < of.offset[c.v + 1]; ++i) {
        if (of.seconds[i].is_none() || !s.closed.contains(of.seconds[i])) continue;
        const std::size_t first_dry = s.dry_networks.size();
        const Label open = ladders_.find_open(l, of.places[i], s.closed, s.dry_networks);
        if (s.dry_networks.size() == first_dry)
          correct(of.places[i], l, open, columns);
        else
          s.dry_steps.push_back({of.places[i], l, open, first_dry, s.dry_networks.size()});
      }
  }
  if (!s.dry_steps.empty()) follow_dry(s, columns, context);
  count_places_once(set, s.closed, columns);
  for (CounterId c : set) s.closed.erase(c);
}

std::vector<Change> ClosureSets::find(const Ragged<CounterId>& sets, const Context& context) const {
  const std::size_t n_columns = people_.n_columns();
  std::vector<Change> out(sets.n_rows() * n_columns);
  const Context inner{sets.n_rows() == 1 ? context.n_threads : 1, context.progress};
  context.begin("evaluating scenarios", sets.n_rows());
  for_blocks(sets.n_rows(), sets.n_rows() < 1024 ? 1 : 64, context, [&](std::size_t begin, std::size_t end) {
    auto scratch = scratches_->borrow();
    for (std::size_t i = begin; i < end; ++i)
      find_one(sets[i], *scratch, {out.data() + i * n_columns, n_columns}, inner);
  });
  return out;
}

}  // namespace maillage
