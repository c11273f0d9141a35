#include "engine/scenario_change.h"

#include <algorithm>
#include <optional>

namespace maillage {
namespace {

// Persons, states, unreachable persons and person-milliseconds of a group at a place.
Change find_figures(const People& people, PlaceId p, std::size_t g, std::span<const Rungs> rungs) {
  const TerritoryParts& t = people.parts();
  Change out;
  out.persons = t.population->persons(p.v, g);
  const Ability a = find_ability(t, p, g);
  for (const bool is_car : {true, false}) {
    const double n = people.persons(p, g, is_car);
    const Duration time = rungs[2 * t.groups->walk_class[g] + (is_car ? 0 : 1)].first.time;
    if (people.is_near(time))
      out.states.add({n * a.autonomous, n * (a.needs_help + a.cannot), 0, 0, 0});
    else
      out.states.add({0, 0, n * a.autonomous, n * a.needs_help, n * a.cannot});
    if (time.is_reachable())
      out.person_ms += n * time.ms;
    else
      out.unreachable += n;
  }
  return out;
}

Change find_difference(const Change& after, const Change& before) {
  Change d;
  d.persons = after.persons - before.persons;
  const States &a = after.states, &b = before.states;
  d.states = {a.choice - b.choice, a.counter_reliant - b.counter_reliant, a.digital_only - b.digital_only,
              a.assisted_only - b.assisted_only, a.stranded - b.stranded};
  d.unreachable = after.unreachable - before.unreachable;
  d.person_ms = after.person_ms - before.person_ms;
  return d;
}

template <class T>
bool is_same(const T& a, const T& b) {
  return a == b || (a != a && b != b);
}

// Places whose people or their connectivity are other ones.
class PeopleChange {
 public:
  PeopleChange(const TerritoryParts& before, const TerritoryParts& after)
      : before_(before), after_(after), is_any_(before.population != after.population || before.connectivity != after.connectivity) {}

  bool contains(PlaceId p) const {
    if (!is_any_) return false;
    const auto same_row = [&](const Matrix<double>& a, const Matrix<double>& b) {
      const auto x = a.row(p.v), y = b.row(p.v);
      return std::equal(x.begin(), x.end(), y.begin(), y.end());
    };
    return !is_same(before_.connectivity->adequate[p.v], after_.connectivity->adequate[p.v]) ||
           !same_row(before_.population->persons, after_.population->persons) ||
           !same_row(before_.population->car_share, after_.population->car_share);
  }
  void add_to(std::vector<PlaceId>& places) const {
    if (!is_any_) return;
    for (std::size_t p = 0; p < before_.place_points.size(); ++p)
      if (contains(PlaceId(p))) places.push_back(PlaceId(p));
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
  }

 private:
  const TerritoryParts& before_;
  const TerritoryParts& after_;
  bool is_any_;
};

// Whose way is another one at a place, and how.
void add_steps(const People& people, PlaceId p, std::span<const Rungs> was, std::span<const Rungs> is, bool same_people,
               std::span<Change> columns) {
  std::vector<std::uint8_t> is_changed(was.size());
  for (std::size_t l = 0; l < was.size(); ++l) {
    is_changed[l] = was[l].first != is[l].first;
    if (!is_changed[l]) continue;
    const Transfer step{p, l, was[l].first, is[l].first};
    if (same_people) people.add_times(step, columns);
    people.add_worst(step, columns);
  }
  people.add_moved(p, is_changed, columns);
}

bool edits_roads(const std::vector<Edit>& edits) {
  return std::any_of(edits.begin(), edits.end(), [](const Edit& e) { return std::holds_alternative<EditRoads>(e); });
}

}  // namespace

std::vector<Change> find_scenario_change(const Ladders& before, const std::shared_ptr<const Territory>& after,
                                         Duration limit, const Context& context) {
  const Ladders now(after, before.service(), before.level(), 1, context);
  const People was_there(before.territory()->parts(), limit), is_there(after->parts(), limit);
  const PeopleChange people_change(before.territory()->parts(), after->parts());
  std::vector<PlaceId> places = now.find_changed(before);
  people_change.add_to(places);

  constexpr std::size_t kBlock = 4096;
  const std::size_t n_columns = is_there.n_columns();
  std::vector<std::vector<Change>> sums((places.size() + kBlock - 1) / kBlock, std::vector<Change>(n_columns));
  for_blocks(places.size(), kBlock, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    std::vector<Rungs> was(before.n_ladders()), is(before.n_ladders());
    std::vector<Change>& columns = sums[begin / kBlock];
    for (std::size_t i = begin; i < end; ++i) {
      const PlaceId p = places[i];
      before.read(p, was);
      now.read(p, is);
      const bool same_people = !people_change.contains(p);
      add_steps(is_there, p, was, is, same_people, columns);
      if (same_people) continue;
      for (std::size_t g = 0; g + 1 < n_columns; ++g) {
        const Change d = find_difference(find_figures(is_there, p, g, is), find_figures(was_there, p, g, was));
        columns[g].add(d);
        columns.back().add(d);
      }
    }
  });
  std::vector<Change> out(n_columns);
  for (const std::vector<Change>& block : sums)
    for (std::size_t c = 0; c < n_columns; ++c) out[c].add(block[c]);
  return out;
}

std::vector<Change> find_change_between(const Exposure& before, const Exposure& after, const Context& context) {
  const std::vector<Change> was = sum_figures(before, context), is = sum_figures(after, context);
  std::vector<Change> out;
  for (std::size_t c = 0; c < is.size(); ++c) out.push_back(find_difference(is[c], was[c]));
  const People people(after.territory->parts(), after.query.limit);
  const std::size_t n_classes = after.territory->parts().n_walk_classes;
  std::vector<Rungs> was_rungs(2 * n_classes), rungs(2 * n_classes);
  for (std::size_t p = 0; p < after.territory->n_places(); ++p) {
    for (std::size_t w = 0; w < n_classes; ++w) {
      was_rungs[2 * w].first = before.car[w][p];
      was_rungs[2 * w + 1].first = before.no_car[w][p];
      rungs[2 * w].first = after.car[w][p];
      rungs[2 * w + 1].first = after.no_car[w][p];
    }
    add_steps(people, PlaceId(p), was_rungs, rungs, false, out);
  }
  return out;
}

std::vector<Change> find_scenario_changes(const Ladders& before, const ExposureQuery& query,
                                          std::span<const std::vector<Edit>> scenarios, const Context& context) {
  const std::size_t n_columns = before.territory()->n_groups() + 1;
  std::vector<Change> out(scenarios.size() * n_columns);
  std::optional<Exposure> all_before;
  if (query.exhaustive) all_before = build_exposure(before.territory(), query, context);
  auto find_one = [&](std::size_t i, const Context& inner) {
    const auto after = apply_edits(before.territory(), scenarios[i], inner);
    const std::vector<Change> columns =
        query.exhaustive ? find_change_between(*all_before, build_exposure(after, query, inner), inner)
                         : find_scenario_change(before, after, query.limit, inner);
    std::copy(columns.begin(), columns.end(), out.begin() + static_cast<std::ptrdiff_t>(i * n_columns));
  };
  std::vector<std::size_t> plain, with_roads;
  for (std::size_t i = 0; i < scenarios.size(); ++i) (edits_roads(scenarios[i]) ? with_roads : plain).push_back(i);
  context.begin("evaluating scenarios", plain.size());
  for_blocks(plain.size(), 1, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) find_one(plain[i], {1, nullptr});
  });
  for (std::size_t i : with_roads) {
    context.check();
    find_one(i, context);
  }
  return out;
}

}  // namespace maillage
