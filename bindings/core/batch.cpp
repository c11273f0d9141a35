// Closures: what single closures, sets of closures and other scenarios change, all by index.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>

#include "bindings/core/convert.h"
#include "bindings/core/edits.h"
#include "engine/closure_sets.h"
#include "engine/closures.h"
#include "engine/scenario_change.h"

namespace maillage::bind {
namespace {

// What is asked of a territory, with what answers it. Each part is made when it is first needed.
class Closures {
 public:
  Closures(std::shared_ptr<const Territory> territory, const ExposureQuery& query, const Context& context)
      : territory_(std::move(territory)), query_(query),
        ladders_(territory_, query.service, query.level, kDefaultK, context),
        people_(territory_->parts(), query.limit) {}

  const SingleClosures& singles(const Context& context) {
    const std::lock_guard lock(mutex_);
    if (!singles_) singles_ = std::make_unique<SingleClosures>(find_single_closures(ladders_, people_, context));
    return *singles_;
  }
  const ClosureSets& sets(const Context& context) {
    const SingleClosures& alone = singles(context);
    const std::lock_guard lock(mutex_);
    if (!sets_) {
      index_ = std::make_unique<RungIndex>(build_rung_index(ladders_, people_, context));
      sets_ = std::make_unique<ClosureSets>(ladders_, people_, alone, *index_);
    }
    return *sets_;
  }
  // Kept: every batch begins with them.
  const std::vector<Change>& figures() {
    const std::lock_guard lock(mutex_);
    if (figures_.empty()) figures_ = sum_figures(ladders_, people_);
    return figures_;
  }
  std::vector<Change> find_scenarios(std::span<const std::vector<Edit>> scenarios, bool exhaustive, const Context& context) const {
    ExposureQuery query = query_;
    query.exhaustive = exhaustive;
    return find_scenario_changes(ladders_, query, scenarios, context);
  }
  std::size_t n_columns() const { return people_.n_columns(); }
  std::size_t n_counters() const { return territory_->parts().counters->n_counters(); }

 private:
  std::shared_ptr<const Territory> territory_;
  ExposureQuery query_;
  Ladders ladders_;
  People people_;
  std::mutex mutex_;
  std::vector<Change> figures_;
  std::unique_ptr<SingleClosures> singles_;
  std::unique_ptr<RungIndex> index_;
  std::unique_ptr<ClosureSets> sets_;
};

// Columns `first` .. `last` of rows of changes as arrays of n_rows x (last - first) values.
struct Part {
  std::size_t n_columns, first, last;
};

Part to_part(std::size_t n_columns, bool by_group) {
  return by_group ? Part{n_columns, 0, n_columns - 1} : Part{n_columns, n_columns - 1, n_columns};
}

// A table being written, one pass over the changes for all of its columns.
class ChangeTable {
 public:
  explicit ChangeTable(std::size_t n_rows) {
    for (std::vector<double>& column : figures_) column.resize(n_rows);
    n_places_.resize(n_rows);
    worst_place_.resize(n_rows);
  }

  void write(std::size_t row, const Change& c) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const bool is_worse = !c.worst.place.is_none();
    const double figures[] = {c.persons,
                              c.states.choice,
                              c.states.counter_reliant,
                              c.states.digital_only,
                              c.states.assisted_only,
                              c.states.stranded,
                              c.unreachable,
                              c.person_ms / 60000,
                              c.moved,
                              is_worse ? to_minutes(c.worst.before) : nan,
                              is_worse ? to_minutes(c.worst.after) : nan};
    static_assert(std::size(figures) == std::size(kFigures));
    for (std::size_t i = 0; i < std::size(kFigures); ++i) figures_[i][row] = figures[i];
    n_places_[row] = static_cast<std::int32_t>(c.n_places);
    worst_place_[row] = static_cast<std::int32_t>(c.worst.place.v);
  }

  // Columns of n_rows values; the table is empty afterwards.
  py::dict take() {
    py::dict t;
    for (std::size_t i = 0; i < std::size(kFigures); ++i) t[kFigures[i]] = to_array(std::move(figures_[i]));
    t["n_places"] = to_array(std::move(n_places_));
    t["worst_place"] = to_array(std::move(worst_place_));
    return t;
  }

