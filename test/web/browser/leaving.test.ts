/** What a visitor loses by leaving: the page asks first, and a reload within the lease shows a secret again. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { createV1 } from '../../support/protocol-v1.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

const isRead = (method: string, path: string) => method === 'GET' && /secrets\/[\w-]{22}$/.test(path);

/** Reloads, and answers the browser's question. @returns whether there was one. */
async function reload(page: Page, answer: 'stay' | 'leave'): Promise<boolean> {
  let asked = false;
  const listener = page.waitForEvent('dialog', { timeout: 3_000 }).then(
    async (dialog) => {
      asked = dialog.type() === 'beforeunload';
      await (answer === 'leave' ? dialog.accept() : dialog.dismiss());
    },
    () => undefined,
  );
  const reloaded = page.waitForEvent('load', { timeout: 3_000 }).catch(() => undefined);
  await page.evaluate(() => setTimeout(() => location.reload()));
  await Promise.race([listener, reloaded]);
  if (answer === 'leave' || !asked) await reloaded;
  return asked;
}

const stored = (page: Page) => page.evaluate(() => JSON.stringify({ ...sessionStorage }));

/** What was on the page and in the storage whenever the page sent a request about a secret. */
interface Sent {
  readonly method: string;
  readonly shown: string;
  readonly stored: string;
}

/** Notes each request of the pages of a context from inside, at the instant that it is sent. */
async function noteRequests(page: Page): Promise<() => Promise<Sent[]>> {
  await page.addInitScript(() => {
    const sent: unknown[] = [];
    const send = window.fetch;
    window.fetch = (url, init) => {
      const secret = document.getElementById('revealed-secret');
      const shown = secret?.checkVisibility() ? secret.textContent : '';
      // The others are for the page's own files, such as its texts.
      if (String(url).includes('/api/')) {
        sent.push({ method: init?.method, shown, stored: JSON.stringify({ ...sessionStorage }) });
      }
      return send(url, init);
    };
    Object.assign(window, { sent });
  });
  return () => page.evaluate<Sent[]>('window.sent');
}

