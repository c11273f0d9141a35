#include "geo/osm_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cctype>
#include <cmath>
#include <string>

namespace maillage {
namespace {

constexpr double kMileKm = 1.609344;
constexpr double kKnotKmh = 1.852;
constexpr double kFootM = 0.3048;
constexpr double kMinLimitKmh = 1;
constexpr double kMaxLimitKmh = 300;
constexpr double kMaxDurationS = 7 * 86400.0;

struct NamedLimit {
  std::string_view name;
  double kmh;
};

// Legal limits of a passenger car by OSM's word for them. Source: OpenStreetMap wiki, "Default speed
// limits" and "Key:maxspeed"; France: code de la route R413-2 (roads), R110-2 (20 and 30 zones).
// 0 = the word gives no number. Sorted by name.
constexpr NamedLimit kLegalLimits[] = {
    {"ad:rural", 90},          {"ar:rural", 110},       {"ar:urban", 40},       {"at:bicycle_road", 30},
    {"at:rural", 100},         {"at:trunk", 100},       {"be-bru:rural", 70},   {"be-bru:urban", 30},
    {"be-vlg:rural", 70},      {"be:cyclestreet", 30},  {"be:living_street", 20}, {"be:motorway", 120},
    {"be:trunk", 120},         {"bg:motorway", 140},    {"by:motorway", 110},   {"by:urban", 60},
    {"ch:motorway", 120},      {"ch:rural", 80},        {"ch:trunk", 100},      {"cz:pedestrian_zone", 20},
    {"de:bicycle_road", 30},   {"de:living_street", 7}, {"de:motorway", 0},     {"de:rural", 100},
    {"dk:rural", 80},          {"es:motorway", 120},    {"es:trunk", 90},       {"fi:rural", 80},
    {"fi:trunk", 100},         {"fl:rural", 80},        {"fr:rural", 80},       {"gb:motorway", 70 * kMileKm},
    {"gb:nsl_dual", 70 * kMileKm}, {"gb:nsl_restricted", 30 * kMileKm}, {"gb:nsl_single", 60 * kMileKm},
    {"gb:urban", 30 * kMileKm}, {"gr:motorway", 130},   {"hu:trunk", 110},      {"ie:motorway", 120},
    {"ie:rural", 80},          {"li:rural", 80},        {"lv:living_street", 20}, {"nl:living_street", 15},
    {"nl:motorway", 100},      {"nl:rural", 80},        {"nl:trunk", 100},      {"no:motorway", 110},
    {"no:rural", 80},          {"pl:expressway", 120},  {"pl:motorway", 140},   {"pl:rural", 90},
    {"pt:motorway", 120},      {"pt:trunk", 100},       {"ro:trunk", 100},      {"ru:living_street", 20},
    {"ru:motorway", 110},      {"ru:urban", 60},        {"se:motorway", 110},   {"se:rural", 70},
    {"uk:motorway", 70 * kMileKm}, {"uk:nsl_dual", 70 * kMileKm}, {"uk:nsl_single", 60 * kMileKm},
    {"us:urban", 30 * kMileKm}};

// The same words without a country, or of a country that the list above leaves out.
constexpr NamedLimit kCommonLimits[] = {
    {"bicycle_road", 30}, {"living_street", 20}, {"motorway", 130}, {"rural", 90},
    {"trunk", 110},       {"urban", 50},         {"walk", 5}};

// Words that rightly give no number.
constexpr std::string_view kSilent[] = {"none",    "signals", "sign",   "variable", "implicit", "default",
                                        "survey",  "markings", "unsigned", "no", "unposted", "zone"};

static_assert(std::ranges::is_sorted(kLegalLimits, {}, &NamedLimit::name));
static_assert(std::ranges::is_sorted(kCommonLimits, {}, &NamedLimit::name));

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// The number at the start of `text`, which then holds what follows it. A comma may be the point.
std::optional<double> take_number(std::string_view& text) {
  std::string digits(text.substr(0, text.find_first_not_of("0123456789.,")));
  if (digits.empty() || !std::isdigit(static_cast<unsigned char>(digits.front()))) return std::nullopt;
  std::ranges::replace(digits, ',', '.');
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  text = trim(text.substr(digits.size()));
  return number;
}

template <std::size_t N>
std::optional<double> find_limit(const NamedLimit (&limits)[N], std::string_view name) {
  const auto at = std::ranges::lower_bound(limits, name, {}, &NamedLimit::name);
  if (at == std::end(limits) || at->name != name) return std::nullopt;
  return at->kmh;
}

// `fr:zone30`, `de:zone:30`, `fr:30`, `zone:20`: the number at the end, if words stand before it.
std::optional<double> find_zone_number(std::string_view word) {
  const std::size_t last = word.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == word.size()) return std::nullopt;
  const std::string_view before = word.substr(0, last + 1);
  if (!before.ends_with(':') && !before.ends_with("zone")) return std::nullopt;
  std::string_view digits = word.substr(last + 1);
  return take_number(digits);
}

SpeedLimit to_word_limit(std::string_view value, const ValueByName& zones) {
  const std::string word = to_lower(value);
  for (const auto& [name, kmh] : zones) {
    if (to_lower(name) == word) return {kmh};
  }
  if (const auto kmh = find_limit(kLegalLimits, word)) return {*kmh};
  if (std::ranges::find(kSilent, word) != std::end(kSilent)) return {};
  const std::size_t colon = word.find(':');
  const std::string_view common = std::string_view(word).substr(colon == std::string::npos ? 0 : colon + 1);
  if (const auto kmh = find_limit(kCommonLimits, common)) return {*kmh};
  const auto kmh = find_zone_number(word);
  if (kmh && *kmh >= kMinLimitKmh && *kmh <= kMaxLimitKmh) return {*kmh};
  return {0, false};
}

SpeedLimit to_single_limit(std::string_view value, const ValueByName& zones) {
  std::string_view rest = value;
  const auto number = take_number(rest);
  if (!number) return to_word_limit(value, zones);
  double kmh = *number;
  const std::string unit = to_lower(rest);
  if (unit == "mph") {
    kmh *= kMileKm;
  } else if (unit == "knots" || unit == "knot" || unit == "kn") {
    kmh *= kKnotKmh;
  } else if (!unit.empty() && unit != "km/h" && unit != "kmh" && unit != "kph" && unit != "kmph") {
    return {0, false};
  }
  if (kmh < kMinLimitKmh || kmh > kMaxLimitKmh) return {0, false};
  return {kmh};
}

// Hours, minutes and seconds between colons.
std::optional<double> to_clock_s(std::string_view value) {
  std::array<double, 3> parts{};
  std::size_t n_parts = 0;
  while (true) {
    if (n_parts == parts.size()) return std::nullopt;
    const std::size_t colon = value.find(':');
    std::string_view part = value.substr(0, colon);
    const auto number = take_number(part);
    if (!number || !part.empty()) return std::nullopt;
    parts[n_parts++] = *number;
    if (colon == std::string_view::npos) break;
    value.remove_prefix(colon + 1);
  }
  return n_parts == 1 ? parts[0] * 60 : parts[0] * 3600 + parts[1] * 60 + parts[2];
}

// ISO 8601 without years and months: PnDTnHnMnS.
std::optional<double> to_iso_s(std::string_view value) {
  double seconds = 0;
  bool is_time = false;
  value.remove_prefix(1);
  while (!value.empty()) {
    if (value.front() == 'T' && !is_time) {
      is_time = true;
      value.remove_prefix(1);
      continue;
    }
    const auto number = take_number(value);
    if (!number || value.empty()) return std::nullopt;
    const char unit = value.front();
    value.remove_prefix(1);
    if (unit == 'D' && !is_time) {
      seconds += *number * 86400;
    } else if (unit == 'H' && is_time) {
      seconds += *number * 3600;
    } else if (unit == 'M' && is_time) {
      seconds += *number * 60;
    } else if (unit == 'S' && is_time) {
      seconds += *number;
    } else {
      return std::nullopt;
    }
  }
  return seconds;
}

}  // namespace

