/** Asking for a secret in the page and answering there, against the real command; receipts, which read nothing. */

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

describe.skipIf(!HAS_CHROMIUM)(`the pages that ask and answer (need ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();
  const openPage = async (url: string) => (await visitor([server.url])).open(url);

  const ask = async (page: Page, fill: () => Promise<void> = async () => undefined) => {
    await page.fill('#ask-message', 'the database password');
    await page.fill('#ask-from', 'Ada');
    await fill();
    await page.click('#ask-submit');
    await page.locator('#asked').waitFor();
    return {
      requestLink: await page.locator('#asked-link').innerText(),
      collectLink: await page.locator('#asked-collect').innerText(),
    };
  };

  it('asks in one browser, answers in another, and shows the answer by itself in the first', async () => {
    const asking = await openPage(`${server.url}/`);
    await asking.getByRole('link', { name: 'Ask for one' }).click();
    const { requestLink, collectLink } = await ask(asking);
    expect(requestLink).toMatch(/\/request\/[\w-]{22}#r1\.[\w-]{43}$/);
    expect(collectLink).toMatch(/\/request\/[\w-]{22}#c1\.[\w-]{43}$/);

    const answering = await openPage(requestLink);
    await answering.locator('#secret-text').waitFor();
    expect(await textOf(answering, '#request-from')).toBe('Ada');
    expect(await textOf(answering, '#request-message')).toBe('the database password');
    await answering.fill('#secret-text', '  hunter2 \n');
    await answering.click('#answer-submit');
    expect(await headingOf(answering, 'sent')).toBe('Sent');
    expect(await textOf(answering, '#sent-text')).toContain('Only the person who asked can open it.');

    await asking.getByRole('button', { name: 'Reveal' }).click();
    expect(await headingOf(asking, 'revealed')).toBe('Here is the secret');
    expect(await asking.locator('#revealed-secret').textContent()).toBe('  hunter2 \n');
    // What was asked for has come: nothing asks any more to keep the link. The page goes to the one of the answers.
    await asking.getByRole('button', { name: 'Done, clear this page' }).click();
    expect(await headingOf(asking, 'collect')).toBe('Answers to your request');
    await expect.poll(() => textOf(asking, '#answers-list')).toContain('Opened');
  });

  it('lets the command answer what the page asked for, and the page what the command asked for', async () => {
    const asking = await openPage(`${server.url}/request`);
    const { requestLink, collectLink } = await ask(asking);
    const session = server.session();
    expect((await session.sh(`printf 'hunter2' | zephr give '${requestLink}'`)).code).toBe(0);
    const collecting = await openPage(collectLink);
    await collecting.getByRole('button', { name: 'Reveal' }).click();
    await collecting.locator('#revealed').waitFor();
    expect(await collecting.locator('#revealed-secret').textContent()).toBe('hunter2');

    const link = (await session.sh("zephr request -m 'the other password' --from ci")).stdout.trim();
    const answering = await openPage(link);
    await answering.fill('#secret-text', 'swordfish');
    await answering.click('#answer-submit');
    expect(await headingOf(answering, 'sent')).toBe('Sent');
    const [, id] = /request\/([\w-]{22})/.exec(link) ?? [];
    expect((await session.sh(`zephr get ${id}`)).stdout).toBe('swordfish');
  });

  it('collects several answers one by one, and one of them again after a reload', async () => {
    const asking = await openPage(`${server.url}/request`);
    const { requestLink, collectLink } = await ask(asking, async () => {
      await asking.click('summary');
      await asking.fill('#ask-answers', '3');
    });
    const session = server.session();
    for (const secret of ['one', 'two']) await session.sh(`printf ${secret} | zephr give '${requestLink}'`);
    const page = await openPage(collectLink);
    const reveal = page.getByRole('button', { name: /^Reveal: Answer 1/ });
    await reveal.click();
    await page.locator('#revealed').waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await expect.poll(() => textOf(page, '#answers-list')).toContain('You have opened this here.');
    await reveal.click();
    await page.locator('#revealed').waitFor();
    expect(await page.locator('#revealed-secret').textContent()).toBe('one');
    await page.click('#revealed-done');
    await page.getByRole('button', { name: /^Reveal: Answer 2/ }).click();
    await page.locator('#revealed').waitFor();
    expect(await page.locator('#revealed-secret').textContent()).toBe('two');
  });

  it('answers with files and a note, which arrive whole', async () => {
    const asking = await openPage(`${server.url}/request`);
    const { requestLink, collectLink } = await ask(asking);
    const answering = await openPage(requestLink);
    await answering.locator('#secret-text').waitFor();
    await answering.fill('#secret-text', 'the key, and how to use it');
    const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * index) % 251));
    await answering.setInputFiles('#file-input', [
      { name: 'id_test.pem', mimeType: '', buffer: content },
      { name: 'readme.txt', mimeType: 'text/plain', buffer: Buffer.from('readme') },
    ]);
    await answering.click('#answer-submit');
    expect(await headingOf(answering, 'sent')).toBe('Sent');
    const page = await openPage(collectLink);
    await page.getByRole('button', { name: 'Reveal' }).click();
    await page.locator('#revealed').waitFor();
    expect(await page.locator('#revealed-secret').textContent()).toBe('the key, and how to use it');
    // As in browsers that cannot write to the disk: the file comes as a download.
    await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download: id_test.pem' }).click(),
    ]);
    expect(readFileSync(await download.path()).equals(content)).toBe(true);
  });

  it('sends nothing that opens the answer, neither where it is asked for nor where it is given', async () => {
    const [asker, giver] = [await visitor([server.url]), await visitor([server.url])];
    const { requestLink, collectLink } = await ask(await asker.open(`${server.url}/request`));
    const answering = await giver.open(requestLink);
    await answering.fill('#secret-text', 'canary-secret-Zq8Kx2Vb7Nw4');
    await answering.click('#answer-submit');
    expect(await headingOf(answering, 'sent')).toBe('Sent');
    const [seed, pinned] = [collectLink, requestLink].map((link) =>
      Buffer.from(link.split('1.').at(-1) ?? '', 'base64url'),
    );
    const canaries = [seed, pinned?.subarray(16)].flatMap((bytes = Buffer.alloc(0)) => {
      expect(bytes.length).toBeGreaterThanOrEqual(16);
      return [bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('latin1')];
    });
    const sent = [...asker.watch.requests, ...giver.watch.requests].map(({ text }) => text).join('\n');
    expect(sent).toMatch(/POST .*\/api\/requests[\s\S]*wrapped_key/);
    for (const canary of [...canaries, 'canary-secret', 'the database password', 'Ada']) {
      expect(sent).not.toContain(canary);
    }
  });

  it('cancels a request, and tells who opens its link', async () => {
    const { requestLink, collectLink } = await ask(await openPage(`${server.url}/request`));
    const page = await openPage(collectLink);
    await page.click('#answers-cancel');
    await page.keyboard.press('Escape');
    await page.click('#answers-cancel');
    await page.click('#cancel-yes');
    await expect.poll(() => textOf(page, '#answers-status')).toBe('The request was cancelled.');
    expect(await headingOf(await openPage(requestLink), 'outcome')).toBe('The request was cancelled');
  });

  it('asks before the link to the answers is lost, and puts the request into a mail', async () => {
    const page = await openPage(`${server.url}/request`);
    const { requestLink } = await ask(page);
    const mail = new URL((await page.locator('#mail-asked').getAttribute('href')) ?? '');
    expect(mail.searchParams.get('body')).toContain(`the database password\r\n\r\n${requestLink}`);
    await page.click('.wordmark');
    expect(await textOf(page, '#leave')).toContain('You have not kept the link to the answers');
  });

  it('seals nothing to a key that the server has put in place of the one in the link', async () => {
    const other = (await server.session().sh("zephr request -m 'mine'")).stdout.trim();
    const otherId = /request\/([\w-]{22})/.exec(other)?.[1];
    const { requestLink } = await ask(await openPage(`${server.url}/request`));
    const [, id = '', key] = /request\/([\w-]{22})#(.*)/.exec(requestLink) ?? [];
    const proxy = await startInterferingProxy(server.url);
    proxy.interfere(
      (body) =>
        JSON.stringify({ ...JSON.parse(body), public_key: Buffer.alloc(32, 9).toString('base64url') }),
      (method, path) => method === 'GET' && path === `/api/requests/${id}`,
    );
    const { open, watch } = await visitor([proxy.url]);
    const page = await open(`${proxy.url}/request/${id}#${key}`);
    expect(await headingOf(page, 'outcome')).toBe('Do not answer');
    expect(watch.requests.filter(({ text }) => text.startsWith('POST'))).toEqual([]);
    expect(otherId).not.toBe(id);
  });

  it('works where the browser has no X25519 of its own', async () => {
    const { context } = await visitor([server.url]);
    await context.addInitScript(() => {
      const { subtle } = crypto;
      // A page that is not from a server has none.
      if (subtle === undefined) return;
      const generateKey = subtle.generateKey.bind(subtle) as (...args: unknown[]) => Promise<CryptoKeyPair>;
      Object.defineProperty(subtle, 'generateKey', {
        value: (algorithm: unknown, ...rest: unknown[]) =>
          algorithm === 'X25519'
            ? Promise.reject(new DOMException('no', 'NotSupportedError'))
            : generateKey(algorithm, ...rest),
      });
    });
    const page = await context.newPage();
    await page.goto(`${server.url}/request`);
    const { requestLink } = await ask(page);
    expect((await server.session().sh(`printf 'hunter2' | zephr give '${requestLink}'`)).code).toBe(0);
    await page.getByRole('button', { name: 'Reveal' }).click();
    await page.locator('#revealed').waitFor();
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
  });

  it('gives a receipt that tells by itself when the secret is read, and reads nothing', async () => {
    const sender = await openPage(`${server.url}/`);
    const { link } = await share(sender, () => sender.fill('#secret-text', 'hunter2'));
    await sender.getByText('Receipt', { exact: true }).click();
    const receiptLink = await sender.locator('#receipt-link').innerText();
    expect(receiptLink).toMatch(/#s1\.[\w-]{43}$/);
    const { watch, open } = await visitor([server.url]);
    const page = await open(receiptLink);
    await expect.poll(() => textOf(page, '#receipt-status')).toBe('Nobody has read it yet.');
    expect((await server.session().sh(`zephr get '${link}'`)).stdout).toBe('hunter2');
    await expect
      .poll(() => textOf(page, '#receipt-status'))
      .toMatch(/^It was read (today|yesterday) at \d\d:\d\d\.$/);
    await expect.poll(() => textOf(page, '#receipt-facts'), { timeout: 15_000 }).toContain('and it arrived');
    const asked = watch.requests.filter(({ url }) => url.includes('/api/')).map(({ url }) => url);
    expect(asked.filter((url) => !/\/status(\?|$)/.test(url))).toEqual([]);
  });

  it.each([
    ['answers', 'zephr request -q --no-record | tail -1'],
    ['status', 'printf x | zephr --json | sed \'s/.*receiptLink":"//; s/".*//\''],
  ])(
    'waits on the page of %s also where the server does not: it does not ask again at once',
    async (_, made) => {
      let asked = 0;
      const { context, open } = await visitor([server.url]);
      await context.route(/\?wait=/, (route) => {
        asked += 1;
        return route.continue({
          url: route
            .request()
            .url()
            .replace(/\?wait=.*/, ''),
        });
      });
      await context.clock.install();
      const page = await open((await server.session().sh(made)).stdout.trim());
      await expect.poll(() => asked).toBeGreaterThan(0);
      await context.clock.pauseAt(Date.now() + 60_000);
      const before = asked;
      for (let turn = 0; turn < 20; turn += 1)
        await page.evaluate(() => fetch('api/health').then(() => undefined));
      expect(asked).toBeLessThanOrEqual(before + 1);
      await context.clock.runFor(5_000);
      await expect.poll(() => asked).toBeGreaterThan(before);
    },
  );

  it('gives who answers a receipt, which tells when the answer was read and opens nothing', async () => {
    const session = server.session();
    const requestLink = (await session.sh("zephr request -m 'the password'")).stdout.trim();
    const answering = await openPage(requestLink);
    await answering.fill('#secret-text', 'swordfish');
    await answering.click('#answer-submit');
    expect(await headingOf(answering, 'sent')).toBe('Sent');
    const receiptLink = await answering.locator('#receipt-link').innerText();
    expect(receiptLink).toMatch(/\/secret\/[\w-]{22}#s1\.[\w-]{43}$/);
    expect((await session.sh(`zephr get '${receiptLink}'`)).code).not.toBe(0);
    const page = await openPage(receiptLink);
    await expect.poll(() => textOf(page, '#receipt-status')).toBe('Nobody has read it yet.');
    const [, id] = /request\/([\w-]{22})/.exec(requestLink) ?? [];
    expect((await session.sh(`zephr get ${id}`)).stdout).toBe('swordfish');
    await expect
      .poll(() => textOf(page, '#receipt-status'))
      .toMatch(/^It was read (today|yesterday) at \d\d:\d\d\.$/);
  });

  it('revokes with a receipt, and asks first', async () => {
    const created = JSON.parse((await server.session().sh("printf 'x' | zephr --json")).stdout);
    const page = await openPage(created.receiptLink);
    await page.click('#receipt-revoke');
    await page.click('#revoke-no');
    await page.click('#receipt-revoke');
    await page.click('#revoke-yes');
    await expect.poll(() => textOf(page, '#receipt-status')).toContain('It has been revoked.');
    expect((await server.session().sh(`zephr get '${created.fullLink}'`)).code).toBe(6);
  });
});
