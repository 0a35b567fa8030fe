/** The command before a hostile server, over real sockets: it ends as documented, and shows what it should. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { main } from '../../src/cli/main.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { encodeMeta } from '../../src/core/crypto/meta.js';
import { sealV1 } from '../../src/core/crypto/seal-v1.js';
import { sealV2 } from '../../src/core/crypto/seal-v2.js';
import { generateKey } from '../../src/core/key.js';
import { formatLink } from '../../src/core/link.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { type Family, property, quotes } from './family.js';
import { mutated, mutatedObject, oddLine, oddText } from './odd.js';
import { checkShown } from './terminal.js';

const ID = 'Ab3_-567890123456789_-';
const SECRET = 'hunter2-of-the-sender';
const API_KEY = `zeph_${'K3y'.repeat(14).slice(0, 40)}`;
/** Stands in bodies and headers where nobody should look. */
const MARK = 'n0t-to-be-shown';
/** Milliseconds for one operation, its tries included. */
const TIMEOUT_MS = 300;

type Operation = 'create' | 'get v1' | 'get v2' | 'status' | 'revoke';

interface Case {
  readonly operation: Operation;
  readonly json: boolean;
  readonly head: string;
  /** `BLOB` stands for the sealed secret. */
  readonly body: string;
  readonly end: 'close' | 'reset' | 'flood' | 'drip' | 'hold';
  /** What the secret says about itself. */
  readonly name: string;
  readonly message: string;
}

const at = '2026-01-01T00:00:00.000Z';
const okay = fc.constantFrom(
  { id: ID, expires_at: at, version: 2, views: 1, x: MARK },
  { encrypted_blob: 'BLOB', hint: 'db prod', purge_at: at, views_left: 0, x: MARK },
  { encrypted_blob: 'BLOB', x: MARK },
  { encrypted_blob: 'AAAA', x: MARK },
  { state: 'read', created_at: at, expires_at: at, views: 1, views_left: 0, x: MARK },
);
const refusal = fc.record({
  error: mutatedObject(
    fc.record({ code: fc.constantFrom('SECRET_NOT_FOUND', 'WRONG_KEY', 'X'), message: oddLine }),
  ),
  x: fc.constant(MARK),
});
const jsonText = fc
  .oneof(
    { weight: 3, arbitrary: okay },
    { weight: 2, arbitrary: mutatedObject(okay) },
    { weight: 3, arbitrary: refusal },
  )
  .map((value) => JSON.stringify(value));
const body = fc.oneof(
  { weight: 8, arbitrary: jsonText },
  { weight: 1, arbitrary: mutated(jsonText) },
  { weight: 1, arbitrary: oddText.map((text) => `${MARK}<html>${text}`) },
);

const statusLine = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(200, 200, 200, 201, 204, 400, 401, 403, 404, 410, 413, 429, 500) },
  { weight: 3, arbitrary: fc.constantFrom(101, 103, 204, 301, 302, 304, 307, 501, 503, 999, 0) },
);
const header = fc.oneof(
  fc.constantFrom(
    `X-Server: ${MARK}`,
    `Location: https://evil.example/${MARK}`,
    'Location: //evil.example:99',
    'Retry-After: 7',
    'Retry-After: 99999999999',
    'Zephr-Claim: x\r\nZephr-Claim: y',
    'Content-Encoding: gzip',
    'Content-Encoding: br',
    'Content-Length: 5',
    'Content-Length: 99999',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Connection: close',
    'Connection: upgrade\r\nUpgrade: websocket',
    'Set-Cookie: a=b',
    'Content-Type: text/html',
    `X: ${'x'.repeat(20_000)}`,
  ),
  fc
    .integer({ min: 1, max: 3_000 })
    .map((count) => Array.from({ length: count }, (_, index) => `x${index}: y`).join('\r\n')),
  oddLine.map((text) => `X: ${text}`),
);
const headers = fc.array(header, { maxLength: 2 });
const lead = fc.constantFrom(
  '',
  '',
  '',
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
  '\r\n',
  '\0',
);
const kind = fc.constantFrom('Content-Type: application/json', 'Content-Type: text/html', 'X: y');
const head = fc
  .tuple(
    kind,
    lead,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'ICY'),
    statusLine,
    headers,
  )
  .map(([type, before, version, status, lines]) =>
    [`${before}${version} ${String(status).padStart(3, '0')} ${MARK}`, type, ...lines, '', ''].join('\r\n'),
  );

const plainHead = fc.constant(
  `HTTP/1.1 200 ${MARK}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n`,
);

const hostile: fc.Arbitrary<Case> = fc.record({
  operation: fc.constantFrom('create', 'get v1', 'get v2', 'get v2', 'status', 'revoke'),
  json: fc.boolean(),
  head: fc.oneof(
    { weight: 5, arbitrary: plainHead },
    { weight: 9, arbitrary: head },
    { weight: 2, arbitrary: mutated(head) },
  ),
  body,
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constant('close' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reset', 'flood', 'drip', 'hold') },
  ),
  name: mutated(fc.constant('id_rsa')),
  message: oddLine,
});

const key1 = generateKey(1);
const key2 = generateKey(2);
let server: Server;
let state: string;
const sockets = new Set<Socket>();
/** What is answered below `/n/`, and all that was asked there. */
const answers = new Map<string, { readonly bytes: Buffer; readonly end: Case['end']; heard: string }>();
let count = 0;

async function start(): Promise<() => Promise<void>> {
  state = mkdtempSync(join(tmpdir(), 'zephr-fuzz-'));
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(state, { recursive: true, force: true });
  };
}

