// Alipay's gateway as npm alipay-sdk speaks it, unmodified, against `huitong sim`: every operation with
// validateSign, so that the SDK verifies the raw bytes of each answer, and the ways they fail (spec/channels 2, 5.1).
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');

const { Simulator, Codes, newNumber, rsaKeys } = require('./simulator.js');
const {
  ALIPAY_OPTIONS, assertCode, makeAlipay, makeAlipayKeys,
} = require('./clients.js');

const folder = Simulator.makeFolder();
const codes = new Codes('28');
const keys = makeAlipayKeys(folder);
// Barcode trades that were closed: Alipay does it, and a gateway should rather cancel (spec/channels 3.8).
const closedTrades = [];
let simulator;
let sdk;

const exec = (method, bizContent, by = sdk) => by.exec(method, { bizContent }, { validateSign: true });
const pay = (number, yuan, code) => exec('alipay.trade.pay', {
  out_trade_no: number, scene: 'bar_code', auth_code: code, subject: '披萨 <"> 100%+1', total_amount: yuan,
});
const query = (number) => exec('alipay.trade.query', { out_trade_no: number });
const cancel = (number) => exec('alipay.trade.cancel', { out_trade_no: number });
const close = (number) => exec('alipay.trade.close', { out_trade_no: number });
const refund = (number, yuan, request) => exec('alipay.trade.refund', {
  out_trade_no: number, refund_amount: yuan, out_request_no: request, refund_reason: '退货',
});
const refundQuery = (number, request) => exec('alipay.trade.fastpay.refund.query', {
  out_trade_no: number, out_request_no: request,
});

async function payNow(yuan, code = codes.make()) {
  const number = newNumber();
  const paid = await pay(number, yuan, code);
  assertCode(paid, '10000', undefined);
  assert.equal(paid.outTradeNo, number);
  await simulator.pass(3);
  return { number, paid };
}

before(async () => {
  simulator = await Simulator.start(folder, ...ALIPAY_OPTIONS);
  sdk = makeAlipay(simulator, keys);
});

after(async () => {
  const status = simulator ? await simulator.stop() : 0;
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0);
});

