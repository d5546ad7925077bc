// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/explorer/http.h"

namespace microtome {
namespace {

using Clock = std::chrono::steady_clock;
using Answerer = std::function<std::string(const std::string& head)>;

constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::seconds kToAsk{10}, kToTake{60}, kToLeave{1};
constexpr size_t kMostConnections = 512;
constexpr int kWorkers = 4;
constexpr int kBacklog = 512;

// Without SO_REUSEPORT, under which two servers would share a port and split the requests.
Descriptor listening_socket(int port) {
  const std::string where = fmt::format("127.0.0.1:{}", port);
  if (port < 0 || port > 65535) throw Error(ErrorKind::kUsage, where, "no such port", "choose one from 0 to 65535");
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.number(), kBacklog) != 0) {
    throw Error(ErrorKind::kIo, where, std::string("cannot listen there: ") + std::strerror(errno),
                "choose another in `port`; 0 takes a free one");
  }
  return socket;
}

int port_of(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// Threads that answer heads in the order in which they came.
class Answerers {
 public:
  using Numbered = std::pair<uint64_t, std::string>;

  explicit Answerers(const Answerer& answer) : answer_(answer) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
      throw Error(ErrorKind::kIo, "explorer", std::string("cannot begin: ") + std::strerror(errno));
    }
    awake_.emplace_back(ends[0]);
    awake_.emplace_back(ends[1]);
    for (int worker = 0; worker < kWorkers; ++worker) {
      workers_.emplace_back([this](const std::stop_token& ended) { work(ended); });
    }
  }

  // Readable when there are answers to take.
  int signal() const { return awake_[0].number(); }

  void ask(uint64_t connection, std::string head) {
    const std::lock_guard lock(mutex_);
    asked_.emplace_back(connection, std::move(head));
    more_.notify_one();
  }

  std::vector<Numbered> take() {
    std::array<char, 256> signals;
    while (::read(signal(), signals.data(), signals.size()) > 0) {
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(answered_, {});
  }

 private:
  void work(const std::stop_token& ended) {
    std::unique_lock lock(mutex_);
    while (more_.wait(lock, ended, [this] { return !asked_.empty(); }) && !ended.stop_requested()) {
      const auto [connection, head] = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      std::string bytes = answer_(head);
      lock.lock();
      answered_.emplace_back(connection, std::move(bytes));
      // A pipe that is full says the same.
      [[maybe_unused]] const ssize_t written = ::write(awake_[1].number(), "+", 1);
    }
  }

  const Answerer& answer_;
  std::vector<Descriptor> awake_;  // the two ends of a pipe
  std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<Numbered> asked_;
  std::vector<Numbered> answered_;
  std::vector<std::jthread> workers_;  // last: they end before what they use
};

struct Connection {
  enum class Step { kAsking, kWaiting, kTaking, kLeaving };

  Descriptor socket;
  Clock::time_point deadline;
  Step step = Step::kAsking;
  std::string bytes = {};  // what came of the head; later the answer
  size_t sent = 0;

  short events() const { return step == Step::kWaiting ? 0 : step == Step::kTaking ? POLLOUT : POLLIN; }

  // Reads some of what there is. False when the client has gone.
  bool read() {
    std::array<char, 4096> some;
    const ssize_t count = ::recv(socket.number(), some.data(), some.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (step == Step::kAsking) bytes.append(some.data(), static_cast<size_t>(count));
    return count > 0;
  }

  bool asked() const { return bytes.size() > Listener::kLongestHead || end_of_head(bytes) != std::string_view::npos; }

  // Sends what the client takes. False when it has gone.
  bool write() {
    while (sent < bytes.size()) {
      const ssize_t count = ::send(socket.number(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      sent += static_cast<size_t>(count);
    }
    // What the client still sends is read: closing before would reset the connection and could cost it the answer.
    ::shutdown(socket.number(), SHUT_WR);
    bytes.clear();
    step = Step::kLeaving;
    deadline = Clock::now() + kToLeave;
    return true;
  }
};

class Connections {
 public:
  Connections(int listening, const Answerer& answer) : listening_(listening), answerers_(answer) {}

  // Waits until something can be done, a while at most, and does it.
  void turn() {
    std::vector<pollfd> watched = {{listening_, POLLIN, 0}, {answerers_.signal(), POLLIN, 0}};
    for (const auto& [number, one] : open_) watched.push_back({one.socket.number(), one.events(), 0});
    ::poll(watched.data(), watched.size(), static_cast<int>(kPoll.count()));
    auto state = watched.begin() + 2;
    const auto now = Clock::now();
    for (auto it = open_.begin(); it != open_.end(); ++state) {
      const bool stays = it->second.deadline >= now && (state->revents == 0 || advance(it->first, it->second));
      it = stays ? std::next(it) : open_.erase(it);
    }
    for (auto& [number, bytes] : answerers_.take()) send(number, std::move(bytes));
    if (watched[0].revents != 0) admit();
  }

 private:
  bool advance(uint64_t number, Connection& one) {
    switch (one.step) {
      case Connection::Step::kAsking:
        if (!one.read()) return false;
        if (!one.asked()) return true;
        one.step = Connection::Step::kWaiting;
        one.deadline = Clock::time_point::max();
        answerers_.ask(number, std::exchange(one.bytes, {}));
        return true;
      case Connection::Step::kWaiting:
        return false;  // It was broken off.
      case Connection::Step::kTaking:
        return one.write();
      case Connection::Step::kLeaving:
        return one.read();
    }
    return false;
  }

  void send(uint64_t number, std::string bytes) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    found->second.step = Connection::Step::kTaking;
    found->second.deadline = Clock::now() + kToTake;
    found->second.bytes = std::move(bytes);
    if (!found->second.write()) open_.erase(found);
  }

  // False when none can be spared.
  bool drop_oldest() {
    for (auto it = open_.begin(); it != open_.end(); ++it) {
      if (it->second.step == Connection::Step::kWaiting) continue;
      open_.erase(it);
      return true;
    }
    return false;
  }

  void admit() {
    for (;;) {
      if (open_.size() >= kMostConnections) drop_oldest();
      Descriptor socket(::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.number() >= 0) {
        open_.emplace(next_++, Connection{std::move(socket), Clock::now() + kToAsk});
      } else if ((errno != EMFILE && errno != ENFILE) || !drop_oldest()) {
        return;
      }
    }
  }

  int listening_;
  uint64_t next_ = 0;
  std::map<uint64_t, Connection> open_;  // by number, so the oldest first
  Answerers answerers_;
};

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Listener::Listener(int port) : socket_(listening_socket(port)), port_(port_of(socket_)) {}

void Listener::run(const Answerer& answer, const std::function<bool()>& stop) const {
  Connections connections(socket_.number(), answer);
  while (!stop()) connections.turn();
}

}  // namespace microtome
