/** The page in browsers that are not Chromium: what is created in them opens in them, and with the command. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../../support/shared-server.js';
import { OTHER_BROWSERS, type Tab } from './other-browsers.js';

describe.each(OTHER_BROWSERS)('$name (needs $programs)', ({ isInstalled, start }) => {
  if (!isInstalled) {
    it.skip('is not installed', () => undefined);
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

  it('says what became of a secret that was read', async () => {
    const { link } = await create('hunter2');
    await server.session().sh(`zephr get '${link}'`);
    await goto(link);
    await waitFor('#outcome');
    expect(await text('#outcome-heading')).toBe('Already read');
  });
});
