// Field rules of look_up.hpp; lengths are the tolerant ones of spec/upay §10 row 14.
#include "api/upay/look_up.hpp"

namespace huitong::api::upay {

LookUp read_look_up(Fields& fields, bool is_optional) {
    LookUp wanted;
    wanted.sn = fields.text("sn", {.most = 64, .unit = Unit::bytes});
    wanted.client_sn = fields.text("client_sn", {.most = 64, .unit = Unit::bytes});
    if (wanted.sn.empty() && wanted.client_sn.empty() && !is_optional) {
        fields.refuse("sn与client_sn不能同时为空");
    }
    return wanted;
}

}  // namespace huitong::api::upay
