// What the tests of this layer share: snapshots made by hand, handlers with known answers, and a
// client of plain sockets.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "serve/server.h"

namespace tallyman::serve::test {

// A snapshot of one gauge `name` with `series` lines `name{i="0"} 1`; 40 bytes a line or so.
store::SnapshotPtr gauge_snapshot(const std::string& target, const std::string& name, std::size_t series);

// Targets `alpha` (well) and `b&w <2>` (down: connection refused); live well; ready fails in one
// of two checks unless `ready`.
Handlers handlers(bool ready = true, std::size_t series = 2);

struct Answer {
  int status = 0;
  std::string head;  // with the status line, CRLF line ends
  std::string body;  // chunks joined
  bool complete = false;

  std::string header(std::string_view name) const;  // "" if absent
};

// A connection to `address`; every wait ends after 20 s with an empty or incomplete answer.
// POSIX, because Asio's blocking calls know no timeout.
class Client {
 public:
  explicit Client(const std::string& address, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  void send(std::string_view bytes);
  Answer read(bool head = false);  // one answer
  std::string read_some();         // what is there, at least one byte; "" at the end
  bool ended();                    // the other side closed; waits for that
  // Sends `GET path` with further header lines (each with CRLF), reads the answer.
  Answer get(const std::string& path, const std::string& headers = "", const std::string& method = "GET");

 private:
  bool fill();
  int socket_ = -1;
  std::string held_;
};

}  // namespace tallyman::serve::test
