/** Who is at the other end of a connection on this machine, by proc(5): nothing of it can be forged by a client. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

/** The end of a connection that is a client's. */
interface Peer {
  readonly user: number;
  /** Of its socket: descriptors of processes name it. */
  readonly inode: string;
}

/** The table is read page by page while it changes, so that a line may be missed. */
const TABLE_READS = 3;

/** The user whose process is at the other end; undefined where the system does not tell. */
export function userOf(socket: Socket): number | undefined {
  return peerOf(socket)?.user;
}

/** Whether the process at the other end was started by this one, `pid`, or by one that it started, and so on. */
export function isStartedBy(pid: number, socket: Socket): boolean {
  const peer = peerOf(socket);
  return peer !== null && startedBy(pid).some((one) => hasSocket(one, peer.inode));
}

function peerOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): Peer | null {
  const [theirs, ours] = [inTable(remoteAddress, remotePort), inTable(localAddress, localPort)];
  for (let read = 0; read < TABLE_READS; read++) {
    // Some clients, Java among them, have sockets of IPv6 alone, with IPv4 addresses mapped into it.
    const line =
      lineWith(`: ${theirs} ${ours} `, '/proc/net/tcp') ??
      lineWith(`: ${MAPPED}${theirs} ${MAPPED}${ours} `, '/proc/net/tcp6');
    const fields = line?.trim().split(/\s+/);
    if (fields !== undefined) return { user: Number(fields[7]), inode: fields[9] ?? '' };
  }
  return null;
}

function lineWith(ends: string, table: string): string | undefined {
  return textOf(table)
    .split('\n')
    .find((line) => line.includes(ends));
}

/** How the table begins a mapped address, `::ffff:0:0/96`, in groups of four bytes. */
const MAPPED = endianness() === 'LE' ? `${'0'.repeat(16)}FFFF0000` : `${'0'.repeat(20)}FFFF`;

/** An end of a connection as the table has it: the bytes of the address in the machine's own order, in hex. */
function inTable(address = '', port = 0): string {
  const bytes = Uint8Array.from(address.split('.'), Number);
  const own = endianness() === 'LE' ? bytes.reverse() : bytes;
  return `${Buffer.from(own).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

/** All processes below one, that one aside. */
function startedBy(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of namesIn('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    // The name of the program, in brackets, can hold anything.
    const parent = Number(textOf(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (
    let next = children.get(pid) ?? [];
    next.length > 0;
    next = next.flatMap((one) => children.get(one) ?? [])
  )
    found.push(...next);
  return found;
}

function hasSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).some((name) => {
    try {
      return readlinkSync(`${folder}/${name}`) === `socket:[${inode}]`;
    } catch {
      // Closed in the meantime.
      return false;
    }
  });
}

/** None of what has ended in the meantime, is another user's, or is not Linux. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
