#include "engine/rung_tile.h"

#include "engine/vectors.h"

namespace maillage {
namespace {

// The two best of both, place by place; `into` is one of them and takes the result.
MAILLAGE_VECTORS
void merge_rows(std::size_t n, const RungTile::Row* __restrict other, RungTile::Row* __restrict into) {
  for (std::size_t i = 0; i < n; ++i) into->put(i, merge({into->first[i], into->second[i]}, {other->first[i], other->second[i]}));
}

}  // namespace

RungTile::RungTile(const Ladders& ladders)
    : ladders_(ladders), lists_(ladders.n_networks()), merged_(ladders.n_ladders()), rows_(ladders.n_ladders()) {
  for (std::size_t n = 0; n < ladders.n_networks(); ++n) {
    readers_.emplace_back(*ladders.view(n));
    const NearestIndex& base = *ladders.view(n)->base();
    ahead_.push_back({base.labels.data(), static_cast<std::size_t>(base.k)});
  }
  inside_.first.fill(kAbsentKey);
  inside_.second.fill(kAbsentKey);
  for (std::size_t l = 0; l < rows_.size(); ++l) {
    const auto networks = ladders.networks_of(l);
    rows_[l] = networks.size() == 1 && !ladders.counts_inside() ? &lists_[networks[0]] : &merged_[l];
  }
}

void RungTile::read(std::size_t begin, std::size_t end) {
  const std::size_t n = end - begin;
  for (std::size_t network = 0; network < readers_.size(); ++network) read_lists(network, begin, n);
  if (ladders_.counts_inside()) read_inside(begin, n);
  for (std::size_t l = 0; l < rows_.size(); ++l) {
    if (rows_[l] != &merged_[l]) continue;
    merged_[l] = inside_;
    for (std::uint32_t network : ladders_.networks_of(l)) merge_rows(n, &lists_[network], &merged_[l]);
  }
}

void RungTile::read_lists(std::size_t network, std::size_t begin, std::size_t n) {
  Row& row = lists_[network];
  const NearestView& view = *ladders_.view(network);
  if (!view.touched().empty()) {
    for (std::size_t i = 0; i < n; ++i) row.put(i, to_pair(readers_[network].read(PlaceId(begin + i))));
    return;
  }
  const std::size_t k = static_cast<std::size_t>(view.base()->k);
  const Label* labels = view.base()->labels.data() + begin * k;
  const std::uint8_t* count = view.base()->count.data() + begin;
  std::uint8_t least = 2;
  for (std::size_t i = 0; i < n; ++i) least = std::min(least, count[i]);
  if (least > 1) {
    for (std::size_t i = 0; i < n; ++i) row.put(i, {to_key(labels[i * k]), to_key(labels[i * k + 1])});
  } else {
    for (std::size_t i = 0; i < n; ++i) row.put(i, to_pair(std::span(labels + i * k, count[i])));
  }
}

void RungTile::read_inside(std::size_t begin, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) inside_.put(i, to_pair(ladders_.inside(PlaceId(begin + i))));
}

}  // namespace maillage
