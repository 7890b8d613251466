// What the tests of the pages share: a demo platform with its simulators in a process of its own, Chromium, a
// merchant's page to come back to, and the merchant's side of the signature (spec/upay 2.3), written here anew.
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');

const puppeteer = require('puppeteer-core');

const { Simulator } = require('../conformance/simulator.js');

const SHAPES = {
  phone: { width: 390, height: 844, deviceScaleFactor: 1, isMobile: true, hasTouch: true },
  desktop: { width: 1280, height: 800, deviceScaleFactor: 1 },
};

function canListen(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// The demo takes a port and the next one.
async function freePorts() {
  for (;;) {
    const port = 20_000 + crypto.randomInt(12_000);
    if (await canListen(port) && await canListen(port + 1)) return port;
  }
}

class Demo {
  static async start() {
    const demo = new Demo();
    demo.process = new Simulator();
    demo.process.folder = Simulator.makeFolder();
    const port = await freePorts();
    await demo.process.launch(['demo', '--no-traffic', '--data', 'data', '--port', String(port)]);
    const told = fs.readFileSync(path.join(demo.process.folder, 'data', 'demo.json'), 'utf8');
    Object.assign(demo, JSON.parse(told));
    demo.control = new Simulator();
    demo.control.url = demo.simulators;
    return demo;
  }

  async stop() {
    const status = await this.process.stop();
    fs.rmSync(this.process.folder, { recursive: true, force: true });
    assert.strictEqual(status, 0);
  }

  // The terminal API, signed.
  async call(endpoint, fields) {
    const { terminal_sn, terminal_key } = this.upay;
    const body = JSON.stringify({ terminal_sn, ...fields });
    const sign = crypto.createHash('md5').update(body + terminal_key).digest('hex');
    const response = await fetch(`${this.gateway}/upay/v2/${endpoint}`, {
      method: 'POST', body, headers: { Authorization: `${terminal_sn} ${sign}` },
    });
    return (await response.json()).biz_response;
  }

  // What a merchant's page redirects to.
  checkoutUrl(fields) {
    const all = { terminal_sn: this.upay.terminal_sn, operator: 'kay', ...fields };
    const query = new URLSearchParams({ ...all, sign: sign(all, this.upay.terminal_key) });
    return `${this.gateway}/gateway?${query}`;
  }
}

function sign(fields, key) {
  const names = Object.keys(fields).filter((name) => name !== 'sign' && name !== 'sign_type').sort();
  const text = names.map((name) => `${name}=${fields[name]}`).concat(`key=${key}`).join('&');
  return crypto.createHash('md5').update(text).digest('hex').toUpperCase();
}

// The merchant's page that payers come back to. It keeps the addresses it was asked with.
class Shop {
  static async start() {
    const shop = new Shop();
    shop.server = http.createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!DOCTYPE html><title>shop</title><h1 id="shop">shop</h1>');
    });
    await new Promise((resolve) => { shop.server.listen(0, '127.0.0.1', resolve); });
    shop.url = `http://127.0.0.1:${shop.server.address().port}/done?basket=7`;
    return shop;
  }

  // The parameters of the page that the browser is at; their signature is checked.
  arrived(page, key) {
    const url = page.url();
    assert.ok(url.startsWith(`${this.url}&`), url);
    const fields = Object.fromEntries(new URL(url).searchParams);
    assert.strictEqual(fields.sign, sign(fields, key), 'the signature of return_url');
    return fields;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => { this.server.close(resolve); });
  }
}

function chromium() {
  return process.env.CHROMIUM || execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
}

async function startBrowser() {
  // Chromium's own sandbox does not start as root; nothing but pages of this machine is opened.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  return puppeteer.launch({ executablePath: chromium(), headless: true, args });
}

// A page of a browser without memory. What it complains of, policies that were broken too, is collected.
async function openPage(browser, shape, { language = 'zh-CN', agent } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(SHAPES[shape]);
  await page.setExtraHTTPHeaders({ 'Accept-Language': language });
  if (agent) await page.setUserAgent(agent);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('dialog', (dialog) => { page.complaints.push(dialog.message()); dialog.dismiss(); });
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(message.text());
  });
  return page;
}

async function textOf(page, selector) {
  return page.$eval(selector, (element) => element.textContent);
}

async function follow(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

// Nothing is cut off at the side.
async function assertFits(page) {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.strictEqual(overflow, 0, 'the page is wider than the window');
}

module.exports = { Demo, SHAPES, Shop, assertFits, follow, openPage, startBrowser, textOf };
