/** Every state of the page, and how to bring the page there: for axe, and for people who look at screenshots. */

import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { buildPage } from '../../../.scripts/web.js';
import { type Brand, parseBrand } from '../../../src/core/protocol/brand.js';
import {
  answerRequest,
  type CreatedRequest,
  type CreateRequestOptions,
  type CreateSecretOptions,
  cancelRequest,
  collectAnswers,
  createRequest,
  createSecret,
  retrieveSecret,
  revokeSecret,
  type SecretLink,
} from '../../../src/index.js';
import { type RunningServer, startServer } from '../../../src/server/serve.js';

/** The servers whose pages are looked at. */
export interface Servers {
  /** A server that lets everyone create. */
  readonly url: string;
  /** A server that lets no one create without an API key. */
  readonly closedUrl: string;
  /** A server that lets an address create once a minute. */
  readonly limitedUrl: string;
  /** A server whose operator is named, in a colour that is only just dark enough. */
  readonly brandedUrl: string;
  /** Puts the clock of all of them forward. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

const BRAND = parseBrand({
  name: 'Hospital of Saint Example, Department of Information Technology',
  url: 'https://example.com/',
  colour: '#b44479',
  imprint: 'https://example.com/imprint',
});

/** Starts the servers. */
export async function startServers(): Promise<Servers> {
  let ahead = 0;
  const { files: page } = await buildPage();
  const start = (access: 'open' | 'closed', rateLimit: number, brand?: Brand): Promise<RunningServer> =>
    startServer({
      host: '127.0.0.1',
      port: 0,
      store: 'memory:',
      access,
      rateLimit,
      version: 'test',
      page,
      brand,
      log: () => undefined,
      now: () => Date.now() + ahead,
    });
  const running = [
    await start('open', 0),
    await start('closed', 0),
    await start('open', 1),
    await start('open', 0, BRAND),
  ] as const;
  const [{ url }, { url: closedUrl }, { url: limitedUrl }, { url: brandedUrl }] = running;
  return {
    url,
    closedUrl,
    limitedUrl,
    brandedUrl,
    advance(milliseconds) {
      ahead += milliseconds;
    },
    close: async () => void (await Promise.all(running.map((server) => server.close()))),
  };
}

/** A state of the page. `reach` brings a new page into it. */
export interface State {
  readonly name: string;
  /**
   * The answer to a click brings in the field for what is asked next, above the button and with the focus. On a busy
   * machine it comes so late that the browser takes it for a movement by itself.
   */
  readonly asksForMore?: boolean;
  reach(page: Page, servers: Servers): Promise<void>;
}

const SECRET = 'postgres://app:correct-horse-battery@db.example.com/prod';
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

async function createLink(
  { url }: Servers,
  options: CreateSecretOptions = {},
  secret: string | Uint8Array = SECRET,
): Promise<string> {
  const created: SecretLink = await createSecret(secret, { server: url, link: 'v2', ...options });
  return created.mode === 'split' ? created.url : created.fullLink;
}

async function openForm(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.locator('#secret-limit, #outcome-text').filter({ visible: true, hasText: /./ }).waitFor();
}

async function fillForm(page: Page, { url }: Servers): Promise<void> {
  await openForm(page, url);
  await page.fill('#secret-text', SECRET);
}

async function submit(page: Page): Promise<void> {
  await page.click('#create-submit');
  await page.locator('#created, #create-error strong, .field-error').filter({ visible: true }).waitFor();
  if (await page.locator('#created').isVisible()) await page.locator('#created-figure svg').waitFor();
}

/** Opens a link and waits until the page knows whether the secret is still there, or needs a click to know. */
async function openLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  const known = page.locator('#reveal-status').filter({ visible: true, hasNotText: '…' });
  await known.or(page.locator('#outcome, #reveal-error strong').filter({ visible: true })).waitFor();
}

async function reveal(page: Page): Promise<void> {
  await page.click('#reveal-submit');
  await page
    .locator('#revealed, #outcome, #reveal-error *, .field-error, #code-part')
    .filter({ visible: true })
    .first()
    .waitFor();
}

