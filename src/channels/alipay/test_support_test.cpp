// The vectors of tests/vectors/alipay.json, read once for all tests of this library.
#include <fstream>
#include <sstream>

#include "channels/alipay/test_support.hpp"

namespace huitong::channels::alipay::test {

const codec::Json& vectors() {
    static const codec::Json json = [] {
        std::ifstream file(HUITONG_SOURCE_DIR "/tests/vectors/alipay.json");
        std::ostringstream text;
        text << file.rdbuf();
        return codec::parse_json(text.str()).value();
    }();
    return json;
}

}  // namespace huitong::channels::alipay::test
