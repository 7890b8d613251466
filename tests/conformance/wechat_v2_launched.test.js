// Orders that the payer starts, as npm wechatpay-axios-plugin prepares, asks after, closes and refunds them,
// unmodified, and as it reads WeChat's notices (spec/channels 1A.7, 1A.8, 1A.11, 5.1).
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { Aes, Hash, Transformer } = require('wechatpay-axios-plugin');

const {
  Simulator, Receiver, makeCertificates, newNumber,
} = require('./simulator.js');
const {
  API_KEY, APPID, MCH_ID, WECHAT_OPTIONS, answer, assertSigned, failure, makeWechat,
} = require('./clients.js');

const ACKNOWLEDGED = Transformer.toXml({ return_code: 'SUCCESS', return_msg: 'OK' });

const folder = Simulator.makeFolder();
const common = { appid: APPID, mch_id: MCH_ID };
let simulator;
let receiver;
let client;

const unifiedorder = (number, more = {}) => client.v2.pay.unifiedorder.post({
  ...common,
  body: '披萨 <&">',
  attach: 'till <7>',
  out_trade_no: number,
  total_fee: 1200,
  spbill_create_ip: '127.0.0.1',
  notify_url: receiver.url,
  trade_type: 'NATIVE',
  product_id: 'pizza',
  ...more,
});
const orderquery = (number) => client.v2.pay.orderquery.post({ ...common, out_trade_no: number });
const closeorder = (number) => client.v2.pay.closeorder.post({ ...common, out_trade_no: number });
const refund = (number, refundNumber, fen, options = { security: true }) => client.v2.secapi.pay.refund.post({
  ...common,
  out_trade_no: number,
  out_refund_no: refundNumber,
  total_fee: 1200,
  refund_fee: fen,
  notify_url: receiver.url,
}, options);

// The client's own reading of the notice that speaks of the number.
const noticeOf = async (number) => Transformer.toObject(await receiver.next((body) => body.includes(number)));

async function prepareAndPay(more = {}) {
  const number = newNumber();
  const prepared = await answer(unifiedorder(number, more));
  await simulator.act('wechat', number, 'pay');
  return { number, prepared };
}

before(async () => {
  makeCertificates(folder);
  simulator = await Simulator.start(folder, ...WECHAT_OPTIONS);
  receiver = await Receiver.start(ACKNOWLEDGED);
  client = makeWechat(simulator);
});

after(async () => {
  const status = simulator ? await simulator.stop() : 0;
  if (receiver) await receiver.stop();
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0);
});

