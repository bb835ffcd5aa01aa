// The cookies of one session with one origin (RFC 6265, as far as an API's session needs it): what
// `Set-Cookie` headers gave, and the `Cookie` header that carries it back. It is for one origin only,
// so `Domain` has no meaning here, nor have `HttpOnly` and `SameSite`. What it holds is secret.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tallyman::transport {

class CookieJar {
 public:
  static constexpr std::size_t most_cookies = 50, most_bytes = 4096;  // of name and value; RFC 6265 section 6.1

  // Takes one `Set-Cookie` value of the answer to `target`. `now`: epoch seconds. One with an end in
  // the past (`Max-Age=0`, `Expires`) takes the cookie out. What is not a cookie, is longer than
  // most_bytes or one too many is left out.
  void store(std::string_view set_cookie, std::string_view target, double now);

  // `Cookie: a=1; b=2\r\n` of those that belong to `target`, or "". `Secure` ones are sent over TLS
  // and unix sockets only.
  std::string header(std::string_view target, bool safe, double now) const;

  std::vector<std::string> values() const;
  void clear() { cookies_.clear(); }
  bool empty() const { return cookies_.empty(); }

 private:
  struct Cookie {
    std::string name, value, path;
    double ends = 0;  // epoch seconds; 0: with the session
    bool secure = false;
  };
  std::vector<Cookie> cookies_;  // in the order they came
};

}  // namespace tallyman::transport
