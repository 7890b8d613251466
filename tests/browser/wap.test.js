// The WAP gateway in Chromium, as a payer sees it: from the merchant's signed query through the simulated wallet
// to return_url, at phone and desktop width.
//
//   node wap.test.js [--screenshots FOLDER]   also writes the pictures that the documents show
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { Demo, SHAPES, Shop, assertFits, follow, openPage, startBrowser, textOf } = require('./browser.js');

const WITHIN = { timeout: 30_000 };
const option = process.argv.indexOf('--screenshots');
const pictures = option < 0 ? undefined : process.argv[option + 1];

let demo;
let shop;
let browser;
let orders = 0;

before(async () => {
  demo = await Demo.start();
  shop = await Shop.start();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await shop?.stop();
  await demo?.stop();
});

function newOrder(more = {}) {
  orders += 1;
  return {
    client_sn: `WAP${Date.now()}${orders}`, total_amount: '2680', subject: '拿铁 Latte',
    return_url: shop.url, ...more,
  };
}

async function takePicture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), optimizeForSpeed: false });
}

async function stateOf(page) {
  return page.$eval('body', (body) => body.className);
}

function assertPaid(fields, order) {
  const { is_success, status, client_sn, total_amount, subject, basket } = fields;
  assert.deepStrictEqual(
    { is_success, status, client_sn, total_amount, subject, basket },
    {
      is_success: 'T', status: 'SUCCESS', client_sn: order.client_sn, total_amount: order.total_amount,
      subject: order.subject, basket: '7',
    },
  );
  assert.match(fields.sn, /^7\d{15}$/);
  assert.ok(fields.trade_no);
}

// In the simulated wallet, back, and on to the merchant.
async function payAndReturn(page, order, picture) {
  await follow(page, '#pay');
  assert.ok(page.url().startsWith(`${demo.simulators}/_sim/wallet?`), page.url());
  assert.match(await textOf(page, '#amount'), /26\.80/);
  if (picture) await takePicture(page, picture);
  await follow(page, '#pay');
  assert.strictEqual(await stateOf(page), 'paid');
  await page.click('#back');
  await page.waitForSelector('#shop', WITHIN);
  assertPaid(shop.arrived(page, demo.upay.terminal_key), order);
}

for (const shape of Object.keys(SHAPES)) {
  test(`Alipay, chosen by the payer, at ${shape} width`, async () => {
    const page = await openPage(browser, shape);
    const order = newOrder();
    const url = demo.checkoutUrl(order);
    await page.goto(url);
    assert.strictEqual(await stateOf(page), 'choosing');
    await assertFits(page);
    if (shape === 'phone') await takePicture(page, 'wap-choose-phone');
    await follow(page, '#alipay');
    assert.strictEqual(page.url(), url, 'the choice leads back to the signed address');
    assert.strictEqual(await stateOf(page), 'waiting');
    assert.strictEqual(await textOf(page, '#subject'), order.subject);
    assert.match(await textOf(page, '#amount'), /26\.80/);
    assert.match(await textOf(page, '#left'), /^(4:00|3:5\d)$/);
    await assertFits(page);
    if (shape === 'phone') await takePicture(page, 'wap-waiting-phone');

    const sn = await textOf(page, '#sn');
    await page.reload();
    assert.strictEqual(await textOf(page, '#sn'), sn, 'a reload shows the same order');
    await payAndReturn(page, order, shape === 'phone' && 'wap-wallet-phone');

    const { data } = await demo.call('query', { client_sn: order.client_sn });
    assert.deepStrictEqual([data.order_status, data.sn], ['PAID', sn]);
    await page.goto(url);
    assertPaid(shop.arrived(page, demo.upay.terminal_key), order);
    assert.deepStrictEqual(page.complaints, []);
  });

  test(`WeChat from another browser at ${shape} width, in English`, async () => {
    const page = await openPage(browser, shape, { language: 'en-US,en;q=0.9' });
    const order = newOrder({ payway: '3' });
    await page.goto(demo.checkoutUrl(order));
    assert.strictEqual(await textOf(page, '#state'), 'Waiting for your payment');
    assert.strictEqual(await textOf(page, '#pay'), 'Pay with WeChat');
    await assertFits(page);
    if (shape === 'desktop') await takePicture(page, 'wap-english-desktop');
    await payAndReturn(page, order);
    assert.deepStrictEqual(page.complaints, []);
  });
}

test('a page that is open sees the payment and goes on by itself', async () => {
  const page = await openPage(browser, 'phone');
  const order = newOrder({ payway: '3' });
  await page.goto(demo.checkoutUrl(order));
  const link = await page.$eval('#pay', (element) => element.href);
  const { order: found } = await demo.control.scan(link.split('&redirect_url=')[0]);
  await demo.control.act('wechat', found.out_trade_no, 'pay');
  await page.waitForSelector('#shop', WITHIN);
  assertPaid(shop.arrived(page, demo.upay.terminal_key), order);
  assert.deepStrictEqual(page.complaints, []);
});

