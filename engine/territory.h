// A territory: places, people, counters and the networks between them.
//
// Immutable. A scenario makes a new territory that shares every part it leaves alone; what the new
// one needs to know about nearest counters is laid over the lists of the one it came from. Lists are
// found when they are first asked for, and kept.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/counters.h"
#include "engine/crow.h"
#include "engine/links.h"
#include "engine/nearest.h"
#include "engine/places.h"
#include "engine/road_network.h"
#include "engine/transit_mode.h"

namespace maillage {

inline constexpr std::uint32_t kEveryWalkClass = 0xFFFFFFFF;

// One way to travel: a network, and everything attached to it.
struct ModeNetwork {
  Mode mode = Mode::car;
  std::uint32_t walk_class = kEveryWalkClass;  // whose legs; car and bike serve every class
  bool serves_no_car = false;                  // may people without a car use it?
  std::shared_ptr<const RoadNetwork> network;
  std::shared_ptr<const Hierarchy> hierarchy;  // of the network; null: plain searches
  LinkOptions place_options, counter_options;
  double straight_kmh = 0;  // > 0: no roads (the network is empty), straight lines at this speed
  std::shared_ptr<const TransitMode> transit;  // by timetable (the network is empty, points attach to footpaths); null: not so
  std::shared_ptr<const Links> places;
  std::shared_ptr<const Links> counters;
  std::shared_ptr<const PlaceFinder> finder;

  bool is_crow() const { return straight_kmh > 0; }
  bool is_transit() const { return transit != nullptr; }
  bool has_roads() const { return !is_crow() && !is_transit(); }
  CrowRule crow() const { return {straight_kmh, counter_options.extra}; }
  // Points attached to the roads, or left where they are when there are none.
  Links attach(std::span<const LatLon> points, const LinkOptions& options, const Context& context) const {
    if (is_transit()) return transit->attach(points, options, context);
    return is_crow() ? build_crow_links(points) : build_links(*network, points, options, context);
  }
  AttachedPlaces attached(Direction direction = Direction::to_counters) const {
    return {*network, *places, hierarchy.get(), direction, finder ? &finder->on_edge : nullptr};
  }
};

struct TerritoryParts {
  Buffer<LatLon> place_points;
  std::shared_ptr<const Population> population;
  std::shared_ptr<const Groups> groups;
  std::shared_ptr<const Abilities> abilities;  // null: those of the groups, everywhere
  std::shared_ptr<const Connectivity> connectivity;
  std::shared_ptr<const Counters> counters;
  std::vector<ModeNetwork> networks;
  std::uint32_t n_walk_classes = 1;
  double connectivity_shift = 1;
  // Areas of places (-1 = none) when a counter in a place's own area counts as 0 minutes away: the
  // convention of INSEE's commune-to-commune distances, for comparisons. Null: real times.
  std::shared_ptr<const std::vector<std::int32_t>> place_area;
};

// The ability of a group at a place, its connectivity counted in.
inline Ability find_ability(const TerritoryParts& parts, PlaceId p, std::size_t group) {
  const double p_b = parts.abilities ? parts.abilities->p_b(p.v, group) : parts.groups->p_b[group];
  const double p_c = parts.abilities ? parts.abilities->p_c(p.v, group) : parts.groups->p_c[group];
  return find_ability(p_b, p_c, parts.connectivity->adequate[p.v], parts.connectivity_shift);
}

enum class PersonClass : std::uint8_t { car, no_car };

// Whose nearest counters of what.
struct NearestQuery {
  ServiceId service;
  int level = 1;                              // least level
  PersonClass person_class = PersonClass::car;
  std::uint32_t walk_class = 0;
  int k = 1;
  Direction direction = Direction::to_counters;
};

// Whether a person of the query may travel on the network.
inline bool is_used(const ModeNetwork& m, const NearestQuery& query) {
  return (m.walk_class == kEveryWalkClass || m.walk_class == query.walk_class) &&
         (query.person_class == PersonClass::car || m.serves_no_car);
}

// Which lists of nearest counters: of which network, service and least level, and which way trips go.
struct ListKey {
  std::size_t network = 0;
  std::uint32_t service = 0;
  int level = 1;
  Direction direction = Direction::to_counters;
  friend auto operator<=>(const ListKey&, const ListKey&) = default;
};

// Where the lists of a territory outlive the session, if anywhere (geo/territory_cache.h keeps them in files).
class ListShelf {
 public:
  using WhenKept = std::function<void(std::shared_ptr<const NearestIndex>)>;

