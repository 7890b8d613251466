// The fields of directory and audit structs with the columns they are kept in; see payment_rows.hpp. Key
// first.
#pragma once

#include <type_traits>

#include "ports/directory.hpp"

namespace huitong::store {

// What of an application people change, and its terminals' requests are read by.
template <class T, class V>
void visit_switches(T& switches, V& visit) {
    auto& [notify_header, notify_canceled, notify_refunded, wap_as_object, long_client_sn, unique_device] =
        switches;
    visit("notify_header", notify_header);
    visit("notify_canceled", notify_canceled);
    visit("notify_refunded", notify_refunded);
    visit("wap_as_object", wap_as_object);
    visit("long_client_sn", long_client_sn);
    visit("unique_device", unique_device);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::Vendor>
void visit_row(T& vendor, V& visit) {
    auto& [sn, name, key, is_active] = vendor;
    visit("sn", sn);
    visit("name", name);
    visit("key", key);
    visit("is_active", is_active);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::App>
void visit_row(T& app, V& visit) {
    auto& [id, vendor_sn, name, is_active, switches] = app;
    visit("id", id);
    visit("vendor_sn", vendor_sn);
    visit("name", name);
    visit("is_active", is_active);
    visit_switches(switches, visit);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::PlatformKey>
void visit_row(T& row, V& visit) {
    auto& [id, private_key_pem, public_key_pem, created_at] = row;
    visit("id", id);
    visit("private_key_pem", private_key_pem);
    visit("public_key_pem", public_key_pem);
    visit("created_at", created_at);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::Merchant>
void visit_row(T& merchant, V& visit) {
    auto& [sn, name, is_active] = merchant;
    visit("sn", sn);
    visit("name", name);
    visit("is_active", is_active);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::Store>
void visit_row(T& store, V& visit) {
    auto& [sn, merchant_sn, name, is_active] = store;
    visit("sn", sn);
    visit("merchant_sn", merchant_sn);
    visit("name", name);
    visit("is_active", is_active);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::ActivationCode>
void visit_row(T& row, V& visit) {
    auto& [code, store_sn, merchant_sn, uses_left, expires_at] = row;
    visit("code", code);
    visit("store_sn", store_sn);
    visit("merchant_sn", merchant_sn);
    visit("uses_left", uses_left);
    visit("expires_at", expires_at);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::ChannelAccount>
void visit_row(T& account, V& visit) {
    auto& [id, channel, merchant_sn, base_url, app_id, mch_id, sub_app_id, sub_mch_id, sign_type, api_key,
           client_certificate_pem, client_key_pem, app_private_key, channel_public_key, app_certificate_pem,
           root_certificates_pem, app_auth_token, server_ip, priority, refund_days, channel_fee_ppm,
           merchant_fee_ppm, is_active] = account;
    visit("id", id);
    visit("channel", channel);
    visit("merchant_sn", merchant_sn);
    visit("base_url", base_url);
    visit("app_id", app_id);
    visit("mch_id", mch_id);
    visit("sub_app_id", sub_app_id);
    visit("sub_mch_id", sub_mch_id);
    visit("sign_type", sign_type);
    visit("api_key", api_key);
    visit("client_certificate_pem", client_certificate_pem);
    visit("client_key_pem", client_key_pem);
    visit("app_private_key", app_private_key);
    visit("channel_public_key", channel_public_key);
    visit("app_certificate_pem", app_certificate_pem);
    visit("root_certificates_pem", root_certificates_pem);
    visit("app_auth_token", app_auth_token);
    visit("server_ip", server_ip);
    visit("priority", priority);
    visit("refund_days", refund_days);
    visit("channel_fee_ppm", channel_fee_ppm);
    visit("merchant_fee_ppm", merchant_fee_ppm);
    visit("is_active", is_active);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::Operator>
void visit_row(T& person, V& visit) {
    auto& [name, role, key_hash, is_active] = person;
    visit("name", name);
    visit("role", role);
    visit("key_hash", key_hash);
    visit("is_active", is_active);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::AuditRow>
void visit_row(T& row, V& visit) {
    auto& [id, at, actor, act, subject, detail, previous_hash, hash] = row;
    visit("id", id);
    visit("at", at);
    visit("actor", actor);
    visit("act", act);
    visit("subject", subject);
    visit("detail", detail);
    visit("previous_hash", previous_hash);
    visit("hash", hash);
}

// What a check-in or a new activation changes of a terminal.
template <class T, class V>
void visit_changing_terminal(T& terminal, V& visit) {
    visit("device_id", terminal.device_id);
    visit("name", terminal.name);
    visit("os_info", terminal.os_info);
    visit("sdk_version", terminal.sdk_version);
    visit("current_key", terminal.current_key);
    visit("previous_key", terminal.previous_key);
    visit("last_checkin_at", terminal.last_checkin_at);
}

template <class T, class V>
    requires std::is_same_v<std::remove_const_t<T>, ports::Terminal>
void visit_row(T& terminal, V& visit) {
    auto& [sn, app_id, merchant_sn, store_sn, device_id, client_sn, name, os_info, sdk_version, current_key,
           previous_key, is_active, version, created_at, last_checkin_at] = terminal;
    visit("sn", sn);
    visit("app_id", app_id);
    visit("merchant_sn", merchant_sn);
    visit("store_sn", store_sn);
    visit("client_sn", client_sn);
    visit("is_active", is_active);
    visit("version", version);
    visit("created_at", created_at);
    visit_changing_terminal(terminal, visit);
}

}  // namespace huitong::store
