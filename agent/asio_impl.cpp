// The bodies of Asio and Beast, compiled once for the whole program.
#include <utility>  // Boost 1.81's awaitable.hpp uses std::exchange without it

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
