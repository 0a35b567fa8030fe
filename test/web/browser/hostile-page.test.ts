/** A hostile page in a browser on the machine of a proxy: whatever it tries, nothing goes out with a secret. */

import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { BROWSER_ARGUMENTS, CHROMIUM, HAS_CHROMIUM, newPage } from '../../support/browser.js';
import { host, secret, type TestProxy, testProxy } from '../../support/proxy.js';

const because = HAS_CHROMIUM ? '' : ` (skipped: there is no ${CHROMIUM})`;

let browser: Browser;

beforeAll(async () => {
  const args = [...BROWSER_ARGUMENTS, '--host-resolver-rules=MAP rebound.test 127.0.0.2'];
  if (HAS_CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args });
});
afterAll(() => browser?.close());

/** Where the page asks for what it is not to have, and the token, which a page never knows. */
interface Aim {
  readonly proxy: string;
  readonly port: number;
  readonly upstream: string;
  readonly token: string;
}

/** All that the attempts of a page have got, by their names. */
type Loot = Record<string, string>;

/** A page of an origin that is not the proxy's, and its service worker. */
async function hostileOrigin(aim: Aim): Promise<string> {
  const server = createServer(({ url }, response) => {
    const isWorker = url === '/worker.js';
    response.setHeader('Content-Type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? workerFor(aim) : '<!doctype html><title>hostile</title><body>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/**
 * An origin whose name was that of another machine when its page came, and then leads to the proxy: to the browser it is
 * one origin. What stands for the other machine passes connections on once the page is there.
 */
async function reboundOrigin({ port }: TestProxy): Promise<string> {
  let isRebound = false;
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (isRebound) {
      const other = connect(port, '127.0.0.1');
      other.on('error', () => socket.destroy());
      socket.pipe(other).pipe(socket);
      return;
    }
    socket.once('data', (head) => {
      isRebound = head.toString().startsWith('GET /page ');
      const body = '<!doctype html><title>rebound</title><body>';
      const headers = `Content-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close`;
      socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.2', resolve));
  onTestFinished(() => void server.close());
  return `http://rebound.test:${port}`;
}

function workerFor({ proxy, upstream }: Aim): string {
  const urls = [`${proxy}/to/${upstream}/worker`, `${proxy}/proxy`, `${proxy}/health`];
  return `onmessage = async ({ source }) => {
    const got = [];
    for (const url of ${JSON.stringify(urls)})
      for (const mode of ['cors', 'no-cors'])
        got.push(await fetch(url, { mode }).then(async (answer) => answer.type + (await answer.text()), () => ''));
    source.postMessage(got.join(''));
  };
  oninstall = () => skipWaiting();
  onactivate = (event) => event.waitUntil(clients.claim());`;
}

/** What a script can do with the addresses of a proxy. It runs in the page. */
async function attack({ proxy, port, upstream, token }: Aim): Promise<Loot> {
  const loot: Loot = {};
  const keep = async (name: string, work: () => Promise<unknown>) => {
    try {
      loot[name] = String(await work());
    } catch {
      loot[name] = '';
    }
  };
  const target = `${proxy}/to/${upstream}`;
  const inject = { 'X-AS-Target-URL': `http://${upstream}/`, 'X-AS-Inject-Bearer': 'API_KEY' };
  const read = async (url: string, init: RequestInit) => (await fetch(url, init)).text();
  for (const path of [`/to/${upstream}/get`, '/proxy', '/health']) {
    await keep(`fetch ${path}`, () => read(proxy + path, {}));
    await keep(`no-cors ${path}`, () => read(proxy + path, { mode: 'no-cors', credentials: 'include' }));
    await keep(`post ${path}`, () => read(proxy + path, { mode: 'no-cors', method: 'POST', body: '{}' }));
    await keep(`headers ${path}`, () => read(proxy + path, { headers: inject }));
    await keep(`token ${path}`, () => read(proxy + path, { headers: { ...inject, 'X-Zephr-Token': token } }));
    await keep(`bearer ${path}`, () => read(proxy + path, { headers: { Authorization: `Bearer ${token}` } }));
  }
  await keep('beacon', async () => {
    navigator.sendBeacon(`${target}/beacon`, 'x');
    return '';
  });
  const loaded = (element: HTMLElement & { src: string }, path: string) =>
    new Promise<string>((resolve) => {
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('');
      element.src = target + path;
      document.body.append(element);
    });
  await keep('image', () => loaded(document.createElement('img'), '/image'));
  await keep('script', () => loaded(document.createElement('script'), '/script'));
  const framed = async (method: string) => {
    const frame = document.createElement('iframe');
    frame.name = `frame-${method}`;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { method, action: `${target}/form`, target: frame.name });
    document.body.append(form);
    await new Promise((resolve) => {
      frame.onload = resolve;
      form.submit();
    });
    return frame.contentDocument?.body.textContent ?? '';
  };
  await keep('form get', () => framed('get'));
  await keep('form post', () => framed('post'));
  await keep('events', () => {
    const events = new EventSource(`${target}/events`);
    return new Promise((resolve) => {
      events.onopen = () => resolve('open');
      events.onerror = () => {
        events.close();
        resolve('');
      };
    });
  });
  for (const path of [`/to/${upstream}/socket`, '/proxy'])
    await keep(`WebSocket ${path}`, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
      return new Promise((resolve) => {
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('');
      });
    });
  if ('serviceWorker' in navigator)
    await keep('service worker', async () => {
      const { active, installing, waiting } = await navigator.serviceWorker.register('/worker.js');
      await navigator.serviceWorker.ready;
      const said = new Promise<string>((resolve) => {
        navigator.serviceWorker.onmessage = ({ data }) => resolve(String(data));
      });
      (active ?? installing ?? waiting)?.postMessage('go');
      return said;
    });
  return loot;
}

/** The statuses that the proxy gave a browser; preflights are not among them. */
function statusesOf(context: BrowserContext, { port }: TestProxy): Set<number> {
  const statuses = new Set<number>();
  context.on('response', (answer) => {
    if (new URL(answer.url()).port === String(port)) statuses.add(answer.status());
  });
  return statuses;
}

/** A proxy that asks for a token, or for none of this user, and a host that it has a secret for. */
async function place(userWithoutToken?: number) {
  const upstream = await host((_, response) =>
    response.setHeader('Access-Control-Allow-Origin', '*').end('got'),
  );
  const secrets = [secret('API_KEY', 'correct-horse-battery', { hosts: [upstream.host], as: 'bearer' })];
  const proxy = await testProxy(secrets, { userWithoutToken });
  const { token, port, url } = proxy;
  return { upstream, proxy, aim: { proxy: url, port, upstream: upstream.host, token } };
}

it.skipIf(!HAS_CHROMIUM).each([
  ['that asks for a token', undefined],
  ['that asks this user for none', process.getuid?.()],
])(`a page of another origin gets nothing from a proxy %s${because}`, async (_, user) => {
  const { upstream, proxy, aim } = await place(user);
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const statuses = statusesOf(context, proxy);
  const page = await newPage(context);
  const origin = await hostileOrigin(aim);
  await page.goto(origin);
  const loot = await page.evaluate(attack, aim);
  expect(Object.keys(loot).length).toBeGreaterThan(20);
  expect(Object.entries(loot).filter(([, got]) => got !== '' && !got.startsWith('opaque'))).toEqual([]);
  await page.goto(`${aim.proxy}/to/${aim.upstream}/navigated`);
  expect(await page.textContent('body')).toContain('web pages are not answered');
  expect([...statuses]).toEqual([403]);
  expect(upstream.asked).toEqual([]);
  expect(await proxy.entries()).toContainEqual(
    expect.objectContaining({ decision: 'refused', reason: 'WEB_PAGE', agent: origin.slice(0, -1) }),
  );
});

it.skipIf(!HAS_CHROMIUM).each([
  ['that asks for a token', undefined],
  ['that asks this user for none', process.getuid?.()],
])(`a page whose name leads to this machine gets nothing from a proxy %s${because}`, async (_, user) => {
  const { upstream, proxy, aim } = await place(user);
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const statuses = statusesOf(context, proxy);
  const rebound = await reboundOrigin(proxy);
  const page = await newPage(context);
  await page.goto(`${rebound}/page`);
  statuses.clear();
  const loot = await page.evaluate(attack, { ...aim, proxy: rebound });
  expect(loot['fetch /health']).toContain('the Host header names another host');
  for (const got of Object.values(loot)) expect(got).not.toMatch(/got|open|status|loaded/);
  expect([...statuses]).toEqual([403]);
  expect(upstream.asked).toEqual([]);
  expect(await proxy.entries()).toContainEqual(
    expect.objectContaining({ decision: 'refused', reason: 'OTHER_HOST', secrets: [] }),
  );
});
