// Public transport there and back, with a visit within opening hours.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings/core/convert.h"
#include "bindings/core/transit.h"
#include "engine/transit_trips.h"

namespace maillage::bind {
namespace {

Ragged<OpenSpan> to_open(const Array<std::uint32_t>& offsets, const Array<std::int32_t>& begins, const Array<std::int32_t>& ends) {
  const auto o = to_span(offsets);
  const auto b = to_span(begins), e = to_span(ends);
  check_same_length(b.size(), e.size(), "begins and ends of opening hours");
  if (o.empty() || o.front() != 0 || o.back() != b.size()) throw InputError("the offsets of opening hours do not cover them");
  Ragged<OpenSpan> open;
  std::vector<OpenSpan> row;
  for (std::size_t i = 0; i + 1 < o.size(); ++i) {
    if (o[i] > o[i + 1]) throw InputError("the offsets of opening hours do not rise");
    row.clear();
    for (std::uint32_t s = o[i]; s < o[i + 1]; ++s) {
      if (e[s] <= b[s] || b[s] < 0 || (!row.empty() && b[s] <= row.back().end)) throw InputError("opening hours do not rise");
      row.push_back({b[s], e[s]});
    }
    open.push_row(row);
  }
  return open;
}

py::dict to_columns(TripTable table) {
  const std::size_t n = table.trips.values.size();
  std::vector<std::uint8_t> reason(n);
  std::vector<std::int32_t> leave(n), arrive(n), leave_counter(n), home(n), latest_start(n), earliest_return(n);
  for (std::size_t i = 0; i < n; ++i) {
    const TransitTrip& t = std::as_const(table.trips.values)[i];
    reason[i] = static_cast<std::uint8_t>(t.reason);
    leave[i] = t.leave, arrive[i] = t.arrive, leave_counter[i] = t.leave_counter, home[i] = t.home;
    latest_start[i] = t.latest_start, earliest_return[i] = t.earliest_return;
  }
  std::vector<std::int32_t> begins, ends;
  for (const OpenSpan& s : table.presence.values) {
    begins.push_back(s.begin);
    ends.push_back(s.end);
  }
  py::dict out;
  out["reason"] = to_array(std::move(reason));
  out["leave"] = to_array(std::move(leave));
  out["arrive"] = to_array(std::move(arrive));
  out["leave_counter"] = to_array(std::move(leave_counter));
  out["home"] = to_array(std::move(home));
  out["latest_start"] = to_array(std::move(latest_start));
  out["earliest_return"] = to_array(std::move(earliest_return));
  out["presence_offset"] = to_array(table.presence.offset);
  out["presence_begin"] = to_array(std::move(begins));
  out["presence_end"] = to_array(std::move(ends));
  return out;
}

py::dict find_trips(const RideNetwork& forward, const RideNetwork& backward, const Walks& access, const Walks& egress, const Walks& direct,
                    const Walks& back_access, const Walks& back_egress, const Walks& back_direct, std::size_t n_others, bool starts_are_counters,
                    const Array<std::uint32_t>& open_offset, const Array<std::int32_t>& open_begin, const Array<std::int32_t>& open_end,
                    const std::tuple<int, int, int, int>& rules, int longest, int max_rides, int wait, bool with_presence, int n_threads,
                    const py::object& report) {
  const auto [dwell, earliest, latest, longest_away] = rules;
  if (dwell < 1 || earliest < 0 || latest < earliest || longest_away < 0) throw InputError("the rules of visits make no day");
  if (max_rides < 1 || longest < 0 || wait < 0) throw InputError("rides, longest time and wait cannot be negative, and one ride is the least");
  const Ragged<OpenSpan> open = to_open(open_offset, open_begin, open_end);
  const std::size_t n_starts = direct.rows.n_rows();
  if (open.n_rows() != (starts_are_counters ? n_starts : n_others)) throw InputError("opening hours need a row for each counter");
  const TripSearch search{forward, backward, to_transit_walks(forward, access, egress, direct, n_others),
                          to_transit_walks(backward, back_access, back_egress, back_direct, n_others), n_others, starts_are_counters, open,
                          {dwell, earliest, latest, longest_away}, longest, max_rides, wait, with_presence};
  if (back_direct.rows.n_rows() != n_starts) throw InputError("ways there and back have different points");
  return to_columns(run(n_threads, report, [&](const Context& context) { return find_transit_trips(search, context); }));
}

}  // namespace

void bind_transit_trips(py::module_& m) {
  m.def("find_transit_trips", &find_trips, py::arg("forward"), py::arg("backward"), py::arg("access"), py::arg("egress"), py::arg("direct"),
        py::arg("back_access"), py::arg("back_egress"), py::arg("back_direct"), py::arg("n_others"), py::arg("starts_are_counters"),
        py::arg("open_offset"), py::arg("open_begin"), py::arg("open_end"), py::arg("rules"), py::arg("longest"), py::arg("max_rides"),
        py::arg("wait"), py::arg("with_presence"), py::arg("threads") = 0, py::arg("progress") = py::none());
}

}  // namespace maillage::bind
