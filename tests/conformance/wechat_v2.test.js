// WeChat Pay v2 as npm wechatpay-axios-plugin speaks it, unmodified, against `huitong sim`: every operation over
// TLS, with the merchant's certificate where WeChat demands it, and the ways they fail (spec/channels 1A, 5.1).
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');

const { Simulator, Codes, makeCertificates, newNumber } = require('./simulator.js');
const {
  APPID, MCH_ID, WECHAT_OPTIONS, answer, assertSigned, failure, makeWechat,
} = require('./clients.js');

const folder = Simulator.makeFolder();
const codes = new Codes('13');
let simulator;
let client;

const common = { appid: APPID, mch_id: MCH_ID };
const secured = { security: true };

function micropay(number, fen, code, more = {}) {
  return client.v2.pay.micropay.post({
    ...common, body: '披萨 <&">', out_trade_no: number, total_fee: fen, spbill_create_ip: '127.0.0.1', auth_code: code, ...more,
  });
}
const orderquery = (by) => client.v2.pay.orderquery.post({ ...common, ...by });
const closeorder = (number) => client.v2.pay.closeorder.post({ ...common, out_trade_no: number });
const reverse = (number, options = secured) => client.v2.secapi.pay.reverse.post(
  { ...common, out_trade_no: number }, options,
);
const refund = (number, refundNumber, total, fen, options = secured) => client.v2.secapi.pay.refund.post({
  ...common, out_trade_no: number, out_refund_no: refundNumber, total_fee: total, refund_fee: fen,
}, options);
const refundquery = (by) => client.v2.pay.refundquery.post({ ...common, ...by });

async function pay(fen, code = codes.make()) {
  const number = newNumber();
  const paid = await answer(micropay(number, fen, code));
  assert.equal(paid.out_trade_no, number);
  return { number, paid };
}

before(async () => {
  makeCertificates(folder);
  simulator = await Simulator.start(folder, ...WECHAT_OPTIONS);
  client = makeWechat(simulator);
});

after(async () => {
  const status = simulator ? await simulator.stop() : 0;
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0);
});

test('micropay: paid at once', async () => {
  const { number, paid } = await pay(1000);
  assert.equal(paid.trade_type, 'MICROPAY');
  assert.equal(paid.total_fee, '1000');
  assert.match(paid.transaction_id, /^42000\d{23}$/);
  assert.match(paid.time_end, /^\d{14}$/);
  assert.equal((await simulator.order('wechat', number)).paid_at !== null, true);
});

test('micropay: signed with HMAC-SHA256, answered with it', async () => {
  const paid = await answer(micropay(newNumber(), 1, codes.make(), { sign_type: 'HMAC-SHA256' }));
  assert.equal(paid.sign.length, 64);
});

test('micropay: USERPAYING, then paid by query', async () => {
  const number = newNumber();
  const waiting = await failure(micropay(number, 500, codes.make(1, 8)));
  assert.equal(waiting.err_code, 'USERPAYING');
  assertSigned(waiting);
  assert.equal((await answer(orderquery({ out_trade_no: number }))).trade_state, 'USERPAYING');
  await simulator.pass(9);
  const paid = await answer(orderquery({ out_trade_no: number }));
  assert.equal(paid.trade_state, 'SUCCESS');
  assert.equal(paid.total_fee, '500');
});

test('micropay: codes that refuse', async () => {
  for (const [ss, code] of [[5, 'NOTENOUGH'], [6, 'AUTHCODEEXPIRE'], [7, 'AUTH_CODE_ERROR'], [8, 'AUTH_CODE_INVALID'],
    [9, 'TRADE_ERROR'], [10, 'SYSTEMERROR'], [19, 'BANKERROR'], [20, 'RULELIMIT']]) {
    const refused = await failure(micropay(newNumber(), 1, codes.make(ss, 5)));
    assert.equal(refused.err_code, code);
    assert.notEqual(refused.err_code_des, '');
    assertSigned(refused);
  }
});

test('a wrong key is refused at the door, unsigned', async () => {
  const stranger = makeWechat(simulator, { secret: 'x'.repeat(32) });
  const refused = await failure(stranger.v2.pay.orderquery.post({ ...common, out_trade_no: newNumber() }));
  assert.equal(refused.return_code, 'FAIL');
  assert.equal(refused.return_msg, '签名错误');
  assert.equal(refused.sign, undefined);
});

test('an answer with a wrong signature is not believed by the client', async () => {
  const error = await micropay(newNumber(), 1, codes.make(18)).then(() => assert.fail('believed'), (thrown) => thrown);
  assert.equal(error.code, 'EV2_RES_SIGNATURE_NOT_EQUAL');
});