describe.skipIf(!HAS_CHROMIUM)(`leaving the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();
  const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

  const create = async (options = '', url = server.url) =>
    (await server.session({ ZEPHR_SERVER: url }).sh(`printf hunter2 | zephr ${options}`)).stdout.trim();
  const click = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const reveal = async (page: Page) => {
    await click(page, 'Reveal the secret');
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
  };
  const expectSecret = async (page: Page) => {
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
  };
  const expectOpenedHere = async (page: Page) => {
    expect(await headingOf(page, 'outcome')).toBe('You have opened this here');
    expect(await textOf(page, '#outcome-text')).toMatch(/shown in this tab (today|yesterday) at \d\d:\d\d\./);
    expect(page.url()).not.toContain('#');
    expect(await stored(page)).not.toContain('claim');
  };

  describe('with a secret that was revealed', () => {
    it('asks before a reload, and shows it again within the lease', async () => {
      const page = await (await visitor([server.url])).open(await create());
      await reveal(page);
      expect(await reload(page, 'stay')).toBe(true);
      await expectSecret(page);
      expect(await reload(page, 'leave')).toBe(true);
      await expectSecret(page);
    });

    it.each([
      ['copied with the button', (page: Page) => click(page, 'Copy')],
      [
        'copied with the keyboard',
        async (page: Page) => {
          await page.click('#revealed-toggle');
          await page
            .locator('#revealed-secret')
            .evaluate((secret) => getSelection()?.selectAllChildren(secret));
          await page.keyboard.press('ControlOrMeta+c');
        },
      ],
      ['downloaded', (page: Page) => click(page, 'Download')],
    ])('does not ask once it was %s, and says after a reload that it was opened here', async (_, keep) => {
      const { open, watch } = await visitor([server.url], clipboard);
      const page = await open(await create());
      await reveal(page);
      const deletions = () => watch.requests.filter(({ text }) => text.startsWith('DELETE ')).length;
      expect(deletions()).toBe(0);
      await keep(page);
      await expect.poll(deletions).toBe(1);
      await expectSecret(page);
      expect(page.url()).not.toContain('#');
      expect(await reload(page, 'stay')).toBe(false);
      await expectOpenedHere(page);
    });

    it('is not taken as kept when only a part of it was copied', async () => {
      const page = await (await visitor([server.url], clipboard)).open(await create());
      await reveal(page);
      await page.locator('#revealed-secret').evaluate(({ firstChild }) => {
        if (firstChild !== null) getSelection()?.setBaseAndExtent(firstChild, 0, firstChild, 3);
      });
      await page.keyboard.press('ControlOrMeta+c');
      expect(await reload(page, 'stay')).toBe(true);
    });

    it('clears it on a click, and does not ask any more', async () => {
      const page = await (await visitor([server.url])).open(await create());
      await reveal(page);
      await click(page, 'Done, clear this page');
      await expectOpenedHere(page);
      expect(await page.content()).not.toContain('hunter2');
      expect(await reload(page, 'stay')).toBe(false);
      await expectOpenedHere(page);
    });

    it.each(['zephr', 'Share a secret of your own', 'Verify this page'])(
      'asks before its own link “%s” leads away',
      async (name) => {
        const page = await (await visitor([server.url])).open(await create());
        await reveal(page);
        const url = page.url();
        await page.getByRole('link', { name, exact: true }).click();
        expect(await textOf(page, '#leave')).toContain('You have not kept the secret');
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('leave-no');
        await click(page, 'Stay here');
        await expectSecret(page);
        expect(page.url()).toBe(url);
        await page.getByRole('link', { name, exact: true }).click();
        await page.keyboard.press('Escape');
        await expectSecret(page);
        await page.getByRole('link', { name, exact: true }).click();
        await click(page, 'Leave anyway');
        await expect.poll(() => page.url()).not.toContain('/secret/');
        await page.goBack();
        await expectOpenedHere(page);
      },
    );

    it('forgets the claim when the lease is over, and still asks', async () => {
      const { context } = await visitor([server.url]);
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(await create());
      await reveal(page);
      expect(await stored(page)).toContain('claim');
      await page.clock.fastForward(61_000);
      expect(await stored(page)).not.toContain('claim');
      expect(page.url()).not.toContain('#');
      await expectSecret(page);
      expect(await reload(page, 'leave')).toBe(true);
      await expectOpenedHere(page);
    });

    it('does not read on its own with a claim that a restored tab finds too late', async () => {
      const { context } = await visitor([server.url]);
      const page = await context.newPage();
      const link = await create('--views 2');
      await page.clock.install();
      await page.goto(link);
      await reveal(page);
      const before = await stored(page);
      const later = await context.newPage();
      await later.clock.install({ time: Date.now() + 61_000 });
      await later.addInitScript((text) => {
        for (const [name, value] of Object.entries(JSON.parse(text) as object)) {
          sessionStorage.setItem(name, String(value));
        }
      }, before);
      await later.goto(link);
      await expect.poll(() => textOf(later, '#reveal-status')).toContain('1 reader can still open it');
      expect((await server.session().sh(`zephr status '${link}'`)).stdout).toContain('1 of 2');
    });
  });

  describe('while a secret is read', () => {
    it('stores the claim ahead of the request, and acknowledges only when the secret is shown and kept', async () => {
      const { context } = await visitor([server.url]);
      const page = await context.newPage();
      const sent = await noteRequests(page);
      await page.goto(await create());
      await reveal(page);
      await click(page, 'Done, clear this page');
      await expect
        .poll(async () => (await sent()).map(({ method }) => method))
        .toEqual(['GET', 'GET', 'DELETE']);
      const [status, read, acknowledgement] = await sent();
      expect(status?.stored).toBe('{}');
      expect(read?.stored).toContain('claim');
      expect(read?.shown).toBe('');
      expect(acknowledgement?.shown).toBe('hunter2');
    });

    it.each([2, 1])('shows it after a reload, if the answer was lost before: version %i', async (version) => {
      const proxy = await startInterferingProxy(server.url);
      const link =
        version === 1
          ? (await createV1(proxy.url, Buffer.from('hunter2'))).link
          : await create('', proxy.url);
      const page = await (await visitor([proxy.url])).open(link);
      proxy.interfere('drop', isRead);
      await click(page, 'Reveal the secret');
      await expect.poll(() => textOf(page, '#reveal-error')).toMatch(/^The answer did not arrive/);
      proxy.interfere('pass');
      await page.reload();
      await expectSecret(page);
    });

    it('says that it was lost here, when the answer did not arrive within the lease', async () => {
      const proxy = await startInterferingProxy(server.url);
      const link = await create('', proxy.url);
      const page = await (await visitor([proxy.url])).open(link);
      proxy.interfere('drop', isRead);
      await click(page, 'Reveal the secret');
      await expect.poll(() => textOf(page, '#reveal-error')).toMatch(/^The answer did not arrive/);
      // The server ends the lease, as it does after a minute.
      const claim = /"claim\\":\\"([\w-]+)/.exec(await stored(page))?.[1] ?? '';
      const api = link.replace('/secret/', '/api/secrets/').replace(/#.*/, '').replace(proxy.url, server.url);
      expect((await fetch(api, { method: 'DELETE', headers: { 'Zephr-Claim': claim } })).status).toBe(204);
      proxy.interfere('pass');
      await click(page, 'Try again');
      expect(await headingOf(page, 'outcome')).toBe('Read, but not shown');
      expect(await textOf(page, '#outcome-text')).toMatch(
        /You tried to open this secret here (today|yesterday) at \d\d:\d\d\./,
      );
      await page.reload();
      expect(await headingOf(page, 'outcome')).toBe('Read, but not shown');
    });

    it('asks for a typed key again, and neither stores it nor puts it into the address bar', async () => {
      const [url = '', key = ''] = (await create('--split')).split('\n');
      const page = await (await visitor([server.url])).open(url);
      await page.fill('#link', key);
      await reveal(page);
      expect(page.url()).toBe(url);
      expect(await stored(page)).not.toContain(key.slice(3));
      expect(await reload(page, 'leave')).toBe(true);
      await expect
        .poll(() => textOf(page, '#reveal-status'))
        .toMatch(/^You have opened this here\. You can open it once more until \d/);
      await page.fill('#link', key);
      await reveal(page);
      await expectSecret(page);
    });

    it('asks for the passphrase again, as often as it takes', async () => {
      const session = server.session();
      const made = await session.sh('printf right > phrase; printf hunter2 | zephr --passphrase-file phrase');
      const page = await (await visitor([server.url])).open(made.stdout.trim());
      await page.fill('#passphrase', 'right');
      await reveal(page);
      expect(await stored(page)).not.toContain('right');
      expect(await reload(page, 'leave')).toBe(true);
      await expect
        .poll(() => textOf(page, '#reveal-status'))
        .toMatch(/^You have opened this here\. You can open it once more until \d/);
      await page.fill('#passphrase', 'wrong');
      await click(page, 'Reveal the secret');
      await expect.poll(() => textOf(page, '#reveal-error')).toMatch(/^Wrong passphrase/);
      await page.fill('#passphrase', 'right');
      await reveal(page);
      await expectSecret(page);
    });

    it('starts anew after a reload, if the passphrase was wrong', async () => {
      const session = server.session();
      const made = await session.sh('printf right > phrase; printf hunter2 | zephr --passphrase-file phrase');
      const page = await (await visitor([server.url])).open(made.stdout.trim());
      await page.fill('#passphrase', 'wrong');
      await click(page, 'Reveal the secret');
      await expect.poll(() => textOf(page, '#reveal-error')).toMatch(/^Wrong passphrase/);
      expect(await stored(page)).toBe('{}');
      expect(await reload(page, 'stay')).toBe(false);
      expect(await textOf(page, '#reveal-status')).toBe('It stays available until you reveal it.');
    });

    it('shows what became of it once more after a reload', async () => {
      const session = server.session();
      const link = await create();
      await session.sh(`zephr revoke '${link}'`);
      const page = await (await visitor([server.url])).open(link);
      expect(await headingOf(page, 'outcome')).toBe('Revoked');
      await page.reload();
      expect(await headingOf(page, 'outcome')).toBe('Revoked');
    });
  });

  describe('with a link that was created', () => {
    const createHere = async (page: Page, split: boolean) =>
      share(page, async () => {
        await page.fill('#secret-text', 'hunter2');
        if (!split) return;
        await page.click('summary');
        await page.check('#split');
      });

    it('asks until it was copied', async () => {
      const page = await (await visitor([server.url], clipboard)).open(`${server.url}/`);
      const { link } = await createHere(page, false);
      expect(await reload(page, 'stay')).toBe(true);
      await page.getByRole('link', { name: 'zephr', exact: true }).click();
      expect(await textOf(page, '#leave')).toContain('You have not copied the link');
      await click(page, 'Stay here');
      await click(page, 'Share another secret');
      await click(page, 'Stay here');
      expect(await page.locator('#created-link').textContent()).toBe(link);
      await click(page, 'Copy the link');
      await expect.poll(() => textOf(page, '#copy-link-result')).toBe('Copied');
      await click(page, 'Share another secret');
      expect(await headingOf(page, 'create')).toBe('Share a secret, once');
      await createHere(page, false);
      await click(page, 'Share another secret');
      await click(page, 'Leave anyway');
      expect(await headingOf(page, 'create')).toBe('Share a secret, once');
      expect(await reload(page, 'stay')).toBe(false);
    });

    it('asks until URL and key were both copied', async () => {
      const page = await (await visitor([server.url], clipboard)).open(`${server.url}/`);
      await createHere(page, true);
      await click(page, 'Copy the URL');
      await expect.poll(() => textOf(page, '#copy-link-result')).toBe('Copied');
      expect(await reload(page, 'stay')).toBe(true);
      await click(page, 'Copy the key');
      await expect.poll(() => textOf(page, '#copy-key-result')).toBe('Copied');
      expect(await reload(page, 'stay')).toBe(false);
    });

    it('does not ask when it opens nothing any more', async () => {
      const page = await (await visitor([server.url])).open(`${server.url}/`);
      await createHere(page, false);
      await click(page, 'Revoke');
      await click(page, 'Yes, revoke it');
      await expect.poll(() => textOf(page, '#created-intro')).toContain('It has been revoked.');
      expect(await reload(page, 'stay')).toBe(false);
    });
  });
});