/** Opens a page of a request and waits until the server has told about it. */
async function openRequest(page: Page, link: string): Promise<void> {
  await page.goto(link);
  const known = page.locator('#answer-submit, #outcome, #answer-error strong, #answers-status');
  await known.filter({ visible: true, hasNotText: '…' }).first().waitFor();
}

function ask({ url }: Servers, options: CreateRequestOptions = {}): Promise<CreatedRequest> {
  return createRequest({ server: url, message: MESSAGE, from: 'Ada, platform team', ...options });
}

const MESSAGE = 'The password of the test database, please.\nThe one for reading is enough.';

/** Has the server answer requests of a kind with an error. */
async function answerWith(page: Page, url: string | RegExp, status: number, code: string): Promise<void> {
  const json = { error: { code, message: 'this test wants it so', statusCode: status } };
  await page.route(url, (route) => route.fulfill({ status, json }));
}

async function submitAsk(page: Page, { url }: Servers): Promise<string> {
  await page.goto(`${url}/request`);
  await page.fill('#ask-message', MESSAGE);
  await page.fill('#ask-from', 'Ada, platform team');
  await page.click('#ask-submit');
  await page.locator('#asked').waitFor();
  return page.locator('#asked-link').innerText();
}

const requestStates: readonly State[] = [
  {
    name: 'ask',
    async reach(page, { url }) {
      await page.goto(`${url}/request`);
      await page.locator('#ask-submit').waitFor();
    },
  },
  {
    name: 'ask-error',
    async reach(page, { url }) {
      await page.goto(`${url}/request`);
      await page.click('summary');
      await page.fill('#ask-answers', '0');
      await page.click('#ask-submit');
      await page.locator('.field-error').waitFor();
    },
  },
  { name: 'asked', reach: async (page, servers) => void (await submitAsk(page, servers)) },
  {
    name: 'asked-answered',
    async reach(page, servers) {
      await answerRequest(await submitAsk(page, servers), SECRET);
      await page.locator('#answers-list button').waitFor();
    },
  },
  { name: 'request', reach: async (page, servers) => openRequest(page, (await ask(servers)).requestLink) },
  {
    name: 'request-empty',
    async reach(page, servers) {
      await openRequest(page, (await createRequest({ server: servers.url })).requestLink);
      await page.click('#answer-submit');
      await page.locator('.field-error').waitFor();
    },
  },
  {
    name: 'request-sent',
    async reach(page, servers) {
      await openRequest(page, (await ask(servers)).requestLink);
      await page.fill('#secret-text', SECRET);
      await page.click('#answer-submit');
      await page.locator('#sent').waitFor();
    },
  },
  {
    name: 'request-file',
    async reach(page, servers) {
      await openRequest(page, (await ask(servers)).requestLink);
      await page.setInputFiles('#file-input', { name: 'id.pem', mimeType: '', buffer: Buffer.alloc(2_000) });
    },
  },
  {
    name: 'request-full',
    async reach(page, servers) {
      await openRequest(page, (await ask(servers)).requestLink);
      await page.fill('#secret-text', SECRET);
      await answerWith(page, '**/answers', 507, 'STORE_FULL');
      await page.click('#answer-submit');
      await page.locator('#answer-error strong').waitFor();
    },
  },
  {
    name: 'request-no-connection',
    async reach(page, servers) {
      const { requestLink } = await ask(servers);
      await page.route('**/api/requests/*', (route) => route.abort());
      await openRequest(page, requestLink);
    },
  },
  {
    name: 'request-tampered',
    async reach(page, servers) {
      const { requestLink } = await ask(servers);
      await page.route('**/api/requests/*', async (route) => {
        const answer = await route.fetch();
        const json = { ...(await answer.json()), public_key: randomBytes(32).toString('base64url') };
        await route.fulfill({ response: answer, json });
      });
      await openRequest(page, requestLink);
    },
  },
  {
    name: 'request-not-found',
    async reach(page, servers) {
      const { requestLink } = await ask(servers);
      const other = `request/${randomBytes(16).toString('base64url')}`;
      await openRequest(page, requestLink.replace(/request\/[\w-]{22}/, other));
    },
  },
  {
    name: 'request-incomplete',
    reach: async (page, servers) => openRequest(page, (await ask(servers)).requestLink.replace(/#.*/, '')),
  },
  {
    name: 'request-damaged',
    reach: async (page, servers) => openRequest(page, (await ask(servers)).requestLink.slice(0, -2)),
  },
  {
    name: 'request-wrong-key',
    async reach(page, servers) {
      const other = (await ask(servers)).requestLink.replace(/.*#/, '');
      await openRequest(page, (await ask(servers)).requestLink.replace(/#.*/, `#${other}`));
    },
  },
  {
    name: 'request-answered',
    async reach(page, servers) {
      const { requestLink } = await ask(servers);
      await answerRequest(requestLink, SECRET);
      await openRequest(page, requestLink);
    },
  },
  {
    name: 'request-cancelled',
    async reach(page, servers) {
      const { requestLink, collectLink } = await ask(servers);
      await cancelRequest(collectLink);
      await openRequest(page, requestLink);
    },
  },
  {
    name: 'request-expired',
    async reach(page, servers) {
      const { requestLink } = await ask(servers, { expiry: '1h' });
      servers.advance(HOUR_MS);
      await openRequest(page, requestLink);
    },
  },
  { name: 'collect', reach: async (page, servers) => openRequest(page, (await ask(servers)).collectLink) },
  {
    name: 'collect-answers',
    async reach(page, servers) {
      const { requestLink, collectLink } = await ask(servers, { answers: 4 });
      for (const secret of ['one', 'two', 'three']) await answerRequest(requestLink, secret);
      const [first] = (await collectAnswers(collectLink)).answers;
      if (first !== undefined) await retrieveSecret(first.link());
      await openRequest(page, collectLink);
    },
  },
  {
    name: 'collect-cancel',
    async reach(page, servers) {
      await openRequest(page, (await ask(servers)).collectLink);
      await page.click('#answers-cancel');
    },
  },
  {
    name: 'collect-revealed',
    async reach(page, servers) {
      const { requestLink, collectLink } = await ask(servers);
      await answerRequest(requestLink, SECRET);
      await openRequest(page, collectLink);
      await page.click('#answers-list button');
      await page.locator('#revealed').waitFor();
    },
  },
];

/** A secret that has a receipt, as the page and the command make them. */
async function createWithReceipt({ url }: Servers, options: CreateSecretOptions = {}) {
  const created = await createSecret(SECRET, { server: url, link: 'v2', ...options });
  if (created.mode === 'split' || created.receiptLink === undefined) throw new Error('it has no receipt');
  return { link: created.fullLink, receiptLink: created.receiptLink };
}

async function openReceipt(page: Page, receiptLink: string): Promise<void> {
  await page.goto(receiptLink);
  await page.locator('#receipt-facts, #outcome').filter({ visible: true }).waitFor();
}

const receiptStates: readonly State[] = [
  {
    name: 'receipt',
    async reach(page, servers) {
      await openReceipt(page, (await createWithReceipt(servers, { hint: 'build-01', views: 3 })).receiptLink);
    },
  },
  {
    name: 'receipt-read',
    async reach(page, servers) {
      const { link, receiptLink } = await createWithReceipt(servers);
      await retrieveSecret(link);
      await openReceipt(page, receiptLink);
    },
  },
  {
    name: 'receipt-revoked',
    async reach(page, servers) {
      const { link, receiptLink } = await createWithReceipt(servers, { hint: 'build-01' });
      await revokeSecret(link);
      await openReceipt(page, receiptLink);
    },
  },
  {
    name: 'receipt-expired',
    async reach(page, servers) {
      const { receiptLink } = await createWithReceipt(servers);
      servers.advance(HOUR_MS);
      await openReceipt(page, receiptLink);
    },
  },
  {
    name: 'receipt-revoke',
    async reach(page, servers) {
      await openReceipt(page, (await createWithReceipt(servers)).receiptLink);
      await page.click('#receipt-revoke');
    },
  },
  {
    name: 'created-receipt',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
      await page.click('#receipt-link-part summary');
    },
  },
];

const brandStates: readonly State[] = [
  {
    name: 'brand-create',
    async reach(page, { brandedUrl }) {
      await openForm(page, brandedUrl);
      await page.click('summary');
    },
  },
  {
    name: 'brand-reveal',
    reach: async (page, servers) => openLink(page, await createLink({ ...servers, url: servers.brandedUrl })),
  },
];

const createStates: readonly State[] = [
  { name: 'create', reach: (page, { url }) => openForm(page, url) },
  {
    name: 'create-options',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.click('summary');
      await page.fill('#passphrase', 'correct horse');
    },
  },
  {
    name: 'create-file',
    async reach(page, { url }) {
      await openForm(page, url);
      const buffer = Buffer.alloc(512_000);
      await page.setInputFiles('#file-input', { name: 'backup-2026-11.tar.gz', mimeType: '', buffer });
    },
  },
  {
    name: 'create-sending',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.setInputFiles('#file-input', [
        { name: 'backup-2026-11.tar.gz', mimeType: '', buffer: Buffer.alloc(6_000_000) },
        { name: 'a-long-name-'.repeat(12), mimeType: '', buffer: Buffer.alloc(3_000) },
      ]);
      let sent = 0;
      await page.route('**/api/uploads/*/*', async (route) => {
        sent += 1;
        if (sent <= 3) await route.continue();
      });
      await page.click('#create-submit');
      await page
        .locator('#create-progress-text')
        .filter({ hasText: /[1-9]\.\d MB of/ })
        .waitFor();
    },
  },
  {
    name: 'create-error',
    async reach(page, { url }) {
      await openForm(page, url);
      await page.click('#create-submit');
    },
  },
  {
    name: 'create-too-large',
    async reach(page, { url }) {
      await openForm(page, url);
      await page.evaluate("Object.defineProperty(Blob.prototype, 'size', { get: () => 4000000000 })");
      const buffer = Buffer.alloc(1);
      await page.setInputFiles('#file-input', { name: 'disk.img', mimeType: '', buffer });
    },
  },
  {
    name: 'create-limit',
    async reach(page, servers) {
      await fillForm(page, { ...servers, url: servers.limitedUrl });
      await submit(page);
      if (await page.locator('#created').isVisible()) {
        await page.click('#created-another');
        await page.click('#leave-yes');
        await page.fill('#secret-text', SECRET);
        await submit(page);
      }
    },
  },
  {
    name: 'create-full',
    async reach(page, servers) {
      await fillForm(page, servers);
      await answerWith(page, '**/api/secrets', 507, 'STORE_FULL');
      await submit(page);
    },
  },
  {
    name: 'create-server-error',
    async reach(page, servers) {
      await fillForm(page, servers);
      await answerWith(page, '**/api/secrets', 500, 'INTERNAL_ERROR');
      await submit(page);
    },
  },
  {
    name: 'create-no-connection',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.context().setOffline(true);
      await submit(page);
    },
  },
  {
    name: 'create-gateway',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.route('**/api/secrets', (route) =>
        route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Log in</h1>' }),
      );
      await submit(page);
    },
  },
  {
    name: 'create-file-empty',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.setInputFiles('#file-input', { name: 'e.txt', mimeType: '', buffer: Buffer.alloc(0) });
    },
  },
  {
    name: 'create-views-error',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.click('summary');
      await page.fill('#views', '0');
      await page.click('#create-submit');
      await page.locator('.field-error').waitFor();
    },
  },
  {
    name: 'create-generated',
    async reach(page, { url }) {
      await openForm(page, url);
      await page.click('#secret-generate');
      await page.click('summary');
      await page.click('#passphrase-generate');
      await page.locator('#passphrase:not(.masked)').waitFor();
    },
  },
  {
    name: 'create-leaving',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.click('.wordmark');
    },
  },
  { name: 'create-closed', reach: (page, { closedUrl }) => openForm(page, closedUrl) },
];

