/** Links created with the real command and opened in the page. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { createV1 } from '../../support/protocol-v1.js';
import { sharedServer } from '../../support/shared-server.js';
import { headingOf, textOf, useBrowser, visitor } from './visitor.js';

describe.skipIf(!HAS_CHROMIUM)(`the page that opens links (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  const open = async (link: string) => (await visitor([server.url])).open(link);
  const reveal = async (page: Page) => {
    await page.getByRole('button', { name: 'Reveal the secret' }).click();
    expect(await headingOf(page, 'revealed')).toBe('Here is the secret');
  };

  it('says what will happen, uses up nothing, and reveals on a click', async () => {
    const shell = server.session();
    const link = (await shell.sh("printf 'hunter2' | zephr")).stdout.trim();
    for (let visit = 0; visit < 3; visit++) {
      const page = await open(link);
      expect(await headingOf(page, 'reveal')).toBe('A secret for you');
      expect(await textOf(page, '#reveal')).toContain('You can open it once. Then it is gone');
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('It is still there.');
      await page.reload();
      await expect
        .poll(() => textOf(page, '#reveal-status'))
        .toMatch(/It expires (today|tomorrow) at \d\d:\d\d, in (1 hour|\d\d minutes)\./);
    }
    expect((await shell.sh(`zephr status '${link}'`)).stdout).toContain('waiting');
    const page = await open(link);
    await reveal(page);
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    expect(await textOf(page, '#revealed-gone')).toContain('Nobody else can open it');
    expect((await shell.sh(`zephr get '${link}'`)).code).toBe(6);
  });

  it('shows a secret to the byte: Unicode, blanks, markup', async () => {
    const secret = '  <img src=x onerror=alert(1)>\r\n\u{1f9d9}\u200d♂️ مرحبا\t&amp; \n';
    const shell = server.session();
    writeFileSync(join(shell.folder, 'secret'), secret);
    const page = await open((await shell.sh('zephr < secret')).stdout.trim());
    await reveal(page);
    expect(await page.locator('#revealed-secret').textContent()).toBe(secret);
  });

  it('leaves behind only that it was opened: no key in the URL or the history, nothing in a cache', async () => {
    const made = await server
      .session()
      .sh('printf phrase > file; printf hunter2 | zephr --passphrase-file file');
    const link = made.stdout.trim();
    const { context, open } = await visitor([server.url], { permissions: ['clipboard-write'] });
    const page = await open(`${server.url}/`);
    await page.goto(link);
    await page.fill('#passphrase', 'phrase');
    await reveal(page);
    expect(await page.inputValue('#passphrase')).toBe('');
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => page.url()).toBe(link.split('#')[0]);
    const kept = await page.evaluate(async () => ({
      local: Object.keys(localStorage),
      session: { ...sessionStorage } as unknown,
      caches: await caches.keys(),
      databases: await indexedDB.databases(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      cookies: document.cookie,
      name: window.name,
      state: history.state as unknown,
    }));
    expect(kept).toEqual({
      local: [],
      session: {
        [`zephr ${link.split('#')[0]}`]: expect.stringMatching(
          /^\{"at":\d+,"outcome":"openedHere"\}$/,
        ) as string,
      },
      caches: [],
      databases: [],
      workers: 0,
      cookies: '',
      name: '',
      state: null,
    });
    expect((await context.storageState()).origins).toEqual([]);
    await page.goto(`${server.url}/`);
    await page.goBack();
    expect(page.url()).toBe(link.split('#')[0]);
    expect(await page.content()).not.toContain('hunter2');
    expect(await headingOf(page, 'outcome')).toBe('You have opened this here');
  });

  it('is hidden at first, shows, hides, copies', async () => {
    const { open } = await visitor([server.url], { permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await open((await server.session().sh("printf 'hunter2' | zephr")).stdout.trim());
    await reveal(page);
    const secret = page.locator('#revealed-secret');
    expect(await secret.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await secret.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Hide' }).click();
    expect(await secret.isVisible()).toBe(false);
    expect(await page.getByText('Hidden').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => textOf(page, '#revealed-copy-result')).toBe('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('hunter2');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await secret.isVisible()).toBe(true);
  });

  it('downloads a file of 500 KB under its name, with message and hint beside it', async () => {
    const shell = server.session();
    const content = Buffer.from(Array.from({ length: 500 * 1024 }, (_, index) => (index * index) % 251));
    writeFileSync(join(shell.folder, 'file'), content);
    const made = await shell.sh(
      "zephr --name 'Ключ ü.bin' --message 'Für dich: zwei\nZeilen' --hint 'db prod' < file",
    );
    const page = await open(made.stdout.trim());
    await reveal(page);
    expect(await textOf(page, '#revealed-message')).toBe('Für dich: zwei\nZeilen');
    expect(await textOf(page, '#revealed-hint')).toBe('db prod');
    expect(await textOf(page, '#revealed-file')).toContain('Ключ ü.bin');
    expect(await page.locator('#revealed-copy').isVisible()).toBe(false);
    expect(await textOf(page, '#revealed-binary')).toContain('not text');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('Ключ ü.bin');
    expect(readFileSync(await download.path()).equals(content)).toBe(true);
  });

  it('shows a message on its lines, and the control characters in it', async () => {
    const shell = server.session();
    const made = await shell.sh(
      "printf 'x' | zephr --message \"$(printf 'one\\r\\ntwo\\033[31m\\tthree\\342\\200\\256')\"",
    );
    const page = await open(made.stdout.trim());
    await reveal(page);
    expect(await page.locator('#revealed-message').textContent()).toBe('one\ntwo\u241b[31m\tthree\ufffd');
  });

  it('says how long is left by the clock of the server, when that of the device is wrong', async () => {
    const { context } = await visitor([server.url]);
    const page = await context.newPage();
    await page.clock.install({ time: Date.now() + 5 * 3_600_000 });
    await page.goto((await server.session().sh("printf 'hunter2' | zephr")).stdout.trim());
    await expect.poll(() => textOf(page, '#reveal-status')).toContain(', in 1 hour.');
  });

  it('shows the marks that disguise a file name', async () => {
    const shell = server.session();
    const made = await shell.sh("printf 'x' | zephr --name 'photo\u202egpj.exe'");
    const page = await open(made.stdout.trim());
    await reveal(page);
    expect(await textOf(page, '#revealed-name')).toBe('photo\ufffdgpj.exe');
  });

  it('asks for the key of a split pair, and takes it with blanks around or as a whole link', async () => {
    const shell = server.session();
    for (const paste of [
      (_: string, key: string) => ` ${key}\n`,
      (url: string, key: string) => `${url}#${key}`,
    ]) {
      const [url = '', key = ''] = (await shell.sh("printf 'hunter2' | zephr --split")).stdout.split('\n');
      const page = await open(url);
      expect(await textOf(page, '#reveal-status')).toMatch(
        /^The part after # is missing: .* Paste the whole link here, or the key/,
      );
      await page.getByRole('button', { name: 'Reveal the secret' }).click();
      expect(await textOf(page, '#link-error')).toBe('Paste the link or the key.');
      await page.getByLabel('Whole link, or key').fill(key.slice(0, -1));
      await page.getByRole('button', { name: 'Reveal the secret' }).click();
      expect(await textOf(page, '#link-error')).toContain('not a whole link or key');
      await page.getByLabel('Whole link, or key').fill(url);
      await page.getByRole('button', { name: 'Reveal the secret' }).click();
      expect(await textOf(page, '#link-error')).toContain('nothing after #');
      await page.getByLabel('Whole link, or key').fill(paste(url, key));
      await expect.poll(() => textOf(page, '#reveal-status')).toContain('It is still there.');
      await reveal(page);
      expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    }
  });

  it('asks for the passphrase when the key says so, and can check first', async () => {
    const shell = server.session();
    const made = await shell.sh(
      "printf 'p\u00e4ss' > phrase; printf 'hunter2' | zephr --passphrase-file phrase",
    );
    const page = await open(made.stdout.trim());
    await page.getByRole('button', { name: 'Reveal the secret' }).click();
    expect(await textOf(page, '#passphrase-error')).toBe('Enter the passphrase.');
    await page.getByLabel('Passphrase', { exact: true }).fill('p\u00e4ss');
    await page.getByRole('button', { name: 'Show the passphrase' }).click();
    expect(await page.locator('#passphrase').getAttribute('class')).toBe('');
    await page.getByRole('button', { name: 'Only check' }).click();
    await expect.poll(() => textOf(page, '#reveal-status')).toContain('It is still there.');
    await reveal(page);
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
  });

  it('serves as many readers as the sender allowed', async () => {
    const link = (await server.session().sh("printf 'hunter2' | zephr --views 3")).stdout.trim();
    for (const left of [2, 1, 0]) {
      const page = await open(link);
      await expect.poll(() => textOf(page, '#reveal-status')).toContain(`${left + 1} reader`);
      await reveal(page);
      const words = left > 0 ? `${left} more reader` : 'Nobody else can open it';
      expect(await textOf(page, '#revealed-gone')).toContain(words);
    }
    expect(await headingOf(await open(link), 'outcome')).toBe('Already read');
  });

  it('reads version 1, which cannot be checked, and says so', async () => {
    const { link } = await createV1(server.url, Buffer.from('hunter2'), { hint: 'old' });
    const page = await open(link);
    expect(await textOf(page, '#reveal-status')).toContain('an older link (version 1)');
    await reveal(page);
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    expect(await textOf(page, '#revealed-hint')).toBe('old');
  });

  it('reads a link whose # became %23, and gives it back', async () => {
    const link = (await server.session().sh("printf 'hunter2' | zephr")).stdout.trim();
    const { watch, open } = await visitor([server.url]);
    const page = await open(link.replace('#', '%23'));
    await expect.poll(() => page.url()).toBe(link);
    await page.reload();
    await reveal(page);
    expect(await page.locator('#revealed-secret').textContent()).toBe('hunter2');
    // The changed link itself carries the key to the server once; the page does not send it again.
    const carried = watch.requests.filter(({ text }) => /%23v2\./.test(text));
    expect(carried.map(({ url }) => url)).toEqual([link.replace('#', '%23')]);
    watch.requests.splice(0);
  });

  it('speaks the language of the browser', async () => {
    for (const [locale, heading, button] of [
      ['de-AT', 'Ein Geheimnis für Sie', 'Geheimnis anzeigen'],
      ['fr', 'Un secret pour vous', 'Révéler le secret'],
      ['fi', 'A secret for you', 'Reveal the secret'],
    ] as const) {
      const link = (await server.session().sh("printf 'hunter2' | zephr")).stdout.trim();
      const { open } = await visitor([server.url], { locale });
      const page = await open(link);
      expect(await headingOf(page, 'reveal')).toBe(heading);
      expect(await page.locator('html').getAttribute('lang')).toBe(
        locale === 'fi' ? 'en' : locale.slice(0, 2),
      );
      await page.getByRole('button', { name: button }).click();
      await page.locator('#revealed').waitFor();
    }
  });
});
