/** What the page's Content-Security-Policy blocks in a real browser; the page below a path; the list of its hashes. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../installed/installed-package.js';
import { CHROMIUM, HAS_CHROMIUM } from '../../support/browser.js';
import { httpHost } from '../../support/hosts.js';
import { startServerProcess } from '../../support/server.js';
import { origin } from '../../support/server-log.js';
import { openSession } from '../../support/session.js';
import { sharedServer } from '../../support/shared-server.js';
import { startInterferingProxy } from './interfering-proxy.js';
import { headingOf, share, textOf, useBrowser, visitor } from './visitor.js';

describe.skipIf(!HAS_CHROMIUM)(`the page's policy (needs ${CHROMIUM})`, () => {
  useBrowser();
  const server = sharedServer();

  it.each([
    [
      'an inline script',
      'require-trusted-types-for',
      "const s = document.createElement('script'); s.text = ''; document.head.append(s)",
    ],
    ['markup from a string', 'require-trusted-types-for', "document.body.innerHTML = '<b>x</b>'"],
    ['code from a string', 'require-trusted-types-for', 'setTimeout("1")'],
    ['a policy for trusted types', 'trusted-types', "trustedTypes.createPolicy('other', {})"],
    [
      'an inline style',
      'style-src',
      "const s = document.createElement('style'); s.textContent = 'a{}'; document.head.append(s)",
    ],
    ['a request elsewhere', 'connect-src', "fetch('ELSEWHERE/').catch(() => 0)"],
    ['an image from elsewhere', 'img-src', "new Image().src = 'ELSEWHERE/x.png'"],
    [
      'a base',
      'base-uri',
      "const b = document.createElement('base'); b.href = 'https://zephr.example/'; document.head.append(b)",
    ],
    ['WebAssembly', 'script-src', 'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))'],
  ])('blocks %s, and this test sees it', async (_, directive, code) => {
    let hits = 0;
    const elsewhere = await httpHost((_request, answer) => {
      hits += 1;
      answer.end();
    });
    const { watch, open } = await visitor([server.url]);
    const page = await open(`${server.url}/`);
    const complaint = await page.evaluate(
      `(async () => { try { ${code.replace('ELSEWHERE', elsewhere)} } catch (error) { return String(error) } })()`,
    );
    await expect.poll(() => `${watch.complaints.join('\n')} ${complaint}`).toMatch(directive);
    expect(hits).toBe(0);
    watch.complaints.splice(0);
    watch.requests.splice(0);
  });

  it.each([
    ['its own script, changed', '.js', 'integrity', (body: string) => `${body};window.changed = true`],
    ['its own style, changed', '.css', 'integrity', (body: string) => `${body} body { opacity: 0 }`],
    [
      'a script in the markup',
      '/',
      'script-src-elem',
      (body: string) => body.replace('</body>', '<script>window.changed = true</script></body>'),
    ],
    [
      'an attribute of the markup',
      '/',
      'script-src-attr',
      (body: string) => body.replace('<body', '<body onload="window.changed = true"'),
    ],
  ])('blocks %s on the way', async (_, end, complaint, change) => {
    const proxy = await startInterferingProxy(server.url);
    proxy.interfere(change, (_method, path) => path.endsWith(end));
    const { watch, open } = await visitor([proxy.url]);
    const page = await open(`${proxy.url}/`);
    await expect.poll(() => watch.complaints.join('\n')).toContain(complaint);
    expect(await page.evaluate(() => 'changed' in window)).toBe(false);
    expect(await page.evaluate(() => getComputedStyle(document.body).opacity)).toBe('1');
    watch.complaints.splice(0);
  });

  it('runs no part that was changed on the way, says so, and takes the right one the next time', async () => {
    const proxy = await startInterferingProxy(server.url);
    let changes = 2;
    proxy.interfere(
      (body) => `${body};window.changed = true`,
      (_method, path) => path.includes('/with-files-') && changes-- > 0,
    );
    const { watch, open } = await visitor([proxy.url]);
    const page = await open(`${proxy.url}/`);
    await page.setInputFiles('#file-input', { name: 'a.txt', mimeType: '', buffer: Buffer.from('a') });
    await page.click('#create-submit');
    expect(await textOf(page, '#create-error strong')).toBe('No connection');
    expect(await page.evaluate(() => 'changed' in window)).toBe(false);
    expect(watch.complaints.splice(0).join()).toContain('integrity');
    // The browser has kept what was changed, and is asked to fetch it once more.
    await page.click('#create-submit');
    expect(await headingOf(page, 'created')).toBe('Your link is ready');
    expect(watch.complaints.splice(0).join()).toContain('integrity');
  });

  it.each([
    ['passes the path on', (path: string) => path],
    ['strips the prefix', (path: string) => path.replace(/^\/deep\/zephr/, '')],
  ])('lets it work below a path, behind a proxy that %s', async (_, rewrite) => {
    let target = '';
    const url = `${await httpHost((incoming, outgoing) => {
      const { method, headers, url: path = '' } = incoming;
      const passed = request(`${target}${rewrite(path)}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(passed);
    })}/deep/zephr`;
    const below = await startServerProcess({ env: { ZEPHR_SERVE_BASE_URL: url } });
    onTestFinished(() => void below.stop());
    target = await origin(below);
    const { watch, open } = await visitor([url]);
    const page = await open(`${url}/`);
    const { link } = await share(page, async () => {
      await page.fill('#secret-text', 'hunter2');
      await page.click('summary');
      await page.fill('#passphrase', 'phrase');
    });
    expect(link).toMatch(new RegExp(`^${url}/secret/`));
    const reader = await open(link);
    await reader.fill('#passphrase', 'phrase');
    await reader.click('#reveal-submit');
    expect(await headingOf(reader, 'revealed')).toBe('Here is the secret');
    expect(await reader.locator('#revealed-secret').textContent()).toBe('hunter2');
    await reader.getByRole('link', { name: 'Share a secret of your own' }).click();
    await reader.getByRole('button', { name: 'Leave anyway' }).click();
    expect(await headingOf(reader, 'create')).toBe('Share a secret, once');
    expect(reader.url()).toBe(`${url}/`);
    expect(watch.requests.filter((one) => !one.url.startsWith(url))).toEqual([]);
  });

  it('loads at most 45 KB at first, whatever the language, and no Argon2id', async () => {
    const id = 'A'.repeat(22);
    for (const path of ['/', '/request', `/secret/${id}`, `/request/${id}`]) {
      // With nothing in its cache: each is the first visit of somebody.
      const { watch, open } = await visitor([server.url], { locale: 'de' });
      const page = await open(`${server.url}${path}`);
      await page.waitForLoadState('networkidle');
      const sizes = await page.evaluate(() =>
        performance
          .getEntries()
          .filter((entry) => entry instanceof PerformanceResourceTiming)
          .map((entry): [string, number] => [entry.name, entry.encodedBodySize]),
      );
      // The style sheet stands in for an icon on pages that open links: the second time the browser has it already.
      const bytes = [...new Map(sizes).values()];
      expect(bytes.length).toBeGreaterThan(4);
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(45 * 1024);
      expect(watch.requests.filter(({ url }) => url.includes('argon2id'))).toEqual([]);
    }
  });

  it('says without JavaScript what it needs, and what to use instead', async () => {
    const { open, watch } = await visitor([server.url], { javaScriptEnabled: false });
    for (const path of ['/', `/secret/${'A'.repeat(22)}`]) {
      const page = await open(`${server.url}${path}`);
      expect(await textOf(page, 'main')).toMatch(/^This page did not start\s.*zephr get/s);
      expect(await page.locator('form, footer').filter({ visible: true }).count()).toBe(0);
    }
    // Nothing uses what was loaded ahead, which Chromium notes after some seconds.
    expect(watch.complaints.filter((text) => !text.includes('brand.json was preloaded'))).toEqual([]);
    watch.complaints.splice(0);
  });

  it('says over plain http that it needs https', async () => {
    const url = server.url.replace('127.0.0.1', 'zephr.test');
    const { watch, open } = await visitor([url]);
    for (const path of ['/', `/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`]) {
      const page = await open(`${url}${path}`);
      expect(await headingOf(page, 'outcome')).toBe('This connection is not secure');
    }
    // Chromium reports that it ignores this header on plain http.
    expect(watch.complaints.filter((text) => !text.includes('Cross-Origin-Opener-Policy'))).toEqual([]);
    watch.complaints.splice(0);
  });

  it('follows the language, the time zone and the color scheme of the visitor', async () => {
    const { open } = await visitor([server.url], {
      locale: 'fr-CA',
      timezoneId: 'America/Toronto',
      colorScheme: 'dark',
    });
    const page = await open(`${server.url}/`);
    await page.fill('#secret-text', 'hunter2');
    await page.click('#create-submit');
    expect(await headingOf(page, 'created')).toBe('Votre lien est prêt');
    expect(await textOf(page, '#created-expires')).toMatch(
      /^Expire (aujourd’hui|demain) à \d\d \D \d\d, dans 1\sheure\.$/,
    );
  });
});

describe('the list of hashes', () => {
  it('is the one of the package, and holds for what a server sends', async () => {
    const server = await startServerProcess();
    onTestFinished(() => void server.stop());
    const own = readFileSync(join(ROOT, 'dist/page-hashes.txt'), 'utf8');
    expect(await (await fetch(`${server.url}/assets/hashes.txt`)).text()).toBe(own);
    // The commands that the document gives, except the build.
    const document = readFileSync(join(ROOT, 'src/core/protocol/THREATS.md'), 'utf8');
    const [, commands = ''] = /^npm ci\n(while read.*?)^```/ms.exec(document) ?? [];
    const script = commands.replace('https://secrets.example.com', server.url);
    const { code, stdout } = await openSession().sh(`ln -s '${ROOT}/dist' dist && ${script}`);
    expect(code).toBe(0);
    expect(stdout.match(/: OK$/gm)).toHaveLength(own.trim().split('\n').length);
  });

  it('is the same wherever it is built', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephr-build-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const script = join(folder, 'hashes.mts');
    writeFileSync(
      script,
      `import { buildPage } from '${join(ROOT, '.scripts/web.ts')}';\nprocess.stdout.write((await buildPage()).hashes);\n`,
    );
    const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
    const hashes = execFileSync(process.execPath, [tsx, script], { cwd: folder, encoding: 'utf8' });
    expect(hashes).toBe(readFileSync(join(ROOT, 'dist/page-hashes.txt'), 'utf8'));
  });
});
