#include "transport/resolver.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "transport/name_lookup.h"

namespace tallyman::transport {
namespace {

using boost::asio::ip::address;
using Addresses = std::vector<address>;

// A cache of names that nobody asks for any more is emptied when it is larger than this.
constexpr std::size_t many_names = 4096;
constexpr std::chrono::hours unused_for{1};

// What needs no lookup. Scoped IPv6 (`fe80::1%eth0`) is numeric too.
Addresses immediate(const std::string& host) {
  boost::system::error_code ec;
  const address numeric = boost::asio::ip::make_address(host, ec);
  if (!ec) return {numeric};
  if (host == "localhost") return {boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
  return {};
}

}  // namespace

struct Resolver::Impl {
  struct Waiter {
    std::weak_ptr<OneShot> wait;
    Executor executor;
  };
  struct Entry {
    Addresses addresses;
    std::string failure;
    Clock::time_point expires{}, used{};
    bool running = false;
    std::vector<Waiter> waiters;
  };

  explicit Impl(Options the_options)
      : options(std::move(the_options)), lookup(options.servers, [this](const std::string& host, LookupAnswer answer) {
          arrived(host, std::move(answer));
        }) {}

  // Addresses or a failure if known (and a refresh begun if they expired), else nothing: then
  // `wait`, if given, will be ended.
  std::optional<Result<Addresses>> ask(const std::string& host, const std::shared_ptr<OneShot>& wait);
  void arrived(const std::string& host, LookupAnswer answer);

  const Options options;
  std::mutex mutex;
  std::unordered_map<std::string, Entry> names;  // under mutex
  NameLookup lookup;                             // last: its thread ends before the rest goes
};

std::optional<Result<Addresses>> Resolver::Impl::ask(const std::string& host, const std::shared_ptr<OneShot>& wait) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex);
  Entry& entry = names[host];
  entry.used = now;
  if (entry.expires <= now && !entry.running) {
    entry.running = true;
    lookup.start(host);
  }
  if (!entry.addresses.empty()) return Result<Addresses>(entry.addresses);
  if (!entry.running)
    return Result<Addresses>(error(Stage::resolve, "no address for `" + host + "`: " + entry.failure));
  if (wait) entry.waiters.push_back({wait, wait->executor()});
  return std::nullopt;
}

void Resolver::Impl::arrived(const std::string& host, LookupAnswer answer) {
  const Clock::time_point now = Clock::now();
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex);
    Entry& entry = names[host];
    entry.running = false;
    if (!answer.addresses.empty()) {
      entry.addresses = std::move(answer.addresses);
      entry.failure.clear();
      entry.expires = now + std::clamp(answer.ttl, options.min_ttl, options.max_ttl);
    } else {
      if (answer.definite) entry.addresses.clear();
      entry.failure = std::move(answer.failure);
      entry.expires = now + options.negative_ttl;
    }
    waiters.swap(entry.waiters);
    if (names.size() > many_names)
      std::erase_if(names, [&](const auto& item) {
        return !item.second.running && item.second.waiters.empty() && item.second.used + unused_for < now;
      });
  }
  for (Waiter& waiter : waiters)
    OneShot::end_from_any_thread(std::move(waiter.wait), waiter.executor, OneShot::Why::done);
}

Resolver::Resolver(Options options) : impl_(std::make_shared<Impl>(std::move(options))) {}
Resolver::~Resolver() = default;

void Resolver::prefetch(const std::string& host) {
  if (immediate(host).empty()) impl_->ask(host, nullptr);
}

std::vector<address> Resolver::known(const std::string& host) const {
  Addresses out = immediate(host);
  if (!out.empty()) return out;
  const std::optional<Result<Addresses>> answer = impl_->ask(host, nullptr);
  if (answer && *answer) return **answer;
  return {};
}

namespace {

Task<Result<Addresses>> look_up(std::shared_ptr<Resolver::Impl> self, std::string host, Clock::time_point deadline,
                                TimerWheel& wheel, std::shared_ptr<OneShot> wait) {
  Addresses now = immediate(host);
  if (!now.empty()) co_return now;
  std::optional<Result<Addresses>> answer = self->ask(host, wait);
  if (answer) co_return std::move(*answer);
  const TimerWheel::Entry until(wheel, deadline, wait);
  const OneShot::Why why = co_await OneShot::wait(wait);
  if (why == OneShot::Why::cancelled) co_return error(Stage::cancelled, "the lookup of `" + host + "` was cancelled");
  if (why == OneShot::Why::timed_out)
    co_return error(Stage::timeout, "no answer in time: waited for DNS to resolve `" + host + "`");
  answer = self->ask(host, nullptr);
  if (!answer) co_return error(Stage::resolve, "no address for `" + host + "`: the last lookup failed");
  co_return std::move(*answer);
}

}  // namespace

Task<Result<Addresses>> Resolver::resolve(std::string host, Clock::time_point deadline, TimerWheel& wheel,
                                          std::shared_ptr<OneShot> wait) {
  return look_up(impl_, std::move(host), deadline, wheel, std::move(wait));
}

namespace {

// The wait needs the executor of the loop that the task runs on, known only inside it.
Task<Result<Addresses>> look_up_here(std::shared_ptr<Resolver::Impl> self, std::string host, Clock::time_point deadline,
                                     TimerWheel& wheel) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  co_return co_await look_up(std::move(self), std::move(host), deadline, wheel, std::make_shared<OneShot>(executor));
}

}  // namespace

Task<Result<Addresses>> Resolver::resolve(std::string host, Clock::time_point deadline, TimerWheel& wheel) {
  return look_up_here(impl_, std::move(host), deadline, wheel);
}

}  // namespace tallyman::transport
