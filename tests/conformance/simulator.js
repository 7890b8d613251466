// The simulators as the clients of these tests meet them: `huitong sim` in a process of its own, with a merchant
// at each channel, and its control plane (spec/channels 6.4).
'use strict';

const { spawn, execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');

const READY_WITHIN_MS = 15_000;
const ROOT = path.resolve(__dirname, '..', '..');

function program() {
  const file = process.env.HUITONG_BIN || path.join(ROOT, 'build', 'release', 'huitong');
  fs.accessSync(file, fs.constants.X_OK);
  return file;
}

function rsaKeys() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    privatePem: privateKey.export({ type: 'pkcs1', format: 'pem' }),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }),
  };
}

// A folder with certificates made by openssl: a CA, a server of 127.0.0.1 and a client, each NAME.crt, NAME.key.
function makeCertificates(folder) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = (name) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
  openssl('req', '-x509', '-subj', '/CN=ca', '-days', '2', '-out', 'ca.crt',
    '-addext', 'basicConstraints=critical,CA:TRUE', ...newKey('ca'));
  const sign = (name, extensions) => {
    fs.writeFileSync(path.join(folder, `${name}.ext`), extensions);
    openssl('req', '-subj', `/CN=${name}`, '-out', `${name}.csr`, ...newKey(name));
    openssl('x509', '-req', '-in', `${name}.csr`, '-days', '2', '-out', `${name}.crt`, '-CA', 'ca.crt',
      '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`);
  };
  sign('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  sign('client', 'extendedKeyUsage=clientAuth\n');
}

class Simulator {
  // The folder is removed at the end.
  static makeFolder() {
    return fs.mkdtempSync(path.join(os.tmpdir(), 'huitong-conformance-'));
  }

  // Options of `huitong sim`; resolves when it says that it is ready.
  static async start(folder, ...options) {
    const simulator = new Simulator();
    simulator.folder = folder;
    await simulator.launch(['sim', '--port', '0', ...options]);
    return simulator;
  }

  launch(args) {
    this.child = spawn(program(), args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output}`)), READY_WITHIN_MS);
      const read = (data) => {
        output += data;
        const ready = /^ready (https?:\/\/\S+)$/m.exec(output);
        if (!ready) return;
        clearTimeout(timer);
        [, this.url] = ready;
        if (args.includes('--json')) this.accounts = JSON.parse(output.slice(0, ready.index));
        resolve();
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      this.child.on('exit', (status) => {
        clearTimeout(timer);
        reject(new Error(`huitong sim ended with ${status}:\n${output}`));
      });
    });
  }

  // Its exit code.
  async stop() {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }

  ask(method, what, body) {
    const url = new URL(`/_sim/${what}`, this.url);
    const secure = url.protocol === 'https:';
    const options = secure ? { method, ca: fs.readFileSync(path.join(this.folder, 'ca.crt')) } : { method };
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, options, (response) => {
        let text = '';
        response.on('data', (data) => { text += data; });
        response.on('end', () => (response.statusCode === 200
          ? resolve(JSON.parse(text))
          : reject(new Error(`${method} ${what}: HTTP ${response.statusCode} ${text}`))));
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  // Moves the simulators' clock, so that no test waits.
  pass(seconds) { return this.ask('POST', 'clock', { advance_s: seconds }); }

  // The same for clients whose calls and answers carry the time: this process's clock moves with it.
  async travel(seconds) {
    await this.pass(seconds);
    Simulator.moveOwnClock(seconds);
  }

  static moveOwnClock(seconds) {
    const now = Date.now;
    Date.now = () => now() + seconds * 1000;
  }

  // What the payer does: scan, pay, cancel, wrong-password.
  act(channel, number, what) { return this.ask('POST', `orders/${channel}/${number}/${what}`); }

  scan(content) { return this.ask('POST', 'scan', { content }); }

  async order(channel, number) { return this.ask('GET', `orders/${channel}/${number}`); }

  async violations() { return (await this.ask('GET', 'violations')).violations; }

  async journal() { return (await this.ask('GET', 'journal')).entries; }
}

// A merchant's server on loopback, which keeps every notice that it gets.
class Receiver {
  // `acknowledge` is its answer to each.
  static async start(acknowledge) {
    const receiver = new Receiver();
    receiver.bodies = [];
    receiver.headers = []; // of each
    receiver.waiters = [];
    receiver.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', () => {
        response.end(acknowledge);
        receiver.bodies.push(body);
        receiver.headers.push(request.headers);
        receiver.waiters.splice(0).forEach((wake) => wake());
      });
    });
    await new Promise((resolve) => { receiver.server.listen(0, '127.0.0.1', resolve); });
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/notify`;
    return receiver;
  }

  // The first body, from number `since` on, that `matches`; the test's own time limit is the limit.
  async next(matches, since = 0) {
    for (;;) {
      const found = this.bodies.slice(since).find(matches);
      if (found !== undefined) return found;
      await new Promise((resolve) => { this.waiters.push(resolve); });
    }
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => { this.server.close(resolve); });
  }
}

// Payment codes: prefix, twelve digits of which the first six are the payer, scenario SS, TT (spec/channels 6.3).
class Codes {
  constructor(prefix) {
    this.prefix = prefix;
    this.payer = crypto.randomInt(1e6);
  }

  // Of a payer who has not paid before, so that the limit of payments without a password stays away.
  make(ss = 0, tt = 0) {
    this.payer = (this.payer + 1) % 1e6;
    const digits = (number, width) => String(number).padStart(width, '0');
    return this.prefix + digits(this.payer, 6) + digits(crypto.randomInt(1e6), 6) + digits(ss, 2) + digits(tt, 2);
  }
}

let numbers = 0;
// A number of ours that no test used before.
function newNumber(letter = 'P') {
  numbers += 1;
  return `${letter}${Date.now()}${String(numbers).padStart(6, '0')}`;
}

module.exports = { Simulator, Receiver, Codes, makeCertificates, newNumber, rsaKeys };
