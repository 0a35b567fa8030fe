/** A headless Chromium for tests, and pages that are watched: what they ask for, print and violate. */

import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

export const CHROMIUM = process.env.ZEPHR_TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a browser to test with. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);

/** What the browser is started with. */
export const BROWSER_ARGUMENTS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  // A host that is not a loopback one to a browser, on loopback.
  '--host-resolver-rules=MAP zephr.test 127.0.0.1',
];

/** Starts the browser; whoever does so closes it. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...BROWSER_ARGUMENTS] });
}

/** What a page did that it should not have done. */
export interface Watch {
  /** All requests as they went out: URL, headers and body. */
  readonly requests: { readonly url: string; readonly text: string }[];
  /** Messages on the console, uncaught errors and violations of the policy. */
  readonly complaints: string[];
}

/** A context whose pages are watched from their first byte on. */
export async function watchedContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; watch: Watch }> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
  const watch: Watch = { requests: [], complaints: [] };
  await context.exposeBinding('zephrViolation', (_, text: string) => watch.complaints.push(text));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
      const report = (globalThis as unknown as { zephrViolation(text: string): void }).zephrViolation;
      report(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}`);
    });
  });
  context.on('request', (request) => {
    const url = request.url();
    const text = `${request.method()} ${url} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`;
    watch.requests.push({ url, text });
  });
  context.on('console', (message) => {
    // Chromium itself notes every answer of the API that is an error, whatever the page makes of it.
    const ofApi = /\/api\/(health|secrets|uploads|requests)/.test(message.location().url);
    if (ofApi && message.text().startsWith('Failed to load resource: ')) return;
    watch.complaints.push(`console: ${message.type()} ${message.text()}`);
  });
  context.on('weberror', (error) => watch.complaints.push(`error: ${error.error().message}`));
  return { context, watch };
}

/** Fails loudly when an element never comes, and soon. */
export const PATIENCE_MS = 15_000;

/** A new page of a context. */
export async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}