test('pay: paid at once', async () => {
  const { number, paid } = await payNow('10.00');
  assert.equal(paid.totalAmount, '10.00');
  assert.match(paid.tradeNo, /^\d{28}$/);
  assert.match(paid.gmtPayment, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.equal((await simulator.order('alipay', number)).amount, 1000);
});

test('pay: 10003, then paid by query', async () => {
  const number = newNumber();
  assertCode(await pay(number, '5.00', codes.make(1, 8)), '10003', undefined);
  assert.equal((await query(number)).tradeStatus, 'WAIT_BUYER_PAY');
  await simulator.pass(9);
  const found = await query(number);
  assertCode(found, '10000', undefined);
  assert.equal(found.tradeStatus, 'TRADE_SUCCESS');
  assert.equal(found.totalAmount, '5.00');
});

test('pay: codes that refuse, and answers that decide nothing', async () => {
  for (const [ss, code, subCode] of [
    [5, '40004', 'ACQ.BUYER_BALANCE_NOT_ENOUGH'],
    [6, '40004', 'ACQ.PAYMENT_AUTH_CODE_INVALID'],
    [9, '40004', 'ACQ.PAYMENT_REQUEST_HAS_RISK'],
    [11, '40004', 'ACQ.SYSTEM_ERROR'],
    [20, '40004', 'ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR'],
  ]) {
    assertCode(await pay(newNumber(), '0.01', codes.make(ss)), code, subCode);
  }
  assert.equal((await pay(newNumber(), '0.01', codes.make(10))).code, '20000');
});

test('a wrong application key is refused', async () => {
  const stranger = makeAlipay(simulator, keys, { privateKey: rsaKeys().privatePem });
  const refused = await stranger.exec('alipay.trade.query', { bizContent: { out_trade_no: newNumber() } });
  assertCode(refused, '40002', 'isv.invalid-signature');
});

test('an answer signed with another key is not believed by the SDK', async () => {
  const deceived = makeAlipay(simulator, keys, { alipayPublicKey: rsaKeys().publicPem });
  await assert.rejects(exec('alipay.trade.query', { out_trade_no: newNumber() }, deceived), /验签失败/);
  await assert.rejects(pay(newNumber(), '1.00', codes.make(18)), /验签失败/);
});

test('query: of a number never seen', async () => {
  assertCode(await query(newNumber()), '40004', 'ACQ.TRADE_NOT_EXIST');
});

test('cancel: paid back, closed, and of a number never seen', async () => {
  const { number } = await payNow('12.00');
  for (let i = 0; i < 2; i += 1) {
    const cancelled = await cancel(number);
    assertCode(cancelled, '10000', undefined);
    assert.equal(cancelled.retryFlag, 'N');
    assert.equal(cancelled.action, 'refund');
  }
  assert.equal((await query(number)).tradeStatus, 'TRADE_CLOSED');
  assert.equal((await simulator.order('alipay', number)).refunded, 1200);

  const waiting = newNumber();
  assertCode(await pay(waiting, '1.00', codes.make(2)), '10003', undefined);
  await query(waiting);
  assert.equal((await cancel(waiting)).action, 'close');

  const unknown = await cancel(newNumber());
  assertCode(unknown, '10000', undefined);
  assert.equal(unknown.retryFlag, 'N');
  assert.equal(unknown.action, undefined);
});

test('cancel: retry_flag=Y asks for the same call again', async () => {
  const { number } = await payNow('3.00', codes.make(30, 2));
  const flags = [];
  for (let i = 0; i < 3; i += 1) flags.push((await cancel(number)).retryFlag);
  assert.deepEqual(flags, ['Y', 'Y', 'N']);
  assert.equal((await simulator.order('alipay', number)).refunded, 300);
});

test('refund: in parts; only fund_change=Y says that money moved', async () => {
  const { number } = await payNow('10.00');
  const first = newNumber('R');
  const done = await refund(number, '3.00', first);
  assertCode(done, '10000', undefined);
  assert.equal(done.fundChange, 'Y');
  assert.equal(done.refundFee, '3.00');
  const repeated = await refund(number, '3.00', first);
  assert.equal(repeated.fundChange, 'N');
  assert.equal(repeated.refundFee, '3.00');
  assertCode(await refund(number, '4.00', first), '40004', 'ACQ.DISCORDANT_REPEAT_REQUEST');
  const tooMuch = await refund(number, '7.01', newNumber('R'));
  assert.equal(tooMuch.code, '40004');
  assert.equal((await refund(number, '7.00', newNumber('R'))).refundFee, '10.00');
  assert.equal((await query(number)).tradeStatus, 'TRADE_CLOSED');
  assert.equal((await simulator.order('alipay', number)).refunded, 1000);
});

test('refund query: proof, and its absence', async () => {
  const { number } = await payNow('10.00');
  const request = newNumber('R');
  await refund(number, '2.50', request);
  await simulator.pass(10);
  const found = await refundQuery(number, request);
  assertCode(found, '10000', undefined);
  assert.equal(found.refundStatus, 'REFUND_SUCCESS');
  assert.equal(found.refundAmount, '2.50');
  assert.equal(found.outRequestNo, request);
  const missing = await refundQuery(number, newNumber('R'));
  assert.equal(missing.refundStatus, undefined);
});

test('close: an unpaid trade, a paid one, and none', async () => {
  const waiting = newNumber();
  assertCode(await pay(waiting, '1.00', codes.make(2)), '10003', undefined);
  const closed = await close(waiting);
  assertCode(closed, '10000', undefined);
  assert.equal(closed.outTradeNo, waiting);
  assert.equal((await query(waiting)).tradeStatus, 'TRADE_CLOSED');
  const { number } = await payNow('1.00');
  closedTrades.push(waiting, number);
  assert.match((await close(number)).subCode, /^ACQ\.(TRADE_STATUS_ERROR|REASON_TRADE_STATUS_INVALID)$/);
  assertCode(await close(newNumber()), '40004', 'ACQ.TRADE_NOT_EXIST');
});

test('every operation was called, and the SDK kept to the rules of the channel', async () => {
  const called = new Set((await simulator.journal()).map((entry) => entry.op));
  for (const op of ['pay', 'query', 'cancel', 'refund', 'refundquery', 'close']) {
    assert.ok(called.has(op), `${op} was not called: ${[...called]}`);
  }
  const violations = (await simulator.violations()).map(({ rule, out_trade_no: number }) => [rule, number]);
  assert.deepEqual(violations, closedTrades.map((number) => ['close_on_barcode', number]));
});
