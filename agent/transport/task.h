// The coroutine type of the program's I/O. One loop is one io_context run by one thread; a Task
// runs on the loop that spawned it and never moves.
#pragma once
#include <utility>  // Boost 1.81's awaitable.hpp uses std::exchange without it

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tallyman {

using Loop = boost::asio::io_context;
using Executor = Loop::executor_type;

template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

// co_await socket.async_read_some(buffer, resumed) gives std::tuple<error_code, size_t>.
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> resumed{};

}  // namespace tallyman
