// What a scrape cannot cost less than: the lines of an exposition, which lie in as many places as targets have
// families, are copied into a block of 256 KiB and sent. tests/bench/scrape measures it beside the agent.
//
//   bench_gather PORT FILE      FILE: an exposition, without its heads; answers every connection with it
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::size_t block_bytes = 256u << 10;
constexpr std::size_t lines_of_a_slice = 8;  // workers of a target

// Each slice in memory of its own, and not in the order they are sent in.
std::vector<std::string> slices_of(const char* path) {
  std::ifstream in(path);
  std::vector<std::string> out(1);
  std::string line;
  for (std::size_t lines = 0; std::getline(in, line); ++lines) {
    if (lines > 0 && lines % lines_of_a_slice == 0) out.emplace_back();
    out.back() += line + '\n';
  }
  std::shuffle(out.begin(), out.end(), std::mt19937(7));
  return out;
}

bool send_all(int peer, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(peer, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

void answer(int peer, const std::vector<std::string>& slices) {
  char request[4096];
  if (recv(peer, request, sizeof request, 0) <= 0) return;
  std::size_t total = 0;
  for (const std::string& slice : slices) total += slice.size();
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n";
  if (!send_all(peer, head.data(), head.size())) return;
  static char block[block_bytes];
  std::size_t used = 0;
  for (const std::string& slice : slices) {
    if (used + slice.size() > block_bytes) {
      if (!send_all(peer, block, used)) return;
      used = 0;
    }
    std::memcpy(block + used, slice.data(), slice.size());
    used += slice.size();
  }
  send_all(peer, block, used);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<std::string> slices = slices_of(argv[2]);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener, 16) != 0) {
    std::perror("bench_gather");
    return 1;
  }
  for (;;) {
    const int peer = accept(listener, nullptr, nullptr);
    if (peer < 0) continue;
    answer(peer, slices);
    close(peer);
  }
}