const createdStates: readonly State[] = [
  {
    name: 'created',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
    },
  },
  {
    name: 'created-split',
    async reach(page, servers) {
      await fillForm(page, servers);
      await page.click('summary');
      await page.check('#split');
      await page.fill('#views', '3');
      await page.fill('#passphrase', 'correct horse');
      await submit(page);
    },
  },
  {
    name: 'created-leaving',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
      await page.click('#created-another');
    },
  },
  {
    name: 'created-status',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
      await page.click('#created-check');
      await page.locator('#created-status').waitFor();
    },
  },
  {
    name: 'created-revoke',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
      await page.click('#created-revoke');
    },
  },
  {
    name: 'created-revoked',
    async reach(page, servers) {
      await fillForm(page, servers);
      await submit(page);
      await page.click('#created-revoke');
      await page.click('#revoke-yes');
      await page.locator('#created-card').waitFor({ state: 'hidden' });
    },
  },
];

const revealStates: readonly State[] = [
  { name: 'reveal', reach: async (page, servers) => openLink(page, await createLink(servers)) },
  {
    name: 'reveal-views',
    reach: async (page, servers) => openLink(page, await createLink(servers, { views: 5 })),
  },
  {
    name: 'reveal-key',
    reach: async (page, servers) => openLink(page, await createLink(servers, { split: true })),
  },
  {
    name: 'reveal-passphrase',
    reach: async (page, servers) =>
      openLink(page, await createLink(servers, { passphrase: 'correct horse' })),
  },
  {
    name: 'reveal-version1',
    reach: async (page, servers) => openLink(page, await createLink(servers, { link: 'v1' })),
  },
  {
    name: 'reveal-wrong-key',
    async reach(page, servers) {
      const [url = ''] = (await createLink(servers)).split('#');
      await page.goto(`${url}#v2.${randomBytes(32).toString('base64url')}`);
      await page.locator('#reveal-error strong').waitFor();
    },
  },
  {
    name: 'reveal-wrong-passphrase',
    async reach(page, servers) {
      await openLink(page, await createLink(servers, { passphrase: 'correct horse' }));
      await page.fill('#passphrase', 'battery staple');
      await reveal(page);
    },
  },
  {
    name: 'reveal-too-many-attempts',
    async reach(page, servers) {
      const link = await createLink(servers);
      const [, id] = /secret\/([\w-]{22})/.exec(link) ?? [];
      const headers = () => ({ 'Zephr-Proof': randomBytes(32).toString('base64url') });
      await openLink(page, link);
      for (let tries = 0; tries < 16; tries++) {
        await fetch(`${servers.url}/api/secrets/${id}/status`, { headers: headers() });
        // While the server locks a secret, it counts no attempts: the lock has to run out first.
        if (tries > 9) servers.advance(300_000);
      }
      await fetch(`${servers.url}/api/secrets/${id}/status`, { headers: headers() });
      await reveal(page);
    },
  },
  {
    name: 'reveal-version1-wrong-key',
    async reach(page, servers) {
      const [url = ''] = (await createLink(servers, { link: 'v1' })).split('#');
      await openLink(page, `${url}#v1.${randomBytes(32).toString('base64url')}`);
      await reveal(page);
    },
  },
  {
    name: 'reveal-too-new',
    reach: async (page, servers) => openLink(page, (await createLink(servers)).replace('#v2.', '#v9.')),
  },
  {
    name: 'reveal-too-early',
    async reach(page, servers) {
      const notBefore = new Date(Date.now() + 20 * DAY_MS).toISOString();
      await openLink(page, await createLink(servers, { gates: { notBefore }, expiry: '30d' }));
    },
  },
  {
    name: 'reveal-other-network',
    async reach(page, servers) {
      await openLink(page, await createLink(servers, { gates: { addresses: ['203.0.113.7'] } }));
      await reveal(page);
    },
  },
  {
    name: 'reveal-code',
    asksForMore: true,
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await answerWith(page, /\/api\/secrets\/[\w-]{22}$/, 403, 'CODE_REQUIRED');
      const json = { sent_to: 'a…@e….org', retry_after: 60 };
      await page.route('**/code', (route) => route.fulfill({ status: 202, json }));
      await reveal(page);
    },
  },
  {
    name: 'reveal-damaged',
    reach: async (page, servers) => openLink(page, (await createLink(servers)).replace('#v2.', '#')),
  },
  {
    name: 'reveal-cut-off',
    reach: async (page, servers) => openLink(page, (await createLink(servers)).slice(0, -3)),
  },
  {
    name: 'reveal-resume',
    async reach(page, servers) {
      await openLink(page, await createLink(servers, { passphrase: 'correct horse' }));
      await page.fill('#passphrase', 'correct horse');
      await reveal(page);
      await page.reload();
      await page.locator('#reveal-status').filter({ visible: true }).waitFor();
    },
  },
  {
    name: 'reveal-lost-reply',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await page.context().setOffline(true);
      await reveal(page);
    },
  },
  {
    name: 'reveal-no-connection',
    async reach(page, servers) {
      const created = await createSecret(SECRET, { server: servers.url, split: true });
      if (created.mode !== 'split') throw new Error('it is not split');
      await openLink(page, created.url);
      await page.context().setOffline(true);
      await page.fill('#link', created.key);
      await page.locator('#reveal-error strong').waitFor();
    },
  },
];

