#include "engine/sweep.h"

#include <algorithm>
#include <bit>
#include <cassert>

#if defined(__x86_64__)
#define MAILLAGE_HAS_AVX2_KERNEL 1
#endif

namespace maillage {
namespace {

constexpr std::int32_t kFar = unreachable().ms;
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

}  // namespace

std::span<const Label> SweptLabels::read(Rank rank, std::span<Label> buffer) const {
  if (k_ > kLine) {
    const Label* row = labels_.data() + static_cast<std::size_t>(rank) * k_;
    std::size_t n = 0;
    while (n < static_cast<std::size_t>(k_) && row[n].time.is_reachable()) ++n;
    return {row, n};
  }
  const Line& line = lines_[rank];
  std::size_t n = 0;
  for (; n < static_cast<std::size_t>(k_) && line.time[n] != kFar; ++n)
    buffer[n] = {{line.time[n]}, CounterId(line.counter[n])};
  return buffer.first(n);
}

// One sweep. `Kernel` knows how lists are laid out and merged.
class Sweep {
 public:
  using Line = SweptLabels::Line;

  // Plain rows of k labels.
  struct RowKernel {
    Label* labels;
    int k;
    bool is_empty(Rank r) const { return !labels[static_cast<std::size_t>(r) * k].time.is_reachable(); }
    void clear(Rank r) { std::fill_n(labels + static_cast<std::size_t>(r) * k, k, Label{}); }
    void add(Rank r, Label label) { insert(labels + static_cast<std::size_t>(r) * k, k, label); }
    void merge(Rank to, Rank from, Duration time) {
      Label* list = labels + static_cast<std::size_t>(to) * k;
      const Label* other = labels + static_cast<std::size_t>(from) * k;
      for (int i = 0; i < k; ++i) {
        const Label label{other[i].time + time, other[i].counter};
        if (!(label < list[k - 1])) return;
        insert(list, k, label);
      }
    }
    void copy(Rank to, Rank from, Duration time) { merge(to, from, time); }
    void prefetch(Rank r) const { __builtin_prefetch(labels + static_cast<std::size_t>(r) * k); }
  };

#ifdef MAILLAGE_HAS_AVX2_KERNEL
  // One cache line a list; absent labels are (far, none), which sorts last.
  struct LineKernel {
    using Ints = std::int32_t __attribute__((vector_size(32)));
    using Floats = float __attribute__((vector_size(32)));
    using Words = std::uint32_t __attribute__((vector_size(32)));
    Line* lines;

    bool is_empty(Rank r) const { return lines[r].time[0] == kFar; }
    void clear(Rank r) {
      std::fill_n(lines[r].time, SweptLabels::kLine, kFar);
      std::fill_n(lines[r].counter, SweptLabels::kLine, CounterId().v);
    }
    __attribute__((target("avx2"))) void add(Rank r, Label label) {
      const Line& line = lines[r];
      if (label < Label{{line.time[7]}, CounterId(line.counter[7])}) put(lines[r], label.time.ms, label.counter.v);
    }
    __attribute__((target("avx2"))) void merge(Rank to, Rank from, Duration time) {
      Line& list = lines[to];
      const Line& other = lines[from];
      for (int i = 0; i < SweptLabels::kLine; ++i) {
        if (other.time[i] >= kFar - time.ms) return;
        const std::int32_t t = other.time[i] + time.ms;
        const std::int32_t last = list.time[7];
        if (t > last || (t == last && other.counter[i] >= list.counter[7])) return;
        put(list, t, other.counter[i]);
      }
    }
    // Into an empty list: all at once.
    __attribute__((target("avx2"))) void copy(Rank to, Rank from, Duration time) {
      const Ints known = load<Ints>(lines[from].time);
      const Ints is_far = known >= kFar - time.ms;
      store(lines[to].time, (is_far & (Ints{} + kFar)) | (~is_far & (known + time.ms)));
      const Words counters = load<Words>(lines[from].counter);
      store(lines[to].counter, counters | (Words)is_far);
    }
    void prefetch(Rank r) const { __builtin_prefetch(lines + r); }

   private:
    template <class V, class T>
    __attribute__((target("avx2"))) static V load(const T* p) {
      V v;
      __builtin_memcpy(&v, p, sizeof v);
      return v;
    }
    template <class T, class V>
    __attribute__((target("avx2"))) static void store(T* p, V v) {
      __builtin_memcpy(p, &v, sizeof v);
    }
    // Puts a label that sorts before the last one into its place, unless its counter stands before it.
    __attribute__((target("avx2"))) static void put(Line& line, std::int32_t time, std::uint32_t counter) {
      const Ints t = load<Ints>(line.time);
      const Words c = load<Words>(line.counter);
      const Ints same = (Ints)(c == counter);
      const Ints before = (t < time) | ((t == time) & (Ints)(c < counter));
      const int same_mask = __builtin_ia32_movmskps256((Floats)same);
      const int at = std::popcount(static_cast<unsigned>(__builtin_ia32_movmskps256((Floats)before)));
      const int old = same_mask ? std::countr_zero(static_cast<unsigned>(same_mask)) : 7;
      if (old < at) return;
      const Ints lane = {0, 1, 2, 3, 4, 5, 6, 7};
      const Ints left = {7, 0, 1, 2, 3, 4, 5, 6};
      const Ints shifts = (lane > at) & (lane <= old);
      const Ints here = lane == at;
      const Ints keeps = ~(shifts | here);
      store(line.time, (shifts & __builtin_shuffle(t, left)) | (here & time) | (keeps & t));
      store(line.counter, ((Words)shifts & __builtin_shuffle(c, (Words)left)) | ((Words)here & counter) | ((Words)keeps & c));
    }
  };
#endif

