// Between numpy arrays and engine structs, and running long work so that Python stays in charge.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/buffer.h"
#include "engine/csr.h"
#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/units.h"

namespace maillage::bind {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <class T>
std::span<const T> to_span(const Array<T>& a) {
  return {a.data(), static_cast<std::size_t>(a.size())};
}

// Shows a buffer to numpy without a copy, to be read only: others may stand on the same values.
template <class T>
py::array_t<T> to_array(const Buffer<T>& values) {
  auto* kept = new Buffer<T>(values);
  py::capsule owner(kept, [](void* p) { delete static_cast<Buffer<T>*>(p); });
  py::array_t<T> array(static_cast<py::ssize_t>(values.size()), values.data(), owner);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

// n_rows x n_columns, to be read only.
template <class T>
py::array_t<T> to_array(const Matrix<T>& matrix) {
  return to_array(matrix.values)
      .reshape({static_cast<py::ssize_t>(matrix.n_rows), static_cast<py::ssize_t>(matrix.n_columns)});
}

// Hands a vector to numpy without a copy.
template <class T>
py::array_t<T> to_array(std::vector<T> values) {
  auto* owned = new std::vector<T>(std::move(values));
  py::capsule owner(owned, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(owned->size()), owned->data(), owner);
}

template <class T>
py::array_t<T> to_array(std::vector<T> values, std::size_t n_rows, std::size_t n_columns) {
  return to_array(std::move(values))
      .reshape({static_cast<py::ssize_t>(n_rows), static_cast<py::ssize_t>(n_columns)});
}

inline void check_same_length(std::size_t a, std::size_t b, const char* what) {
  if (a != b)
    throw InputError(std::string(what) + " have " + std::to_string(a) + " and " + std::to_string(b) +
                     " rows, expected the same number");
}

inline std::vector<LatLon> to_points(const Array<double>& lat, const Array<double>& lon) {
  check_same_length(lat.size(), lon.size(), "latitudes and longitudes");
  std::vector<LatLon> points(static_cast<std::size_t>(lat.size()));
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {lat.data()[i], lon.data()[i]};
  return points;
}

inline py::dict to_dict(const Findings& findings) {
  py::dict out;
  for (const auto& [kind, found] : findings.kinds()) {
    py::list examples;
    for (const std::string& e : found.examples) examples.append(e);
    out[py::str(kind)] = py::make_tuple(found.count, examples);
  }
  return out;
}

inline constexpr auto kAttendEvery = std::chrono::milliseconds(50);

// Lets Python handle signals and calls `report(step, done, total)` if given. What Python raises is kept
// in `failure` and stops the work. Takes the GIL.
inline void attend(Progress& progress, const py::object& report, std::exception_ptr& failure) {
  const py::gil_scoped_acquire acquire;
  try {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!report.is_none()) report(progress.step.load(), progress.done.load(), progress.total.load());
  } catch (...) {
    failure = std::current_exception();
    progress.stop = true;
  }
}

// Runs `work(context)` on this thread: for questions that are mostly answered within milliseconds, where
// going to sleep and waking with cold caches would cost as much as the answer. Python is attended to
// when the work checks whether to stop, so all of it must do so on this thread.
template <class Work>
auto run_here(int n_threads, const py::object& report, Work&& work) {
  Progress progress;
  std::exception_ptr python_failure;
  auto next = std::chrono::steady_clock::now() + kAttendEvery;
  progress.attended_by = std::this_thread::get_id();
  progress.attend = [&] {
    const auto now = std::chrono::steady_clock::now();
    if (now < next || python_failure) return;
    attend(progress, report, python_failure);
    next = now + kAttendEvery;
  };
  const py::gil_scoped_release release;
  std::exception_ptr failure;
  std::optional<decltype(work(std::declval<const Context&>()))> result;
  try {
    result.emplace(work(Context{n_threads, &progress}));
  } catch (...) {
    failure = std::current_exception();
  }
  if (python_failure) std::rethrow_exception(python_failure);
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

// Runs `work(context)` on a thread of its own. Meanwhile this one lets Python handle signals, so that
// Ctrl-C stops the work within a tenth of a second, and calls `report(step, done, total)` if given.
template <class Work>
auto run(int n_threads, const py::object& report, Work&& work) {
  using Result = decltype(work(std::declval<const Context&>()));
  Progress progress;
  const Context context{n_threads, &progress};
  std::optional<Result> result;
  std::exception_ptr failure, python_failure;
  std::mutex mutex;
  std::condition_variable ended;
  bool is_done = false;
  std::thread worker([&] {
    try {
      result.emplace(work(context));
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    is_done = true;
    ended.notify_one();
  });
  {
    py::gil_scoped_release release;
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, kAttendEvery, [&] { return is_done; })) {
      if (python_failure) continue;
      lock.unlock();
      attend(progress, report, python_failure);
      lock.lock();
    }
    lock.unlock();
    worker.join();
  }
  if (python_failure) std::rethrow_exception(python_failure);
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace maillage::bind