SpeedLimit to_speed_limit(std::string_view value, const ValueByName& zones) {
  SpeedLimit lowest;
  while (true) {
    const std::size_t cut = value.find_first_of(";|");
    const std::string_view part = trim(value.substr(0, cut));
    if (!part.empty()) {
      const SpeedLimit limit = to_single_limit(part, zones);
      lowest.is_understood = lowest.is_understood && limit.is_understood;
      if (limit.kmh > 0 && (lowest.kmh == 0 || limit.kmh < lowest.kmh)) lowest.kmh = limit.kmh;
    }
    if (cut == std::string_view::npos) return lowest;
    value.remove_prefix(cut + 1);
  }
}

std::optional<double> to_duration_s(std::string_view value) {
  value = trim(value);
  if (value.empty()) return std::nullopt;
  const auto seconds = value.front() == 'P' ? to_iso_s(value) : to_clock_s(value);
  if (!seconds || !(*seconds > 0) || *seconds > kMaxDurationS) return std::nullopt;
  return seconds;
}

std::optional<double> to_metres(std::string_view value) {
  std::string_view rest = trim(value);
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  if (rest.empty() || rest == "m") return number;
  if (rest == "ft" || rest == "'") return *number * kFootM;
  if (rest.front() == '\'') {
    rest = trim(rest.substr(1));
    const auto inches = take_number(rest);
    if (inches && (rest == "\"" || rest == "''" || rest.empty())) return (*number + *inches / 12) * kFootM;
  }
  return std::nullopt;
}

std::optional<double> to_tonnes(std::string_view value) {
  std::string_view rest = trim(value);
  const auto number = take_number(rest);
  if (!number) return std::nullopt;
  if (rest.empty() || rest == "t") return number;
  if (rest == "kg") return *number / 1000;
  return std::nullopt;
}

}  // namespace maillage
