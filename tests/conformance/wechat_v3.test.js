// npm wechatpay-axios-plugin, unmodified, drives the simulated WeChat by API v3: it signs what it asks, verifies
// what it is answered, opens what is sealed (spec/channels 1B, 5.1).
'use strict';

const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const zlib = require('node:zlib');
const { Aes, Formatter, Rsa } = require('wechatpay-axios-plugin');

const {
  Simulator, Receiver, Codes, newNumber,
} = require('./simulator.js');
const {
  API_KEY, APPID, MCH_ID, makeWechatV3,
} = require('./clients.js');

const APIV3_KEY = 'v'.repeat(32);
const folder = Simulator.makeFolder();
const codes = new Codes('13');
let simulator;
let receiver;
let client;

const transactions = () => client.v3.pay.transactions;
const codepay = (number, fen, code = codes.make()) => transactions().codepay.post({
  appid: APPID,
  mchid: MCH_ID,
  description: '拿铁 <&">',
  attach: 'till <7>',
  out_trade_no: number,
  payer: { auth_code: code },
  amount: { total: fen, currency: 'CNY' },
  scene_info: { store_info: { out_id: 'S1' } },
});
const prepare = (way, number, more = {}) => transactions()[way].post({
  appid: APPID,
  mchid: MCH_ID,
  description: '披萨',
  attach: 'till <7>',
  out_trade_no: number,
  notify_url: receiver.url,
  amount: { total: 1200, currency: 'CNY' },
  ...more,
});
const byNumber = () => transactions().outTradeNo.$out_trade_no$;
const query = (number, by = client) => by.v3.pay.transactions.outTradeNo.$out_trade_no$.get({
  params: { mchid: MCH_ID }, out_trade_no: number,
});
const close = (number) => byNumber().close.post({ mchid: MCH_ID }, { out_trade_no: number });
const reverse = (number) => byNumber().reverse.post({ appid: APPID, mchid: MCH_ID }, { out_trade_no: number });
const refund = (number, refundNumber, fen, total, more = {}) => client.v3.refund.domestic.refunds.post({
  out_trade_no: number, out_refund_no: refundNumber, amount: { refund: fen, total, currency: 'CNY' }, ...more,
});
const refundQuery = (number) => client.v3.refund.domestic.refunds.$out_refund_no$.get({ out_refund_no: number });

// The client has verified the signature of what it returns.
async function data(promise, status = 200) {
  const response = await promise;
  assert.equal(response.status, status);
  return response.data;
}

// "404 ORDER_NOT_EXIST": what the client made of a refusal.
async function refusal(promise) {
  const error = await promise.then(() => assert.fail('the client saw a success'), (thrown) => thrown);
  assert.ok(error.response, error.stack);
  return `${error.response.status} ${error.response.data.code}`;
}

// What a notice or a certificate says.
const open = ({ ciphertext, nonce, associated_data: aad }, key = APIV3_KEY) => (
  Aes.AesGcm.decrypt(ciphertext, key, nonce, aad));

// The notice that speaks of the number: its headers, its body and what was sealed in it.
async function noticeOf(number, kind) {
  const read = (body) => JSON.parse(open(JSON.parse(body).resource));
  const body = await receiver.next((one) => (
    read(one).out_trade_no === number && JSON.parse(one).event_type.startsWith(kind)));
  return { headers: receiver.headers[receiver.bodies.indexOf(body)], body, content: read(body) };
}

function isSigned({ headers, body }, certs) {
  const serial = headers['wechatpay-serial'];
  const text = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
  return Rsa.verify(text, headers['wechatpay-signature'], Rsa.from(certs[serial], Rsa.KEY_TYPE_PUBLIC));
}

const platformCerts = async () => Object.fromEntries((await simulator.ask('GET', 'wechat')).platform_certificates
  .map((one) => [one.serial, one.certificate]));

before(async () => {
  simulator = await Simulator.start(folder, '--json', '--appid', APPID, '--mch-id', MCH_ID, '--api-key', API_KEY,
    '--apiv3-key', APIV3_KEY);
  receiver = await Receiver.start('');
  client = makeWechatV3(simulator);
});

after(async () => {
  const status = simulator ? await simulator.stop() : 0;
  if (receiver) await receiver.stop();
  fs.rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0);
});

