/** Every state of the page, and how to get there: for whoever looks at them, be it a person or axe. */

import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { buildPage } from '../../.scripts/web.js';
import {
  type CreateSecretOptions,
  createSecret,
  retrieveSecret,
  revokeSecret,
  type SecretLink,
} from '../../src/index.js';
import { type RunningServer, startServer } from '../../src/server/serve.js';

/** Servers to look at the page of. */
export interface Stage {
  /** Where anybody may create. */
  readonly url: string;
  /** Where nobody may without an API key. */
  readonly closedUrl: string;
  /** Where one may create once a minute. */
  readonly limitedUrl: string;
  /** Lets time go by for all of them, in milliseconds. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

/** Starts the servers. */
export async function openStage(): Promise<Stage> {
  let ahead = 0;
  const { files: page } = await buildPage();
  const start = (access: 'open' | 'closed', rateLimit: number): Promise<RunningServer> =>
    startServer({
      host: '127.0.0.1',
      port: 0,
      store: 'memory:',
      access,
      rateLimit,
      version: 'test',
      page,
      log: () => undefined,
      now: () => Date.now() + ahead,
    });
  const servers = [await start('open', 0), await start('closed', 0), await start('open', 1)] as const;
  const [{ url }, { url: closedUrl }, { url: limitedUrl }] = servers;
  return {
    url,
    closedUrl,
    limitedUrl,
    advance(milliseconds) {
      ahead += milliseconds;
    },
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

/** A state by its name; `arrive` takes a new page there. */
export interface State {
  readonly name: string;
  arrive(page: Page, stage: Stage): Promise<void>;
}

const SECRET = 'postgres://app:correct-horse-battery@db.example.com/prod';
const HOUR_MS = 60 * 60_000;

async function make(
  { url }: Stage,
  options: CreateSecretOptions = {},
  secret: string | Uint8Array = SECRET,
): Promise<string> {
  const created: SecretLink = await createSecret(secret, { server: url, link: 'v2', ...options });
  return created.mode === 'split' ? created.url : created.fullLink;
}

async function openForm(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.locator('#secret-limit, #closed').filter({ visible: true, hasText: /./ }).waitFor();
}

async function share(page: Page, { url }: Stage): Promise<void> {
  await openForm(page, url);
  await page.fill('#secret-text', SECRET);
}

async function submit(page: Page): Promise<void> {
  await page.click('#write-submit');
  await page.locator('#created, #write-error strong').filter({ visible: true }).waitFor();
}

/** Opens a link and waits until its state is known. */
async function openOffer(page: Page, link: string): Promise<void> {
  await page.goto(link);
  const known = page.locator('#offer-status').filter({ visible: true, hasNotText: '…' });
  await known.or(page.locator('#ending').filter({ visible: true })).waitFor();
}

async function reveal(page: Page): Promise<void> {
  await page.click('#offer-submit');
  await page.locator('#revealed, #ending, #offer-error *').filter({ visible: true }).first().waitFor();
}

const forms: readonly State[] = [
  { name: 'create', arrive: (page, { url }) => openForm(page, url) },
  {
    name: 'create-options',
    async arrive(page, stage) {
      await share(page, stage);
      await page.click('summary');
      await page.fill('#passphrase', 'correct horse');
    },
  },
  {
    name: 'create-file',
    async arrive(page, { url }) {
      await openForm(page, url);
      const buffer = Buffer.alloc(512_000);
      await page.setInputFiles('#file-input', { name: 'backup-2026-11.tar.gz', mimeType: '', buffer });
    },
  },
  {
    name: 'create-fault',
    async arrive(page, { url }) {
      await openForm(page, url);
      await page.click('#write-submit');
    },
  },
  {
    name: 'create-too-large',
    async arrive(page, { url }) {
      await openForm(page, url);
      await page.setInputFiles('#file-input', {
        name: 'disk.img',
        mimeType: '',
        buffer: Buffer.alloc(900_000),
      });
      await submit(page);
    },
  },
  {
    name: 'create-limit',
    async arrive(page, stage) {
      await share(page, { ...stage, url: stage.limitedUrl });
      await submit(page);
      if (await page.locator('#created').isVisible()) {
        await page.click('#created-another');
        await page.fill('#secret-text', SECRET);
        await submit(page);
      }
    },
  },
  { name: 'create-closed', arrive: (page, { closedUrl }) => openForm(page, closedUrl) },
];

const created: readonly State[] = [
  {
    name: 'created',
    async arrive(page, stage) {
      await share(page, stage);
      await submit(page);
    },
  },
  {
    name: 'created-split',
    async arrive(page, stage) {
      await share(page, stage);
      await page.check('#split');
      await page.click('summary');
      await page.fill('#views', '3');
      await page.fill('#passphrase', 'correct horse');
      await submit(page);
    },
  },
  {
    name: 'created-status',
    async arrive(page, stage) {
      await share(page, stage);
      await submit(page);
      await page.click('#created-check');
      await page.locator('#created-status').waitFor();
    },
  },
  {
    name: 'created-revoke',
    async arrive(page, stage) {
      await share(page, stage);
      await submit(page);
      await page.click('#created-revoke');
    },
  },
  {
    name: 'created-revoked',
    async arrive(page, stage) {
      await share(page, stage);
      await submit(page);
      await page.click('#created-revoke');
      await page.click('#revoke-yes');
      await page.locator('#created-card').waitFor({ state: 'hidden' });
    },
  },
];

const offers: readonly State[] = [
  { name: 'offer', arrive: async (page, stage) => openOffer(page, await make(stage)) },
  { name: 'offer-views', arrive: async (page, stage) => openOffer(page, await make(stage, { views: 5 })) },
  { name: 'offer-key', arrive: async (page, stage) => openOffer(page, await make(stage, { split: true })) },
  {
    name: 'offer-passphrase',
    arrive: async (page, stage) => openOffer(page, await make(stage, { passphrase: 'correct horse' })),
  },
  {
    name: 'offer-version1',
    arrive: async (page, stage) => openOffer(page, await make(stage, { link: 'v1' })),
  },
  {
    name: 'offer-wrong-key',
    async arrive(page, stage) {
      const [url = ''] = (await make(stage)).split('#');
      await page.goto(`${url}#v2.${randomBytes(32).toString('base64url')}`);
      await page.locator('#offer-error strong').waitFor();
    },
  },
  {
    name: 'offer-wrong-passphrase',
    async arrive(page, stage) {
      await openOffer(page, await make(stage, { passphrase: 'correct horse' }));
      await page.fill('#passphrase', 'battery staple');
      await reveal(page);
    },
  },
  {
    name: 'offer-too-many-tries',
    async arrive(page, stage) {
      const link = await make(stage);
      const [, id] = /secret\/([\w-]{22})/.exec(link) ?? [];
      const headers = () => ({ 'Zephr-Proof': randomBytes(32).toString('base64url') });
      await openOffer(page, link);
      for (let tries = 0; tries < 16; tries++) {
        await fetch(`${stage.url}/api/secrets/${id}/status`, { headers: headers() });
        // What is locked out for a while counts no tries.
        if (tries > 9) stage.advance(300_000);
      }
      await fetch(`${stage.url}/api/secrets/${id}/status`, { headers: headers() });
      await reveal(page);
    },
  },
  {
    name: 'offer-lost-reply',
    async arrive(page, stage) {
      await openOffer(page, await make(stage));
      await page.context().setOffline(true);
      await reveal(page);
    },
  },
  {
    name: 'offer-no-connection',
    async arrive(page, stage) {
      const created = await createSecret(SECRET, { server: stage.url, split: true });
      if (created.mode !== 'split') throw new Error('it is not split');
      await openOffer(page, created.url);
      await page.context().setOffline(true);
      await page.fill('#key', created.key);
      await page.locator('#offer-error strong').waitFor();
    },
  },
];

const outcomes: readonly State[] = [
  {
    name: 'revealed',
    async arrive(page, stage) {
      await openOffer(page, await make(stage));
      await reveal(page);
    },
  },
  {
    name: 'revealed-hidden',
    async arrive(page, stage) {
      await openOffer(page, await make(stage));
      await reveal(page);
      await page.click('#revealed-toggle');
    },
  },
  {
    name: 'revealed-long',
    async arrive(page, stage) {
      const lines = Array.from({ length: 80 }, (_, index) => `line ${index}: ${'abcdefghij'.repeat(9)}`);
      const message = 'The private key for the new build machine.\nPlease keep it in the vault.';
      await openOffer(page, await make(stage, { message, hint: 'build-01', views: 2 }, lines.join('\n')));
      await reveal(page);
    },
  },
  {
    name: 'revealed-file',
    async arrive(page, stage) {
      const options = { name: 'backup-2026-11.tar.gz', message: 'Last night’s backup.', hint: 'nightly' };
      await openOffer(page, await make(stage, options, new Uint8Array(500 * 1024)));
      await reveal(page);
    },
  },
  {
    name: 'ending-read',
    async arrive(page, stage) {
      const link = await make(stage);
      await retrieveSecret(link);
      await openOffer(page, link);
    },
  },
  {
    name: 'ending-expired',
    async arrive(page, stage) {
      const link = await make(stage);
      stage.advance(HOUR_MS);
      await openOffer(page, link);
    },
  },
  {
    name: 'ending-revoked',
    async arrive(page, stage) {
      const link = await make(stage);
      await revokeSecret(link);
      await openOffer(page, link);
    },
  },
  {
    name: 'ending-unknown',
    async arrive(page, stage) {
      const link = await make(stage);
      await openOffer(
        page,
        link.replace(/secret\/[\w-]{22}/, `secret/${randomBytes(16).toString('base64url')}`),
      );
    },
  },
  {
    name: 'ending-damaged',
    arrive: async (page, stage) => openOffer(page, (await make(stage)).slice(0, -3)),
  },
];

/** All of them. */
export const states: readonly State[] = [...forms, ...created, ...offers, ...outcomes];
