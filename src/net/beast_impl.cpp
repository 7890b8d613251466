// The one place where Beast's and Asio-SSL's own sources are compiled (BOOST_BEAST_SEPARATE_COMPILATION and
// BOOST_ASIO_SEPARATE_COMPILATION); the rest of the library then compiles in seconds.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
