/** From names to addresses, with a name server on loopback. */

import { createSocket } from 'node:dgram';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveInDns, resolveInSystem } from '../../src/net/resolve.js';

const A = 1;
const AAAA = 28;
const NEVER = AbortSignal.timeout(600_000);

type Records = Readonly<
  Record<string, { readonly a?: readonly string[]; readonly aaaa?: readonly string[] }>
>;

/** A name server that knows `records` and counts questions. A name it does not know gets NXDOMAIN. */
async function nameServer(records: Records | null): Promise<{ address: string; questions: string[] }> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  onTestFinished(() => {
    socket.close();
  });
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    questions.push(name);
    if (records !== null) socket.send(answerTo(query, end, type, records[name]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${socket.address().port}`, questions };
}

/** The question of a DNS message (RFC 1035 section 4.1.2), and where it ends. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(query: Buffer, end: number, type: number, records: Records[string] | undefined): Buffer {
  const addresses = (type === A ? records?.a : type === AAAA ? records?.aaaa : []) ?? [];
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(records ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt16BE(0, 10);
  const answers = addresses.map((address) => {
    const bytes = Buffer.from(address, 'hex');
    const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([header, query.subarray(12, end), ...answers]);
}

describe('name servers', () => {
  const RECORDS: Records = {
    'both.example': { a: ['08080808', '0a000001'], aaaa: ['26064700000000000000000000001111'] },
    'four.example': { a: ['08080404'] },
    'six.example': { aaaa: ['00000000000000000000ffff7f000001'] },
    'none.example': {},
  };

  test('give all addresses of a name, of both kinds', async () => {
    const { address } = await nameServer(RECORDS);
    expect(await resolveInDns([address])('both.example', NEVER)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  test('may know one kind only', async () => {
    const { address } = await nameServer(RECORDS);
    const resolve = resolveInDns([address]);
    expect(await resolve('four.example', NEVER)).toEqual([{ address: '8.8.4.4', family: 4 }]);
    expect(await resolve('six.example', NEVER)).toEqual([{ address: '::ffff:127.0.0.1', family: 6 }]);
  });

  test('give nothing for a name without addresses, or that is none', async () => {
    const { address } = await nameServer(RECORDS);
    const resolve = resolveInDns([address]);
    expect(await resolve('none.example', NEVER)).toEqual([]);
    expect(await resolve('unknown.example', NEVER)).toEqual([]);
    expect(await resolve('a..example', NEVER)).toEqual([]);
  });

  test('are asked anew each time', async () => {
    const { address, questions } = await nameServer(RECORDS);
    const resolve = resolveInDns([address]);
    await resolve('four.example', NEVER);
    await resolve('four.example', NEVER);
    expect(questions).toEqual(Array(4).fill('four.example'));
  });

  test('are not asked for an address', async () => {
    const { address, questions } = await nameServer(RECORDS);
    const resolve = resolveInDns([address]);
    expect(await resolve('8.8.8.8', NEVER)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await resolve('2606:4700::1111', NEVER)).toEqual([{ address: '2606:4700::1111', family: 6 }]);
    expect(questions).toEqual([]);
  });

  test('that do not answer are not waited for longer than there is time', async () => {
    const { address } = await nameServer(null);
    await expect(resolveInDns([address])('both.example', AbortSignal.timeout(30))).rejects.toThrow();
    await expect(resolveInDns([address])('both.example', AbortSignal.abort())).rejects.toThrow();
  });
});

describe('the system', () => {
  test('knows localhost, and an address as itself', async () => {
    const addresses = (await resolveInSystem('localhost', NEVER)).map(({ address }) => address);
    expect(['127.0.0.1', '::1']).toEqual(expect.arrayContaining(addresses));
    expect(await resolveInSystem('10.0.0.1', NEVER)).toEqual([{ address: '10.0.0.1', family: 4 }]);
  });

  test('is not waited for longer than there is time', async () => {
    await expect(resolveInSystem('localhost', AbortSignal.abort())).rejects.toThrow();
    const deadline = new AbortController();
    const answer = resolveInSystem('localhost', deadline.signal);
    deadline.abort();
    await expect(answer).rejects.toThrow();
  });
});
