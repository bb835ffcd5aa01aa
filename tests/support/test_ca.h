// Certificates made at test time: an authority and what it signs, as PEM files in a folder of
// their own that goes with the object.
#pragma once
#include <string>

#include "support/folder.h"

namespace tallyman::test {

class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;

  struct Pair {
    std::string cert, key;  // paths
  };
  struct Request {
    std::string common_name;
    std::string names;  // subjectAltName, as OpenSSL writes it: "DNS:a,IP:127.0.0.1"; "" for none
    int from_day = -1;  // validity, in days from now
    int to_day = 30;
    bool self_signed = false;  // else signed by the authority
  };
  Pair issue(const Request& request);

  std::string ca() const { return folder_ / "ca.pem"; }
  const std::string& folder() const { return folder_.path(); }

 private:
  struct Authority;
  Folder folder_;
  Authority* authority_ = nullptr;
  int issued_ = 0;
};

}  // namespace tallyman::test
