#include "engine/uncertainty.h"

#include <cmath>

#include "engine/random.h"

namespace maillage {
namespace {

Duration scale(Duration time, double speed) {
  if (!time.is_reachable() || speed == 1) return time;
  return to_duration(time.ms / 1000.0 / speed);
}

// A share whose odds grow as those of `from` would if it became `to`.
double shift_odds(double share, double from, double to) {
  if (from == to || share <= 0 || share >= 1 || from <= 0 || from >= 1) return share;
  if (to <= 0) return 0;
  if (to >= 1) return 1;
  const double ratio = to / (1 - to) * (1 - from) / from;
  return share * ratio / (1 - share + share * ratio);
}

// One draw over all places.
class Draw {
 public:
  Draw(const Exposure& exposure, const ParameterDraws& draws, std::size_t number)
      : exposure_(exposure), parts_(exposure.territory->parts()), draws_(draws), d_(number) {}

  // As a factor on the persons of a place.
  double find_error(std::size_t place) const {
    const double sd = draws_.population_error;
    if (sd == 0) return 1;
    const double sigma = std::sqrt(std::log1p(sd * sd));
    return std::exp(sigma * draw_normal({draws_.seed, draws_.place_stream[place], static_cast<std::uint32_t>(d_)}) - sigma * sigma / 2);
  }

  States find(PlaceId p, GroupId g, double error) const {
    const double persons = error * parts_.population->persons(p.v, g.v);
    const double by_car = parts_.population->car_share(p.v, g.v);
    const double car = find_reach(p, g, PersonClass::car), without = find_reach(p, g, PersonClass::no_car);
    const double reach = car == without ? car : by_car * car + (1 - by_car) * without;
    const Ability a = find_ability(p, g.v);
    const double near = persons * reach, far = persons * (1 - reach);
    return {near * a.autonomous, near * (a.needs_help + a.cannot), far * a.autonomous, far * a.needs_help, far * a.cannot};
  }

 private:
  double find_reach(PlaceId p, GroupId g, PersonClass who) const {
    const double speed = who == PersonClass::car ? draws_.car_speed[d_] : draws_.no_car_speed[d_];
    return exposure_.query.decay.find_reach(scale(exposure_.label(p, g, who).time, speed), exposure_.query.limit);
  }

  Ability find_ability(PlaceId p, std::size_t g) const {
    double p_b = draws_.p_b(d_, g), p_c = draws_.p_c(d_, g);
    if (parts_.abilities) {
      const Groups& point = *parts_.groups;
      p_c = shift_odds(parts_.abilities->p_c(p.v, g), point.p_c[g], p_c);
      p_b = std::min(shift_odds(parts_.abilities->p_b(p.v, g), point.p_b[g], p_b), 1 - p_c);
    }
    return maillage::find_ability(p_b, p_c, parts_.connectivity->adequate[p.v], draws_.shift[d_]);
  }

  const Exposure& exposure_;
  const TerritoryParts& parts_;
  const ParameterDraws& draws_;
  std::size_t d_;
};

}  // namespace

std::vector<std::vector<States>> draw_states(const Exposure& exposure, const Grouping& grouping, const ParameterDraws& draws,
                                             const Context& context) {
  const std::size_t n_places = exposure.territory->n_places(), n_groups = exposure.territory->n_groups();
  std::vector<std::vector<States>> out(draws.size());
  context.begin("drawing parameters", draws.size());
  for_blocks(draws.size(), 1, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t d = begin; d < end; ++d) {
      const Draw draw(exposure, draws, d);
      out[d].resize(grouping.n_rows * (grouping.by_group ? n_groups : 1));
      for (std::size_t p = 0; p < n_places; ++p) {
        if (grouping.row_of_place[p] < 0) continue;
        const auto row = static_cast<std::size_t>(grouping.row_of_place[p]);
        const double error = draw.find_error(p);
        for (std::size_t g = 0; g < n_groups; ++g)
          out[d][grouping.by_group ? row * n_groups + g : row].add(draw.find(PlaceId(p), GroupId(g), error));
      }
    }
  });
  return out;
}

}  // namespace maillage
