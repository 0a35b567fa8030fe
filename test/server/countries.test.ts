/** Countries of addresses, from a file in the MaxMind DB format, and what readers of other countries get. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Countries } from '../../src/server/secrets/gates/countries.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { countryDatabase } from '../support/mmdb.js';
import { harness, PROOF, refusal, VERSION_2 } from './harness.js';

const NETWORKS = { '203.0.113.0/24': 'FR', '198.51.100.0/25': 'DE', '2001:db8:7::/48': 'FR' };

const WITH_PROOF = { 'zephr-proof': PROOF };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** The countries in a file with this content, and what is logged of it. */
async function opened(content: Buffer = countryDatabase(NETWORKS)) {
  const path = join(folder(), 'countries.mmdb');
  writeFileSync(path, content);
  const log: string[] = [];
  const countries = await Countries.open(
    path,
    createLog((line) => log.push(line), Date.now),
  );
  onTestFinished(() => countries.close());
  return { countries, path, log };
}

/** Puts another file in its place at once, as those who update such files do. */
function replace(path: string, content: string | Buffer): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

it('an address has the country that the file says, or none', async () => {
  const { countries } = await opened();
  const found = [
    '203.0.113.9',
    '198.51.100.1',
    '198.51.100.200',
    '192.0.2.1',
    '2001:db8:7::1',
    '2001:db8:8::1',
  ];
  expect(found.map((address) => countries.countryOf(address))).toEqual(['FR', 'DE', null, null, 'FR', null]);
  expect(countries.countryOf('::ffff:203.0.113.9')).toBe('FR');
  expect(countries.countryOf('2001:db8:7::1%eth0')).toBe('FR');
  for (const none of ['', 'unknown', '203.0.113']) expect(countries.countryOf(none)).toBeNull();
});

it('an IPv6 address has no country in a file of IPv4 addresses, whatever its first bits are', async () => {
  const { countries } = await opened(countryDatabase({ '32.1.0.0/16': 'US' }, 'GeoLite2-Country', 4));
  expect(countries.countryOf('32.1.13.184')).toBe('US');
  expect(countries.countryOf('::ffff:32.1.13.184')).toBe('US');
  expect(countries.countryOf('2001:db8::1')).toBeNull();
});

it('a place of the file that is damaged says nothing, and the log says so once', async () => {
  const content = countryDatabase(NETWORKS);
  const place = content.indexOf('iso_code');
  // A pointer that leads nowhere, where the name of the country was.
  content.fill(0x3f, place + 'iso_code'.length, place + 'iso_code'.length + 3);
  const { countries, log } = await opened(content);
  expect(countries.countryOf('203.0.113.9')).toBeNull();
  expect(countries.countryOf('203.0.113.10')).toBeNull();
  expect(countries.countryOf('198.51.100.1')).toBe('DE');
  expect(log.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['geoip damaged']);
});

it('a file that changes is read again, and one that is damaged is not taken', async () => {
  const { countries, path, log } = await opened();
  await countries.look();
  expect(log).toEqual([]);
  replace(path, countryDatabase({ '203.0.113.0/24': 'BE' }));
  await countries.look();
  expect(countries.countryOf('203.0.113.9')).toBe('BE');
  for (const content of ['nothing of the kind', '']) {
    replace(path, content);
    await countries.look();
    await countries.look();
    expect(countries.countryOf('203.0.113.9')).toBe('BE');
  }
  rmSync(path);
  await countries.look();
  expect(countries.countryOf('203.0.113.9')).toBe('BE');
  replace(path, countryDatabase({ '203.0.113.0/24': 'NL' }));
  await countries.look();
  expect(countries.countryOf('203.0.113.9')).toBe('NL');
  const events = log.map((line) => (JSON.parse(line) as { event: string }).event);
  const bad = 'geoip not read again';
  expect(events).toEqual(['geoip read again', bad, bad, bad, 'geoip read again']);
  expect(log.join('')).not.toContain(path);
});

it('a file that is missing or of another kind is refused', async () => {
  const log = createLog(() => undefined, Date.now);
  await expect(Countries.open(join(folder(), 'none'), log)).rejects.toMatchObject({
    code: 'GEOIP_NOT_READABLE',
  });
  await expect(opened(Buffer.from('no database'))).rejects.toMatchObject({ code: 'GEOIP_NOT_USABLE' });
  await expect(opened(countryDatabase(NETWORKS, 'GeoLite2-ASN'))).rejects.toMatchObject({
    code: 'GEOIP_NOT_USABLE',
  });
});

it('readers come from one of the countries; those whose address is in none do not', async () => {
  const { countries } = await opened();
  const { create, call } = harness(undefined, { countryOf: (address) => countries.countryOf(address) });
  expect(await (await call('GET', '/api/health')).json()).toMatchObject({
    gates: ['addresses', 'countries', 'not_before', 'captcha'],
  });
  const created = await create({ ...VERSION_2, gates: { countries: ['FR', 'BE'] } });
  const { id } = (await created.json()) as { id: string };
  const from = (address: string) => call('GET', `/api/secrets/${id}`, { headers: WITH_PROOF, address });
  for (const address of ['198.51.100.1', '192.0.2.1', '2001:db8:8::1', '']) {
    expect(await refusal(from(address))).toBe('403 COUNTRY_NOT_ALLOWED');
  }
  expect((await from('2001:db8:7::1')).status).toBe(200);
});
