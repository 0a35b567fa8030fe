/** What the page promises whatever it shows: where its button is, that nothing moves, what is printed, when it fails. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildPage } from '../../../.scripts/web.js';
import { startServer } from '../../../src/server/serve.js';
import { en, type Plural, type Texts } from '../../../src/web/strings/en.js';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { httpHost } from '../../support/hosts.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { type Servers, startServers, states } from './states.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

/** English as a language that is written from the right, in longer words. */
function pseudo(): Texts {
  const changed = (text: string) => `\u2067${text.replace(/[aeou](?![^{]*\})/g, '$&\u0301$&')}\u2069`;
  const entries = Object.entries(en).map(([key, text]: [string, string | Plural]) => [
    key,
    typeof text === 'string'
      ? changed(text)
      : Object.fromEntries(Object.entries(text).map(([form, one]) => [form, changed(one)])),
  ]);
  return Object.fromEntries(entries) as Texts;
}

describe.skipIf(!HAS_CHROMIUM)(`the page's design (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();
  const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };
  const create = async (options = '') =>
    (await server.session().sh(`printf 'hunter2' | zephr ${options}`)).stdout.trim();
  const reveal = async (page: Page) => {
    await page.click('#reveal-submit');
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
  };

  describe('on every screen', () => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await startServers();
    });
    afterAll(async () => {
      await servers.close();
    });

    it.each([
      [1280, 860],
      [1366, 650],
      [390, 844],
    ])('has its main button in sight: %i × %i', async (width, height) => {
      const { open } = await visitor([server.url], { viewport: { width, height } });
      for (const [path, button] of [
        ['/', '#create-submit'],
        ['/request', '#ask-submit'],
        [(await create()).slice(server.url.length), '#reveal-submit'],
      ] as const) {
        const page = await open(server.url + path);
        await page.locator(button).waitFor();
        const { bottom } = await page.locator(button).evaluate((element) => element.getBoundingClientRect());
        expect(bottom).toBeLessThanOrEqual(height);
      }
    });

    const still = states.filter(({ asksForMore = false }) => !asksForMore);
    it.each(still.map(({ name }) => name))('moves nothing by itself: %s', async (name) => {
      const { context } = await visitor(
        [servers.url, servers.closedUrl, servers.limitedUrl, servers.brandedUrl],
        {
          viewport: { width: 390, height: 844 },
        },
      );
      const page = await context.newPage();
      await page.addInitScript(() => {
        let sum = 0;
        // What was entered or chosen is shown at once. These tests enter it without keys, and a click that led to a
        // dialog for files is long ago for the browser.
        let entered = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
        const note = ({ timeStamp }: Event) => {
          entered = { from: timeStamp, to: Number.POSITIVE_INFINITY };
          requestAnimationFrame(() => requestAnimationFrame((to) => (entered = { ...entered, to })));
        };
        for (const type of ['change', 'input']) addEventListener(type, note, { capture: true });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as {
            value: number;
            startTime: number;
            hadRecentInput: boolean;
          }[]) {
            const wasEntered = entry.startTime >= entered.from && entry.startTime <= entered.to;
            if (!entry.hadRecentInput && !wasEntered) sum += entry.value;
          }
          Object.assign(window, { shifts: sum });
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await states.find((state) => state.name === name)?.reach(page, servers);
      // What was moved is told of once it has been painted.
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect(await page.evaluate('window.shifts ?? 0')).toBeLessThan(0.02);
    });

    it('shows an error on a phone where the eyes are', async () => {
      const { open } = await visitor([server.url], { viewport: { width: 390, height: 664 } });
      const page = await open(`${server.url}/`);
      await page.click('#create-submit');
      const { top, bottom } = await page
        .locator('#secret-text-error')
        .evaluate((element) => element.getBoundingClientRect());
      expect(top).toBeGreaterThanOrEqual(0);
      expect(bottom).toBeLessThanOrEqual(664);
    });
  });

  describe('when its script does not run', () => {
    it.each([
      [
        'was changed',
        (proxy: Awaited<ReturnType<typeof startInterferingProxy>>) =>
          proxy.interfere(
            (body) => `${body};`,
            (_, path) => path.endsWith('.js'),
          ),
      ],
      [
        'is blocked',
        (proxy: Awaited<ReturnType<typeof startInterferingProxy>>) =>
          proxy.interfere('drop', (_, path) => path.endsWith('.js')),
      ],
    ])('says so and shows no form: it %s', async (_, interfere) => {
      const proxy = await startInterferingProxy(server.url);
      interfere(proxy);
      const { watch, open } = await visitor([proxy.url]);
      for (const path of ['/', `/secret/${'A'.repeat(22)}`]) {
        const page = await open(`${proxy.url}${path}`);
        await page.locator('#not-started').waitFor();
        expect(await headingOf(page, 'not-started')).toBe('This page did not start');
        expect(await page.locator('form, button').filter({ visible: true }).count()).toBe(0);
      }
      watch.complaints.splice(0);
    });

    it('says so while the script hangs, and not while it is on its way', async () => {
      const url = await httpHost(async (incoming, outgoing) => {
        if (incoming.url?.endsWith('.js')) return;
        const answer = await fetch(server.url + incoming.url);
        const headers = Object.fromEntries(answer.headers);
        delete headers['content-encoding'];
        delete headers['content-length'];
        outgoing.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
      });
      const { context, watch } = await visitor([url]);
      const page = await context.newPage();
      await page.goto(url, { waitUntil: 'commit' });
      await page.locator('.wordmark').waitFor();
      // Not at once: a look at the page would come too late on a slow machine.
      const { animationDelay } = await page
        .locator('#not-started')
        .evaluate((element) => ({ animationDelay: getComputedStyle(element).animationDelay }));
      expect(Number.parseFloat(animationDelay)).toBeGreaterThanOrEqual(1);
      await page.locator('#not-started h1').waitFor();
      expect(await page.locator('form').isVisible()).toBe(false);
      watch.complaints.splice(0);
    });
  });

  it('prints a secret whole, black on white, and nothing else', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`).join('\n');
    const session = server.session();
    const link = (await session.sh(`printf '${lines}' | zephr --message 'not this'`)).stdout.trim();
    const page = await (await visitor([server.url], { colorScheme: 'dark' })).open(link);
    await reveal(page);
    await page.emulateMedia({ media: 'print' });
    const secret = page.locator('#revealed-secret');
    expect(await secret.isVisible()).toBe(true);
    expect(await secret.evaluate((element) => element.scrollHeight - element.clientHeight)).toBe(0);
    const { color, backgroundColor } = await secret.evaluate((element) => {
      const { color, backgroundColor } = getComputedStyle(element);
      return { color, backgroundColor };
    });
    expect([color, backgroundColor]).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
    expect((await page.locator('body').innerText()).trim()).toBe(lines);
  });

  it('lets no translator touch what is not the page’s own words', async () => {
    const page = await (await visitor([server.url])).open(await create());
    for (const id of ['link', 'passphrase', 'revealed-secret', 'revealed-message', 'revealed-name']) {
      const element = page.locator(`#${id}`);
      expect(await element.getAttribute('translate'), id).toBe('no');
      expect(await element.getAttribute('lang'), id).toBe('');
    }
    const create2 = await (await visitor([server.url])).open(`${server.url}/`);
    for (const id of ['secret-text', 'passphrase']) {
      for (const [name, value] of [
        ['autocorrect', 'off'],
        ['autocapitalize', 'off'],
        ['spellcheck', 'false'],
        ['translate', 'no'],
      ] as const) {
        expect(await create2.locator(`#${id}`).getAttribute(name), `${id} ${name}`).toBe(value);
      }
    }
    // Browsers store what is typed into a field of type `password`.
    expect(await page.locator('input[type=password]').count()).toBe(0);
  });

  describe('copying', () => {
    it('by triple click and keyboard copies exactly the secret', async () => {
      const page = await (await visitor([server.url], clipboard)).open(await create());
      await reveal(page);
      await page.click('#revealed-toggle');
      await page.click('#revealed-secret', { clickCount: 3 });
      await page.keyboard.press('ControlOrMeta+c');
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('hunter2');
    });

    it('says so on the button itself, which keeps its place and size', async () => {
      const page = await (await visitor([server.url], clipboard)).open(await create());
      await reveal(page);
      const button = page.locator('#revealed-copy');
      const before = await button.boundingBox();
      await button.click();
      await expect.poll(() => button.innerText()).toBe('Copied');
      expect(await button.boundingBox()).toEqual(before);
      await expect.poll(() => button.innerText()).toBe('Copy');
    });

    it('of a hidden secret where the browser does not allow it shows and selects it, and names no key on a phone', async () => {
      const { context } = await visitor([server.url], { isMobile: true, hasTouch: true });
      const page = await context.newPage();
      await page.addInitScript(() => {
        navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
        document.execCommand = () => false;
      });
      await page.goto(await create());
      await reveal(page);
      await page.click('#revealed-copy');
      await expect
        .poll(() => textOf(page, '#revealed-copy-result'))
        .toContain('from the menu of the selection');
      expect(await page.evaluate(() => getSelection()?.toString())).toBe('hunter2');
      expect(await page.locator('#revealed-secret').isVisible()).toBe(true);
    });
  });

  it('asks before a secret that was typed and not shared is lost', async () => {
    const page = await (await visitor([server.url])).open(`${server.url}/`);
    await page.getByRole('link', { name: 'Verify this page' }).click();
    expect(await headingOf(page, 'verify')).toBe('Verify this page');
    await page.goBack();
    await page.fill('#secret-text', 'hunter2');
    await page.getByRole('link', { name: 'Verify this page' }).click();
    expect(await textOf(page, '#leave')).toContain('You have not shared the secret yet');
    await page.keyboard.press('Escape');
    expect(await page.inputValue('#secret-text')).toBe('hunter2');
    await page.fill('#secret-text', '');
    await page.getByRole('link', { name: 'Verify this page' }).click();
    expect(await headingOf(page, 'verify')).toBe('Verify this page');
  });

  it('closes with Escape what a question opened', async () => {
    const page = await (await visitor([server.url])).open(`${server.url}/`);
    await share(page, () => page.fill('#secret-text', 'hunter2'));
    await page.click('#created-revoke');
    await page.keyboard.press('Escape');
    expect(await page.locator('#revoke-confirm').isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('created-revoke');
  });

  it('tells the reader the label before the secret is opened, in any letters', async () => {
    const page = await (await visitor([server.url])).open(await create("--hint 'Müller 🔑 ключ'"));
    await expect.poll(() => textOf(page, '#reveal-hint')).toBe('Müller 🔑 ключ');
  });

  it('sends a message along, and says at once which file has nothing in it', async () => {
    const page = await (await visitor([server.url])).open(`${server.url}/`);
    await page.fill('#secret-text', 'typed');
    await page.setInputFiles('#file-input', { name: 'empty.txt', mimeType: '', buffer: Buffer.alloc(0) });
    expect(await textOf(page, '.field-error')).toBe('“empty.txt” is empty: it has no content to share.');
    expect(await page.inputValue('#secret-text')).toBe('typed');
    const { link } = await share(page, async () => {
      await page.click('summary');
      await page.fill('#message', 'Grüße');
    });
    const json = (await server.session().sh(`zephr get '${link}' --json`)).stdout;
    expect(JSON.parse(json)).toMatchObject({ plaintext: 'typed', message: 'Grüße' });
  });

  it('takes an image from the clipboard', async () => {
    const page = await (await visitor([server.url])).open(`${server.url}/`);
    await page.locator('#create-submit').waitFor();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['image'], 'image.png', { type: 'image/png' }));
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    });
    // What handles files is loaded with the first of them.
    await page.locator('#files', { hasText: 'image.png' }).waitFor();
  });

  it('shows a page where there is none, and what a link to it shows of itself', async () => {
    const { open, watch } = await visitor([server.url]);
    const page = await open(`${server.url}/deep/down`);
    expect(await headingOf(page, 'outcome')).toBe('There is no page here');
    await page.getByRole('link', { name: 'Share a secret of your own' }).click();
    expect(await headingOf(page, 'create')).toBe('Share a secret, once');
    watch.complaints.splice(0);
    const html = await (await fetch(`${server.url}/secret/${'A'.repeat(22)}`)).text();
    expect(html).toContain('<meta property="og:title" content="A secret, to be opened once" />');
    expect(html).not.toContain('A'.repeat(22));
    const [, image = ''] = /<meta property="og:image" content="([^"]+)"/.exec(html) ?? [];
    const picture = await fetch(new URL(image, `${server.url}/secret/id`));
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect((await picture.arrayBuffer()).byteLength).toBeLessThan(8_192);
  });

  it('explains how to verify it, with the commands for this server and its list', async () => {
    const page = await (await visitor([server.url])).open(`${server.url}/verify`);
    expect(await textOf(page, '#verify')).toContain('A page cannot vouch for itself');
    expect(await textOf(page, '#verify-commands')).toContain(`"${server.url}/$path"`);
    await expect.poll(() => textOf(page, '#verify-list')).toMatch(/^[0-9a-f]{64} {2}index\.html\n/);
  });

  describe('in other languages', () => {
    it('takes the one that was chosen, and keeps it', async () => {
      const { open } = await visitor([server.url]);
      const page = await open(`${server.url}/`);
      await page.selectOption('#language', 'de');
      await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('de');
      expect(await headingOf(page, 'create')).toBe('Ein Geheimnis teilen, genau einmal');
      await page.goto(await create());
      expect(await headingOf(page, 'reveal')).toBe('Ein Geheimnis für Sie');
    });

    it('serves in English when their texts were changed on the way', async () => {
      const proxy = await startInterferingProxy(server.url);
      proxy.interfere(
        (body) => body.replace('Geheimnis', 'G'),
        (_, path) => path.includes('texts-'),
      );
      const { watch, open } = await visitor([proxy.url], { locale: 'de' });
      const page = await open(`${proxy.url}/`);
      expect(await headingOf(page, 'create')).toBe('Share a secret, once');
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(watch.complaints.join()).toContain('integrity');
      watch.complaints.splice(0);
    });

    it('is written from the right, and shares and opens, in a language made for this test', async () => {
      const translation = { tag: 'ar', name: 'Pseudo', direction: 'rtl', texts: pseudo() } as const;
      const { files: page } = await buildPage([translation]);
      const running = await startServer({
        host: '127.0.0.1',
        port: 0,
        store: 'memory:',
        access: 'open',
        version: 'test',
        page,
        log: () => undefined,
      });
      onTestFinished(() => running.close());
      const { open } = await visitor([running.url], { locale: 'ar', viewport: { width: 390, height: 844 } });
      const sender = await open(`${running.url}/`);
      expect(await sender.locator('html').getAttribute('dir')).toBe('rtl');
      const { left, right } = await sender
        .locator('h1')
        .first()
        .evaluate((heading) => {
          const range = document.createRange();
          range.selectNodeContents(heading);
          return range.getBoundingClientRect();
        });
      expect(390 - right).toBeLessThan(left);
      await sender.fill('#secret-text', 'hunter2');
      await sender.click('#create-submit');
      await sender.locator('#created').waitFor();
      // What is not the page's own keeps its direction.
      expect(await sender.locator('#created-link').evaluate((link) => getComputedStyle(link).direction)).toBe(
        'ltr',
      );
      const reader = await open((await sender.locator('#created-link').textContent()) ?? '');
      await reader.click('#reveal-submit');
      await reader.locator('#revealed').waitFor();
      expect(await reader.locator('#revealed-secret').textContent()).toBe('hunter2');
    });
  });
});