test('unifiedorder: what opens each trade type', async () => {
  const native = await answer(unifiedorder(newNumber()));
  assert.match(native.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
  assert.match(native.prepay_id, /^wx\w{34}$/);
  for (const [tradeType, more] of [['JSAPI', { openid: 'oABC' }], ['APP', {}]]) {
    const prepared = await answer(unifiedorder(newNumber(), { trade_type: tradeType, ...more }));
    assert.equal(prepared.trade_type, tradeType);
    assert.match(prepared.prepay_id, /^wx\w{34}$/);
  }
  const page = await answer(unifiedorder(newNumber(), { trade_type: 'MWEB', scene_info: '{"h5_info":{}}' }));
  assert.match(page.mweb_url, /^https:\/\/127\.0\.0\.1:\d+\/cgi-bin\/mmpayweb-bin\/checkmweb\?prepay_id=wx/);
  const lacking = await failure(unifiedorder(newNumber(), { trade_type: 'JSAPI' }));
  assert.equal(lacking.err_code, 'LACK_PARAMS');
  assertSigned(lacking);
});

test('unifiedorder: repeated, changed, paid, closed', async () => {
  const number = newNumber();
  const first = await answer(unifiedorder(number));
  assert.equal((await answer(unifiedorder(number))).code_url, first.code_url);
  assert.equal((await failure(unifiedorder(number, { total_fee: 1 }))).err_code, 'INVALID_REQUEST');
  await simulator.act('wechat', number, 'pay');
  assert.equal((await failure(unifiedorder(number))).err_code, 'ORDERPAID');
  const closed = newNumber();
  await answer(unifiedorder(closed));
  await answer(closeorder(closed));
  assert.equal((await failure(unifiedorder(closed))).err_code, 'ORDERCLOSED');
});

test('orderquery: from NOTPAY to SUCCESS by the code', async () => {
  const number = newNumber();
  const { code_url: codeUrl } = await answer(unifiedorder(number, { sign_type: 'HMAC-SHA256' }));
  assert.equal((await answer(orderquery(number))).trade_state, 'NOTPAY');
  const scanned = await simulator.scan(codeUrl);
  assert.equal(scanned.order.out_trade_no, number);
  await simulator.act('wechat', number, 'pay');
  await simulator.pass(2);
  const paid = await answer(orderquery(number));
  assert.equal(paid.trade_state, 'SUCCESS');
  assert.equal(paid.trade_type, 'NATIVE');
  assert.equal(paid.total_fee, '1200');
});

test('closeorder: unpaid, twice, paid, none', async () => {
  const number = newNumber();
  await answer(unifiedorder(number));
  await answer(closeorder(number));
  assert.equal((await failure(closeorder(number))).err_code, 'ORDERCLOSED');
  assert.equal((await answer(orderquery(number))).trade_state, 'CLOSED');
  const paid = await prepareAndPay();
  assert.equal((await failure(closeorder(paid.number))).err_code, 'ORDERPAID');
  assert.equal((await failure(closeorder(newNumber()))).err_code, 'ORDERNOTEXIST');
});

test('an order that nobody pays closes at its time', async () => {
  const number = newNumber();
  await answer(unifiedorder(number));
  await simulator.pass(2 * 3600);
  assert.equal((await answer(orderquery(number))).trade_state, 'CLOSED');
});

for (const signType of ['MD5', 'HMAC-SHA256']) {
  test(`notice of a payment: signed as the order was, ${signType}`, async () => {
    const { number } = await prepareAndPay({ sign_type: signType });
    const notice = await noticeOf(number);
    assert.equal(notice.out_trade_no, number);
    assert.equal(notice.total_fee, '1200');
    assert.equal(notice.attach, 'till <7>');
    assert.equal(Hash.sign(signType, notice, API_KEY), notice.sign);
    assert.notEqual(Hash.sign(signType, { ...notice, total_fee: '1' }, API_KEY), notice.sign);
  });
}

test('notice of a refund: the certificate for the call, the key for the notice', async () => {
  const { number } = await prepareAndPay();
  const refundNumber = newNumber('R');
  const refused = await failure(refund(number, refundNumber, 500, { security: false }));
  assert.match(refused.return_msg, /^证书出错/);
  const accepted = await answer(refund(number, refundNumber, 500));
  const notice = Transformer.toObject(await receiver.next((body) => body.includes('req_info')));
  assert.equal(notice.sign, undefined);
  assert.equal(notice.mch_id, MCH_ID);
  const told = Transformer.toObject(Aes.AesEcb.decrypt(notice.req_info, Hash.md5(API_KEY)));
  assert.equal(told.out_trade_no, number);
  assert.equal(told.out_refund_no, refundNumber);
  assert.equal(told.refund_id, accepted.refund_id);
  assert.equal(told.refund_fee, '500');
  assert.equal(told.refund_status, 'SUCCESS');
  await simulator.pass(2);
  assert.equal((await answer(orderquery(number))).trade_state, 'REFUND');
});

test('a notice is repeated until it is acknowledged, and stands in the journal', async () => {
  const deaf = await Receiver.start('SUCCESS');
  const number = newNumber();
  await answer(unifiedorder(number, { notify_url: deaf.url }));
  await simulator.act('wechat', number, 'pay');
  await deaf.next(() => true);
  for (let i = 1; i <= 2; i += 1) {
    await simulator.pass(15);
    await deaf.next(() => true, i);
  }
  // Each began after the one before it had ended.
  const told = (await simulator.journal()).filter((entry) => entry.op === 'notify' && entry.out_trade_no === number);
  assert.equal(told.length, 3);
  assert.deepEqual(told.slice(0, 2).map((entry) => entry.outcome), ['refused', 'refused']);
  await deaf.stop();
});

test('every operation was called, and the client kept to the rules of the channel', async () => {
  const called = new Set((await simulator.journal()).map((entry) => entry.op));
  for (const op of ['unifiedorder', 'orderquery', 'closeorder', 'refund', 'notify', 'refund_notify']) {
    assert.ok(called.has(op), `${op} was not called: ${[...called]}`);
  }
  assert.deepEqual(await simulator.violations(), []);
});
