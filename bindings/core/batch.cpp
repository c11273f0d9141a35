// Closures: what single closures, sets of closures and other scenarios change, all by index.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

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

template <class T, class Read>
void add_column(py::dict& table, const char* name, std::span<const Change> changes, const Part& part, Read&& read) {
  const std::size_t n_rows = changes.size() / part.n_columns;
  std::vector<T> values;
  values.reserve(n_rows * (part.last - part.first));
  for (std::size_t row = 0; row < n_rows; ++row)
    for (std::size_t c = part.first; c < part.last; ++c) values.push_back(read(changes[row * part.n_columns + c]));
  table[name] = to_array(std::move(values));
}

py::dict to_table(std::span<const Change> changes, const Part& part) {
  py::dict t;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  add_column<double>(t, "persons", changes, part, [](const Change& c) { return c.persons; });
  add_column<double>(t, "choice", changes, part, [](const Change& c) { return c.states.choice; });
  add_column<double>(t, "counter_reliant", changes, part, [](const Change& c) { return c.states.counter_reliant; });
  add_column<double>(t, "digital_only", changes, part, [](const Change& c) { return c.states.digital_only; });
  add_column<double>(t, "assisted_only", changes, part, [](const Change& c) { return c.states.assisted_only; });
  add_column<double>(t, "stranded", changes, part, [](const Change& c) { return c.states.stranded; });
  add_column<double>(t, "unreachable", changes, part, [](const Change& c) { return c.unreachable; });
  add_column<double>(t, "person_minutes", changes, part, [](const Change& c) { return c.person_ms / 60000; });
  add_column<double>(t, "moved", changes, part, [](const Change& c) { return c.moved; });
  add_column<std::int32_t>(t, "n_places", changes, part, [](const Change& c) { return static_cast<std::int32_t>(c.n_places); });
  add_column<std::int32_t>(t, "worst_place", changes, part, [](const Change& c) { return static_cast<std::int32_t>(c.worst.place.v); });
  add_column<double>(t, "worst_before", changes, part, [nan](const Change& c) { return c.worst.place.is_none() ? nan : to_minutes(c.worst.before); });
  add_column<double>(t, "worst_after", changes, part, [nan](const Change& c) { return c.worst.place.is_none() ? nan : to_minutes(c.worst.after); });
  return t;
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
        const auto changes = run(n_threads, report, [&](const Context& context) {
          const SingleClosures& singles = c.singles(context);
          std::vector<Change> rows;
          rows.reserve(static_cast<std::size_t>(counters.size()) * c.n_columns());
          for (std::uint32_t counter : to_span(counters)) {
            const auto row = singles[CounterId(counter)];
            rows.insert(rows.end(), row.begin(), row.end());
          }
          return rows;
        });
        return to_table(changes, to_part(c.n_columns(), by_group));
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
