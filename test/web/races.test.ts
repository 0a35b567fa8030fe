/** What happens at the same instant, and what happens when the network breaks in the middle. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../support/browser.js';
import { createV1 } from '../support/protocol-v1.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { frontOf } from './interfering-proxy.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

const isRead = (method: string, path: string) => method === 'GET' && /secrets\/[\w-]{22}$/.test(path);

describe.skipIf(!HAS_CHROMIUM)(`a link in the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('opens in one of two tabs that click at the same instant, and the other is told', async () => {
    for (let round = 0; round < 3; round++) {
      const made = await openSession({ ZEPHR_SERVER: server.url }).sh('printf hunter2 | zephr');
      const { open } = await visitor([server.url]);
      const tabs = await Promise.all([open(made.stdout.trim()), open(made.stdout.trim())]);
      for (const tab of tabs) {
        await expect.poll(() => textOf(tab, '#offer-status')).toContain('It is still there.');
      }
      await Promise.all(tabs.map((tab) => tab.click('#offer-submit')));
      const headings = await Promise.all(
        tabs.map(async (tab) => {
          await tab.locator('#revealed, #ending').filter({ visible: true }).waitFor();
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
  ] as const)('whose reply is lost (%s) is asked for again by a button, version %i', async (how, version) => {
    const front = await frontOf(server.url);
    const link =
      version === 1
        ? (await createV1(front.url, Buffer.from('hunter2'))).link
        : (await openSession({ ZEPHR_SERVER: front.url }).sh('printf hunter2 | zephr')).stdout.trim();
    const { open } = await visitor([front.url]);
    const page = await open(link);
    front.interfere(how, isRead);
    await page.click('#offer-submit');
    await expect
      .poll(() => textOf(page, '#offer-error'))
      .toMatch(/^The answer did not arrive\s.*nobody else can get it/s);
    // Somebody else cannot get it meanwhile.
    const direct = link.replace(front.url, server.url);
    expect((await openSession().sh(`zephr get '${direct}'`)).code).toBe(6);
    front.interfere('pass');
    await page.getByRole('button', { name: 'Try again' }).click();
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
  });

  it('is read even when only the acknowledgement is lost', async () => {
    const front = await frontOf(server.url);
    const made = await openSession({ ZEPHR_SERVER: front.url }).sh('printf hunter2 | zephr');
    const { open } = await visitor([front.url]);
    const page = await open(made.stdout.trim());
    front.interfere('drop', (method) => method === 'DELETE');
    await page.click('#offer-submit');
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
  });
});
