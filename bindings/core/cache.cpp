// Cache files: writing a territory with whatever arrays Python keeps beside it, and mapping it again.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/core/convert.h"
#include "geo/cache_file.h"
#include "geo/territory_cache.h"

#ifdef __GLIBC__  // known once a header of the C library was read
#include <malloc.h>
#endif

namespace maillage::bind {
namespace {

using Bytes = Array<std::uint8_t>;

void write_cache(const std::string& path, const std::string& key, const std::shared_ptr<Territory>& territory,
                 const py::dict& arrays, int n_threads, const py::object& report) {
  std::vector<std::pair<std::string, Bytes>> items;  // kept until all is written
  for (const auto& [name, array] : arrays) items.emplace_back(name.cast<std::string>(), array.cast<Bytes>());
  std::vector<std::pair<std::string, std::span<const std::uint8_t>>> spans;
  for (const auto& [name, array] : items) spans.emplace_back("python." + name, to_span(array));
  run(n_threads, report, [&](const Context& context) {
    CacheFileWriter file(path, key);
    write_territory(file, *territory, context);
    for (const auto& [name, bytes] : spans) file.add(name, bytes);
    file.finish();
    return true;
  });
}

std::shared_ptr<CacheFile> open_cache(const std::string& path, const std::string& key, int n_threads,
                                      const py::object& report) {
  return std::const_pointer_cast<CacheFile>(
      run(n_threads, report, [&](const Context& context) { return CacheFile::open(path, key, context); }));
}

// Hands memory that was freed back to the system: the C library keeps much of it after a large build.
void release_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

void bind_cache(py::module_& m) {
  py::class_<CacheFile, std::shared_ptr<CacheFile>>(m, "CacheFile")
      .def_property_readonly("n_bytes", &CacheFile::n_bytes)
      .def("territory", [](const std::shared_ptr<CacheFile>& file) {
        return std::const_pointer_cast<Territory>(read_territory(std::shared_ptr<const CacheFile>(file)));
      })
      .def("array", [](const CacheFile& file, const std::string& name) {
        return to_array(file.read<std::uint8_t>("python." + name));
      }, py::arg("name"));

  py::class_<ListFolder, std::shared_ptr<ListFolder>>(m, "ListFolder")
      .def(py::init<std::string, std::string>(), py::arg("folder"), py::arg("key"))
      .def("wait", [](ListFolder& folder) {
        ListFolder::Written written;
        {
          py::gil_scoped_release release;
          written = folder.wait();
        }
        return py::make_tuple(written.n, written.failure);
      });

  m.def("write_cache", &write_cache, py::arg("path"), py::arg("key"), py::arg("territory"), py::arg("arrays"),
        py::arg("threads") = 0, py::arg("progress") = py::none());
  m.def("open_cache", &open_cache, py::arg("path"), py::arg("key"), py::arg("threads") = 0,
        py::arg("progress") = py::none());
  m.def("release_memory", &release_memory);
  m.def("keep_lists", [](const Territory& territory, const std::shared_ptr<ListFolder>& folder) {
    territory.use_shelf(folder);
  }, py::arg("territory"), py::arg("folder"));
}

}  // namespace maillage::bind
