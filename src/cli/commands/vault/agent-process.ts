/**
 * The process that keeps a vault unlocked (vault/unlocking/agent.ts). What it holds comes on its stdin; when it is ready
 * it says so on its stdout, and goes on by itself.
 */

import { closeSync, readFileSync, writeSync } from 'node:fs';
import { decodeBase64url } from '../../../core/base64url.js';
import { serveKey } from '../../../vault/unlocking/agent.js';

interface Message {
  readonly socket: string;
  readonly vault: string;
  readonly key: string;
  readonly until: number;
}

const { socket, vault, key, until }: Message = JSON.parse(readFileSync(0, 'utf8'));
// Node's own handler would open the inspector.
process.on('SIGUSR1', () => undefined);
const held = { vaultId: decodeBase64url(vault), key: decodeBase64url(key), until };
void serveKey(socket, held, Date.now).then(() => {
  writeSync(1, 'ready\n');
  closeSync(1);
});