test('a choice that comes too late leads on to the merchant', async () => {
  const late = await openPage(browser, 'phone');
  const quick = await openPage(browser, 'phone');
  const order = newOrder();
  const url = demo.checkoutUrl(order);
  await late.goto(url);
  await quick.goto(url);
  await follow(quick, '#wechat');
  await payAndReturn(quick, order);
  await late.click('#alipay');
  await late.waitForSelector('#shop', WITHIN);
  assertPaid(shop.arrived(late, demo.upay.terminal_key), order);
  assert.deepStrictEqual(late.complaints, []);
});

test("inside WeChat the page calls the wallet with the order's parameters", async () => {
  const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49';
  const page = await openPage(browser, 'phone', { agent });
  const unknown = newOrder();
  await page.goto(demo.checkoutUrl(unknown));
  assert.strictEqual(await stateOf(page), 'elsewhere');
  assert.strictEqual((await demo.call('query', unknown)).error_code, 'UPAY_ORDER_NOT_EXISTS');

  await page.evaluateOnNewDocument(() => {
    window.WeixinJSBridge = { invoke: (name, fields) => { window.invoked = { name, fields }; } };
  });
  const order = newOrder({ payer_uid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' });
  await page.goto(demo.checkoutUrl(order));
  await page.click('#pay');
  const { name, fields } = await page.evaluate(() => window.invoked);
  assert.strictEqual(name, 'getBrandWCPayRequest');
  assert.deepStrictEqual(Object.keys(fields).sort(),
    ['appId', 'nonceStr', 'package', 'paySign', 'signType', 'timeStamp']);
  const { order: found } = await demo.control.scan(fields.package.replace('prepay_id=', ''));
  await demo.control.act('wechat', found.out_trade_no, 'pay');
  await page.waitForSelector('#shop', WITHIN);
  assertPaid(shop.arrived(page, demo.upay.terminal_key), order);
  assert.deepStrictEqual(page.complaints, []);
});

test('a query that was tampered with is an error page and no order', async () => {
  const page = await openPage(browser, 'phone');
  const order = newOrder({ payway: '1' });
  const response = await page.goto(demo.checkoutUrl(order).replace('total_amount=2680', 'total_amount=1'));
  assert.strictEqual(response.status(), 403);
  assert.strictEqual(await stateOf(page), 'error');
  assert.strictEqual(await textOf(page, '#code'), 'ILLEGAL_SIGN');
  assert.strictEqual(await page.$('#back'), null, 'an unsigned request leads nowhere');
  assert.strictEqual((await demo.call('query', order)).error_code, 'UPAY_ORDER_NOT_EXISTS');
});

test('another amount under the number goes back as a conflict', async () => {
  const page = await openPage(browser, 'phone');
  const order = newOrder({ payway: '1' });
  await page.goto(demo.checkoutUrl(order));
  await page.goto(demo.checkoutUrl({ ...order, total_amount: '1' }));
  const fields = shop.arrived(page, demo.upay.terminal_key);
  assert.deepStrictEqual([fields.is_success, fields.error_code], ['F', 'CLIENT_SN_CONFLICT']);
});

test('an order that has expired says so and leads back as failed', async () => {
  const page = await openPage(browser, 'phone');
  await page.goto(demo.checkoutUrl(newOrder({ payway: '3', subject: '拿铁 Latte #sim{expire=2}' })));
  await page.waitForSelector('body.expired', WITHIN);
  assert.strictEqual(await page.$('#pay'), null);
  await takePicture(page, 'wap-expired-phone');
  await follow(page, '#back');
  const fields = shop.arrived(page, demo.upay.terminal_key);
  assert.deepStrictEqual([fields.is_success, fields.status], ['T', 'FAIL']);
  assert.deepStrictEqual(page.complaints, []);
});

test("a cancel of the merchant's ends the page that is open", async () => {
  const page = await openPage(browser, 'phone');
  const order = newOrder({ payway: '3' });
  await page.goto(demo.checkoutUrl(order));
  const answer = await demo.call('cancel', { client_sn: order.client_sn });
  assert.strictEqual(answer.result_code, 'CANCEL_ABORT_SUCCESS');
  await page.waitForSelector('body.cancelled', WITHIN);
  assert.deepStrictEqual(page.complaints, []);
});

test('what a merchant writes is text', async () => {
  const page = await openPage(browser, 'phone');
  const subject = '"\'><img src=x onerror=alert(1)><script>alert(2)</script>';
  await page.goto(demo.checkoutUrl(newOrder({ payway: '1', subject })));
  assert.strictEqual(await textOf(page, '#subject'), subject);
  await assertFits(page);
  assert.deepStrictEqual(page.complaints, []);
});