const finalStates: readonly State[] = [
  {
    name: 'revealed',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await reveal(page);
    },
  },
  {
    name: 'revealed-leaving',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await reveal(page);
      await page.click('.wordmark');
    },
  },
  {
    name: 'revealed-shown',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await reveal(page);
      await page.click('#revealed-toggle');
    },
  },
  {
    name: 'revealed-long',
    async reach(page, servers) {
      const lines = Array.from({ length: 80 }, (_, index) => `line ${index}: ${'abcdefghij'.repeat(9)}`);
      const message = 'The private key for the new build machine.\nPlease keep it in the vault.';
      await openLink(
        page,
        await createLink(servers, { message, hint: 'build-01', views: 2 }, lines.join('\n')),
      );
      await reveal(page);
    },
  },
  {
    name: 'revealed-file',
    async reach(page, servers) {
      const options = { name: 'backup-2026-11.tar.gz', message: 'Last night’s backup.', hint: 'nightly' };
      await openLink(page, await createLink(servers, options, new Uint8Array(500 * 1024)));
      await reveal(page);
    },
  },
  {
    name: 'revealed-files',
    async reach(page, servers) {
      const content = new Uint8Array(500_000);
      const names = ['backup-2026-11.tar.gz', 'a-long-name-'.repeat(12), 'notes.txt'];
      const attachments = names.map((name) => ({ name, content }));
      await openLink(page, await createLink(servers, { attachments }, 'The passphrase is with Anna.'));
      await reveal(page);
    },
  },
  {
    name: 'outcome-read',
    async reach(page, servers) {
      const link = await createLink(servers);
      await retrieveSecret(link);
      await openLink(page, link);
    },
  },
  {
    name: 'outcome-expired',
    async reach(page, servers) {
      const link = await createLink(servers);
      servers.advance(HOUR_MS);
      await openLink(page, link);
    },
  },
  {
    name: 'outcome-revoked',
    async reach(page, servers) {
      const link = await createLink(servers);
      await revokeSecret(link);
      await openLink(page, link);
    },
  },
  {
    name: 'outcome-not-found',
    async reach(page, servers) {
      const link = await createLink(servers);
      await openLink(
        page,
        link.replace(/secret\/[\w-]{22}/, `secret/${randomBytes(16).toString('base64url')}`),
      );
    },
  },
  {
    name: 'outcome-decryption-failed',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await page.route(/\/api\/secrets\/[\w-]{22}$/, async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();
        await route.fulfill({
          response: answer,
          json: { ...json, encrypted_blob: `AAAA${json.encrypted_blob.slice(4)}` },
        });
      });
      await reveal(page);
    },
  },
  {
    name: 'outcome-opened-here',
    async reach(page, servers) {
      await openLink(page, await createLink(servers));
      await reveal(page);
      await page.click('#revealed-done');
    },
  },
];

const otherStates: readonly State[] = [
  {
    name: 'verify',
    async reach(page, { url }) {
      await page.goto(`${url}/verify`);
      await page.locator('#verify-list').filter({ hasText: 'index.html' }).waitFor();
    },
  },
  {
    name: 'missing',
    async reach(page, { url }) {
      // Chromium notes on its console that there is no such page.
      await page.goto(`${url}/missing.html`);
      await page.locator('#outcome').waitFor();
    },
  },
  {
    name: 'not-started',
    async reach(page, { url }) {
      await page.route('**/*.js', () => undefined);
      await page.goto(url, { waitUntil: 'commit' });
      await page.locator('#not-started h1').waitFor();
    },
  },
];

/** The states of all pages. */
export const states: readonly State[] = [
  ...createStates,
  ...createdStates,
  ...revealStates,
  ...finalStates,
  ...requestStates,
  ...receiptStates,
  ...brandStates,
  ...otherStates,
];
