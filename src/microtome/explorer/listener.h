// SPDX-License-Identifier: Apache-2.0
// Connections to 127.0.0.1, each of one request: read, answered, written, closed. One that is slow or idle keeps nobody
// waiting: a single thread watches all of them, and a request takes a worker only once it has come whole. Private to
// the room.
#pragma once
#include <functional>
#include <string>

namespace microtome {

// A file descriptor that is closed with its owner; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int number() const { return number_; }

 private:
  int number_;
};

// A connection is closed when its request has not come within 10 s, when its answer is not taken within 60 s, and, the
// longest open first, when more than 512 are open.
class Listener {
 public:
  // Port 0 takes a free one. Throws Error(kUsage) on a port out of range, Error(kIo) when it is taken.
  explicit Listener(int port);
  int port() const { return port_; }

  // Until stop() says true; it is asked at least ten times a second, in the caller's thread. `answer` gets what came of
  // a request: its head, or as much of one as is too long; what it returns is sent. It is called in several threads
  // and must not throw.
  void run(const std::function<std::string(const std::string& head)>& answer, const std::function<bool()>& stop) const;

  // Bytes of a head; what is longer is answered without its end.
  static constexpr size_t kLongestHead = 16384;

 private:
  Descriptor socket_;
  int port_;
};

}  // namespace microtome
