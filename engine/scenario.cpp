#include "engine/scenario.h"

#include <algorithm>
#include <unordered_set>

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

void edit_roads(TerritoryParts& parts, const EditRoads& edit, const Context& context) {
  for (ModeNetwork& m : parts.networks) {
    if (m.mode != edit.mode) continue;
    auto segments = std::make_shared<RoadSegments>(build_edited_roads(*m.network->segments, edit));
    m.network = std::make_shared<RoadNetwork>(build_road_network(std::move(segments), context));
    m.hierarchy = nullptr;
    m.places = nullptr;  // what stood on a closed road attaches elsewhere
    m.counters = nullptr;
    m.finder = nullptr;
  }
}

// Writes edits of counters, persons and connectivity into copies of the parts.
class Editor {
 public:
  Editor(TerritoryParts& parts, const Context& context)
      : parts_(parts), context_(context), counters_(parts.counters), population_(parts.population),
        connectivity_(parts.connectivity), first_new_(parts.counters->n_counters()) {}

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
  void operator()(const EditRoads& e) { edit_roads(parts_, e, context_); }

  void finish() {
    counters_.finish();
    population_.finish();
    connectivity_.finish();
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
      const Links links = build_links(*m.network, changed, m.counter_options, context_);
      m.counters = std::make_shared<Links>(select_links(join_links(*m.counters, links), rows));
    }
  }

  TerritoryParts& parts_;
  const Context& context_;
  CopyOnWrite<Counters> counters_;
  CopyOnWrite<Population> population_;
  CopyOnWrite<Connectivity> connectivity_;
  std::size_t first_new_;
  std::vector<std::uint32_t> moved_;
};

}  // namespace

RoadSegments build_edited_roads(const RoadSegments& before, const EditRoads& edit) {
  RoadSegments after = before;
  for (SegmentId s : edit.segments) {
    for (auto* direction : {&after.forward_s, &after.backward_s}) {
      float& seconds = (*direction)[s];
      if (!(seconds < kNoWay)) continue;
      if (edit.speed_kmh)
        seconds = static_cast<float>(before.length_m[s] / (*edit.speed_kmh / 3.6));
      else if (edit.factor)
        seconds = static_cast<float>(seconds / *edit.factor);
      else
        seconds = kNoWay;
    }
  }
  return after;
}

std::vector<SegmentId> find_segments(const RoadSegments& segments, std::span<const std::int64_t> ways) {
  const std::unordered_set<std::int64_t> wanted(ways.begin(), ways.end());
  std::vector<SegmentId> found;
  for (std::size_t i = 0; i < segments.n_segments(); ++i)
    if (wanted.contains(segments.way_id[segments.way[SegmentId(i)]])) found.push_back(SegmentId(i));
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
