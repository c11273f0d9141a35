// A vector whose copies share their values until one of them is written to, and that can look at values
// which somebody else keeps, such as a part of a mapped file.
//
//   territory ──▶ Buffer ──▶ values ◀── Buffer ◀── territory after a scenario
//
// Reading costs what it costs in a vector. What may write (`operator[]`, `data`, `begin` of a buffer that
// is not const) first makes the values this buffer's own; pointers into it are good until the buffer is
// copied or grows. As with a vector, many threads may read and one may write when nobody reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace maillage {

template <class T>
class Buffer {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using iterator = T*;
  using const_iterator = const T*;

  Buffer() = default;
  Buffer(std::vector<T> values) { adopt(std::make_shared<std::vector<T>>(std::move(values))); }
  Buffer(std::initializer_list<T> values) : Buffer(std::vector<T>(values)) {}
  explicit Buffer(std::size_t n, const T& value = T()) : Buffer(std::vector<T>(n, value)) {}

  // Looks at `values`, which stay as they are for as long as `keeper` lives.
  Buffer(std::span<const T> values, std::shared_ptr<const void> keeper)
      : keeper_(std::move(keeper)), data_(const_cast<T*>(values.data())), size_(values.size()) {
    static_assert(std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T>);
  }

  Buffer(const Buffer&) = default;
  Buffer& operator=(const Buffer&) = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Buffer() = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  const T& front() const { return data_[0]; }
  const T& back() const { return data_[size_ - 1]; }

  // Do both stand on the same memory?
  bool shares(const Buffer& other) const { return data_ == other.data_ && size_ == other.size_; }

  T* data() {
    if (size_ > 0) own();
    return data_;
  }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  T& front() { return data()[0]; }
  T& back() { return data()[size_ - 1]; }

  void push_back(T value) {
    edit([&](std::vector<T>& v) { v.push_back(std::move(value)); });
  }
  template <class... Parts>
  void emplace_back(Parts&&... parts) {
    edit([&](std::vector<T>& v) { v.emplace_back(std::forward<Parts>(parts)...); });
  }
  void reserve(std::size_t n) {
    edit([&](std::vector<T>& v) { v.reserve(n); });
  }
  void resize(std::size_t n, const T& value = T()) {
    edit([&](std::vector<T>& v) { v.resize(n, value); });
  }
  void assign(std::size_t n, const T& value) { *this = Buffer(n, value); }
  template <std::input_iterator It>
  void assign(It first, It last) {
    *this = Buffer(std::vector<T>(first, last));
  }
  template <std::input_iterator It>
  void insert(const T* at, It first, It last) {
    const auto where = at - data_;
    edit([&](std::vector<T>& v) { v.insert(v.begin() + where, first, last); });
  }
  void erase(const T* first, const T* last) {
    const auto from = first - data_, to = last - data_;
    edit([&](std::vector<T>& v) { v.erase(v.begin() + from, v.begin() + to); });
  }
  void clear() { *this = Buffer(); }
  void shrink_to_fit() {
    edit([](std::vector<T>& v) { v.shrink_to_fit(); });
  }

  friend bool operator==(const Buffer& a, const Buffer& b) {
    return a.shares(b) || std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  void swap(Buffer& other) noexcept {
    keeper_.swap(other.keeper_);
    std::swap(own_, other.own_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  void adopt(std::shared_ptr<std::vector<T>> values) {
    own_ = values.get();
    data_ = own_->data();
    size_ = own_->size();
    keeper_ = std::move(values);
  }

  // Nobody else stands on the values from here on.
  void own() {
    if (!own_ || keeper_.use_count() != 1) adopt(std::make_shared<std::vector<T>>(data_, data_ + size_));
  }

  template <class Change>
  void edit(Change&& change) {
    own();
    change(*own_);
    data_ = own_->data();
    size_ = own_->size();
  }

  std::shared_ptr<const void> keeper_;
  std::vector<T>* own_ = nullptr;  // what `keeper_` keeps, when it is a vector of ours
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace maillage
