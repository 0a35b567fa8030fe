/** Visitors of the web page: a real browser, and checks after every test of what a visit must never do. */

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from 'vitest';
import { newPage, startBrowser, type Watch, watchedContext } from '../../support/browser.js';

let browser: Browser;
const watches: { watch: Watch; hosts: string[] }[] = [];

/** A visitor has a browser context of their own: nothing is shared with other visitors. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly watch: Watch;
  /** Opens an address in a new tab. */
  open(url: string): Promise<Page>;
}

/** Starts the browser for a file of tests, and checks after each what its pages did. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(() => {
    for (const { watch, hosts } of watches.splice(0)) {
      expect(watch.complaints).toEqual([]);
      const foreign = watch.requests.filter(
        ({ url }) => !url.startsWith('blob:') && !hosts.includes(new URL(url).host),
      );
      expect(foreign).toEqual([]);
      // No request carries a key: not in its URL, its headers or its body.
      expect(watch.requests.filter(({ text }) => /(?:v[12]p?|[crs]1)\.[\w-]{40}/.test(text))).toEqual([]);
    }
  });
}

/** A new visitor, until the test ends. @param origins of the servers that its pages may send requests to. */
export async function visitor(
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const { context, watch } = await watchedContext(browser, options);
  watches.push({ watch, hosts: origins.map((origin) => new URL(origin).host) });
  onTestFinished(() => context.close());
  return {
    context,
    watch,
    async open(url) {
      const page = await newPage(context);
      await page.goto(url);
      return page;
    },
  };
}

/** The text of an element, as it is shown. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).trim();
}

/** Waits until a view is shown. @returns its heading. */
export async function headingOf(page: Page, view: string): Promise<string> {
  await page.locator(`#${view}`).waitFor();
  return textOf(page, `#${view} h1`);
}

/** Fills the form and submits it. @returns the link; of a split pair, the URL and the key. */
export async function share(page: Page, fill: () => Promise<void>): Promise<{ link: string; key: string }> {
  await fill();
  await page.getByRole('button', { name: 'Create link' }).click();
  await page.locator('#created').waitFor();
  return {
    link: (await page.locator('#created-link').textContent()) ?? '',
    key: (await page.locator('#created-key').textContent()) ?? '',
  };
}
