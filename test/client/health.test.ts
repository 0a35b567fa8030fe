import { describe, expect, it } from 'vitest';
import { serverHealth } from '../../src/client/health.js';

const BODY = JSON.stringify({ status: 'ok', version: '2.0.0', protocol: [1, 2] });

/** A fetch that gives one answer, and what it was asked. */
function answering(body: string, init: ResponseInit) {
  const asked: string[] = [];
  const fetch = async (url: string, { method }: { method: string }) => {
    asked.push(`${method} ${url}`);
    return new Response(body, init);
  };
  return { fetch, asked };
}

describe("a server's health", () => {
  it('is asked for below the path of the server, and comes with its clock', async () => {
    const headers = { Date: 'Sun, 06 Nov 1994 08:49:37 GMT' };
    const { fetch, asked } = answering(BODY, { headers });
    const health = await serverHealth({ server: 'https://zephr.example/zephr/', fetch });
    expect(asked).toEqual(['GET https://zephr.example/zephr/api/health']);
    expect(health).toEqual({ version: '2.0.0', protocol: [1, 2], time: 784_111_777_000 });
  });

  it.each([undefined, 'yesterday'])('has no time where the server says %j', async (date) => {
    const { fetch } = answering(BODY, date === undefined ? {} : { headers: { Date: date } });
    expect(await serverHealth({ server: 'https://zephr.example', fetch })).toMatchObject({ time: null });
  });

  it('is an error where the store does not answer', async () => {
    const body = JSON.stringify({ error: { code: 'STORE_UNAVAILABLE', message: 'some words' } });
    const { fetch, asked } = answering(body, { status: 503 });
    await expect(serverHealth({ server: 'https://zephr.example', fetch })).rejects.toMatchObject({
      statusCode: 503,
      code: 'STORE_UNAVAILABLE',
    });
    expect(asked.length).toBe(3);
  });

  it('is an error that names the host where another service answers', async () => {
    const { fetch } = answering('{"status":"up"}', {});
    await expect(serverHealth({ server: 'https://zephr.example', fetch })).rejects.toMatchObject({
      name: 'NetworkError',
      host: 'zephr.example',
      code: 'INVALID_REPLY',
    });
  });

  it('is not asked of what is no server', async () => {
    const { fetch, asked } = answering(BODY, {});
    await expect(serverHealth({ server: 'http://zephr.example', fetch })).rejects.toMatchObject({
      code: 'INVALID_SERVER',
    });
    expect(asked).toEqual([]);
  });
});