function answer(socket: Socket): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  // The client may cut it at any time.
  socket.on('error', () => undefined);
  let asked = '';
  socket.on('data', (chunk: Buffer) => {
    asked += chunk.toString('latin1');
    const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(asked) ?? [];
    const bodyAt = asked.indexOf('\r\n\r\n') + 4;
    if (bodyAt < 4 || asked.length < bodyAt + Number(length)) return;
    const hit = answers.get(/^\S+ \/(\d+)\//.exec(asked)?.[1] ?? '');
    if (hit === undefined) return void socket.destroy();
    hit.heard += asked;
    asked = '';
    send(socket, hit.bytes, hit.end);
  });
}

function send(socket: Socket, bytes: Buffer, end: Case['end']): void {
  if (end === 'close') socket.end(bytes);
  else if (end === 'drip') drip(socket, bytes);
  else {
    socket.write(bytes, () => {
      if (end === 'reset') setTimeout(() => socket.resetAndDestroy(), 5);
    });
    if (end === 'flood') flood(socket);
  }
}

/** More than anybody takes, for as long as somebody does. */
function flood(socket: Socket): void {
  let takes = true;
  while (takes && socket.writable) takes = socket.write(FLOOD);
  socket.once('drain', () => flood(socket));
}

/** A byte every other millisecond. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length || !socket.writable) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, 2);
  socket.on('close', () => clearInterval(timer));
}

const FLOOD = Buffer.alloc(65_536, ' ');

/** Meta that a sender can seal; what no sender can is left out. */
function metaOf({ name, message }: Case): { name?: string; message: string } {
  const meta = { name, message: Buffer.from(message).toString() };
  try {
    encodeMeta(meta);
    return meta;
  } catch {
    return { message: meta.message };
  }
}

const EXITS = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** What a line of ours begins with; further lines of theirs are indented. */
const LINE = /^(zephr: (error|hint|warning): |(Hint|Name|Message): | {9}|the (link|URL) |[a-z]|\{"error":)/;

async function meet(one: Case): Promise<string> {
  const { operation, json, head: top, body: text, end } = one;
  const blob =
    operation === 'get v1'
      ? await sealV1(Buffer.from(SECRET), key1)
      : await sealV2(Buffer.from(SECRET), metaOf(one), await unlockKey(key2, undefined));
  const number = String(count++);
  const heard = { bytes: Buffer.from(top + text.replaceAll('BLOB', blob)), end, heard: '' };
  answers.set(number, heard);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${number}`;
  const link = formatLink({ server: url, id: ID, key: operation === 'get v1' ? key1 : key2 });
  const verb = operation.split(' ')[0] ?? '';
  const args = [
    ...(verb === 'create' ? [] : [verb, '-']),
    '--timeout',
    String(TIMEOUT_MS / 1000),
    ...(json ? ['--json'] : []),
  ];
  const terminal = fakeTerminal({
    stdin: verb === 'create' ? SECRET : `${link}\n`,
    env: { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state, ZEPHR_SERVER: url, ZEPHR_API_KEY: API_KEY },
  });
  const code = await main(args, terminal);
  answers.delete(number);
  const stdout = terminal.written('stdout').toString();
  const stderr = terminal.written('stderr').toString();
  check(one, code, stdout, stderr, heard.heard);
  return `${verb} ${code}`;
}

function check(
  { operation, json, message }: Case,
  code: number,
  stdout: string,
  stderr: string,
  heard: string,
): void {
  assert(EXITS.includes(code), `exit ${code}: ${stderr}`);
  checkShown(stderr);
  for (const line of stderr.split('\n')) assert(line === '' || LINE.test(line), line);
  assert(!quotes(stderr, MARK), stderr);
  assert(!stderr.includes('    at '), 'a stack trace');
  const keys = [key1, key2].map(({ bytes }) => Buffer.from(bytes).toString('base64url'));
  for (const key of keys) assert(!quotes(stderr, key) && !heard.includes(key), 'the key is told');
  assert(!stderr.includes(SECRET) && !heard.includes(SECRET), 'the secret is told');
  assert(operation === 'create' || !heard.includes(API_KEY), 'the API key is told to the server of a link');
  if (code !== 0) {
    assert.equal(stdout, '');
    assert(
      json
        ? stderr.startsWith('{"error":') || stderr.includes('\n{"error":')
        : stderr.includes('zephr: error: '),
      stderr,
    );
    return;
  }
  assert(!stdout.includes(MARK));
  if (json) {
    checkShown(stdout);
    assert.equal(stdout.indexOf('\n'), stdout.length - 1);
    const given = JSON.parse(stdout) as Record<string, unknown>;
    if (operation.startsWith('get')) assert.equal(given.plaintext, SECRET);
    if (operation === 'get v2') assert.equal(given.message, Buffer.from(message).toString());
  } else if (operation.startsWith('get')) assert.equal(stdout, SECRET);
  else checkShown(stdout);
}

const AT_ONCE = 48;

const ends = property(
  'the command ends with a documented exit code, shows no body, and tells no key',
  fc.array(hostile, { minLength: AT_ONCE, maxLength: AT_ONCE }),
  (cases) => Promise.all(cases.map(meet)),
  {
    weight: 20,
    size: AT_ONCE,
    outcomes: ['get 0', 'get 8', 'get 9', 'create 0', 'create 8', 'status 0', 'get 6'],
  },
);

export const COMMAND: Family = { name: 'command', properties: [ends], start };
