// Any set of closures: the sum of what each would mean alone, corrected where the second rung closes too.
//
// What is looked at are the places whose first counter closes, and of those only the few whose second
// closes as well are followed further up their ladder. So a scenario of some closures costs
// microseconds, a million of them seconds. Applying the closings and asking for everything anew is the
// slow, obvious form.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/change.h"
#include "engine/closures.h"
#include "engine/ladders.h"
#include "engine/parallel.h"

namespace maillage {

// Who stands on which first rung. Places where nobody uses a ladder are left out.
struct RungIndex {
  struct OfLadder {
    std::vector<std::uint32_t> offset;  // n_counters + 1
    std::vector<PlaceId> places;        // by first counter, then in place order
    std::vector<CounterId> seconds;     // beside `places`: the second counter, or none
  };
  // Places that are on the first rung of two counters, with one class of their people each: where both
  // close they must count once. Column g: of that group; the last: of all.
  struct Shared {
    CounterId other;    // less than the counter of the row
    std::uint32_t row;  // of `shared_counts`
  };
  std::vector<OfLadder> ladders;
  Ragged<Shared> shared;                     // counter -> others
  std::vector<std::uint32_t> shared_counts;  // n rows x n_columns
  // The same for places on the first rung of three counters or more, for the last column: each time
  // that a counter closes which is not the least of those that close is one too many.
  Ragged<std::uint32_t> chains_of;           // counter -> rows of `chains`
  Ragged<CounterId> chains;                  // the lesser counters of such a place
};

RungIndex build_rung_index(const Ladders& ladders, const People& people, const Context& context = {});

class ClosureSets {
 public:
  // What is referred to must outlive it.
  ClosureSets(const Ladders& ladders, const People& people, const SingleClosures& singles, const RungIndex& index);
  ~ClosureSets();

  // n_sets x n_columns. A set holds counters that are open, in ascending order, each once.
  std::vector<Change> find(const Ragged<CounterId>& sets, const Context& context = {}) const;

 private:
  struct Scratch;
  void find_one(std::span<const CounterId> set, Scratch& scratch, std::span<Change> columns, const Context& context) const;
  void count_places_once(std::span<const CounterId> set, const ClosedSet& closed, std::span<Change> columns) const;
  void follow_dry(Scratch& scratch, std::span<Change> columns, const Context& context) const;
  void correct(PlaceId p, std::size_t ladder, const Label& open, std::span<Change> columns) const;
  const CounterSearch& search_on(std::uint32_t network) const;

  const Ladders& ladders_;
  const People& people_;
  const SingleClosures& singles_;
  const RungIndex& index_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<CounterSearch>> searches_;  // network -> made when first needed
  mutable std::unique_ptr<Pool<Scratch>> scratches_;
};

}  // namespace maillage
