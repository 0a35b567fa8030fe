/** Writes small files in the MaxMind DB format (https://maxmind.github.io/MaxMind-DB/), for tests of countries. */

import { isIPv6 } from 'node:net';

type Value = string | number | bigint | readonly Value[] | { readonly [name: string]: Value };

const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);

/** Between the tree and the data. */
const SEPARATOR = Buffer.alloc(16);

/** A node of the tree: what follows for a 0 and a 1; a number is a place in the data. */
type Branch = Node | number | null;
type Node = [zero: Branch, one: Branch];

/**
 * A database of countries.
 * @param networks in CIDR notation, with the country of each: IPv4 ones lie in `::/96`, as the format has it.
 * @param version of the addresses. With 4 there are no others.
 */
export function countryDatabase(
  networks: Readonly<Record<string, string>>,
  type = 'GeoLite2-Country',
  version: 4 | 6 = 6,
): Buffer {
  const root: Node = [null, null];
  let data = Buffer.alloc(0);
  for (const [network, country] of Object.entries(networks)) {
    insert(root, bitsOf(network).slice(version === 4 ? 96 : 0), data.length);
    data = Buffer.concat([data, encoded({ country: { iso_code: country } })]);
  }
  const nodes = inOrder(root);
  const record = (branch: Branch) => {
    const value =
      branch === null ? nodes.length : isNode(branch) ? nodes.indexOf(branch) : nodes.length + 16 + branch;
    return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
  };
  const tree = Buffer.concat(nodes.flatMap(([zero, one]) => [record(zero), record(one)]));
  const metadata = encoded({
    node_count: nodes.length,
    record_size: 24,
    ip_version: version,
    database_type: type,
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_900_000_000n,
    description: { en: 'made by a test' },
  });
  return Buffer.concat([tree, SEPARATOR, data, MARKER, metadata]);
}

function isNode(branch: Branch): branch is Node {
  return Array.isArray(branch);
}

function insert(root: Node, bits: readonly number[], place: number): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit];
    if (isNode(next ?? null)) node = next as Node;
    else {
      const made: Node = [null, null];
      node[bit] = made;
      node = made;
    }
  }
  node[bits.at(-1) ?? 0] = place;
}

function inOrder(node: Node): Node[] {
  return [node, ...node.filter(isNode).flatMap(inOrder)];
}

/** The bits of a network's prefix in a tree of IPv6 addresses. */
function bitsOf(network: string): number[] {
  const [address = '', prefix = ''] = network.split('/');
  const bytes = isIPv6(address)
    ? ipv6Bytes(address)
    : [...Array<number>(12).fill(0), ...address.split('.').map(Number)];
  const length = Number(prefix) + (isIPv6(address) ? 0 : 96);
  return bytes
    .flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1))
    .slice(0, length);
}

function ipv6Bytes(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const groups = [
    ...(before ?? []),
    ...Array<string>(8 - (before ?? []).length - (after ?? []).length).fill('0'),
    ...(after ?? []),
  ];
  return groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]);
}

/** A value of the data section. */
function encoded(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.from([...control(6, 4), ...number(value, 4)]);
  if (typeof value === 'bigint') return Buffer.from([...control(9, 8), ...number(Number(value), 8)]);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encoded)]);
  const members = Object.entries(value);
  return Buffer.concat([
    control(7, members.length),
    ...members.flatMap(([name, one]) => [encoded(name), encoded(one)]),
  ]);
}

/** The byte before a value of this type and size, which is under 29; types from 8 on have two. */
function control(type: number, size: number): Buffer {
  return type < 8 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]);
}

function number(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, place) => Math.floor(value / 256 ** (bytes - 1 - place)) % 256);
}