  Sweep(const Hierarchy& hierarchy, const Context& context) : h_(hierarchy), context_(context) {}

  SweptLabels run(std::span<const CounterId> counters, const Ragged<LinkEnd>& entries, int k) {
    SweptLabels out;
    out.k_ = k;
    out.n_ = h_.n_nodes();
#ifdef MAILLAGE_HAS_AVX2_KERNEL
    if (k <= SweptLabels::kLine && __builtin_cpu_supports("avx2")) {
      out.lines_ = std::vector<Line>(out.n_);
      sweep(LineKernel{out.lines_.data()}, counters, entries);
      return out;
    }
#endif
    const int width = std::max(k, SweptLabels::kLine + 1);  // rows wider than a line mark this layout
    out.k_ = width;
    out.labels_.resize(out.n_ * static_cast<std::size_t>(width));
    sweep(RowKernel{out.labels_.data(), width}, counters, entries);
    return out;
  }

 private:
  template <class Kernel>
  void sweep(Kernel lists, std::span<const CounterId> counters, const Ragged<LinkEnd>& entries) {
    for_blocks(h_.n_nodes(), 65536, quiet(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) lists.clear(static_cast<Rank>(r));
    });
    go_up(lists, counters, entries);
    context_.begin("sweeping the network", h_.n_nodes());
    go_down(lists, h_.first_top, static_cast<Rank>(h_.n_nodes()));
    context_.advance(h_.n_nodes() - h_.first_top);
    for_blocks(h_.blocks.size() - 1, 1, quiet(), [&](std::size_t b, std::size_t) {
      go_down(lists, h_.blocks[b], h_.blocks[b + 1]);
      context_.check();
      context_.advance(h_.blocks[b + 1] - h_.blocks[b]);
    });
  }

  Context quiet() const { return {context_.n_threads, nullptr}; }

  // Only ancestors of counters hold labels; a bit each says which.
  template <class Kernel>
  void go_up(Kernel lists, std::span<const CounterId> counters, const Ragged<LinkEnd>& entries) {
    std::vector<std::uint64_t> active((h_.n_nodes() + 63) / 64, 0);
    auto mark = [&](Rank r) { active[r / 64] |= std::uint64_t{1} << (r % 64); };
    for (std::size_t c = 0; c < counters.size(); ++c)
      for (const LinkEnd& end : entries[c]) {
        if (!end.time.is_reachable()) continue;
        const Rank r = h_.rank_of[end.node.v];
        lists.add(r, {end.time, counters[c]});
        mark(r);
      }
    for (std::size_t word = 0; word < active.size(); ++word)
      while (active[word]) {
        const auto r = static_cast<Rank>(64 * word + static_cast<std::size_t>(std::countr_zero(active[word])));
        active[word] &= active[word] - 1;
        for (const RankedArc& arc : h_.in[r]) {
          lists.merge(arc.head, r, arc.time);
          mark(arc.head);
        }
      }
  }

  template <class Kernel>
  void go_down(Kernel lists, Rank begin, Rank end) {
    const std::uint32_t* offset = h_.out.offset.data();
    const RankedArc* arcs = h_.out.values.data();
    for (Rank r = end; r-- > begin;) {
      if (r >= begin + kPrefetchAhead)
        for (std::uint32_t i = offset[r - kPrefetchAhead]; i < offset[r - kPrefetchAhead + 1]; ++i)
          lists.prefetch(arcs[i].head);
      std::uint32_t i = offset[r];
      if (i < offset[r + 1] && lists.is_empty(r)) {
        lists.copy(r, arcs[i].head, arcs[i].time);
        ++i;
      }
      for (; i < offset[r + 1]; ++i) lists.merge(r, arcs[i].head, arcs[i].time);
    }
  }

  const Hierarchy& h_;
  Context context_;
};

SweptLabels sweep_k_nearest(const Hierarchy& hierarchy, std::span<const CounterId> counters,
                            const Ragged<LinkEnd>& entries, int k, const Context& context) {
  assert(k >= 1 && counters.size() == entries.n_rows());
  return Sweep(hierarchy, context).run(counters, entries, k);
}

}  // namespace maillage
