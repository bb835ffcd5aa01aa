// The thread waits in poll() for the sockets that c-ares asked for (ARES_OPT_SOCK_STATE_CB, the
// one way that is neither deprecated in 1.34 nor missing in 1.18) and for an eventfd that says
// "there is work" or "stop". Only that thread touches the channel.
#include "transport/name_lookup.h"

// c-ares 1.34 deprecates calls that 1.18 has no other names for.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "transport/local_file.h"

namespace tallyman::transport {
namespace {

constexpr int query_timeout_ms = 2000;  // per server and try; c-ares' own 5 s is longer than most deadlines
constexpr int query_tries = 3;
constexpr int idle_ms = 60'000;

std::optional<boost::asio::ip::address> to_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return boost::asio::ip::address_v4(ntohl(v4->sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    boost::asio::ip::address_v6::bytes_type bytes;
    std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), bytes.begin());
    return boost::asio::ip::address_v6(bytes, v6->sin6_scope_id);
  }
  return std::nullopt;
}

std::string reason(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "the name does not exist";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ETIMEOUT:
      return "no DNS server answered";
    case ARES_ESERVFAIL:
      return "the DNS server could not find out (SERVFAIL)";
    case ARES_ECONNREFUSED:
      return "no DNS server can be reached";
    case ARES_EBADNAME:
      return "this is not a legal name";
    default:
      return ares_strerror(status);
  }
}

}  // namespace

struct NameLookup::Impl {
  struct Query {
    Impl* owner;
    std::string host;
  };

  Impl(std::string the_servers, Done the_done) : servers(std::move(the_servers)), done(std::move(the_done)) {}

  void run();
  bool open_channel();
  void begin(const std::string& host);
  void wait();
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
  }
  static void on_socket(void* self, ares_socket_t fd, int readable, int writable);
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* result);

  const std::string servers;
  const Done done;
  std::mutex mutex;
  std::vector<std::string> waiting;  // under mutex
  bool stopping = false;             // under mutex
  std::thread thread;                // started under mutex
  int wake_fd = -1;

  // Of the thread only.
  ares_channel channel{};
  bool channel_open = false, ending = false;
  std::optional<FileStamp> configured_by;
  std::map<ares_socket_t, short> sockets;
  std::size_t running = 0;
};

void NameLookup::Impl::on_socket(void* self, ares_socket_t fd, int readable, int writable) {
  auto& sockets = static_cast<Impl*>(self)->sockets;
  if (!readable && !writable)
    sockets.erase(fd);
  else
    sockets[fd] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
}

bool NameLookup::Impl::open_channel() {
  // The system's servers may change while we run: /etc/resolv.conf is looked at before a lookup.
  const std::optional<FileStamp> now = servers.empty() ? stamp_of("/etc/resolv.conf") : std::nullopt;
  if (channel_open && (running != 0 || now == configured_by)) return true;
  if (channel_open) ares_destroy(channel);
  channel_open = false;
  configured_by = now;
  ares_options options{};
  int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  options.sock_state_cb = &Impl::on_socket;
  options.sock_state_cb_data = this;
  options.timeout = query_timeout_ms;
  options.tries = query_tries;
#ifdef ARES_OPT_QUERY_CACHE
  mask |= ARES_OPT_QUERY_CACHE;  // the cache is ours
  options.qcache_max_ttl = 0;
#endif
  if (ares_init_options(&channel, &options, mask) != ARES_SUCCESS) return false;
  channel_open = true;
  return servers.empty() || ares_set_servers_ports_csv(channel, servers.c_str()) == ARES_SUCCESS;
}

void NameLookup::Impl::on_answer(void* query, int status, int, ares_addrinfo* result) {
  const std::unique_ptr<Query> asked(static_cast<Query*>(query));
  Impl& self = *asked->owner;
  --self.running;
  LookupAnswer answer;
  if (status == ARES_SUCCESS) {
    std::optional<int> ttl;
    for (const ares_addrinfo_node* node = result->nodes; node != nullptr; node = node->ai_next) {
      const std::optional<boost::asio::ip::address> address = to_address(node->ai_addr);
      if (!address || std::find(answer.addresses.begin(), answer.addresses.end(), *address) != answer.addresses.end())
        continue;
      answer.addresses.push_back(*address);
      ttl = std::min(ttl.value_or(node->ai_ttl), node->ai_ttl);
    }
    answer.ttl = std::chrono::seconds(ttl.value_or(0));
    if (answer.addresses.empty()) status = ARES_ENODATA;
  }
  if (result != nullptr) ares_freeaddrinfo(result);
  if (self.ending) return;
  if (answer.addresses.empty()) {
    answer.failure = reason(status);
    answer.definite = status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
  }
  self.done(asked->host, std::move(answer));
}

void NameLookup::Impl::begin(const std::string& host) {
  if (!open_channel()) {
    LookupAnswer answer;
    answer.failure = "the DNS client cannot start with " + (servers.empty() ? "/etc/resolv.conf" : servers);
    done(host, std::move(answer));
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ++running;
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &Impl::on_answer, new Query{this, host});
}

void NameLookup::Impl::wait() {
  std::vector<pollfd> fds = {{wake_fd, POLLIN, 0}};
  for (const auto& [fd, events] : sockets) fds.push_back({fd, events, 0});
  int timeout = idle_ms;
  if (channel_open) {
    timeval longest{idle_ms / 1000, 0}, next{};
    const timeval* const until = ares_timeout(channel, &longest, &next);
    timeout = static_cast<int>(until->tv_sec * 1000 + (until->tv_usec + 999) / 1000);
  }
  if (::poll(fds.data(), fds.size(), timeout) < 0) return;
  if (fds[0].revents != 0) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd, &count, sizeof count);
  }
  if (!channel_open) return;
  for (std::size_t i = 1; i < fds.size(); ++i)
    if (fds[i].revents != 0)
      ares_process_fd(channel, (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? fds[i].fd : ARES_SOCKET_BAD,
                      (fds[i].revents & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
}

void NameLookup::Impl::run() {
  for (;;) {
    std::vector<std::string> hosts;
    {
      const std::lock_guard lock(mutex);
      if (stopping) break;
      hosts.swap(waiting);
    }
    for (const std::string& host : hosts) begin(host);
    wait();
  }
  ending = true;
  if (channel_open) ares_destroy(channel);  // answers what runs with ARES_EDESTRUCTION
}

NameLookup::NameLookup(std::string servers, Done done)
    : impl_(std::make_unique<Impl>(std::move(servers), std::move(done))) {
  static const int once = ares_library_init(ARES_LIB_INIT_ALL);
  (void)once;
}

NameLookup::~NameLookup() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  if (!impl_->thread.joinable()) return;
  impl_->wake();
  impl_->thread.join();
  ::close(impl_->wake_fd);
}

void NameLookup::start(const std::string& host) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->waiting.push_back(host);
    if (!impl_->thread.joinable()) {
      impl_->wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
      impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
    }
  }
  impl_->wake();
}

}  // namespace tallyman::transport
