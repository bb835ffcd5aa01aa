// Takes out of XML, and of HTML, what stands under a secret's name: `<password>x</password>`, `token="x"`, the member
// of XML-RPC `<name>password</name><value>x</value>`, `<property name="password" value="x"/>`. It knows no document:
// the text may be cut or broken, and then what follows a secret's name is taken out to the end. Linear.
#pragma once
#include <string>
#include <string_view>

namespace tallyman::poll {

std::string without_xml_secrets(std::string_view text, bool (*names_secret)(std::string_view), std::string_view mask);

}  // namespace tallyman::poll