test('codepay: paid at once, found by both numbers and by API v2', async () => {
  const number = newNumber();
  const paid = await data(codepay(number, 1000));
  assert.equal(paid.trade_state, 'SUCCESS');
  assert.equal(paid.trade_type, 'MICROPAY');
  assert.deepEqual(paid.amount, {
    total: 1000, payer_total: 1000, currency: 'CNY', payer_currency: 'CNY',
  });
  assert.match(paid.success_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
  await simulator.travel(2);
  const found = await data(transactions().id.$transaction_id$.get({
    params: { mchid: MCH_ID }, transaction_id: paid.transaction_id,
  }));
  assert.equal(found.out_trade_no, number);
  assert.equal(found.attach, 'till <7>');
  await simulator.travel(2);
  const byV2 = await client.v2.pay.orderquery.post({ appid: APPID, mch_id: MCH_ID, out_trade_no: number });
  assert.equal(byV2.data.trade_state, 'SUCCESS');
});

test('codepay: USERPAYING is a signed 202, then paid by query', async () => {
  const number = newNumber();
  assert.deepEqual(await data(codepay(number, 500, codes.make(1, 8)), 202), { trade_state: 'USERPAYING' });
  assert.equal((await data(query(number))).trade_state, 'USERPAYING');
  await simulator.travel(9);
  assert.equal((await data(query(number))).trade_state, 'SUCCESS');
});

test('codepay: refusals', async () => {
  for (const [ss, expected] of [[5, '403 NOTENOUGH'], [9, '403 TRADE_ERROR'], [10, '500 SYSTEM_ERROR'],
    [19, '500 BANK_ERROR'], [20, '403 RULELIMIT'], [44, '429 FREQUENCY_LIMITED']]) {
    assert.equal(await refusal(codepay(newNumber(), 1, codes.make(ss, 5))), expected);
  }
  assert.equal(await refusal(codepay(newNumber(), 0)), '400 PARAM_ERROR');
  assert.equal(await refusal(query(newNumber())), '404 ORDER_NOT_EXIST');
});

test('an answer with a wrong signature is not believed by the client', async () => {
  const error = await codepay(newNumber(), 1, codes.make(18)).then(() => assert.fail('believed'), (thrown) => thrown);
  assert.equal(error.code, 'EV3_RES_HEADER_SIGNATURE_DIGEST');
});

test('a strange key and a clock that is off are refused', async () => {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  assert.equal(await refusal(query('P1', makeWechatV3(simulator, { privateKey }))), '401 SIGN_ERROR');
  await simulator.pass(301);
  assert.equal(await refusal(query('P1')), '401 SIGN_ERROR');
  Simulator.moveOwnClock(301);
  assert.equal(await refusal(query('P1')), '404 ORDER_NOT_EXIST');
});

test('reverse: repeatable, shows as REVOKED, also to API v2', async () => {
  const number = newNumber();
  await data(codepay(number, 1200));
  await simulator.travel(16);
  for (let i = 0; i < 2; i += 1) {
    assert.deepEqual(await data(reverse(number)), { appid: APPID, mchid: MCH_ID, out_trade_no: number });
  }
  assert.equal((await data(query(number))).trade_state, 'REVOKED');
  assert.equal((await simulator.order('wechat', number)).refunded, 1200);
});

test('native, jsapi, app and h5: what opens each', async () => {
  assert.match((await data(prepare('native', newNumber()))).code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
  const jsapi = await data(prepare('jsapi', newNumber(), { payer: { openid: 'oABC' } }));
  assert.match(jsapi.prepay_id, /^wx\w{34}$/);
  assert.match((await data(prepare('app', newNumber()))).prepay_id, /^wx\w{34}$/);
  const h5 = await data(prepare('h5', newNumber(), {
    scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
  }));
  assert.match(h5.h5_url, /^http:\/\/127\.0\.0\.1:\d+\/cgi-bin\/mmpayweb-bin\/checkmweb\?prepay_id=wx/);
  assert.equal(await refusal(prepare('jsapi', newNumber())), '400 PARAM_ERROR');
});

test('close: a 204 whose signature covers nothing', async () => {
  const number = newNumber();
  await data(prepare('native', number));
  assert.equal(await data(close(number), 204), '');
  assert.equal((await data(query(number))).trade_state, 'CLOSED');
  assert.equal(await refusal(close(number)), '400 ORDER_CLOSED');
  assert.equal(await refusal(prepare('native', number)), '400 ORDER_CLOSED');
  assert.equal(await refusal(close(newNumber())), '404 ORDER_NOT_EXIST');
});

test('notice of a payment: signed, sealed under the APIv3 key', async () => {
  const number = newNumber();
  const { code_url: codeUrl } = await data(prepare('native', number));
  assert.equal((await simulator.scan(codeUrl)).order.out_trade_no, number);
  await simulator.act('wechat', number, 'pay');
  const notice = await noticeOf(number, 'TRANSACTION.SUCCESS');
  assert.ok(isSigned(notice, await platformCerts()));
  assert.ok(!isSigned({ ...notice, body: `${notice.body} ` }, await platformCerts()));
  assert.equal(notice.content.amount.total, 1200);
  assert.equal(notice.content.trade_state, 'SUCCESS');
});

test('a notice that is a probe is not signed; the true one follows', async () => {
  const number = newNumber();
  await data(prepare('native', number, { description: '#sim{notify=signtest}' }));
  await simulator.act('wechat', number, 'pay');
  const probe = await noticeOf(number, 'TRANSACTION');
  assert.match(probe.headers['wechatpay-signature'], /^WECHATPAY\/SIGNTEST\//);
  assert.ok(!isSigned(probe, await platformCerts()));
  const since = receiver.bodies.length;
  await simulator.travel(15);
  const body = await receiver.next((one) => JSON.parse(open(JSON.parse(one).resource)).out_trade_no === number, since);
  assert.ok(isSigned({ headers: receiver.headers[receiver.bodies.indexOf(body, since)], body }, await platformCerts()));
});

test('refund: accepted, told, asked after, repeated, never above what was paid', async () => {
  const number = newNumber();
  const paid = await data(codepay(number, 1000));
  const refundNumber = newNumber('R');
  const accepted = await data(refund(number, refundNumber, 300, 1000, { reason: '退' }));
  assert.equal(accepted.status, 'PROCESSING');
  assert.equal(accepted.transaction_id, paid.transaction_id);
  const settled = await data(refundQuery(refundNumber));
  assert.equal(settled.status, 'SUCCESS');
  assert.equal(settled.refund_id, accepted.refund_id);
  assert.equal(settled.amount.refund, 300);
  assert.equal((await data(refund(number, refundNumber, 300, 1000))).refund_id, accepted.refund_id);
  await simulator.travel(61);
  assert.equal(await refusal(refund(number, newNumber('R'), 701, 1000)), '400 INVALID_REQUEST');
  await data(refund(number, newNumber('R'), 700, 1000));
  assert.equal((await simulator.order('wechat', number)).refunded, 1000);
  assert.equal(await refusal(refundQuery(newNumber('R'))), '404 RESOURCE_NOT_EXISTS');
});

test('notice of a refund', async () => {
  const number = newNumber();
  await data(prepare('app', number));
  await simulator.act('wechat', number, 'pay');
  const refundNumber = newNumber('R');
  await data(refund(number, refundNumber, 200, 1200, { notify_url: receiver.url }));
  const notice = await noticeOf(number, 'REFUND.SUCCESS');
  assert.ok(isSigned(notice, await platformCerts()));
  assert.equal(notice.content.out_refund_no, refundNumber);
  assert.equal(notice.content.refund_status, 'SUCCESS');
  assert.deepEqual(notice.content.amount, {
    total: 1200, refund: 200, payer_total: 1200, payer_refund: 200,
  });
});

test('tradebill: the file, its hash, its rows; packed; the same by API v2', async () => {
  const number = newNumber();
  await data(codepay(number, 2500));
  const day = Formatter.timestamp() + 8 * 3600;
  const date = new Date(day * 1000).toISOString().slice(0, 10);
  await simulator.travel(16);
  await data(reverse(number));
  assert.equal(await refusal(client.v3.bill.tradebill.get({ params: { bill_date: date } })), '400 NO_STATEMENT_EXIST');
  await simulator.travel(86_400 - (day % 86_400) + 10 * 3600);
  const download = async (named) => {
    const token = new URL(named.download_url).searchParams.get('token');
    const file = await client.v3.billdownload.file.get({ params: { token }, responseType: 'arraybuffer' });
    return file.data;
  };
  const named = await data(client.v3.bill.tradebill.get({ params: { bill_date: date, bill_type: 'ALL' } }));
  assert.ok(named.download_url.startsWith(`${simulator.url}/v3/billdownload/file?token=`));
  const file = await download(named);
  assert.equal(named.hash_type, 'SHA1');
  assert.equal(crypto.createHash('sha1').update(file).digest('hex'), named.hash_value);
  const { rows, summary } = Formatter.castCsvBill(file);
  const ours = rows.filter((row) => row['商户订单号'] === number);
  assert.deepEqual(ours.map((row) => row['交易状态']), ['SUCCESS', 'REVOKED']);
  assert.equal(ours[0]['订单金额'], '25.00');
  assert.equal(ours[0]['商品名称'], '拿铁 <&">');
  assert.equal(ours[1]['退款金额'], '25.00');
  assert.equal(summary['总交易单数'], String(rows.length));
  const packed = await data(client.v3.bill.tradebill.get({ params: { bill_date: date, tar_type: 'GZIP' } }));
  assert.deepEqual(zlib.gunzipSync(await download(packed)), file);
  const byV2 = await client.v2.pay.downloadbill.post({
    appid: APPID, mch_id: MCH_ID, bill_date: date.replaceAll('-', ''), bill_type: 'ALL',
  }, { transformResponse: [], responseType: 'arraybuffer' });
  assert.deepEqual(byV2.data, file);
});

test('certificates: a rotation loses nothing for who fetches them, and nobody else is believed', async () => {
  const [old] = Object.keys(await platformCerts());
  const turn = (step) => simulator.ask('POST', 'wechat', { platform_key: step });
  await turn('announce');
  const { data: handed } = await data(client.v3.certificates.get());
  const certs = Object.fromEntries(handed.map((one) => [one.serial_no, open(one.encrypt_certificate)]));
  assert.equal(handed.length, 2);
  for (const [serial, pem] of Object.entries(certs)) {
    assert.equal(new crypto.X509Certificate(pem).serialNumber, serial);
  }
  const informed = makeWechatV3(simulator, { certs });
  const number = newNumber();
  await data(codepay(number, 100));
  assert.equal((await query(number, informed)).headers['wechatpay-serial'], old);
  await turn('switch');
  await simulator.travel(2);
  assert.notEqual((await query(number, informed)).headers['wechatpay-serial'], old);
  await simulator.travel(2);
  const error = await query(number).then(() => assert.fail('believed'), (thrown) => thrown);
  assert.equal(error.code, 'EV3_RES_HEADER_PLATFORM_SERIAL');
  await turn('retire');
  client = makeWechatV3(simulator, { certs: await platformCerts() });
  await simulator.travel(2);
  assert.equal((await data(query(number))).trade_state, 'SUCCESS');
});

test('a new APIv3 key opens what is sealed from then on', async () => {
  const fresh = 'w'.repeat(32);
  await simulator.ask('POST', 'wechat', { apiv3_key: fresh });
  const { data: handed } = await data(client.v3.certificates.get());
  assert.throws(() => open(handed[0].encrypt_certificate));
  assert.match(open(handed[0].encrypt_certificate, fresh), /^-----BEGIN CERTIFICATE-----/);
  await simulator.ask('POST', 'wechat', { apiv3_key: APIV3_KEY });
});

test('the public key instead of certificates', async () => {
  await simulator.ask('POST', 'options', { wechat_public_key: true });
  const { public_key_id: id, public_key: pem } = await simulator.ask('GET', 'wechat');
  const believer = makeWechatV3(simulator, { certs: { [id]: pem } });
  const number = newNumber();
  await data(believer.v3.pay.transactions.native.post({
    appid: APPID, mchid: MCH_ID, description: '茶', out_trade_no: number, notify_url: receiver.url, amount: { total: 1 },
  }));
  assert.equal((await query(number, believer)).headers['wechatpay-serial'], id);
  await simulator.act('wechat', number, 'pay');
  assert.ok(isSigned(await noticeOf(number, 'TRANSACTION'), { [id]: pem }));
  assert.equal(await refusal(believer.v3.certificates.get()), '404 RESOURCE_NOT_EXISTS');
  await simulator.ask('POST', 'options', { wechat_public_key: false });
});

test('every operation was called, and the client kept to the rules of the channel', async () => {
  const called = new Set((await simulator.journal()).map((entry) => entry.op));
  for (const op of ['micropay', 'unifiedorder', 'orderquery', 'closeorder', 'reverse', 'refund', 'refundquery',
    'downloadbill', 'billfile', 'certificates', 'notify', 'refund_notify']) {
    assert.ok(called.has(op), `${op} was not called: ${[...called]}`);
  }
  assert.deepEqual(await simulator.violations(), []);
});
