#include "engine/sweep.h"

#include <algorithm>
#include <cassert>

#include "engine/label_lines_wide.h"

namespace maillage {
namespace {

constexpr Rank kPrefetchAhead = 12;

// Merges one label into a sorted list of k labels that keeps the better one of each counter.
void insert(Label* list, int k, Label label) {
  if (!(label < list[k - 1])) return;
  int at = 0;
  while (list[at] < label) {
    if (list[at].counter == label.counter) return;
    ++at;
  }
  int last = at;  // the one that falls away: this counter's old label, or the last
  while (last < k - 1 && list[last].counter != label.counter) ++last;
  for (; last > at; --last) list[last] = list[last - 1];
  list[at] = label;
}

// Plain rows of k labels.
struct Rows {
  Label* labels;
  int k;

  void clear(Rank r) const { std::fill_n(labels + static_cast<std::size_t>(r) * k, k, Label{}); }
  void add(Rank r, Label label) const { insert(labels + static_cast<std::size_t>(r) * k, k, label); }
  void copy(Rank to, Rank from, Duration time) const {
    Label* list = labels + static_cast<std::size_t>(to) * k;
    const Label* other = labels + static_cast<std::size_t>(from) * k;
    for (int i = 0; i < k; ++i) {
      const Duration later = other[i].time + time;
      list[i] = later.is_reachable() ? Label{later, other[i].counter} : Label{};
    }
  }
  void merge(Rank to, Rank from, Duration time) const {
    Label* list = labels + static_cast<std::size_t>(to) * k;
    const Label* other = labels + static_cast<std::size_t>(from) * k;
    for (int i = 0; i < k; ++i) {
      const Label label{other[i].time + time, other[i].counter};
      if (!(label < list[k - 1])) return;
      insert(list, k, label);
    }
  }
  void prefetch(Rank r) const { __builtin_prefetch(labels + static_cast<std::size_t>(r) * k); }
};

// A bit a node: does it hold labels of its own before the downward pass? Only ancestors of counters do.
class Marks {
 public:
  explicit Marks(std::size_t n) : words_((n + 63) / 64, 0) {}
  bool is_empty() const { return words_.empty(); }
  bool has(Rank r) const { return words_[r / 64] >> (r % 64) & 1; }
  void set(Rank r) { words_[r / 64] |= std::uint64_t{1} << (r % 64); }

  // Calls `visit` for every marked node in order, those marked meanwhile (further on) included.
  template <class Visit>
  void visit_in_order(Visit&& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word)
      for (std::uint64_t done = 0, left; (left = words_[word] & ~done) != 0;) {
        const int bit = std::countr_zero(left);
        done |= (std::uint64_t{2} << bit) - 1;
        visit(static_cast<Rank>(64 * word + static_cast<std::size_t>(bit)));
      }
  }

