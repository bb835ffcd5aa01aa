// Lookups of names in DNS and /etc/hosts by c-ares, on a thread of its own that starts with the
// first lookup. No cache and no waiting here: see resolver.h.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tallyman::transport {

struct LookupAnswer {
  std::vector<boost::asio::ip::address> addresses;  // in the order of RFC 6724
  std::chrono::seconds ttl{0};                      // the shortest of them
  std::string failure;                              // why there are none
  bool definite = false;                            // a server said so; else none could be asked
};

class NameLookup {
 public:
  using Done = std::function<void(const std::string& host, LookupAnswer answer)>;

  // `servers`: "127.0.0.1:5353", "" for the system's. `done` is called on the lookup thread, once
  // per start(), unless the object is destroyed before.
  NameLookup(std::string servers, Done done);
  ~NameLookup();  // abandons what runs; joins the thread, which never blocks
  NameLookup(const NameLookup&) = delete;

  void start(const std::string& host);  // from any thread

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tallyman::transport