test('orderquery: by either number, and of a number never seen', async () => {
  const { number, paid } = await pay(77);
  await simulator.pass(2);
  const found = await answer(orderquery({ transaction_id: paid.transaction_id }));
  assert.equal(found.out_trade_no, number);
  assert.equal(found.trade_state, 'SUCCESS');
  const missing = await failure(orderquery({ out_trade_no: newNumber() }));
  assert.equal(missing.err_code, 'ORDERNOTEXIST');
});

test('reverse: needs the certificate, is repeatable, shows as REVOKED', async () => {
  const { number } = await pay(1200);
  await simulator.pass(16);
  const refused = await failure(reverse(number, { security: false }));
  assert.equal(refused.return_code, 'FAIL');
  assert.match(refused.return_msg, /^证书出错/);
  for (let i = 0; i < 2; i += 1) assert.equal((await answer(reverse(number))).recall, 'N');
  const revoked = await answer(orderquery({ out_trade_no: number }));
  assert.equal(revoked.trade_state, 'REVOKED');
  assert.equal((await simulator.order('wechat', number)).refunded, 1200);
});

test('reverse: recall=Y asks for the same call again', async () => {
  const { number } = await pay(300, codes.make(30, 2));
  await simulator.pass(16);
  const recalls = [];
  for (let i = 0; i < 3; i += 1) {
    const response = await reverse(number).catch((error) => error.response);
    recalls.push(response.data.recall);
  }
  assert.deepEqual(recalls, ['Y', 'Y', 'N']);
  assert.equal((await simulator.order('wechat', number)).refunded, 300);
});

test('reverse: a pay call that was in flight does not pay any more', async () => {
  const number = newNumber();
  assert.equal((await answer(reverse(number))).recall, 'N');
  const refused = await failure(micropay(number, 1, codes.make()));
  assert.equal(refused.err_code, 'ORDERREVERSED');
});

test('refund: in parts, repeated with the same number, never above what was paid', async () => {
  const { number, paid } = await pay(1000);
  const first = newNumber('R');
  const refused = await failure(refund(number, first, 1000, 300, { security: false }));
  assert.match(refused.return_msg, /^证书出错/);
  const accepted = await answer(refund(number, first, 1000, 300));
  assert.equal(accepted.out_refund_no, first);
  assert.equal(accepted.refund_fee, '300');
  assert.equal(accepted.transaction_id, paid.transaction_id);
  assert.equal((await answer(refund(number, first, 1000, 300))).refund_id, accepted.refund_id);
  await simulator.pass(61);
  const tooMuch = await failure(refund(number, newNumber('R'), 1000, 701));
  assert.notEqual(tooMuch.err_code, undefined);
  const second = newNumber('R');
  await answer(refund(number, second, 1000, 700));
  assert.equal((await simulator.order('wechat', number)).refunded, 1000);
  assert.equal((await answer(orderquery({ out_trade_no: number }))).trade_state, 'REFUND');
});

test('refundquery: by each of its numbers; accepted is not yet refunded', async () => {
  const { number, paid } = await pay(900);
  const refundNumber = newNumber('R');
  const accepted = await answer(refund(number, refundNumber, 900, 400));
  await simulator.pass(2);
  for (const by of [{ out_refund_no: refundNumber }, { refund_id: accepted.refund_id }, { out_trade_no: number },
    { transaction_id: paid.transaction_id }]) {
    const found = await answer(refundquery(by));
    assert.equal(found.refund_count, '1');
    assert.equal(found.out_refund_no_0, refundNumber);
    assert.equal(found.refund_fee_0, '400');
    assert.match(found.refund_status_0, /^(SUCCESS|PROCESSING)$/);
    await simulator.pass(2);
  }
  const settled = await answer(refundquery({ out_refund_no: refundNumber }));
  assert.equal(settled.refund_status_0, 'SUCCESS');
  assert.match(settled.refund_success_time_0, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  const missing = await failure(refundquery({ out_refund_no: newNumber('R') }));
  assert.equal(missing.err_code, 'REFUNDNOTEXIST');
});

test('closeorder: of a number never seen', async () => {
  const refused = await failure(closeorder(newNumber()));
  assert.equal(refused.err_code, 'ORDERNOTEXIST');
  assertSigned(refused);
});

test('every operation was called, and the client kept to the rules of the channel', async () => {
  const called = new Set((await simulator.journal()).map((entry) => entry.op));
  for (const op of ['micropay', 'orderquery', 'reverse', 'refund', 'refundquery', 'closeorder']) {
    assert.ok(called.has(op), `${op} was not called: ${[...called]}`);
  }
  assert.deepEqual(await simulator.violations(), []);
});
