/** The page in browsers that are not Chromium: what is created in them opens in them, and with the command. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../../support/shared-server.js';
import { OTHER_BROWSERS, type Tab } from './other-browsers.js';

describe.each(OTHER_BROWSERS)('$name', ({ name, missing, start }) => {
  if (missing.length > 0) {
    console.warn(`the page is not tested in ${name}: ${missing.join(', ')} is not installed`);
    it.skip(`is not installed: ${missing.join(', ')}`, () => undefined);
    return;
  }
  const server = sharedServer();
  let tab: Tab;
  beforeAll(async () => {
    tab = await start();
  }, 120_000);
  afterAll(async () => {
    await tab?.close();
  });

  const visible = (selector: string) =>
    `(document.querySelector(${JSON.stringify(selector)})?.getClientRects().length ?? 0) > 0`;
  const waitFor = (selector: string) =>
    expect.poll(() => tab.evaluate(visible(selector)), { timeout: 30_000 }).toBe(true);
  const click = (selector: string) =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const text = (selector: string) =>
    tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`) as Promise<string>;
  const fill = (selector: string, value: string) =>
    tab.evaluate(`(() => {
      const field = document.querySelector(${JSON.stringify(selector)});
      field.value = ${JSON.stringify(value)};
      field.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
  /** Leaves without the question that the page asks of people. */
  const goto = async (url: string) => {
    await tab.evaluate("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)");
    await tab.goto(url);
  };
  const create = async (secret: string, options: () => Promise<void> = async () => undefined) => {
    await goto(`${server.url}/`);
    await waitFor('#create-submit');
    await fill('#secret-text', secret);
    await options();
    await click('#create-submit');
    await waitFor('#created');
    return { link: await text('#created-link'), key: await text('#created-key') };
  };
  const reveal = async () => {
    await click('#reveal-submit');
    await waitFor('#revealed');
    return text('#revealed-secret');
  };

  it('creates a link that it and the command open', async () => {
    const secret = 'Grüße \u{1f9d9}\u200d♂️\n\tمرحبا';
    const first = await create(secret);
    expect((await server.session().sh(`zephr get '${first.link}'`)).stdout).toBe(secret);
    const { link } = await create(secret);
    await goto(link);
    await waitFor('#reveal-submit');
    expect(await reveal()).toBe(secret);
    expect((await server.session().sh(`zephr get '${link}'`)).code).toBe(6);
  });

  it('shares URL and key apart', async () => {
    const { link, key } = await create('hunter2', async () => {
      await click('summary');
      await click('#split');
    });
    expect(key).toMatch(/^v2\.[\w-]{43}$/);
    await goto(link);
    await waitFor('#link');
    await fill('#link', key);
    expect(await reveal()).toBe('hunter2');
  });

  it('asks for a passphrase, and tells a wrong one from the right one', async () => {
    const { link } = await create('hunter2', async () => {
      await click('summary');
      await fill('#passphrase', 'correct horse');
    });
    expect(link).toContain('#v2p.');
    await goto(link);
    await waitFor('#passphrase');
    await fill('#passphrase', 'wrong');
    await click('#reveal-submit');
    await waitFor('#reveal-error strong');
    expect(await text('#reveal-error')).toContain('Wrong passphrase');
    await fill('#passphrase', 'correct horse');
    expect(await reveal()).toBe('hunter2');
  });

  it('shares files, and tells a receipt when they are read', async () => {
    const { link } = await create('the note', async () => {
      await tab.evaluate(`(() => {
        const data = new DataTransfer();
        data.items.add(new File(['x'.repeat(1500000)], 'dump.sql'));
        const input = document.querySelector('#file-input');
        input.files = data.files;
        input.dispatchEvent(new Event('change'));
      })()`);
    });
    const receipt = await text('#receipt-link');
    const session = server.session();
    const { stdout, code } = await session.sh(`zephr get '${link}' -o . && wc -c < dump.sql`);
    expect({ code, stdout: stdout.replace(/\s+/g, ' ').trim() }).toEqual({
      code: 0,
      stdout: 'the note1500000',
    });
    await goto(receipt);
    await waitFor('#receipt-facts');
    expect(await text('#receipt-status')).toMatch(/^It was read/);
  });

  it('saves the files that the command shared', async () => {
    const session = server.session();
    await session.sh('head -c 1500000 /dev/zero > a.bin && printf b > b.txt');
    const link = (await session.sh('zephr --attach a.bin --attach b.txt')).stdout.trim();
    await goto(link);
    await waitFor('#reveal-submit');
    await click('#reveal-submit');
    await waitFor('#revealed-files');
    expect(await text('#revealed-files')).toMatch(/a\.bin.*b\.txt/s);
    await click('#revealed-files li:last-child button');
    await expect
      .poll(() => text('#revealed-files li:last-child .help'), { timeout: 30_000 })
      .toMatch(/saved$/);
  });

  it('asks for a secret, and reveals the answer when it comes', async () => {
    await goto(`${server.url}/request`);
    await waitFor('#ask-submit');
    await fill('#ask-message', 'the database password');
    await click('#ask-submit');
    await waitFor('#asked');
    const link = await text('#asked-link');
    expect((await server.session().sh(`printf 'hunter2' | zephr give '${link}'`)).code).toBe(0);
    await waitFor('#answers-list button');
    await click('#answers-list button');
    await waitFor('#revealed');
    expect(await text('#revealed-secret')).toBe('hunter2');
  });

  it('answers a request that the command made', async () => {
    const session = server.session();
    const link = (await session.sh("zephr request -m 'the other password' --from ci")).stdout.trim();
    await goto(link);
    await waitFor('#answer-submit');
    expect(await text('#request-message')).toBe('the other password');
    await fill('#secret-text', 'swordfish');
    await click('#answer-submit');
    await waitFor('#sent');
    const receipt = await text('#receipt-link');
    const [, id] = /request\/([\w-]{22})/.exec(link) ?? [];
    expect((await session.sh(`zephr get ${id}`)).stdout).toBe('swordfish');
    await goto(receipt);
    await waitFor('#receipt-facts');
    expect(await text('#receipt-status')).toMatch(/^It was read/);
  });

  it('says what became of a secret that was read', async () => {
    const { link } = await create('hunter2');
    await server.session().sh(`zephr get '${link}'`);
    await goto(link);
    await waitFor('#outcome');
    expect(await text('#outcome-heading')).toBe('Already read');
  });
});
