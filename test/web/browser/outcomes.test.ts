/** Every outcome other than success, brought about for real, and what the page says about it. */

import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildPage } from '../../../.scripts/web.js';
import { formatLinkProof, unlockKey } from '../../../src/core/crypto/key-schedule.js';
import { parseLink } from '../../../src/core/links/reader.js';
import { startServer } from '../../../src/server/serve.js';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { createV1 } from '../../support/protocol-v1.js';
import { startServerProcess } from '../../support/server.js';
import { openSession } from '../../support/session.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

const KEY = `v2.${randomBytes(32).toString('base64url')}`;
const MINUTE_MS = 60_000;

describe.skipIf(!HAS_CHROMIUM)(`outcomes in the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  const createLink = async (options = '', url = server.url): Promise<string> =>
    (await openSession({ ZEPHR_SERVER: url }).sh(`printf hunter2 | zephr ${options}`)).stdout.trim();
  const open = async (link: string) => (await visitor([link])).open(link);
  const clickReveal = (page: Page) => page.getByRole('button', { name: 'Reveal the secret' }).click();
  const expectOutcome = async (page: Page, heading: string, words: RegExp) => {
    expect(await headingOf(page, 'outcome')).toBe(heading);
    expect(await textOf(page, '#outcome-text')).toMatch(words);
    expect(page.url()).not.toContain('#');
  };
  const expectError = (page: Page, words: RegExp) =>
    expect.poll(() => textOf(page, '#reveal-error')).toMatch(words);

  /** Tries wrong passphrases until the server locks the secret for longer than the page takes to try. */
  const lockOut = async (link: string) => {
    const { id, key } = parseLink(link);
    const linkProof = formatLinkProof(await unlockKey(key, 'wrong')) ?? '';
    for (let wait = 0; wait < 4; ) {
      const headers = {
        'Zephr-Proof': randomBytes(32).toString('base64url'),
        'Zephr-Link-Proof': linkProof,
      };
      const answer = await fetch(`${server.url}/api/secrets/${id}/status`, { headers });
      wait = Number(answer.headers.get('retry-after'));
      await new Promise((resolve) => setTimeout(resolve, wait < 4 ? wait * 1000 : 0));
    }
  };

  describe('of a secret that is gone', () => {
    it('already read, and when: before the page was loaded', async () => {
      const link = await createLink();
      await openSession().sh(`zephr get '${link}'`);
      await expectOutcome(await open(link), 'Already read', /was read (today|yesterday) at \d\d:\d\d\. If/);
    });

    it('already read, and when: between the load and the click', async () => {
      const link = await createLink();
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
      await openSession().sh(`zephr get '${link}'`);
      await clickReveal(page);
      await expectOutcome(
        page,
        'Already read',
        /was read (today|yesterday) at .* If that was not you, tell the sender/,
      );
    });

    it('already read, version 1: the server does not tell when', async () => {
      const { link } = await createV1(server.url, Buffer.from('hunter2'));
      await openSession().sh(`zephr get '${link}'`);
      const page = await open(link);
      await clickReveal(page);
      await expectOutcome(page, 'Already read', /^This secret has been read before\. If that was not you/);
    });

    it('revoked', async () => {
      const link = await createLink();
      await openSession().sh(`zephr revoke '${link}'`);
      await expectOutcome(await open(link), 'Revoked', /has taken this secret back/);
    });

    it('revoked between the load and the click', async () => {
      const link = await createLink();
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
      await openSession().sh(`zephr revoke '${link}'`);
      await clickReveal(page);
      await expectOutcome(page, 'Revoked', /has taken this secret back/);
    });

    it('expired, when the page is opened and at the click', async () => {
      let ahead = 0;
      const running = await startServer({
        host: '127.0.0.1',
        port: 0,
        store: 'memory:',
        access: 'open',
        version: 'test',
        page: (await buildPage()).files,
        log: () => undefined,
        now: () => Date.now() + ahead,
      });
      onTestFinished(() => running.close());
      const link = await createLink('--expiry 5m', running.url);
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('in 5 minutes');
      ahead = 5 * MINUTE_MS;
      await clickReveal(page);
      await expectOutcome(page, 'Expired', /Nobody opened this secret in time/);
      await expectOutcome(await open(link), 'Expired', /Nobody opened this secret in time/);
    });

    it('never existed', async () => {
      const link = `${server.url}/secret/${randomBytes(16).toString('base64url')}#${KEY}`;
      await expectOutcome(await open(link), 'Secret not found', /It never existed, or it ended long ago/);
    });
  });

  describe('of a damaged link', () => {
    it.each([
      ['The link was cut off', 'a key that lost a character', (link: string) => link.slice(0, -1)],
      [
        'The link was cut off',
        'a key that lost all but its version',
        (link: string) => link.replace(/2\..*/, '2.'),
      ],
      ['The link is damaged', 'a key with a character of no key', (link: string) => link.replace(/.$/, 'é')],
      ['The link is damaged', 'no version', (link: string) => link.replace('#v2.', '#')],
      ['The link is damaged', 'an id that lost a character', (link: string) => link.replace(/.#/, '#')],
    ])('“%s”, and takes it anew: %s', async (heading, _, damage) => {
      const link = await createLink();
      const { watch, open } = await visitor([server.url]);
      const page = await open(damage(link));
      await expectError(page, new RegExp(`^${heading}\\s.*The secret stays available.*paste it here`, 's'));
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('link');
      // The page sent no request about it.
      expect(watch.requests.filter(({ url }) => url.includes('/api/'))).toEqual([]);
      const field = page.getByLabel('Whole link, or key');
      await field.fill(`https://elsewhere.example/secret/${link.split('/').at(-1)}`);
      await clickReveal(page);
      await expect
        .poll(() => textOf(page, '#link-error'))
        .toBe('That link is for https://elsewhere.example. Open it there.');
      await field.fill(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
      expect(page.url()).toBe(link.split('#')[0]);
      await clickReveal(page);
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    });

    it('of a newer version', async () => {
      const page = await open((await createLink()).replace('#v2.', '#v3.'));
      expect(await headingOf(page, 'outcome')).toBe('The link is too new');
      expect(await textOf(page, '#outcome-text')).toContain('a newer zephr than this page');
    });
  });

  describe('of a key or passphrase that does not fit', () => {
    it('wrong key in the link, then the right one', async () => {
      const link = await createLink();
      const [url = '', key = ''] = link.split('#');
      const page = await open(`${url}#${KEY}`);
      await expectError(page, /^Wrong key\s.*The secret stays available/s);
      await page.getByLabel('Whole link, or key').fill(key);
      await clickReveal(page);
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    });

    it('wrong key that was typed', async () => {
      const [url = ''] = (await createLink('--split')).split('\n');
      const page = await open(url);
      await page.getByLabel('Whole link, or key').fill(KEY);
      await expectError(page, /^Wrong key/);
      await clickReveal(page);
      await expectError(page, /^Wrong key/);
      expect(await page.getByLabel('Whole link, or key').getAttribute('aria-invalid')).toBe('true');
    });

    it('wrong key of version 1, which has taken the secret: the right one still opens it', async () => {
      const { url, key } = await createV1(server.url, Buffer.from('hunter2'), { split: true });
      const page = await open(url);
      await page.getByLabel('Whole link, or key').fill(`v1.${randomBytes(32).toString('base64url')}`);
      await clickReveal(page);
      await expectError(page, /^Wrong key\s.*can try another key until \d{1,2}:\d\d:\d\d/s);
      await page.getByLabel('Whole link, or key').fill(key);
      await clickReveal(page);
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
      expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    });

    it('wrong passphrase, and how long to wait after too many', async () => {
      const shell = openSession({ ZEPHR_SERVER: server.url });
      const made = await shell.sh('printf right > phrase; printf hunter2 | zephr --passphrase-file phrase');
      const link = made.stdout.trim();
      const page = await open(link);
      await page.getByLabel('Passphrase', { exact: true }).fill('wrong');
      await clickReveal(page);
      await expectError(page, /^Wrong passphrase\s.*The secret stays available/s);
      await lockOut(link);
      await page.getByLabel('Passphrase', { exact: true }).fill('right');
      await clickReveal(page);
      await expectError(page, /^Too many attempts\s.*Wait \d+ seconds?/s);
      const submit = page.locator('#reveal-submit');
      expect(await submit.innerText()).toMatch(/\(in \d+ seconds?\)/);
      expect(await submit.getAttribute('aria-disabled')).toBe('true');
      await expect.poll(() => submit.innerText()).toBe('Reveal the secret');
      await clickReveal(page);
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    });

    it('a blob that was changed', async () => {
      const proxy = await startInterferingProxy(server.url);
      const link = await createLink('', proxy.url);
      const damaged = (_: string, start: string, one: string) => start + (one === 'A' ? 'B' : 'A');
      proxy.interfere(
        (body) => body.replace(/("encrypted_blob":".{9})(.)/, damaged),
        (method, path) => method === 'GET' && /secrets\/[\w-]{22}$/.test(path),
      );
      const page = await open(link);
      await clickReveal(page);
      await expectOutcome(page, 'It does not open', /is not what was sealed with this key/);
    });
  });

  describe('of a server that does not answer', () => {
    it('no connection: when checking, then it is back', async () => {
      const proxy = await startInterferingProxy(server.url);
      const link = await createLink('', proxy.url);
      proxy.interfere('drop', (_, path) => path.includes('/api/'));
      const page = await open(link);
      await expectError(page, /^No connection/);
      proxy.interfere('pass');
      await page.getByRole('button', { name: 'Only check' }).click();
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('It is still there.');
    });

    it('no connection: when creating', async () => {
      const { context, open } = await visitor([server.url]);
      const page = await open(`${server.url}/`);
      await page.fill('#secret-text', 'hunter2');
      await context.setOffline(true);
      await page.getByRole('button', { name: 'Create link' }).click();
      await expect.poll(() => textOf(page, '#create-error')).toMatch(/^No connection/);
      // The form keeps the secret: the next click sends it.
      await context.setOffline(false);
      const { link } = await share(page, async () => undefined);
      expect((await openSession().sh(`zephr get '${link}'`)).stdout).toBe('hunter2');
    });

    it.each([401, 403, 413])('a gateway that answers %i with a page of its own', async (status) => {
      const proxy = await startInterferingProxy(server.url);
      const link = await createLink('', proxy.url);
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
      proxy.interfere({ status, body: '<h1>Sign in</h1>' }, (_, path) => path.includes('/api/'));
      await clickReveal(page);
      await expectError(page, /^Not a zephr server\s.*such as a login page/s);
      proxy.interfere('pass');
      await page.getByRole('button', { name: 'Try again' }).click();
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    });

    it('an error of the server', async () => {
      const proxy = await startInterferingProxy(server.url);
      const link = await createLink('', proxy.url);
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
      proxy.interfere({ status: 503, body: '' }, (method) => method === 'GET');
      await clickReveal(page);
      await expectError(page, /^The server has a problem/);
      proxy.interfere('pass');
      await page.getByRole('button', { name: 'Try again' }).click();
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    });
  });

  describe('of a secret that a server does not take', () => {
    it('too large for the limit that it states', async () => {
      const page = await open(`${server.url}/`);
      await expect.poll(() => textOf(page, '#secret-help')).toContain('At most 1 GB');
      await page.evaluate("Object.defineProperty(Blob.prototype, 'size', { get: () => 1100000000 })");
      const buffer = Buffer.alloc(1, 'x');
      await page.setInputFiles('#file-input', { name: 'big', mimeType: 'text/plain', buffer });
      expect(await textOf(page, '.field-error')).toMatch(
        /^“big” is too large: that makes 1\.1 GB, and this server takes at most 1 GB\.$/,
      );
      expect(await page.locator('#files').isVisible()).toBe(false);
    });

    it('limit reached, and until when', async () => {
      const tiered = await startServerProcess({ args: ['--access', 'tiered'] });
      onTestFinished(() => void tiered.stop());
      const page = await open(`${tiered.url}/`);
      await expect.poll(() => page.locator('#expiry option').allInnerTexts()).toEqual(['1 hour']);
      expect(await textOf(page, '#secret-help')).toContain('At most 10.4 MB');
      for (let count = 0; count < 3; count++) {
        await share(page, () => page.fill('#secret-text', 'hunter2'));
        await page.getByRole('button', { name: 'Share another secret' }).click();
        await page.getByRole('button', { name: 'Leave anyway' }).click();
      }
      await page.fill('#secret-text', 'hunter2');
      await page.getByRole('button', { name: 'Create link' }).click();
      await expect
        .poll(() => textOf(page, '#create-error'))
        .toMatch(
          /^Limit reached\s.*Try again (today|tomorrow|on \d+ \w+( \d+)?) at \d\d:\d\d, in \d+ \w+\./s,
        );
      expect(await page.inputValue('#secret-text')).toBe('hunter2');
    });

    it('a server that wants an API key shows no form that cannot succeed', async () => {
      const closed = await startServerProcess({ args: ['--access', 'closed'] });
      onTestFinished(() => void closed.stop());
      const page = await open(`${closed.url}/`);
      expect(await headingOf(page, 'outcome')).toBe('Links are created here with an API key');
      expect(await textOf(page, '#outcome')).toContain('create links with the zephr command');
      expect(await page.locator('form').isVisible()).toBe(false);
    });

    it.each([
      ['nothing', '', '', '', 'There is nothing to share yet'],
      ['no readers', 'x', '#views', '0', 'a whole number from 1 to 1,000'],
      ['half a reader', 'x', '#views', '1.5', 'a whole number from 1 to 1,000'],
      ['a hint that turns the text around', 'x', '#hint', 'a\u202eb', 'none that cannot be seen'],
      ['a hint that is too long', 'x', '#hint', 'ü'.repeat(129), 'at most 128 characters'],
    ])('%s', async (_, text, field, value, words) => {
      const page = await open(`${server.url}/`);
      await page.fill('#secret-text', text);
      await page.getByText('More options').click();
      if (field !== '') await page.fill(field, value);
      await page.getByText('More options').click();
      await page.getByRole('button', { name: 'Create link' }).click();
      await expect.poll(() => textOf(page, '.field-error')).toContain(words);
      const wrong = page.locator('[aria-invalid]');
      expect(await wrong.isVisible()).toBe(true);
      expect(await wrong.evaluate((element) => element === document.activeElement)).toBe(true);
      // The text is the field's description, and goes when the field is changed.
      const id = await page.locator('.field-error').getAttribute('id');
      expect((await wrong.getAttribute('aria-describedby'))?.split(' ')).toContain(id);
      await wrong.press('End');
      await wrong.press(field === '#views' ? '2' : 'x');
      expect(await page.locator('.field-error, [aria-invalid]').count()).toBe(0);
    });
  });
});
