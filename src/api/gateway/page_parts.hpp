// Style and script of the gateway's pages: constants, so that the pages' policy can name them by hash.
#pragma once

#include <string_view>

namespace huitong::api::gateway {

inline constexpr std::string_view page_style = R"css(
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
margin:0;background:#f2f4f6;color:#16181d}
main{max-width:27rem;margin:0 auto;padding:1rem}
header{text-align:center;padding:1.6rem 0 1rem}
h1{font-size:1rem;font-weight:500;color:#4a4f57;margin:0;overflow-wrap:anywhere}
.amount{font-size:2.6rem;font-weight:600;line-height:1.2;margin:.4rem 0 0}
.amount small{font-size:1.5rem;margin-right:.2rem}
section{background:#fff;border-radius:.8rem;padding:1rem 1.1rem;margin:0 0 1rem}
dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:.5rem 1.2rem}
dt{color:#5d636d}
dd{margin:0;text-align:right;overflow-wrap:anywhere}
#state{text-align:center;font-size:1.1rem;margin:0}
.hint{text-align:center;color:#5d636d;font-size:.9rem;margin:.4rem 0 0}
form{margin:0 0 .7rem}
.act{display:block;width:100%;padding:.85rem;border:0;border-radius:.6rem;font:inherit;font-size:1.05rem;
text-align:center;text-decoration:none;cursor:pointer;background:#e3e6ea;color:#16181d;margin:0 0 .7rem}
.wechat{background:#06772f;color:#fff}
.alipay{background:#1159c7;color:#fff}
.act:focus-visible{outline:3px solid #f0a020;outline-offset:2px}
.paid #state{color:#06772f;font-weight:600}
.expired #state,.failed #state,.cancelled #state,.error #state{color:#b3261e;font-weight:600}
#left{font-variant-numeric:tabular-nums}
[hidden]{display:none}
@media(min-width:48rem){body{padding-top:6vh}main{max-width:30rem}.amount{font-size:3rem}}
)css";

// Counts down, asks after the order every two seconds, every five after half a minute, and goes on when it is
// paid. Where the state has changed otherwise, the page is got anew.
inline constexpr std::string_view page_script = R"js(
(() => {
  const { status, bridge } = document.body.dataset;
  const shown = document.body.className;
  const clock = document.getElementById('left');
  const offline = document.getElementById('offline');
  const opened = performance.now();
  let ends = opened + 1000 * Number(document.body.dataset.left);
  let timer = 0;
  const count = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    clock.textContent = Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0');
  };
  const ask = async () => {
    clearTimeout(timer);
    try {
      const response = await fetch(status, { cache: 'no-store' });
      const order = await response.json();
      if (order.next) return location.replace(order.next);
      if (order.state && order.state !== shown) return location.reload();
      if (order.state) ends = performance.now() + 1000 * order.left_s;
      offline.hidden = response.ok;
    } catch (failure) {
      offline.hidden = false;
    }
    timer = setTimeout(ask, performance.now() - opened < 30000 ? 2000 : 5000);
  };
  if (clock) { count(); setInterval(count, 1000); }
  if (status) {
    timer = setTimeout(ask, 2000);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
  }
  if (bridge) document.getElementById('pay').addEventListener('click', () => {
    if (window.WeixinJSBridge) WeixinJSBridge.invoke('getBrandWCPayRequest', JSON.parse(bridge), ask);
  });
})();
)js";

}  // namespace huitong::api::gateway