 private:
  std::vector<std::uint64_t> words_;
};

// What a sweep goes along: the hierarchy as trips of one direction see it.
struct Ways {
  const Hierarchy& hierarchy;
  const Ragged<RankedArc>& up;    // counters hand their labels to more important nodes along these
  const Ragged<RankedArc>& down;  // nodes take over labels of more important ones along these
};

template <class Lists>
Marks go_up(const Lists& lists, const Ways& ways, std::span<const CounterId> counters, const Ragged<LinkEnd>& ends) {
  Marks marks(ways.hierarchy.n_nodes());
  for (std::size_t c = 0; c < counters.size(); ++c)
    for (const LinkEnd& end : ends[c]) {
      if (!end.time.is_reachable()) continue;
      const Rank r = ways.hierarchy.rank_of[end.node.v];
      if (!marks.has(r)) lists.clear(r);
      marks.set(r);
      lists.add(r, {end.time, counters[c]});
    }
  marks.visit_in_order([&](Rank r) {
    for (const RankedArc& arc : ways.up[r]) {
      if (marks.has(arc.head)) {
        lists.merge(arc.head, r, arc.time);
      } else {
        lists.copy(arc.head, r, arc.time);
        marks.set(arc.head);
      }
    }
  });
  return marks;
}

// Nodes that are read and those whose lists they take over; no marks at all when everything is read.
Marks find_read(const Ways& ways, const Ragged<LinkEnd>* read_at) {
  const std::size_t n = ways.hierarchy.n_nodes();
  if (!read_at || read_at->values.size() > n / 2) return Marks(0);
  Marks marks(n);
  for (const LinkEnd& end : read_at->values) marks.set(ways.hierarchy.rank_of[end.node.v]);
  marks.visit_in_order([&](Rank r) {
    for (const RankedArc& arc : ways.down[r]) marks.set(arc.head);
  });
  return marks;
}

// `marks`: nodes with labels of their own. `read`: nodes to visit, all when it is empty.
template <class Lists>
void go_down(const Lists& lists, const Ways& ways, const Marks& marks, const Marks& read, Rank begin, Rank end) {
  const std::uint32_t* offset = ways.down.offset.data();
  const RankedArc* arcs = ways.down.values.data();
  for (Rank r = end; r-- > begin;) {
    if (!read.is_empty() && !read.has(r)) continue;
    if (r >= begin + kPrefetchAhead)
      for (std::uint32_t i = offset[r - kPrefetchAhead]; i < offset[r - kPrefetchAhead + 1]; ++i)
        lists.prefetch(arcs[i].head);
    std::uint32_t i = offset[r];
    if (!marks.has(r)) {
      if (i == offset[r + 1]) {
        lists.clear(r);
        continue;
      }
      lists.copy(r, arcs[i].head, arcs[i].time);
      ++i;
    }
    for (; i < offset[r + 1]; ++i) lists.merge(r, arcs[i].head, arcs[i].time);
  }
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi")

// The same on lines.
struct Lines {
  LabelLine* lines;

  void clear(Rank r) const { lines::clear(lines[r]); }
  void add(Rank r, Label label) const { lines::add(lines[r], label.time.ms, label.counter.v); }
  void copy(Rank to, Rank from, Duration time) const { lines::copy(lines[to], lines[from], time.ms); }
  static void merge(LabelLine& to, const LabelLine& from, Duration time) { lines::merge(to, from, time.ms); }
  void merge(Rank to, Rank from, Duration time) const { merge(lines[to], lines[from], time); }
  void prefetch(Rank r) const { __builtin_prefetch(lines + r); }
};

// Lists of rows `begin` to `end` of `ends`, read off the lines of nodes by rank.
template <class Lists>
void read_lines(const LabelLine* lines, const Buffer<Rank>& rank_of, const Ragged<LinkEnd>& ends, std::size_t begin,
                std::size_t end, LabelLine* out) {
  constexpr std::size_t kAtOnce = 128, kAhead = 16;
  std::uint32_t with_more[kAtOnce];  // rows with more than one end: a branch on it would be wrong as often as right
  for (; begin < end; begin += kAtOnce, out += kAtOnce) {
    const std::size_t n = std::min(kAtOnce, end - begin);
    const std::uint32_t* offset = ends.offset.data() + begin;
    std::size_t n_more = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      with_more[n_more] = i;
      n_more += offset[i + 1] - offset[i] > 1;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (begin + i + kAhead < ends.n_rows() && offset[i + kAhead] < ends.values.size())
        __builtin_prefetch(lines + rank_of[ends.values[offset[i + kAhead]].node.v]);
      if (offset[i] == offset[i + 1]) {
        lines::clear(out[i]);
        continue;
      }
      const LinkEnd& first = ends.values[offset[i]];
      lines::copy(out[i], lines[rank_of[first.node.v]], first.time.ms);
    }
    for (std::size_t at = 0; at < n_more; ++at) {
      const std::uint32_t i = with_more[at];
      for (std::uint32_t e = offset[i] + 1; e < offset[i + 1]; ++e)
        Lists::merge(out[i], lines[rank_of[ends.values[e].node.v]], ends.values[e].time);
    }
  }
}

// Instances of the passes in these regions, so that the kernels are inlined into them.
__attribute__((flatten)) Marks go_up_narrow(LabelLine* lines, const Ways& ways, std::span<const CounterId> counters,
                                           const Ragged<LinkEnd>& ends) {
  return go_up(Lines{lines}, ways, counters, ends);
}
__attribute__((flatten)) void go_down_narrow(LabelLine* lines, const Ways& ways, const Marks& marks, const Marks& read,
                                            Rank begin, Rank end) {
  go_down(Lines{lines}, ways, marks, read, begin, end);
}
__attribute__((flatten)) void read_lines_narrow(const LabelLine* lines, const Buffer<Rank>& rank_of, const Ragged<LinkEnd>& ends,
                                            std::size_t begin, std::size_t end, LabelLine* out) {
  read_lines<Lines>(lines, rank_of, ends, begin, end, out);
}

#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi,avx512f,avx512vl,avx512dq,avx512cd")

struct WideLines : Lines {
  static void merge(LabelLine& to, const LabelLine& from, Duration time) { lines::merge_wide(to, from, time.ms); }
  void merge(Rank to, Rank from, Duration time) const { merge(lines[to], lines[from], time); }
};

__attribute__((flatten)) Marks go_up_wide(LabelLine* lines, const Ways& ways, std::span<const CounterId> counters,
                                          const Ragged<LinkEnd>& ends) {
  return go_up(WideLines{{lines}}, ways, counters, ends);
}
__attribute__((flatten)) void go_down_wide(LabelLine* lines, const Ways& ways, const Marks& marks, const Marks& read,
                                           Rank begin, Rank end) {
  go_down(WideLines{{lines}}, ways, marks, read, begin, end);
}
__attribute__((flatten)) void read_lines_wide(const LabelLine* lines, const Buffer<Rank>& rank_of, const Ragged<LinkEnd>& ends,
                                              std::size_t begin, std::size_t end, LabelLine* out) {
  read_lines<WideLines>(lines, rank_of, ends, begin, end, out);
}

#pragma GCC pop_options

// The passes on lines by what this processor has.
struct LinePasses {
  decltype(&go_up_narrow) go_up;
  decltype(&go_down_narrow) go_down;
  decltype(&read_lines_narrow) read;
};
const LinePasses& find_passes() {
  static const LinePasses narrow{go_up_narrow, go_down_narrow, read_lines_narrow}, wide{go_up_wide, go_down_wide, read_lines_wide};
  static const bool is_wide = has_wide_line_kernel();
  return is_wide ? wide : narrow;
}

#else

struct LinePasses {  // never asked for
  Marks go_up(LabelLine*, const Ways&, std::span<const CounterId>, const Ragged<LinkEnd>&) const { return Marks(0); }
  void go_down(LabelLine*, const Ways&, const Marks&, const Marks&, Rank, Rank) const {}
  void read(const LabelLine*, const Buffer<Rank>&, const Ragged<LinkEnd>&, std::size_t, std::size_t, LabelLine*) const {}
};
LinePasses find_passes() { return {}; }

#endif

}  // namespace

