// Speed rules: how fast a mode travels on each class of road, as given by the user or by one of the
// shipped files (bindings/maillage/speeds/*.toml). Plain maps, so that any caller can fill them.
#pragma once

#include <map>
#include <string>

namespace maillage {

// km/h (or seconds, for delays) by the word that stands in the data.
using ValueByName = std::map<std::string, double, std::less<>>;

struct SpeedRules {
  // Free speed by class of road: the value of `highway`, or `ferry` and `shuttle_train` (of `route`),
  // `pier` and `platform`. A class that is neither here nor in `by_access_kmh` is closed to the mode.
  ValueByName highway_kmh;

  // The same for classes that are open only where the access tags name the mode in so many words
  // (a track with motor_vehicle=yes, a footway with bicycle=designated).
  ValueByName by_access_kmh;

  // Share of a speed limit at which people drive: 0 = limits are ignored, 1 = the limit is the speed.
  // In a car the limit times this share replaces the class speed, be it higher or lower; on foot and
  // by bike it only ever lowers the speed.
  double maxspeed_factor = 0;

  // Limits given by a word, in km/h: `FR:urban`, `walk`, `none`, ... Added to the built-in list of
  // legal limits (geo/osm_values.cpp), which they override. A limit of 0 stands for no limit at all.
  ValueByName zone_kmh;

  // Whether the three tables of caps below apply. A cap lowers what class and limit allow; a cap of
  // 0 closes the road to the mode.
  bool use_surface_caps = false;
  ValueByName surface_kmh;
  ValueByName tracktype_kmh;
  ValueByName smoothness_kmh;

  // Seconds lost at a node: `traffic_signals`, `stop`, `give_way`, and `junction` (where three or
  // more pieces of road of the mode meet). The largest of those that fit a node counts.
  ValueByName delay_s;
};

}  // namespace maillage
