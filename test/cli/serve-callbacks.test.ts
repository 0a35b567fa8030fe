/** Where the webhooks of `zephr serve` may go. */

import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { type ServerOptions, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const FLAG = '--allow-private-callbacks';
const VARIABLE = 'ZEPHR_SERVE_ALLOW_PRIVATE_CALLBACKS';

async function serve(options: ServerOptions): Promise<string> {
  const server = await startServerProcess(options);
  onTestFinished(async () => {
    await server.stop();
  });
  return server.url;
}

describe('the webhooks of a zephr serve', () => {
  it.each<[string, ServerOptions]>([
    [FLAG, { args: [FLAG] }],
    [`${VARIABLE}=1`, { env: { [VARIABLE]: '1' } }],
  ])('go to this machine, over http, with %s', async (_, options) => {
    let tell: (told: { body: string; signature: unknown }) => void = () => undefined;
    const told = new Promise<{ body: string; signature: unknown }>((resolve) => {
      tell = resolve;
    });
    const receiver = await httpHost((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      request.on('end', () => {
        response.end();
        tell({ body, signature: request.headers['x-zephr-signature'] });
      });
    });
    const { sh } = openSession({ ZEPHR_SERVER: await serve(options), ZEPHR_CALLBACK_SECRET: 'shared' });
    const script = `printf hunter2 | zephr --hint db --callback-url ${receiver}/hook | zephr get -`;
    expect(await sh(script)).toMatchObject({ code: 0, stdout: 'hunter2' });
    const { body, signature } = await told;
    expect(JSON.parse(body)).toMatchObject({ event: 'secret.consumed', hint: 'db' });
    expect(signature).toBe(createHmac('sha256', 'shared').update(body).digest('hex'));
  });

  it.each<[string, ServerOptions]>([
    ['no word about that', {}],
    [`${VARIABLE}=0`, { env: { [VARIABLE]: '0' } }],
  ])('go nowhere inside with %s', async (_, options) => {
    const { sh } = openSession({ ZEPHR_SERVER: await serve(options), ZEPHR_CALLBACK_SECRET: 'shared' });
    for (const callback of ['http://example.com/', 'https://127.0.0.1/', 'https://db.internal/']) {
      const { code, stdout, stderr } = await sh(`printf hunter2 | zephr --callback-url ${callback}`);
      expect(stderr).toContain('callback');
      expect(stdout).toBe('');
      expect(code).not.toBe(0);
    }
  });

  it(`does not start with ${VARIABLE}=perhaps`, async () => {
    const { sh } = openSession({ [VARIABLE]: 'perhaps' });
    const { code, stderr } = await sh('zephr serve --port 0 --store memory:');
    expect(stderr).toContain(`zephr: error: ${VARIABLE} is not a switch`);
    expect(code).toBe(2);
  });
});
