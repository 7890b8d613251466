// The npm clients as the tests of this folder use them: unmodified, pointed at a simulator.
'use strict';

process.env.TZ = 'Asia/Shanghai'; // alipay-sdk writes the local time where Alipay reads Beijing's

const assert = require('node:assert/strict');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const { AlipaySdk } = require('alipay-sdk');
const { Wechatpay, Hash } = require('wechatpay-axios-plugin');

const { rsaKeys } = require('./simulator.js');

const APPID = 'wx8888888888888888';
const MCH_ID = '1900000109';
const API_KEY = 'k'.repeat(32);
const NOT_SUCCESS = 'EV2_RES_STATUS_CODE_NOT_SUCESS';

// The simulator's options for what makeWechat() is: TLS, and a client certificate where WeChat demands it.
const WECHAT_OPTIONS = ['--appid', APPID, '--mch-id', MCH_ID, '--api-key', API_KEY, '--require-client-cert', 'on',
  '--tls-certificate', 'server.crt', '--tls-key', 'server.key', '--client-ca', 'ca.crt'];

function makeWechat(simulator, options = {}) {
  const read = (name) => fs.readFileSync(path.join(simulator.folder, name));
  const { privatePem, publicPem } = rsaKeys(); // of API v3, which is not used here
  return new Wechatpay({
    baseURL: `${simulator.url}/`,
    mchid: MCH_ID,
    serial: 'SERIAL',
    privateKey: privatePem,
    certs: { PLATFORM: publicPem },
    secret: API_KEY,
    merchant: { cert: read('client.crt'), key: read('client.key'), ca: read('ca.crt') },
    httpsAgent: new https.Agent({ ca: read('ca.crt') }),
    ...options,
  });
}

// Of API v3; `certs` are what the client believes by their serial numbers, the platform's certificates if nothing
// else is said.
function makeWechatV3(simulator, options = {}) {
  const account = simulator.accounts.wechat_v3;
  return new Wechatpay({
    baseURL: `${simulator.url}/`,
    mchid: account.mchid,
    serial: account.certificate_serial,
    privateKey: account.private_key,
    certs: Object.fromEntries(account.platform_certificates.map((one) => [one.serial, one.certificate])),
    secret: API_KEY,
    ...options,
  });
}

async function answer(promise) {
  const response = await promise;
  assert.equal(response.status, 200);
  assert.equal(response.data.return_code, 'SUCCESS');
  assert.equal(response.data.result_code, 'SUCCESS');
  return response.data;
}

// What the client made of a failure; it throws for every answer that is not a success twice over.
async function failure(promise) {
  const error = await promise.then(() => assert.fail('the client saw a success'), (thrown) => thrown);
  assert.equal(error.code, NOT_SUCCESS, error.stack);
  return error.response.data;
}

// The client throws before it looks at the signature of a failure; so we look.
function assertSigned(data, key = API_KEY) {
  assert.equal(Hash.sign(data.sign.length === 64 ? 'HMAC-SHA256' : 'MD5', data, key), data.sign);
}

const ALIPAY_APP_ID = '2021000000000001';
const ALIPAY_OPTIONS = ['--alipay-app-id', ALIPAY_APP_ID, '--alipay-app-public-key', 'alipay-app.pub',
  '--alipay-private-key', 'alipay-gateway.key'];

// Key pairs of an application and of the simulated Alipay, with the files that ALIPAY_OPTIONS names.
function makeAlipayKeys(folder) {
  const keys = { app: rsaKeys(), gateway: rsaKeys() };
  const write = (name, text) => fs.writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  write('alipay-app.pub', keys.app.publicPem);
  write('alipay-gateway.key', keys.gateway.privatePem);
  return keys;
}

function makeAlipay(simulator, keys, options = {}) {
  return new AlipaySdk({
    appId: ALIPAY_APP_ID,
    privateKey: keys.app.privatePem,
    alipayPublicKey: keys.gateway.publicPem,
    gateway: `${simulator.url}/gateway.do`,
    endpoint: simulator.url,
    ...options,
  });
}

function assertCode(data, code, subCode) {
  assert.equal(data.code, code, JSON.stringify(data));
  assert.equal(data.subCode, subCode, JSON.stringify(data));
}

module.exports = {
  ALIPAY_APP_ID,
  ALIPAY_OPTIONS,
  API_KEY,
  APPID,
  MCH_ID,
  WECHAT_OPTIONS,
  answer,
  assertCode,
  assertSigned,
  failure,
  makeAlipay,
  makeAlipayKeys,
  makeWechat,
  makeWechatV3,
};