 private:
  static constexpr const char* kFigures[] = {"persons",       "choice",      "counter_reliant", "digital_only",   "assisted_only", "stranded",
                                             "unreachable",   "person_minutes", "moved",        "worst_before", "worst_after"};
  std::array<std::vector<double>, std::size(kFigures)> figures_;
  std::vector<std::int32_t> n_places_, worst_place_;
};

// `read_row(i)`: the changes of row i, n_columns of them.
template <class ReadRow>
ChangeTable write_table(std::size_t n_rows, const Part& part, ReadRow&& read_row) {
  const std::size_t width = part.last - part.first;
  ChangeTable table(n_rows * width);
  for (std::size_t row = 0; row < n_rows; ++row) {
    const Change* changes = read_row(row) + part.first;
    for (std::size_t i = 0; i < width; ++i) table.write(row * width + i, changes[i]);
  }
  return table;
}

py::dict to_table(std::span<const Change> changes, const Part& part) {
  return write_table(changes.size() / part.n_columns, part, [&](std::size_t row) { return changes.data() + row * part.n_columns; }).take();
}

// Sets of counters in order, each counter once.
Ragged<CounterId> to_sets(const Array<std::uint32_t>& offsets, const Array<std::uint32_t>& counters, std::size_t n_counters) {
  Ragged<CounterId> sets;
  const auto ends = to_span(offsets), ids = to_span(counters);
  sets.values.reserve(ids.size());
  std::vector<CounterId> set;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    if (ends[i] > ends[i + 1] || ends[i + 1] > ids.size()) throw InputError("the offsets of the sets do not rise within their counters");
    set.clear();
    for (std::uint32_t c : ids.subspan(ends[i], ends[i + 1] - ends[i])) {
      if (c >= n_counters) throw InputError("a set names a counter that does not exist");
      set.push_back(CounterId(c));
    }
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    sets.push_row(set);
  }
  return sets;
}

constexpr std::size_t kFewSets = 64;  // a thread of its own would cost more than the answer

py::dict find_sets(Closures& closures, const Array<std::uint32_t>& offsets, const Array<std::uint32_t>& counters,
                   bool by_group, int n_threads, const py::object& report) {
  const Part part = to_part(closures.n_columns(), by_group);
  const Ragged<CounterId> sets = to_sets(offsets, counters, closures.n_counters());
  auto find = [&](const Context& context) { return closures.sets(context).find(sets, context); };
  if (sets.n_rows() <= kFewSets && report.is_none()) return to_table(find({1, nullptr}), part);
  return to_table(run(n_threads, report, find), part);
}

py::dict find_scenarios(const Closures& closures, const std::vector<const Edits*>& scenarios, bool by_group, bool exhaustive,
                        int n_threads, const py::object& report) {
  std::vector<std::vector<Edit>> edits;
  for (const Edits* e : scenarios) edits.push_back(e->items);
  const auto changes = run(n_threads, report, [&](const Context& context) { return closures.find_scenarios(edits, exhaustive, context); });
  return to_table(changes, to_part(closures.n_columns(), by_group));
}

}  // namespace

void bind_batch(py::module_& m) {
  py::class_<Closures, std::shared_ptr<Closures>>(m, "Closures")
      .def(py::init([](std::shared_ptr<const Territory> territory, std::uint32_t service, int level, double limit_min,
                       int n_threads, const py::object& report) {
             const ExposureQuery query{ServiceId(service), level, to_duration(limit_min * 60), false};
             return run(n_threads, report, [&](const Context& context) { return std::make_shared<Closures>(territory, query, context); });
           }),
           py::arg("territory"), py::arg("service"), py::arg("level"), py::arg("limit_min"), py::arg("threads") = 0,
           py::arg("progress") = py::none())
      .def("singles", [](Closures& c, const Array<std::uint32_t>& counters, bool by_group, int n_threads, const py::object& report) {
        for (std::uint32_t counter : to_span(counters))
          if (counter >= c.n_counters()) throw InputError("a row names a counter that does not exist");
        const auto rows = to_span(counters);
        const Part part = to_part(c.n_columns(), by_group);
        return run(n_threads, report, [&](const Context& context) {
          const SingleClosures& singles = c.singles(context);
          return write_table(rows.size(), part, [&](std::size_t i) { return singles[CounterId(rows[i])].data(); });
        }).take();
      }, py::arg("counters"), py::arg("by_group"), py::arg("threads") = 0, py::arg("progress") = py::none())
      .def("figures", [](Closures& c, bool by_group) {
        const std::vector<Change>* figures = nullptr;
        {
          py::gil_scoped_release release;
          figures = &c.figures();
        }
        return to_table(*figures, to_part(c.n_columns(), by_group));
      }, py::arg("by_group"))
      .def("sets", &find_sets, py::arg("offsets"), py::arg("counters"), py::arg("by_group"), py::arg("threads") = 0,
           py::arg("progress") = py::none())
      .def("scenarios", &find_scenarios, py::arg("scenarios"), py::arg("by_group"), py::arg("exhaustive") = false,
           py::arg("threads") = 0, py::arg("progress") = py::none());
}

}  // namespace maillage::bind
