#include "engine/change.h"

#include <algorithm>

namespace maillage {

People::People(const TerritoryParts& parts, Duration limit)
    : parts_(parts), limit_(limit), n_groups_(parts.groups->n_groups()), groups_(parts.n_walk_classes) {
  for (std::uint32_t g = 0; g < n_groups_; ++g) groups_[parts.groups->walk_class[g]].push_back(g);
}

bool People::is_populated(PlaceId p, std::size_t ladder) const {
  for (std::uint32_t g : groups_[Ladders::walk_class(ladder)])
    if (persons(p, g, Ladders::is_car(ladder)) > 0) return true;
  return false;
}

double People::find_shift(PlaceId p) const {
  const double adequate = parts_.connectivity->adequate[p.v];
  return adequate == adequate ? (1 - adequate) * parts_.connectivity_shift : 0;
}

void People::add_times(const Transfer& step, std::span<Change> columns) const {
  const Duration from = step.from.time, to = step.to.time;
  if (from == to) return;
  const bool is_car = Ladders::is_car(step.ladder);
  const int nearer = static_cast<int>(is_near(to)) - static_cast<int>(is_near(from));
  const double gone = static_cast<double>(from.is_reachable()) - static_cast<double>(to.is_reachable());
  const double ms = (to.is_reachable() ? static_cast<double>(to.ms) : 0.0) - (from.is_reachable() ? static_cast<double>(from.ms) : 0.0);
  Change& all = columns.back();
  for (std::uint32_t g : groups_[Ladders::walk_class(step.ladder)]) {
    const double n = persons(step.place, g, is_car);
    if (!(n > 0)) continue;
    columns[g].person_ms += n * ms;
    all.person_ms += n * ms;
    if (gone != 0) {
      columns[g].unreachable += n * gone;
      all.unreachable += n * gone;
    }
    if (nearer != 0) {
      const Ability a = find_ability(parts_, step.place, g);
      const double s = n * nearer;
      const States add{s * a.autonomous, s * (a.needs_help + a.cannot), -s * a.autonomous, -s * a.needs_help, -s * a.cannot};
      columns[g].states.add(add);
      all.states.add(add);
    }
  }
}

void People::add_worst(const Transfer& step, std::span<Change> columns) const {
  const Worst worst{step.place, step.from.time, step.to.time};
  if (worst.growth_ms() == 0) return;
  for (std::uint32_t g : groups_[Ladders::walk_class(step.ladder)]) {
    if (!worst.is_worse_than(columns[g].worst) || !(persons(step.place, g, Ladders::is_car(step.ladder)) > 0)) continue;
    columns[g].worst = worst;
    if (worst.is_worse_than(columns.back().worst)) columns.back().worst = worst;
  }
}

void People::add_moved(PlaceId p, std::span<const std::uint8_t> is_changed, std::span<Change> columns) const {
  bool anyone = false;
  for (std::size_t w = 0; w < groups_.size(); ++w) {
    if (!is_changed[2 * w] && !is_changed[2 * w + 1]) continue;
    for (std::uint32_t g : groups_[w]) {
      double moved = 0;
      for (const bool is_car : {true, false})
        if (is_changed[2 * w + (is_car ? 0 : 1)]) moved += persons(p, g, is_car);
      if (!(moved > 0)) continue;
      columns[g].moved += moved;
      ++columns[g].n_places;
      columns.back().moved += moved;
      anyone = true;
    }
  }
  columns.back().n_places += anyone;
}

std::vector<Change> sum_figures(const Ladders& ladders, const People& people) {
  const TerritoryParts& parts = people.parts();
  const std::size_t n_groups = parts.groups->n_groups();
  std::vector<Change> columns(n_groups + 1);
  std::vector<Rungs> rungs(ladders.n_ladders());
  for (std::size_t p = 0; p < parts.place_points.size(); ++p) {
    ladders.read(PlaceId(p), rungs);
    for (std::size_t g = 0; g < n_groups; ++g) {
      const std::size_t w = parts.groups->walk_class[g];
      const Duration time[] = {rungs[2 * w].first.time, rungs[2 * w + 1].first.time};
      Change add;
      add.persons = parts.population->persons(p, g);
      add.states = find_states(parts, PlaceId(p), GroupId(g), {people.is_near(time[0]) ? 1.0 : 0.0, people.is_near(time[1]) ? 1.0 : 0.0});
      for (const bool is_car : {true, false}) {
        const double n = people.persons(PlaceId(p), g, is_car);
        const Duration t = time[is_car ? 0 : 1];
        (t.is_reachable() ? add.person_ms : add.unreachable) += t.is_reachable() ? n * t.ms : n;
      }
      columns[g].add(add);
      columns.back().add(add);
    }
  }
  return columns;
}

std::vector<Change> sum_figures(const Exposure& exposure, const Context& context) {
  const TerritoryParts& parts = exposure.territory->parts();
  const std::size_t n_places = exposure.territory->n_places(), n_groups = exposure.territory->n_groups();
  std::vector<Change> columns(n_groups + 1);
  const std::vector<std::int32_t> one_row(n_places, 0);
  for (const bool by_group : {true, false}) {
    const Grouping grouping{one_row, 1, by_group};
    const std::vector<States> states = sum_states(exposure, grouping, context);
    const std::vector<double> persons = sum_persons(exposure, grouping);
    const std::size_t first = by_group ? 0 : n_groups;
    for (std::size_t i = 0; i < states.size(); ++i) {
      columns[first + i].states = states[i];
      columns[first + i].persons = persons[i];
    }
  }
  const People people(parts, exposure.query.limit);
  for (std::size_t p = 0; p < n_places; ++p)
    for (std::size_t g = 0; g < n_groups; ++g)
      for (const bool is_car : {true, false}) {
        const double n = people.persons(PlaceId(p), g, is_car);
        const Duration time = exposure.label(PlaceId(p), GroupId(g), is_car ? PersonClass::car : PersonClass::no_car).time;
        for (Change* c : {&columns[g], &columns.back()}) {
          if (time.is_reachable())
            c->person_ms += n * time.ms;
          else
            c->unreachable += n;
        }
      }
  return columns;
}

}  // namespace maillage
