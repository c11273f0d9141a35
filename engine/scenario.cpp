#include "engine/scenario.h"

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>

#include "engine/road_edit.h"

namespace maillage {
namespace {

// Copies a shared part the first time it is written to.
template <class T>
class CopyOnWrite {
 public:
  explicit CopyOnWrite(std::shared_ptr<const T>& part) : part_(part) {}
  const T& read() const { return copy_ ? *copy_ : *part_; }
  T& write() {
    if (!copy_) copy_ = std::make_shared<T>(*part_);
    return *copy_;
  }
  bool is_written() const { return copy_ != nullptr; }
  void finish() {
    if (copy_) part_ = std::move(copy_);
  }

 private:
  std::shared_ptr<const T>& part_;
  std::shared_ptr<T> copy_;
};

void edit_segments(RoadSegments& segments, const EditRoads& edit) {
  for (SegmentId s : edit.segments) {
    for (auto* direction : {&segments.forward_s, &segments.backward_s}) {
      float& seconds = (*direction)[s];
      if (!(seconds < kNoWay)) continue;
      if (edit.speed_kmh)
        seconds = static_cast<float>(segments.length_m[s] / (*edit.speed_kmh / 3.6));
      else if (edit.factor)
        seconds = static_cast<float>(seconds / *edit.factor);
      else
        seconds = kNoWay;
    }
  }
}

// The roads of one network while edits are collected: built anew once, after the last of them.
class RoadEditor {
 public:
  explicit RoadEditor(ModeNetwork& network) : network_(network) {}

  void apply(const EditRoads& edit) {
    if (edit.mode != network_.mode || !network_.has_roads()) return;
    if (!segments_) segments_ = std::make_shared<RoadSegments>(*network_.network->segments);
    edit_segments(*segments_, edit);
  }

  // Points of places, and of the counters whose links are at hand.
  void finish(std::span<const LatLon> places, std::span<const LatLon> counters, const Context& context) {
    if (!segments_) return;
    const std::shared_ptr<const RoadNetwork> before = network_.network;
    network_.network = std::make_shared<RoadNetwork>(build_edited_network(*before, std::move(segments_), context));
    if (network_.hierarchy)
      network_.hierarchy = std::make_shared<Hierarchy>(
          build_edited_hierarchy(*before, *network_.hierarchy, *network_.network, context));
    // what stood on a closed road attaches elsewhere
    const RoadNetwork& now = *network_.network;
    network_.places = std::make_shared<Links>(
        build_edited_links({*before, *network_.places}, now, {places, network_.place_options}, context));
    network_.counters = std::make_shared<Links>(
        build_edited_links({*before, *network_.counters}, now, {counters, network_.counter_options}, context));
    network_.finder = nullptr;
  }

 private:
  ModeNetwork& network_;
  std::shared_ptr<RoadSegments> segments_;
};

// Writes edits of counters, persons and connectivity into copies of the parts.
class Editor {
 public:
  Editor(TerritoryParts& parts, const Context& context)
      : parts_(parts), context_(context), counters_(parts.counters), population_(parts.population),
        connectivity_(parts.connectivity), first_new_(parts.counters->n_counters()) {
    for (ModeNetwork& m : parts.networks) roads_.emplace_back(m);
  }

  void operator()(const CloseCounter& e) {
    Counters& c = counters_.write();
    if (e.service)
      c.level(e.counter.v, e.service->v) = 0;
    else
      c.open[e.counter.v] = 0;
  }
  void operator()(const ReopenCounter& e) { counters_.write().open[e.counter.v] = 1; }
  void operator()(const OpenCounter& e) {
    Counters& c = counters_.write();
    c.point.push_back(e.point);
    c.open.push_back(1);
    c.level.values.insert(c.level.values.end(), e.level.begin(), e.level.end());
    ++c.level.n_rows;
    if (parts_.place_area) c.area.push_back(e.area);
  }
  void operator()(const MoveCounter& e) {
    Counters& c = counters_.write();
    c.point[e.counter.v] = e.point;
    if (parts_.place_area) c.area[e.counter.v] = e.area;
    if (e.counter.v < first_new_) moved_.push_back(e.counter.v);
  }
  void operator()(const ConvertCounter& e) {
    Counters& c = counters_.write();
    std::copy(e.level.begin(), e.level.end(), &c.level(e.counter.v, 0));
  }
  void operator()(const SetPersons& e) { population_.write().persons(e.place.v, e.group.v) = e.persons; }
  void operator()(const SetAdequate& e) { connectivity_.write().adequate[e.place.v] = e.adequate; }
  void operator()(const EditRoads& e) {
    for (RoadEditor& roads : roads_) roads.apply(e);
  }

