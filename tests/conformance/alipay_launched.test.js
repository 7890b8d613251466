// Trades that the payer starts, as npm alipay-sdk prepares, asks after, closes, cancels and refunds them,
// unmodified, the strings it signs, and Alipay's notices as it verifies them (spec/channels 2.4 to 2.10, 5.1).
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');

const { Simulator, Receiver, newNumber } = require('./simulator.js');
const {
  ALIPAY_APP_ID, ALIPAY_OPTIONS, assertCode, makeAlipay, makeAlipayKeys,
} = require('./clients.js');

const folder = Simulator.makeFolder();
const keys = makeAlipayKeys(folder);
let simulator;
let receiver;
let sdk;

const exec = (method, bizContent, more = {}) => sdk.exec(method, { bizContent, ...more }, { validateSign: true });
const sale = (number, more = {}) => ({
  out_trade_no: number, subject: '披萨 <"> 100%+1', total_amount: '12.00', ...more,
});
const precreate = (number, more) => exec('alipay.trade.precreate', sale(number, more), { notifyUrl: receiver.url });
const query = (number) => exec('alipay.trade.query', { out_trade_no: number });
const cancel = (number) => exec('alipay.trade.cancel', { out_trade_no: number });
const close = (number) => exec('alipay.trade.close', { out_trade_no: number });

async function prepareAndPay() {
  const number = newNumber();
  assertCode(await precreate(number), '10000', undefined);
  await simulator.act('alipay', number, 'pay');
  return number;
}

const noticeOf = async (...parts) => Object.fromEntries(new URLSearchParams(
  await receiver.next((body) => parts.every((part) => body.includes(part))),
));

before(async () => {
  simulator = await Simulator.start(folder, ...ALIPAY_OPTIONS);
  receiver = await Receiver.start('success');
  sdk = makeAlipay(simulator, keys);
});

after(async () => {
  const status = simulator ? await simulator.stop() : 0;
  if (receiver) await receiver.stop();
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0);
});

test('precreate: no trade before the scan', async () => {
  const number = newNumber();
  const prepared = await precreate(number);
  assertCode(prepared, '10000', undefined);
  assert.match(prepared.qrCode, /^https:\/\/qr\.alipay\.com\/bax\w+$/);
  assertCode(await query(number), '40004', 'ACQ.TRADE_NOT_EXIST');
  assertCode(await close(number), '40004', 'ACQ.TRADE_NOT_EXIST');
  assert.equal((await simulator.scan(prepared.qrCode)).order.out_trade_no, number);
  await simulator.pass(2);
  assert.equal((await query(number)).tradeStatus, 'WAIT_BUYER_PAY');
  await simulator.act('alipay', number, 'pay');
  await simulator.pass(2);
  const paid = await query(number);
  assert.equal(paid.tradeStatus, 'TRADE_SUCCESS');
  assert.equal(paid.totalAmount, '12.00');
});

test('precreate: repeated, changed, paid', async () => {
  const number = newNumber();
  const { qrCode } = await precreate(number);
  assert.equal((await precreate(number)).qrCode, qrCode);
  assertCode(await precreate(number, { total_amount: '1.00' }), '40004', 'ACQ.CONTEXT_INCONSISTENT');
  await simulator.act('alipay', number, 'pay');
  assertCode(await precreate(number), '40004', 'ACQ.TRADE_HAS_SUCCESS');
});

test('cancel: unscanned, scanned, paid', async () => {
  const unscanned = newNumber();
  const { qrCode } = await precreate(unscanned);
  const dead = await cancel(unscanned);
  assertCode(dead, '10000', undefined);
  assert.equal(dead.action, undefined);
  await assert.rejects(simulator.scan(qrCode), /code_dead/);
  const scanned = newNumber();
  await precreate(scanned);
  await simulator.act('alipay', scanned, 'scan');
  assert.equal((await cancel(scanned)).action, 'close');
  const paid = await prepareAndPay();
  assert.equal((await cancel(paid)).action, 'refund');
  assert.equal((await simulator.order('alipay', paid)).refunded, 1200);
});

