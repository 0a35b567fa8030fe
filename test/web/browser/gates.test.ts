/** Gates in the page: what it says of each refusal, puzzles that it solves, and the code of a real mail, typed in. */

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { codeIn, createIn, otherThan, READER, withMail } from '../../support/codes.js';
import { startMailServer } from '../../support/mail-server.js';
import { countryDatabase } from '../../support/mmdb.js';
import { startServerProcess } from '../../support/server.js';
import { openSession, type Session } from '../../support/session.js';
import { sharedServer } from '../../support/shared-server.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const MINUTE_MS = 60_000;

/** A visitor's browser to which a debugger can add axe, and whose colours do not fade from one to the other. */
const FOR_AXE = { bypassCSP: true, reducedMotion: 'reduce' } as const;

describe.skipIf(!HAS_CHROMIUM)(`gates in the page (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  /** Creates a secret with these flags. @returns its link. */
  const linkWith = async (session: Session, flags: string) => {
    expect(await createIn(session, flags)).toMatchObject({ code: 0, stderr: '' });
    return (await session.sh('cat link')).stdout.trim();
  };
  const clickReveal = (page: Page) => page.locator('#reveal-submit').click();
  const expectError = (page: Page, words: RegExp) =>
    expect.poll(() => textOf(page, '#reveal-error')).toMatch(words);
  const expectSecret = async (page: Page) => {
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
    expect(await page.locator('#revealed-secret').textContent()).toBe('s3cret');
  };
  /** In both colour schemes. */
  const expectAccessible = async (page: Page) => {
    await page.addScriptTag({ path: AXE });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
    }
  };

  describe('that turn a reader away', () => {
    it('of an address and of a country: they do not say which are let in, and use nothing up', async () => {
      const session = openSession();
      writeFileSync(join(session.folder, 'countries.mmdb'), countryDatabase({ '203.0.113.0/24': 'FR' }));
      const { url, stop } = await startServerProcess({
        args: ['--geoip', join(session.folder, 'countries.mmdb')],
      });
      onTestFinished(async () => void (await stop()));
      session.env.ZEPHR_SERVER = url;
      const gates = [
        [
          '--allow-ip 203.0.113.7',
          /^Not from this network\s.*from other networks only\. The secret stays available\.$/s,
        ],
        [
          '--allow-country FR',
          /^Not from this country\s.*from other countries only\. The secret stays available\.$/s,
        ],
      ] as const;
      for (const [flags, words] of gates) {
        const page = await (await visitor([url], { ...FOR_AXE })).open(await linkWith(session, flags));
        await clickReveal(page);
        await expectError(page, words);
        expect(await textOf(page, '#reveal-submit')).toBe('Try again');
        expect(await page.content()).not.toContain('203.0.113');
        await expectAccessible(page);
        expect((await session.sh('zephr status < link')).stdout).toMatch(/^waiting/);
      }
    });

    it('of a time: it says when to come, before the click and after it, and opens then', async () => {
      const session = openSession();
      const started = { store: join(session.folder, 'zephr.db') };
      const early = await startServerProcess(started);
      session.env.ZEPHR_SERVER = early.url;
      const link = await linkWith(session, '--expiry 1d --not-before 3h');
      const page = await (await visitor([early.url])).open(link);
      const words =
        /It can be opened (today|tomorrow) at \d\d:\d\d, in [23] hours\. Until then it stays sealed\.$/;
      await expect.poll(() => textOf(page, '#reveal-status')).toMatch(words);
      await clickReveal(page);
      await expectError(page, words);
      expect(await textOf(page, '#reveal-error')).toMatch(/^Too early\s/);
      expect((await session.sh('zephr status < link')).stdout).toMatch(/^waiting/);
      await early.stop();
      const port = Number(new URL(early.url).port);
      const later = await startServerProcess({ ...started, port, ahead: 3 * 60 * MINUTE_MS });
      onTestFinished(async () => void (await later.stop()));
      await page.getByRole('button', { name: 'Try again' }).click();
      await expectSecret(page);
    });
  });

  it('solves a puzzle by itself in a worker, once it is clicked, and says so meanwhile', async () => {
    const session = server.session();
    const link = await linkWith(session, '--captcha');
    const { context, watch, open } = await visitor([server.url]);
    const page = await open(link);
    const workers: string[] = [];
    page.on('worker', (worker) => workers.push(worker.url()));
    await expect.poll(() => textOf(page, '#reveal-status')).toContain('still there');
    expect(workers).toEqual([]);
    let shown = '';
    await context.route('**/captcha', async (route) => {
      shown = await textOf(page, '#reveal-status');
      await route.continue();
    });
    await clickReveal(page);
    await expectSecret(page);
    expect(shown).toBe('Your browser is solving a puzzle for the server…');
    expect(watch.requests.filter(({ url }) => url.endsWith('/captcha'))).toHaveLength(1);
    expect(workers).toEqual([expect.stringMatching(/\/assets\/puzzle-worker-[0-9a-f]{12}\.js$/)]);
    const { headers } = await fetch(workers[0] ?? '');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it('can be tried again when the worker for puzzles does not arrive', async () => {
    const session = server.session();
    const link = await linkWith(session, '--captcha');
    const { context, watch, open } = await visitor([server.url]);
    const page = await open(link);
    await context.route('**/puzzle-worker-*', (route) => route.abort());
    await clickReveal(page);
    await expectError(page, /^The answer did not arrive\s/);
    watch.complaints.splice(0);
    await context.unroute('**/puzzle-worker-*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectSecret(page);
  });

  describe('of a code', () => {
    it('has it sent when it is needed, in the page’s language, and takes it as it is pasted', async () => {
      const mail = await startMailServer();
      const session = await withMail(mail);
      const link = await linkWith(session, `--code-to ${READER} --captcha`);
      const { open } = await visitor([session.server.url], { ...FOR_AXE, locale: 'de' });
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('noch da');
      expect(mail.mails).toEqual([]);
      const arrives = mail.next();
      await clickReveal(page);
      await expect.poll(() => textOf(page, '#code-help')).toContain('einen Code an c…@e….org geschickt');
      const field = page.getByLabel('Zugesandter Code');
      expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await field.getAttribute('autocomplete')).toBe('one-time-code');
      expect(await field.getAttribute('inputmode')).toBe('numeric');
      const { subject, body } = await arrives;
      expect(body).toMatch(/^Ihr Code ist/);
      await expectAccessible(page);
      // The subject as a reader copies it: what stands around the digits does not count.
      await field.fill(subject);
      await field.press('Enter');
      expect(await headingOf(page, 'revealed')).toBe('Hier ist das Geheimnis');
      expect(await page.locator('#revealed-secret').textContent()).toBe('s3cret');
      expect(await page.content()).not.toContain(codeIn(subject));
      expect(mail.mails).toHaveLength(1);
    });

    it('says at the field that it is wrong, that digits are missing, and after five that it is over', async () => {
      const mail = await startMailServer();
      const session = await withMail(mail);
      const link = await linkWith(session, `--code-to ${READER}`);
      const { open } = await visitor([session.server.url], { ...FOR_AXE });
      const page = await open(link);
      const arrives = mail.next();
      await clickReveal(page);
      const field = page.getByLabel('Code you received');
      await field.fill('12345');
      await clickReveal(page);
      await expect.poll(() => textOf(page, '#code-error')).toBe('The code has six digits.');
      const code = codeIn((await arrives).subject);
      for (let wrong = 0; wrong < 5; wrong++) {
        await field.fill(otherThan(code));
        await clickReveal(page);
        await expect
          .poll(() => textOf(page, '#code-error'))
          .toBe('That is not the code. The secret stays available.');
        expect(await field.getAttribute('aria-invalid')).toBe('true');
      }
      await expectAccessible(page);
      await field.fill(code);
      await clickReveal(page);
      await expect.poll(() => textOf(page, '#code-error')).toMatch(/no longer valid\. Have another one sent/);
      expect((await session.sh('zephr status < link')).stdout).toMatch(/^waiting/);
    });

    it('is asked for where answers are collected, a code of its own for each', async () => {
      const mail = await startMailServer();
      const session = await withMail(mail);
      const asked = await session.sh(
        `zephr request -q --no-record --answers 2 --code-to ${READER} --captcha`,
      );
      const [requestLink, collectLink = ''] = asked.stdout.split('\n');
      for (const secret of ['one', 'two']) {
        expect((await session.sh(`printf ${secret} | zephr give -q '${requestLink}'`)).code).toBe(0);
      }
      const page = await (await visitor([session.server.url], { ...FOR_AXE })).open(collectLink);
      const reveal = (number: number) =>
        page.getByRole('button', { name: new RegExp(`^Reveal: Answer ${number}`) });
      const field = page.getByLabel('Code you received');
      const arrives = mail.next();
      await reveal(1).click();
      await expect.poll(() => textOf(page, '#code-help')).toContain('We sent a code to c…@e….org.');
      expect(await textOf(page, '#code-for')).toMatch(/^Answer 1, /);
      await expect.poll(() => textOf(page, '#code-resend')).toMatch(/^Send another code \(in \d+ seconds\)$/);
      const first = codeIn((await arrives).subject);
      await field.fill('12345');
      await field.press('Enter');
      await expect.poll(() => textOf(page, '#code-error')).toBe('The code has six digits.');
      await field.fill(otherThan(first));
      await page.locator('#code-submit').click();
      await expect.poll(() => textOf(page, '#code-error')).toMatch(/^That is not the code\./);
      await expectAccessible(page);
      await field.fill(`Code: ${first}`);
      await field.press('Enter');
      expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
      expect(await page.locator('#revealed-secret').textContent()).toBe('one');
      expect(await page.content()).not.toContain(first);

      await page.getByRole('button', { name: 'Done, clear this page' }).click();
      const another = mail.next();
      await reveal(2).click();
      const second = codeIn((await another).subject);
      if (first !== second) {
        await field.fill(first);
        await reveal(2).click();
        await expect.poll(() => textOf(page, '#code-error')).toMatch(/^That is not the code\./);
      }
      await field.fill(second);
      await reveal(2).click();
      await page.locator('#revealed').waitFor();
      expect(await page.locator('#revealed-secret').textContent()).toBe('two');
      expect(mail.mails).toHaveLength(2);
    });

    it('is asked for on the page that has asked and waits, too', async () => {
      const mail = await startMailServer();
      const session = await withMail(mail);
      const { context, open } = await visitor([session.server.url]);
      // The form has no gates: they are put into what it sends.
      await context.route('**/api/requests', (route) => {
        const body = route.request().postDataJSON() as object;
        return route.continue({
          headers: {
            ...route.request().headers(),
            authorization: `Bearer ${session.env.ZEPHR_API_KEY}`,
          },
          postData: JSON.stringify({ ...body, gates: { code: { email: READER } } }),
        });
      });
      const page = await open(`${session.server.url}/request`);
      await page.click('#ask-submit');
      await page.locator('#asked').waitFor();
      const requestLink = await page.locator('#asked-link').innerText();
      expect((await session.sh(`printf s3cret | zephr give -q '${requestLink}'`)).code).toBe(0);
      const arrives = mail.next();
      await page.getByRole('button', { name: 'Reveal' }).first().click();
      await page.getByLabel('Code you received').fill(codeIn((await arrives).subject));
      await page.locator('#code-submit').click();
      await expectSecret(page);
    });

    it('counts down to another one, also after a reload, and opens with that', async () => {
      const mail = await startMailServer();
      const session = openSession();
      const store = join(session.folder, 'zephr.db');
      const args = ['--smtp', mail.url, '--mail-from', 'zephr@example.org'];
      const first = await startServerProcess({ store, args });
      session.env.ZEPHR_SERVER = first.url;
      const keys = await session.sh('zephr keys new --name ci --tier pro --store zephr.db');
      session.env.ZEPHR_API_KEY = /zeph_[A-Za-z0-9]{40}/.exec(keys.stdout)?.[0] ?? '';
      const link = await linkWith(session, `--code-to ${READER}`);
      const { context, open } = await visitor([first.url]);
      await context.clock.install();
      const page = await open(link);
      const arrives = mail.next();
      await clickReveal(page);
      const resend = page.locator('#code-resend');
      await expect.poll(() => textOf(page, '#code-resend')).toMatch(/^Send another code \(in \d+ seconds\)$/);
      expect(await resend.getAttribute('aria-disabled')).toBe('true');
      await arrives;

      await page.reload();
      await clickReveal(page);
      await expect
        .poll(() => textOf(page, '#code-help'))
        .toBe('Codes go to c…@e….org. Only the last one is valid.');
      expect(mail.mails).toHaveLength(1);

      await first.stop();
      const port = Number(new URL(first.url).port);
      const later = await startServerProcess({ store, args, port, ahead: MINUTE_MS });
      onTestFinished(async () => void (await later.stop()));
      await context.clock.fastForward(MINUTE_MS);
      await expect.poll(() => textOf(page, '#code-resend')).toBe('Send another code');
      const another = mail.next();
      await resend.click();
      await page.getByLabel('Code you received').fill(codeIn((await another).subject));
      await clickReveal(page);
      await expectSecret(page);
    });
  });
});