  virtual ~ListShelf() = default;
  // The lists kept under a key; null when there are none.
  virtual std::shared_ptr<const NearestIndex> find(const ListKey& key, const Context& context) = 0;
  // Keeps lists, perhaps after returning; then hands them to `when_kept` as they stand where they are kept.
  virtual void keep(const ListKey& key, std::shared_ptr<const NearestIndex> lists, WhenKept when_kept) = 0;
};

class Territory : public std::enable_shared_from_this<Territory> {
 public:
  // Attaches places and counters to every network that is not attached yet.
  static std::shared_ptr<const Territory> build(TerritoryParts parts, const Context& context = {});

  // A territory that came from `root` (itself without one) by edits; `parts` shares what is unchanged.
  static std::shared_ptr<const Territory> derive(std::shared_ptr<const Territory> root, TerritoryParts parts,
                                                 const Context& context = {});

  // Looks for lists on `shelf` before finding them, and puts there those it finds. Lists of territories
  // derived from this one are those of this one, and changes laid over them, which no shelf keeps.
  void use_shelf(std::shared_ptr<ListShelf> shelf) const;

  const TerritoryParts& parts() const { return parts_; }
  const std::shared_ptr<const Territory>& root() const { return root_; }
  std::size_t n_places() const { return parts_.place_points.size(); }
  std::size_t n_groups() const { return parts_.groups->n_groups(); }

  // The lists of network `n` for a service and least level, with at least `n_needed` labels where
  // so many can be reached. Found once, then kept; safe to call from several threads.
  std::shared_ptr<const NearestView> nearest_on(std::size_t n, ServiceId service, int level, int n_needed,
                                                const Context& context = {},
                                                Direction direction = Direction::to_counters) const;

  // The same, found anew from nothing kept: the form that the fast one is held equal to.
  NearestIndex exhaustive_nearest_on(std::size_t n, ServiceId service, int level, int k,
                                     const Context& context = {}, Direction direction = Direction::to_counters) const;

  // The open counters of a service and least level, on network `n`.
  CounterSet select_counters(std::size_t n, ServiceId service, int level) const;

 private:
  Territory() = default;
  std::shared_ptr<const NearestIndex> find_lists(const ListKey& key, int k, const Context& context) const;
  std::shared_ptr<const NearestView> find_view(std::size_t n, ServiceId service, int level, int n_needed,
                                               const Context& context, Direction direction) const;
  CrowPoints find_crow_points(const CounterSet& counters) const;
  NearestIndex build_transit_lists(const ListKey& key, int k, bool exhaustive, const Context& context) const;
  CounterChange find_change(std::size_t n, ServiceId service, int level) const;

  std::shared_ptr<const Territory> root_;
  TerritoryParts parts_;

  struct Kept {
    int n_needed;
    std::shared_ptr<const NearestView> view;
  };
  mutable std::mutex mutex_;
  mutable std::map<ListKey, Kept> kept_;
  mutable std::shared_ptr<ListShelf> shelf_;
};

// The `k` nearest open counters of every place for a person class, best mode each: rows of at most k
// labels. With `exhaustive` nothing kept is used.
Ragged<Label> find_nearest_counters(const Territory& territory, const NearestQuery& query, bool exhaustive = false,
                                    const Context& context = {});

}  // namespace maillage
