#include "bindings/core/nearest_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>

#include "bindings/core/convert.h"
#include "engine/block.h"
#include "engine/vectors.h"

namespace maillage::bind {
namespace {

// Rows of a frame: codes of categories, as narrow as pandas would make them.
using Codes = std::variant<std::int8_t*, std::int16_t*, std::int32_t*>;

template <class T>
py::array_t<T> make_column(T*& data, std::size_t n) {
  Block block = find_block(n * sizeof(T));
  data = static_cast<T*>(block.get());
  auto* kept = new Block(std::move(block));
  const py::capsule owner(kept, [](void* p) { delete static_cast<Block*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(n), data, owner);
}

py::object make_codes(Codes& codes, std::size_t n, std::size_t n_categories) {
  if (n_categories < 127) return make_column(codes.emplace<std::int8_t*>(), n);
  if (n_categories < 32767) return make_column(codes.emplace<std::int16_t*>(), n);
  return make_column(codes.emplace<std::int32_t*>(), n);
}

struct Columns {
  Codes origin, destination;
  std::int16_t* rank;
  double* minutes;
  std::int8_t* reason;
};

// `count` rows of `width` labels, side by side in `lines` (8 wide), from row `begin` of the table on.
struct Rows {
  std::size_t begin, count, width;
  const LabelLine* lines;
};

template <class T>
void fill_origins(T* out, std::size_t n_origins, std::size_t width) {
  for (std::size_t r = 0; r < n_origins; ++r) std::fill_n(out + r * width, width, static_cast<T>(r));
}

template <class T>
MAILLAGE_VECTORS void fill_eight(T* __restrict out, const LabelLine* __restrict lines, std::size_t n) {
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t i = 0; i < 8; ++i) out[8 * r + i] = static_cast<T>(lines[r].counter[i]);
}

template <class T>
void fill_destinations(T* out, const Rows& b) {
  out += b.begin * b.width;
  if (b.width == LabelLine::kWidth) return fill_eight(out, b.lines, b.count);
  for (std::size_t r = 0; r < b.count; ++r)
    for (std::size_t i = 0; i < b.width; ++i) out[b.width * r + i] = static_cast<T>(b.lines[r].counter[i]);
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi")
void fill_eight_times(double* out, const Rows& b) {
  for (std::size_t r = 0; r < b.count; ++r) lines::write_minutes(b.lines[r], out + LabelLine::kWidth * r);
}
#pragma GCC pop_options
#else
void fill_eight_times(double*, const Rows&) {}
#endif

void fill_times(double* out, const Rows& b) {
  out += b.begin * b.width;
  if (b.width == LabelLine::kWidth && has_line_kernel()) return fill_eight_times(out, b);
  for (std::size_t r = 0; r < b.count; ++r)
    for (std::size_t i = 0; i < b.width; ++i) out[b.width * r + i] = to_minutes({b.lines[r].time[i]});
}

void fill_ranks(std::int16_t* out, std::size_t n_origins, std::size_t width) {
  for (std::size_t i = 0; i < width && n_origins > 0; ++i) out[i] = static_cast<std::int16_t>(i + 1);
  for (std::size_t filled = width, n = n_origins * width; filled < n;) {  // doubled until full
    const std::size_t more = std::min(filled, n - filled);
    std::copy_n(out, more, out + filled);
    filled += more;
  }
}

// A list that is full has no reasons; the others are looked at one by one.
void fill_reasons(std::int8_t* out, const Rows& b, const Links& origins) {
  out += b.begin * b.width;
  std::fill_n(out, b.count * b.width, std::int8_t{-1});
  for (std::size_t r = 0; r < b.count; ++r) {
    if (b.lines[r].time[b.width - 1] != unreachable().ms) continue;
    const std::int8_t why = origins.status[b.begin + r] == LinkStatus::off_network ? 1 : 0;
    for (std::size_t i = 0; i < b.width; ++i)
      if (b.lines[r].time[i] == unreachable().ms) out[b.width * r + i] = why;
  }
}

// What a row is about, whatever is found.
void write_heads(const Columns& c, std::size_t n_origins, std::size_t width) {
  std::visit([&](auto* out) { fill_origins(out, n_origins, width); }, c.origin);
  fill_ranks(c.rank, n_origins, width);
}

void write_block(const Columns& c, const Rows& b, const Links& origins) {
  std::visit([&](auto* out) { fill_destinations(out, b); }, c.destination);
  fill_times(c.minutes, b);
  fill_reasons(c.reason, b, origins);
}

// One list of any length.
void write_row(const Columns& c, std::size_t p, std::span<const Label> list, std::size_t width, const Links& origins) {
  const std::int8_t why = origins.status[p] == LinkStatus::off_network ? 1 : 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t at = p * width + i;
    const Label label = i < list.size() ? list[i] : Label{};
    std::visit([&](auto* out) { out[at] = static_cast<std::remove_pointer_t<decltype(out)>>(label.counter.v); }, c.destination);
    c.minutes[at] = to_minutes(label.time);
    c.reason[at] = i < list.size() ? std::int8_t{-1} : why;
  }
}

}  // namespace

Direction to_direction(const std::string& name) {
  if (name == "to") return Direction::to_counters;
  if (name == "from") return Direction::from_counters;
  throw InputError("direction is '" + name + "', expected to or from");
}

py::dict find_nearest_table(const RoadNetwork& network, const Links& origins, const Links& destinations, int k,
                            const std::shared_ptr<Hierarchy>& hierarchy, const std::string& direction,
                            const std::shared_ptr<PlacesOnEdges>& on_edges, int n_threads, const py::object& report) {
  if (k < 1 || k > 255) throw InputError("k is " + std::to_string(k) + ", expected 1 to 255");
  const std::size_t width = static_cast<std::size_t>(k), n = origins.n_points() * width;
  CounterSet set;
  for (std::size_t i = 0; i < destinations.n_points(); ++i) set.ids.push_back(CounterId(i));
  set.links = destinations;
  const AttachedPlaces attached{network, origins, hierarchy.get(), to_direction(direction), on_edges.get()};
  Columns c;
  py::dict out;
  out["origin"] = make_codes(c.origin, n, origins.n_points());
  out["rank"] = make_column(c.rank, n);
  out["destination"] = make_codes(c.destination, n, destinations.n_points());
  out["minutes"] = make_column(c.minutes, n);
  out["reason"] = make_column(c.reason, n);
  run_here(n_threads, report, [&](const Context& context) {
    std::optional<PlaceLists> found;
    run_both(context.n_threads, [&] { found.emplace(attached, set, k, Reading::places, context); },
             [&] { write_heads(c, origins.n_points(), width); });
    const PlaceLists& lists = *found;
    if (k <= LabelLine::kWidth)
      lists.visit_lines([&](std::size_t begin, std::size_t end, const LabelLine* lines) {
        write_block(c, {begin, end - begin, width, lines}, origins);
      }, context);
    else
      lists.visit([&](std::size_t p, std::span<const Label> list) { write_row(c, p, list, width, origins); }, context);
    return true;
  });
  return out;
}

}  // namespace maillage::bind