  void operator()(const SetTimetables& e) {
    std::size_t next = 0;
    for (std::size_t n = 0; n < parts_.networks.size(); ++n) {
      ModeNetwork& m = parts_.networks[n];
      if (!m.is_transit() || next == e.modes.size()) continue;
      const std::shared_ptr<const TransitMode> before = std::exchange(m.transit, e.modes[next++]);
      if (before->paths().network != m.transit->paths().network) walked_anew_.push_back(n);
    }
  }

  void finish() {
    counters_.finish();
    population_.finish();
    connectivity_.finish();
    const std::span<const LatLon> points = parts_.counters->point;
    for (RoadEditor& roads : roads_) roads.finish(parts_.place_points, points.first(first_new_), context_);
    for (std::size_t n : walked_anew_) {
      ModeNetwork& m = parts_.networks[n];
      m.places = std::make_shared<Links>(m.attach(parts_.place_points, m.place_options, context_));
      m.counters = std::make_shared<Links>(m.attach(points.first(first_new_), m.counter_options, context_));
    }
    attach_changed_counters();
  }

 private:
  // Links of new and moved counters beside the links that are still good.
  void attach_changed_counters() {
    const std::vector<LatLon>& point = parts_.counters->point;
    if (moved_.empty() && point.size() == first_new_) return;
    std::vector<LatLon> changed;
    for (std::uint32_t c : moved_) changed.push_back(point[c]);
    changed.insert(changed.end(), point.begin() + static_cast<std::ptrdiff_t>(first_new_), point.end());
    std::vector<std::uint32_t> rows(point.size());
    for (std::uint32_t c = 0; c < point.size(); ++c) {
      rows[c] = c;
      if (c >= first_new_) rows[c] = static_cast<std::uint32_t>(c + moved_.size());
    }
    for (std::size_t i = 0; i < moved_.size(); ++i) rows[moved_[i]] = static_cast<std::uint32_t>(first_new_ + i);
    for (ModeNetwork& m : parts_.networks) {
      if (!m.counters) continue;
      const Links links = m.attach(changed, m.counter_options, context_);
      m.counters = std::make_shared<Links>(select_links(join_links(*m.counters, links), rows));
    }
  }

  TerritoryParts& parts_;
  const Context& context_;
  CopyOnWrite<Counters> counters_;
  CopyOnWrite<Population> population_;
  CopyOnWrite<Connectivity> connectivity_;
  std::vector<RoadEditor> roads_;  // one a network
  std::size_t first_new_;
  std::vector<std::uint32_t> moved_;
  std::vector<std::size_t> walked_anew_;  // networks with timetables whose footpaths are others
};

}  // namespace

RoadSegments build_edited_roads(const RoadSegments& before, const EditRoads& edit) {
  RoadSegments after = before;
  edit_segments(after, edit);
  return after;
}

std::vector<SegmentId> find_segments(const RoadSegments& segments, std::span<const std::int64_t> ways) {
  const std::unordered_set<std::int64_t> wanted(ways.begin(), ways.end());
  std::vector<std::uint8_t> is_wanted(segments.way_id.size());
  for (std::size_t w = 0; w < is_wanted.size(); ++w) is_wanted[w] = wanted.contains(segments.way_id[w]);
  std::vector<SegmentId> found;
  for (std::size_t i = 0; i < segments.n_segments(); ++i)
    if (is_wanted[segments.way[SegmentId(i)]]) found.push_back(SegmentId(i));
  return found;
}

std::shared_ptr<const Territory> apply_edits(const std::shared_ptr<const Territory>& territory,
                                             std::span<const Edit> edits, const Context& context) {
  TerritoryParts parts = territory->parts();
  Editor editor(parts, context);
  for (const Edit& edit : edits) std::visit(editor, edit);
  editor.finish();
  return Territory::derive(territory, std::move(parts), context);
}

}  // namespace maillage
