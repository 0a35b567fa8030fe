/**
 * What the SDK does, as programs that use it see it. No name of Node or of a test runner in here: the same
 * scenarios run on every Node version and in browsers, against a real server.
 */

export type Sdk = typeof import('../../src/index.js');

export interface Scenario {
  readonly name: string;
  run(sdk: Sdk, server: string): Promise<void>;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; statusCode?: number }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it should have been rejected');
}

/** A standard link to a secret. */
async function linkTo(
  sdk: Sdk,
  secret: string | Uint8Array,
  options: Parameters<Sdk['createSecret']>[1],
): Promise<string> {
  const created = await sdk.createSecret(secret, options);
  if (created.mode !== 'standard') throw new Error('a standard link was asked for');
  return created.fullLink;
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'a result holds its secret once for who copies or serializes it',
    async run(sdk, server) {
      const secret = await sdk.retrieveSecret(await linkTo(sdk, 'hunter2', { server }));
      equal(Object.keys(secret), ['plaintext', 'purgeAt', 'viewsLeft'], 'enumerable members');
      equal(JSON.parse(JSON.stringify(secret)).plaintext, 'hunter2', 'serialized');
      equal([secret.bytes.length, secret.claimed], [7, true], 'the others');
      const binary = await sdk.retrieveSecret(await linkTo(sdk, Uint8Array.of(255), { server }));
      equal(Object.keys({ ...binary }), ['purgeAt', 'viewsLeft'], 'enumerable members of bytes');
    },
  },
  {
    name: 'bare numbers that were hours are hours, as in the command',
    async run(sdk, server) {
      const minutesOf = async (expiry: number | string) => {
        const { expiresAt } = await sdk.createSecret('x', { server, expiry });
        return Math.round((Date.parse(expiresAt) - Date.now()) / 60_000);
      };
      for (const hours of [1, 24, 168, 720]) equal(await minutesOf(hours), hours * 60, `${hours}`);
      for (const minutes of [2, 60, 1440]) equal(await minutesOf(minutes), minutes, `${minutes}`);
      equal(await minutesOf('24m'), 24, '24m');
    },
  },
  {
    name: 'white space around links, keys and API keys is no part of them',
    async run(sdk, server) {
      const keys: (string | undefined)[] = [];
      const fetch: NonNullable<NonNullable<Parameters<Sdk['createSecret']>[1]>['fetch']> = (url, init) => {
        const { Authorization, ...headers } = init.headers;
        keys.push(Authorization);
        return globalThis.fetch(url, { ...init, headers });
      };
      const link = await linkTo(sdk, 'x', { server, fetch, apiKey: 'another-form \n' });
      equal(keys, ['Bearer another-form'], 'API key');
      equal((await sdk.retrieveSecret(`${link}\n`)).plaintext, 'x', 'link');
      const { url, key } = await sdk.createSecret('x', { server, split: true });
      equal((await sdk.retrieveSecret({ url: `${url} `, key: `${key}\r\n` })).plaintext, 'x', 'pair');
      const whole = await linkTo(sdk, 'x', { server });
      const pair = { url: whole, key: whole.replace(/.*#/, '') };
      equal((await sdk.retrieveSecret(pair)).plaintext, 'x', 'a whole link and its key');
    },
  },
  {
    name: 'a string goes in and comes out, once',
    async run(sdk, server) {
      const link = await linkTo(sdk, '\ufeffpässwörd 密码\n', { server });
      const secret = await sdk.retrieveSecret(link);
      equal(secret.plaintext, '\ufeffpässwörd 密码\n', 'plaintext');
      equal(secret.viewsLeft, 0, 'views left');
      const again = await rejection(sdk.retrieveSecret(link));
      check(again instanceof sdk.ApiError, 'the second read is an ApiError');
      equal([again.statusCode, again.code], [410, 'SECRET_ALREADY_CONSUMED'], 'the second read');
    },
  },
  {
    name: 'bytes go in and come out, and plaintext points to them',
    async run(sdk, server) {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const secret = await sdk.retrieveSecret(await linkTo(sdk, bytes, { server }));
      equal([...secret.bytes], [...bytes], 'bytes');
      try {
        check(secret.plaintext === '', 'plaintext of bytes that are not UTF-8 throws');
      } catch (error) {
        check(error instanceof sdk.EncryptionError, 'with an EncryptionError');
        check((error as Error).message.includes('bytes'), 'that points to bytes');
        return;
      }
      throw new Error('plaintext should have thrown');
    },
  },
  {
    name: 'split mode hands out URL and key apart',
    async run(sdk, server) {
      const created = await sdk.createSecret('hunter2', { server, split: true, expiry: '5m' });
      if (created.mode !== 'split') throw new Error('a split pair was asked for');
      equal(
        Object.keys(created).sort(),
        ['expiresAt', 'key', 'mode', 'receiptLink', 'secretId', 'url'],
        'members',
      );
      equal(created.url, `${server}/secret/${created.secretId}`, 'url');
      const { plaintext } = await sdk.retrieveSecret({ url: created.url, key: created.key });
      equal(plaintext, 'hunter2', 'plaintext');
    },
  },
  {
    name: 'a version 1 link works as existing clients know it',
    async run(sdk, server) {
      const link = await linkTo(sdk, 'hunter2', {
        server,
        link: 'v1',
        hint: 'DB_PROD',
        expiry: sdk.EXPIRY.HOURS_24,
      });
      check(/#v1\./.test(link), 'the link is of version 1');
      const { plaintext, hint, purgeAt } = await sdk.retrieveSecret(link, { apiKey: null });
      equal([plaintext, hint], ['hunter2', 'DB_PROD'], 'plaintext and hint');
      check(!Number.isNaN(Date.parse(purgeAt ?? '')), 'purgeAt is a time');
    },
  },
  {
    name: 'name, message and views travel with the secret',
    async run(sdk, server) {
      const link = await linkTo(sdk, 'hunter2', { server, views: 2, name: 'id_rsa', message: 'grüße' });
      const first = await sdk.retrieveSecret(link);
      equal([first.name, first.message, first.viewsLeft], ['id_rsa', 'grüße', 1], 'first reader');
      const status = await sdk.secretStatus(link);
      equal([status.state, status.views, status.viewsLeft], ['waiting', 2, 1], 'status');
      equal((await sdk.retrieveSecret(link)).viewsLeft, 0, 'second reader');
      equal((await sdk.secretStatus(link)).state, 'read', 'state afterwards');
    },
  },
  {
    name: 'a passphrase is needed, and a wrong one uses up nothing',
    async run(sdk, server) {
      const link = await linkTo(sdk, 'hunter2', { server, passphrase: 'open sesame' });
      equal((await rejection(sdk.retrieveSecret(link))).code, 'PASSPHRASE_REQUIRED', 'without it');
      const wrong = await rejection(sdk.retrieveSecret(link, { passphrase: 'open says me' }));
      equal([wrong.statusCode, wrong.code], [403, 'WRONG_PASSPHRASE'], 'with a wrong one');
      equal(
        (await sdk.retrieveSecret(link, { passphrase: 'open sesame' })).plaintext,
        'hunter2',
        'with the right one',
      );
    },
  },
  {
    name: 'a revoked secret is gone',
    async run(sdk, server) {
      const link = await linkTo(sdk, 'hunter2', { server });
      await sdk.revokeSecret(link);
      const error = await rejection(sdk.retrieveSecret(link));
      equal([error.statusCode, error.code], [410, 'SECRET_REVOKED'], 'afterwards');
    },
  },
  {
    name: 'the same idempotency key with another secret is refused',
    async run(sdk, server) {
      const idempotencyKey = crypto.randomUUID();
      await linkTo(sdk, 'hunter2', { server, idempotencyKey });
      const error = await rejection(linkTo(sdk, 'hunter2', { server, idempotencyKey }));
      equal([error.statusCode, error.code], [409, 'IDEMPOTENCY_KEY_REUSED'], 'the second create');
    },
  },
  {
    name: 'input is checked before anything is sent',
    async run(sdk, server) {
      const calls: string[] = [];
      const fetch = async (url: string) => {
        calls.push(url);
        throw new TypeError('nothing should be sent');
      };
      // What plain JavaScript may pass.
      const loose = (secret: unknown, options: object = {}) =>
        sdk.createSecret(secret as string, { server, fetch, ...options });
      const wrong: [string, () => Promise<unknown>][] = [
        ['empty', () => sdk.createSecret('', { server, fetch })],
        ['white space', () => sdk.createSecret(' \n\t', { server, fetch })],
        ['a lone surrogate', () => sdk.createSecret('\ud800', { server, fetch })],
        ['no bytes', () => sdk.createSecret(new Uint8Array(), { server, fetch })],
        ['expiry 0', () => sdk.createSecret('x', { server, fetch, expiry: 0 })],
        ['expiry 1.5', () => sdk.createSecret('x', { server, fetch, expiry: 1.5 })],
        ['expiry soon', () => sdk.createSecret('x', { server, fetch, expiry: 'soon' })],
        ['a blank key', () => sdk.createSecret('x', { server, fetch, apiKey: ' ' })],
        ['an empty key', () => sdk.createSecret('x', { server, fetch, apiKey: '' })],
        ['a hint with a line end', () => sdk.createSecret('x', { server, fetch, hint: 'a\nb' })],
        [
          'a callback without secret',
          () => sdk.createSecret('x', { server, fetch, callbackUrl: 'https://example.com' }),
        ],
        ['a bad idempotency key', () => sdk.createSecret('x', { server, fetch, idempotencyKey: 'a b' })],
        ['views 0', () => sdk.createSecret('x', { server, fetch, views: 0 })],
        ['a path for a name', () => sdk.createSecret('x', { server, fetch, name: '../x' })],
        ['views over version 1', () => sdk.createSecret('x', { server, fetch, link: 'v1', views: 2 })],
        ['a number for a secret', () => loose(12)],
        ['a word for split', () => loose('x', { split: 'yes' })],
        ['a number for a hint', () => loose('x', { hint: 5 })],
        ['a number for an API key', () => loose('x', { apiKey: 5 })],
        ['a number for an idempotency key', () => loose('x', { idempotencyKey: 5 })],
        [
          'a URL object for a callback',
          () => loose('x', { callbackUrl: new URL(server), callbackSecret: 's' }),
        ],
        ['a number for a passphrase', () => loose('x', { passphrase: 5 })],
        ['text for views', () => loose('x', { views: '2' })],
        ['text for a timeout', () => loose('x', { timeout: 'soon' })],
        ['no time at all', () => sdk.createSecret('x', { server, fetch, timeout: 0 })],
        ['endless time', () => sdk.createSecret('x', { server, fetch, timeout: Number.POSITIVE_INFINITY })],
        ['plain http', () => sdk.createSecret('x', { server: 'http://zephr.example', fetch })],
        ['a link without key', () => sdk.retrieveSecret(`${server}/secret/${'A'.repeat(22)}`, { fetch })],
        [
          'a callback that has a user',
          () => loose('x', { callbackUrl: 'https://me@example.com', callbackSecret: 's' }),
        ],
        [
          'a callback of another protocol',
          () => loose('x', { callbackUrl: 'ftp://example.com', callbackSecret: 's' }),
        ],
        [
          'a passphrase for a version 1 link',
          () =>
            sdk.retrieveSecret(`${server}/secret/${'A'.repeat(22)}#v1.${'A'.repeat(43)}`, {
              fetch,
              passphrase: 'x',
            }),
        ],
      ];
      for (const [what, call] of wrong) {
        check((await rejection(call())) instanceof sdk.ValidationError, `${what} is a ValidationError`);
      }
      const url = `${server}/secret/${'A'.repeat(22)}`;
      for (const link of [
        `${url}#v2.AAAA`,
        `${url}#v1.${'A'.repeat(42)}!`,
        { url, key: '' },
        { url, key: 'v2.A' },
      ]) {
        for (const ask of [sdk.retrieveSecret, sdk.secretStatus, sdk.revokeSecret]) {
          const error = await rejection(ask(link, { fetch }));
          check(error instanceof sdk.EncryptionError, 'a mangled key is an EncryptionError');
          equal(error.code, 'INVALID_KEY', 'code of a mangled key');
        }
      }
      equal(calls, [], 'requests');
    },
  },
  {
    name: 'an answer that never comes is a NetworkError after the timeout',
    async run(sdk) {
      const fetch = () => new Promise<never>(() => undefined);
      const error = await rejection(
        sdk.createSecret('x', { server: 'https://zephr.example', fetch, timeout: 50 }),
      );
      check(error instanceof sdk.NetworkError, 'it is a NetworkError');
      check(error.message.includes('zephr.example'), 'it names the host');
    },
  },
  {
    name: 'an abort rejects with its reason, at every stage',
    async run(sdk, server) {
      const reason = new Error('changed my mind');
      const early = await rejection(sdk.createSecret('x', { server, signal: AbortSignal.abort(reason) }));
      check(early === reason, 'before a create');
      const link = await linkTo(sdk, 'x', { server });
      check(
        (await rejection(sdk.retrieveSecret(link, { signal: AbortSignal.abort(reason) }))) === reason,
        'before a read',
      );
      equal((await sdk.secretStatus(link)).state, 'waiting', 'state after an aborted read');
      const controller = new AbortController();
      const fetch = () => {
        controller.abort(reason);
        return new Promise<never>(() => undefined);
      };
      check(
        (await rejection(sdk.retrieveSecret(link, { fetch, signal: controller.signal }))) === reason,
        'during a read',
      );
      equal((await sdk.retrieveSecret(link)).plaintext, 'x', 'the secret afterwards');
    },
  },
  {
    name: 'a large secret fits, and one that is too large is refused',
    async run(sdk, server) {
      const large = new Uint8Array(500 * 1024).map((_, index) => (index * 7 + 3) % 251);
      const { bytes } = await sdk.retrieveSecret(await linkTo(sdk, large, { server }));
      check(
        bytes.length === large.length && bytes.every((byte, index) => byte === large[index]),
        'the bytes are the same',
      );
      const error = await rejection(sdk.createSecret(new Uint8Array(2_000_000), { server, link: 'v1' }));
      equal([error.name, error.code], ['ValidationError', 'SECRET_TOO_LARGE'], 'too large');
    },
  },
  {
    name: 'files go there and back, as streams and in memory',
    async run(sdk, server) {
      const content = new Uint8Array(1_500_000).map((_, index) => (index * 7 + 3) % 251);
      const attachments = [
        { name: 'a.bin', content: new Blob([content]) },
        { name: 'b.txt', type: 'text/plain', content: new TextEncoder().encode('hello') },
      ];
      const link = await linkTo(sdk, 'note', { server, attachments, views: 2 });
      const opened = await sdk.openSecret(link);
      equal(
        opened.files.map(({ name, size }) => [name, size]),
        [
          ['a.bin', 1_500_000],
          ['b.txt', 5],
        ],
        'the list',
      );
      let length = 0;
      const reader = opened.files[0]?.stream().getReader();
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
        check(
          next.value.every((byte, index) => byte === content[length + index]),
          'the stream is the content',
        );
        length += next.value.length;
      }
      equal(length, content.length, 'the length of the stream');
      await opened.acknowledge();
      const { plaintext, files } = await sdk.retrieveSecret(link);
      equal([plaintext, new TextDecoder().decode(files?.[1]?.bytes)], ['note', 'hello'], 'in memory');
    },
  },
];
