/** Two readers at the same instant, and replies that are lost on the network. */

import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { createV1 } from '../../support/protocol-v1.js';
import { openSession } from '../../support/session.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

const isRead = (method: string, path: string) => method === 'GET' && /secrets\/[\w-]{22}$/.test(path);

describe.skipIf(!HAS_CHROMIUM)(`a link in the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  it('opens in one of two tabs that click at the same instant, and the other is told', async () => {
    for (let round = 0; round < 3; round++) {
      const made = await openSession({ ZEPHR_SERVER: server.url }).sh('printf hunter2 | zephr');
      const { open } = await visitor([server.url]);
      const tabs = await Promise.all([open(made.stdout.trim()), open(made.stdout.trim())]);
      for (const tab of tabs) {
        await expect.poll(() => textOf(tab, '#reveal-status')).toContain('It is still there.');
      }
      await Promise.all(tabs.map((tab) => tab.click('#reveal-submit')));
      const headings = await Promise.all(
        tabs.map(async (tab) => {
          await tab.locator('#revealed, #outcome').filter({ visible: true }).waitFor();
          return textOf(tab, 'main section:not([hidden]) h1');
        }),
      );
      expect(headings.sort()).toEqual(['Already read', 'Here is the secret']);
    }
  });

  it.each([
    ['cut', 2],
    ['drop', 2],
    ['cut', 1],
  ] as const)(
    'whose reply is lost (%s) can be read again with a button, version %i',
    async (how, version) => {
      const proxy = await startInterferingProxy(server.url);
      const link =
        version === 1
          ? (await createV1(proxy.url, Buffer.from('hunter2'))).link
          : (await openSession({ ZEPHR_SERVER: proxy.url }).sh('printf hunter2 | zephr')).stdout.trim();
      const { open } = await visitor([proxy.url]);
      const page = await open(link);
      proxy.interfere(how, isRead);
      await page.click('#reveal-submit');
      await expect
        .poll(() => textOf(page, '#reveal-error'))
        .toMatch(/^The answer did not arrive\s.*nobody else can get it/s);
      // Another reader cannot get it meanwhile.
      const direct = link.replace(proxy.url, server.url);
      expect((await openSession().sh(`zephr get '${direct}'`)).code).toBe(6);
      proxy.interfere('pass');
      await page.getByRole('button', { name: 'Try again' }).click();
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
      expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    },
  );

  it('is read even when only the acknowledgement is lost', async () => {
    const proxy = await startInterferingProxy(server.url);
    const made = await openSession({ ZEPHR_SERVER: proxy.url }).sh('printf hunter2 | zephr');
    const { open } = await visitor([proxy.url]);
    const page = await open(made.stdout.trim());
    proxy.interfere('drop', (method) => method === 'DELETE');
    await page.click('#reveal-submit');
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
  });
});
