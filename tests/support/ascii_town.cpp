#include "tests/support/ascii_town.h"

#include <array>
#include <cctype>
#include <stdexcept>
#include <string>
#include <vector>

namespace maillage::test {
namespace {

struct Step {
  int row, column;
};
// in the order of Side
constexpr std::array<Step, 8> kSteps{{{-1, 0}, {0, 1}, {1, 0}, {0, -1}, {-1, 1}, {1, 1}, {1, -1}, {-1, -1}}};

bool is_named(char c) { return std::isalnum(static_cast<unsigned char>(c)) && c != 'v'; }
bool is_point(char c) { return is_named(c) || c == '+'; }

// Whether character `c` has a road towards `step`; points have one wherever the neighbour has.
bool leads(char c, Step step) {
  const bool across = step.row == 0, up = step.column == 0;
  switch (c) {
    case '-': case '>': case '<': case '=': case '~': return across;
    case '|': case '^': case 'v': case ':': return up;
    case '/': return step.row * step.column < 0;
    case '\\': return step.row * step.column > 0;
    default: return is_point(c);
  }
}

// +1 when `c` drives along `step`, -1 when against it, 0 when both ways.
int find_drive(char c, Step step) {
  switch (c) {
    case '>': return step.column;
    case '<': return -step.column;
    case 'v': return step.row;
    case '^': return -step.row;
    default: return 0;
  }
}

class Drawing {
 public:
  Drawing(std::string_view text, double step_s) : step_s_(static_cast<float>(step_s)) {
    std::string line;
    for (char c : text) {
      if (c == '\n') {
        rows_.push_back(std::move(line));
        line.clear();
      } else {
        line.push_back(c);
      }
    }
    rows_.push_back(std::move(line));
  }

  AsciiTown build() {
    std::vector<std::vector<RawNodeId>> node(rows_.size());
    for (int r = 0; r < n_rows(); ++r) {
      node[r].resize(rows_[r].size());
      for (int c = 0; c < static_cast<int>(rows_[r].size()); ++c) node[r][c] = add_node(r, c);
    }
    for (int r = 0; r < n_rows(); ++r)
      for (int c = 0; c < static_cast<int>(rows_[r].size()); ++c)
        for (Step step : {kSteps[1], kSteps[2], kSteps[5], kSteps[6]}) {  // each pair of neighbours once
          if (!is_joined(r, c, step)) continue;
          add_segment({node[r][c], node[r + step.row][c + step.column]}, at(r, c), at(r + step.row, c + step.column), step);
        }
    return std::move(town_);
  }

 private:
  int n_rows() const { return static_cast<int>(rows_.size()); }
  char at(int r, int c) const {
    if (r < 0 || c < 0 || r >= n_rows() || c >= static_cast<int>(rows_[r].size())) return ' ';
    return rows_[r][c];
  }

  bool is_joined(int r, int c, Step step) const {
    const char a = at(r, c), b = at(r + step.row, c + step.column);
    const bool diagonal = step.row != 0 && step.column != 0;
    if (diagonal && is_point(a) && is_point(b)) return false;  // diagonal roads are drawn
    return leads(a, step) && leads(b, {-step.row, -step.column});
  }

  RawNodeId add_node(int r, int c) {
    const char name = at(r, c);
    if (!is_point(name) && std::string_view("-|/\\><^v=:~").find(name) == std::string_view::npos) return {};
    const RawNodeId id = town_.roads.node_point.push_back({-r * kStepDegrees, c * kStepDegrees});
    if (is_named(name) && !town_.node.emplace(name, id).second)
      throw std::invalid_argument(std::string("two points have the name ") + name);
    return id;
  }

  void add_segment(std::pair<RawNodeId, RawNodeId> ends, char a, char b, Step step) {
    RoadSegments& s = town_.roads;
    const int drive_a = find_drive(a, step), drive_b = find_drive(b, step);
    if (drive_a * drive_b < 0) throw std::invalid_argument("one-way roads drive against each other");
    const int drive = drive_a != 0 ? drive_a : drive_b;
    auto has = [&](char c) { return a == c || b == c; };
    s.from.push_back(ends.first);
    s.to.push_back(ends.second);
    s.forward_s.push_back(drive >= 0 ? step_s_ : kNoWay);
    s.backward_s.push_back(drive <= 0 ? step_s_ : kNoWay);
    s.length_m.push_back(static_cast<float>(find_distance_m(s.node_point[ends.first], s.node_point[ends.second])));
    s.flags.push_back(static_cast<std::uint8_t>((has('=') || has(':') ? kRestricted : 0) | (has('~') ? kNoAttach : 0)));
    s.way.push_back(static_cast<std::uint32_t>(s.way_id.size()));
    s.way_id.push_back(static_cast<std::int64_t>(s.way_id.size()) + 1);
  }

  float step_s_;
  std::vector<std::string> rows_;
  AsciiTown town_;
};

}  // namespace

LatLon AsciiTown::between(char a, char b, double fraction) const {
  const LatLon p = point(a), q = point(b);
  return {p.lat + fraction * (q.lat - p.lat), p.lon + fraction * (q.lon - p.lon)};
}

SegmentId AsciiTown::segment(char name, Side side) const {
  const Step step = kSteps[static_cast<std::size_t>(side)];
  const LatLon here = point(name);
  for (std::size_t i = 0; i < roads.n_segments(); ++i) {
    const SegmentId id(i);
    for (const auto& [end, other] : {std::pair(roads.from[id], roads.to[id]), std::pair(roads.to[id], roads.from[id])}) {
      if (end != node.at(name)) continue;
      const LatLon there = roads.node_point[other];
      if (std::abs(there.lat - here.lat + step.row * kStepDegrees) < kStepDegrees / 2 &&
          std::abs(there.lon - here.lon - step.column * kStepDegrees) < kStepDegrees / 2)
        return id;
    }
  }
  throw std::invalid_argument(std::string("no road on that side of ") + name);
}

void AsciiTown::forbid_turn(char via, Side from, Side to) {
  roads.turn_bans.push_back({segment(via, from), node.at(via), segment(via, to)});
}

void AsciiTown::set_delay(char name, double seconds) {
  if (roads.node_delay_s.empty()) roads.node_delay_s.assign(roads.n_nodes(), 0.0F);
  roads.node_delay_s[node.at(name)] = static_cast<float>(seconds);
}

AsciiTown build_ascii_town(std::string_view drawing, double step_s) { return Drawing(drawing, step_s).build(); }

}  // namespace maillage::test
