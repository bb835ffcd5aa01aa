#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace tallyman::serve::test {

store::SnapshotPtr gauge_snapshot(const std::string& target, const std::string& name, std::size_t series) {
  auto shape = std::make_shared<store::Shape>();
  shape->own = target.empty();
  auto block = std::make_shared<store::Block>();
  for (std::size_t i = 0; i < series; ++i) {
    const std::string prefix = name + "{target=\"" + target + "\",i=\"" + std::to_string(i) + "\"} ";
    shape->prefix_bytes.push_back(static_cast<std::uint32_t>(prefix.size()));
    block->text += prefix + "1\n";
  }
  store::Shape::Slice slice;
  slice.family = std::make_shared<const Family>(Family{name, MetricType::gauge, "A test.", ""});
  slice.count = static_cast<std::uint32_t>(series);
  shape->slices.push_back(slice);
  block->slice_bytes = {0, static_cast<std::uint32_t>(block->text.size())};
  block->shape = shape;
  auto snapshot = std::make_shared<store::Snapshot>();
  snapshot->target = target;
  snapshot->blocks.push_back(block);
  return snapshot;
}

Handlers handlers(bool ready, std::size_t series) {
  const std::vector<store::SnapshotPtr> all = {gauge_snapshot("alpha", "load", series),
                                               gauge_snapshot("b&w <2>", "load", series)};
  const store::SnapshotPtr own = gauge_snapshot("", "tallyman_own", 1);
  Handlers out;
  out.version = "1.2.3";
  out.targets = [all] {
    std::vector<std::string> names;
    for (const auto& snapshot : all) names.push_back(snapshot->target);
    return names;
  };
  out.snapshots = [all, own](const std::string& target,
                             bool with_own) -> std::optional<std::vector<store::SnapshotPtr>> {
    std::vector<store::SnapshotPtr> found;
    for (const auto& snapshot : all)
      if (target.empty() || snapshot->target == target) found.push_back(snapshot);
    if (found.empty()) return std::nullopt;
    if (with_own) found.push_back(own);
    return found;
  };
  out.live = [] { return std::vector<Check>{{"loop-0", true, "ticked 0.1 s ago"}}; };
  out.ready = [ready] {
    return std::vector<Check>{{"targets", ready, ready ? "" : "3 of 4 not yet tried"}, {"config", true, ""}};
  };
  out.configuration = [] { return Configuration{86400, false, std::nullopt, {}, {}}; };
  out.target_health = [](const std::string& target) -> std::optional<Check> {
    if (target == "alpha") return Check{target, true, ""};
    if (target == "b&w <2>") return Check{target, false, "connect: refused"};
    return std::nullopt;
  };
  out.explain = [](const std::string& target, bool again) -> std::optional<Explained> {
    if (target != "alpha" && target != "b&w <2>") return std::nullopt;
    return Explained{202, std::string("armed ") + (again ? "anew " : "") + target + "\n"};
  };
  out.conflicts = [](const std::vector<std::string>&) {};
  return out;
}

std::string Answer::header(std::string_view name) const {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const auto at = head.find(start);
  if (at == std::string::npos) return "";
  const auto from = at + start.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

Client::Client(const std::string& address, int receive_buffer) {
  const auto colon = address.rfind(':');
  const int port = std::stoi(address.substr(colon + 1));
  std::string host = address.substr(0, colon);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const bool is_v6 = host.front() == '[';
  if (is_v6) {
    host = host == "[::]" ? "::1" : host.substr(1, host.size() - 2);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
  } else {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
  }
  socket_ = ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int failed = is_v6 ? ::connect(socket_, reinterpret_cast<sockaddr*>(&v6), sizeof v6)
                           : ::connect(socket_, reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  if (failed != 0) throw std::runtime_error("cannot connect to " + address);
}

Client::~Client() { ::close(socket_); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the other side closed: what it answered is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::fill() {
  pollfd waiting{socket_, POLLIN, 0};
  if (::poll(&waiting, 1, 20'000) <= 0) throw std::runtime_error("no answer within 20 s");
  std::string bytes(65536, '\0');
  const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  held_.append(bytes, 0, static_cast<std::size_t>(got));
  return true;
}

Answer Client::read(bool head) {
  Answer out;
  auto end = std::string::npos;
  while ((end = held_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return out;
  out.head = held_.substr(0, end + 2);
  held_.erase(0, end + 4);
  out.status = std::stoi(out.head.substr(9, 3));
  if (head) {
    out.complete = true;
  } else if (const std::string length = out.header("Content-Length"); !length.empty()) {
    const auto wanted = static_cast<std::size_t>(std::stoul(length));
    while (held_.size() < wanted)
      if (!fill()) return out;
    out.body = held_.substr(0, wanted);
    held_.erase(0, wanted);
    out.complete = true;
  } else if (out.header("Transfer-Encoding") == "chunked") {
    for (;;) {
      auto line = std::string::npos;
      while ((line = held_.find("\r\n")) == std::string::npos)
        if (!fill()) return out;
      const std::size_t size = std::stoul(held_.substr(0, line), nullptr, 16);
      while (held_.size() < line + 2 + size + 2)
        if (!fill()) return out;
      out.body += held_.substr(line + 2, size);
      held_.erase(0, line + 2 + size + 2);
      if (size == 0) break;
    }
    out.complete = true;
  } else {
    while (fill()) {
    }
    out.body.swap(held_);
    out.complete = true;
  }
  return out;
}

std::string Client::read_some() {
  if (held_.empty()) fill();
  return std::exchange(held_, {});
}

bool Client::ended() {
  while (fill()) {
  }
  return true;
}

Answer Client::get(const std::string& path, const std::string& headers, const std::string& method) {
  send(method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
  return read(method == "HEAD");
}

}  // namespace tallyman::serve::test