test('close: a scanned trade, a paid one', async () => {
  const number = newNumber();
  await precreate(number);
  await simulator.act('alipay', number, 'scan');
  assertCode(await close(number), '10000', undefined);
  assert.equal((await query(number)).tradeStatus, 'TRADE_CLOSED');
  assertCode(await close(await prepareAndPay()), '40004', 'ACQ.TRADE_STATUS_ERROR');
});

test('create: a trade for a named buyer', async () => {
  const number = newNumber();
  const created = await exec('alipay.trade.create', sale(number, { buyer_id: '2088000000000007' }));
  assertCode(created, '10000', undefined);
  assert.match(created.tradeNo, /^\d{28}$/);
  assert.equal((await query(number)).tradeStatus, 'WAIT_BUYER_PAY');
  await simulator.scan(created.tradeNo);
  await simulator.act('alipay', number, 'pay');
  await simulator.pass(2);
  assert.equal((await query(number)).buyerUserId, '2088000000000007');
});

test('strings that the SDK signs become trades when the payer brings them', async () => {
  const inApp = newNumber();
  const text = sdk.sdkExecute('alipay.trade.app.pay', { bizContent: sale(inApp) });
  assertCode(await query(inApp), '40004', 'ACQ.TRADE_NOT_EXIST');
  assert.equal((await simulator.scan(text)).order.out_trade_no, inApp);
  await simulator.pass(2);
  assert.equal((await query(inApp)).tradeStatus, 'WAIT_BUYER_PAY');

  for (const [method, code] of [['wap', 'QUICK_WAP_WAY'], ['page', 'FAST_INSTANT_TRADE_PAY']]) {
    const number = newNumber();
    const url = sdk.pageExecute(`alipay.trade.${method}.pay`, 'GET', {
      bizContent: sale(number, { product_code: code }), return_url: 'http://shop.test/back',
    });
    const response = await fetch(url);
    const page = await response.text();
    assert.equal(response.status, 200);
    assert.match(response.url, /\/_sim\/wallet\?content=\d{28}$/);
    assert.match(page, /12\.00/);
    await simulator.act('alipay', number, 'pay');
    const paid = await (await fetch(response.url)).text();
    const back = new URL(/id="back" href="([^"]+)"/.exec(paid)[1].replaceAll('&amp;', '&'));
    assert.equal(back.searchParams.get('out_trade_no'), number);
    assert.ok(sdk.checkNotifySignV2(Object.fromEntries(back.searchParams)));
  }
});

test('notice of a payment: the SDK verifies it', async () => {
  const number = await prepareAndPay();
  const notice = await noticeOf(number, 'TRADE_SUCCESS');
  assert.ok(sdk.checkNotifySignV2(notice));
  assert.ok(!sdk.checkNotifySignV2({ ...notice, total_amount: '0.01' }));
  assert.equal(notice.app_id, ALIPAY_APP_ID);
  assert.equal(notice.total_amount, '12.00');
  assert.equal(notice.subject, '披萨 <"> 100%+1');
});

test('notices of refunds: in part, then the rest', async () => {
  const number = await prepareAndPay();
  await noticeOf(number);
  for (const [yuan, status, total] of [['5.00', 'TRADE_SUCCESS', '5.00'], ['7.00', 'TRADE_CLOSED', '12.00']]) {
    const request = newNumber('R');
    const refunded = await exec('alipay.trade.refund', {
      out_trade_no: number, refund_amount: yuan, out_request_no: request,
    });
    assert.equal(refunded.fundChange, 'Y');
    const notice = await noticeOf(number, request);
    assert.ok(sdk.checkNotifySignV2(notice));
    assert.equal(notice.trade_status, status);
    assert.equal(notice.refund_fee, total);
  }
});

test('a forged notice does not deceive the SDK', async () => {
  const number = newNumber();
  await precreate(number);
  await simulator.ask('POST', `notify/alipay/${number}/resend`, { as: 'forged' });
  assert.ok(!sdk.checkNotifySignV2(await noticeOf(number)));
});

test('every operation was called, and the SDK kept to the rules of the channel', async () => {
  const called = new Set((await simulator.journal()).map((entry) => entry.op));
  for (const op of ['precreate', 'create', 'open', 'query', 'cancel', 'close', 'refund', 'notify']) {
    assert.ok(called.has(op), `${op} was not called: ${[...called]}`);
  }
  assert.deepEqual(await simulator.violations(), []);
});