std::span<const Label> SweptLabels::read(Rank rank, std::span<Label> buffer) const {
  std::size_t n = 0;
  if (!lines_) {
    const Label* row = labels_.data() + static_cast<std::size_t>(rank) * n_kept_;
    while (n < static_cast<std::size_t>(n_kept_) && row[n].time.is_reachable()) ++n;
    return {row, n};
  }
  const LabelLine& line = lines()[rank];
  for (; n < LabelLine::kWidth && line.time[n] != unreachable().ms; ++n) buffer[n] = {{line.time[n]}, CounterId(line.counter[n])};
  return buffer.first(n);
}

void SweptLabels::find_lines(const Hierarchy& hierarchy, const Ragged<LinkEnd>& ends, std::size_t begin, std::size_t end,
                             LabelLine* out) const {
  assert(has_lines());
  find_passes().read(lines(), hierarchy.rank_of, ends, begin, end, out);
}

// One sweep.
class Sweep {
 public:
  Sweep(const Hierarchy& hierarchy, const SweepOptions& options, const Context& context)
      : ways_{hierarchy, options.direction == Direction::to_counters ? hierarchy.in : hierarchy.out,
              options.direction == Direction::to_counters ? hierarchy.out : hierarchy.in},
        read_(find_read(ways_, options.read_at)), context_(context) {}

  SweptLabels run(std::span<const CounterId> counters, const Ragged<LinkEnd>& ends, int k) {
    SweptLabels out;
    out.n_ = ways_.hierarchy.n_nodes();
    if (k <= LabelLine::kWidth && has_line_kernel()) {
      out.n_kept_ = LabelLine::kWidth;
      out.lines_ = find_block(out.n_ * sizeof(LabelLine));
      LabelLine* lines = static_cast<LabelLine*>(out.lines_.get());
      const auto& passes = find_passes();
      const Marks marks = passes.go_up(lines, ways_, counters, ends);
      visit_downward([&](Rank begin, Rank end) { passes.go_down(lines, ways_, marks, read_, begin, end); });
    } else {
      out.n_kept_ = k;
      out.labels_.resize(out.n_ * static_cast<std::size_t>(k));
      const Rows rows{out.labels_.data(), k};
      const Marks marks = go_up(rows, ways_, counters, ends);
      visit_downward([&](Rank begin, Rank end) { go_down(rows, ways_, marks, read_, begin, end); });
    }
    return out;
  }

 private:
  // The top first, then the blocks below it in parallel.
  template <class Visit>
  void visit_downward(Visit&& visit) {
    const Hierarchy& h = ways_.hierarchy;
    context_.begin("sweeping the network", h.n_nodes());
    visit(h.first_top, static_cast<Rank>(h.n_nodes()));
    context_.advance(h.n_nodes() - h.first_top);
    for_blocks(h.blocks.size() - 1, 1, {context_.n_threads, nullptr}, [&](std::size_t b, std::size_t) {
      visit(h.blocks[b], h.blocks[b + 1]);
      context_.check();
      context_.advance(h.blocks[b + 1] - h.blocks[b]);
    });
  }

  Ways ways_;
  Marks read_;
  Context context_;
};

SweptLabels sweep_k_nearest(const Hierarchy& hierarchy, std::span<const CounterId> counters, const Ragged<LinkEnd>& ends,
                            int k, const SweepOptions& options, const Context& context) {
  assert(k >= 1 && counters.size() == ends.n_rows());
  return Sweep(hierarchy, options, context).run(counters, ends, k);
}

}  // namespace maillage
