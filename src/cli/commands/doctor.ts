/**
 * `zephr doctor`: every step from the config file to a second read that must fail, each with what is wrong and
 * what to do. What it prints can be shown to others: no secret, key or link is in it.
 */

import { type ServerHealth, serverHealth } from '../../client/health.js';
import { ApiError, NetworkError } from '../../core/errors.js';
import { parseExpiry } from '../../core/expiry.js';
import { maxSecretBytesV1 } from '../../core/seal-v1.js';
import { maxSecretBytesV2 } from '../../core/seal-v2.js';
import { CheckList } from '../check-list.js';
import { configPlace, EXPOSED_KEY_HINT, readConfigFile } from '../config-file.js';
import { CliError, EXIT, usageError } from '../exit.js';
import { fetchFor, proxyFor } from '../proxy.js';
import { checkSecret, type Trial } from '../secret-check.js';
import { type CommonFlags, checked, gatherSettings, linkVersion, timeoutMs } from '../settings.js';
import type { Terminal } from '../terminal.js';

export interface DoctorFlags extends CommonFlags {
  readonly link?: string;
}

/** A clock that is further off than this is worth a word, in milliseconds. */
const MAX_SKEW_MS = 60_000;

/** How long the test secret waits when nothing else is configured: every tier allows it. */
const EXPIRY = '1h';

/** What is to be tried, and on which way. */
interface Plan extends Trial {
  /** Host and port, where a proxy is on the way. */
  readonly proxy: string | null;
}

/**
 * Runs the checks.
 * @param now milliseconds since 1970.
 * @throws CliError with the exit code of the first check that failed.
 */
export async function doctor(
  flags: DoctorFlags,
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<void> {
  const checks = new CheckList(terminal.stdout, { json: flags.json ?? false });
  const plan = await checkSettings(checks, flags, terminal);
  if (plan !== null && (await checkTrust(checks, plan, terminal))) {
    const health = await checkNetwork(checks, plan, now);
    if (health !== 'unreachable') {
      await checkPromises(checks, plan, health);
      await checkSecret(checks, plan);
    }
  }
  await checks.finish();
}

async function checkSettings(
  checks: CheckList,
  flags: DoctorFlags,
  terminal: Terminal,
): Promise<Plan | null> {
  const timeout = timeoutMs(flags);
  const place = configPlace(flags, terminal);
  try {
    const { config, exists, warning } = await readConfigFile(place, terminal);
    const settings = await gatherSettings(flags, config, terminal);
    const expiry = settings.expiry ?? EXPIRY;
    checked(undefined, () => parseExpiry(expiry));
    const version = checked(flags.link, () => linkVersion(flags.link ?? settings.link, settings.server));
    const proxy = proxyFor(settings.server, terminal.env)?.host ?? null;
    await checks.ok('configuration', exists ? place.path : `the defaults: there is no ${place.path}`);
    if (warning !== undefined) await checks.warn('permissions', warning, EXPOSED_KEY_HINT);
    else await checks.ok('permissions', 'nobody else can read an API key there');
    await checks.ok('server', `${settings.server} (from ${settings.serverSource}), with ${version} links`);
    const transport = { fetch: fetchFor(settings.server, terminal.env), timeout, signal: terminal.interrupt };
    return { ...settings, expiry, version, transport, proxy };
  } catch (error) {
    await checks.fail('configuration', error);
    return null;
  }
}

/** Whether the certificates of the server are checked at all. If not, nothing is sent there. */
async function checkTrust(checks: CheckList, { server }: Plan, { env }: Terminal): Promise<boolean> {
  if (server.startsWith('http:') || env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return true;
  const message = 'NODE_TLS_REJECT_UNAUTHORIZED=0 lets anybody pose as the server';
  await checks.fail('TLS', usageError(message, 'unset it: NODE_EXTRA_CA_CERTS names a private authority'));
  return false;
}

/** @returns the server's health; null when it answers, but has none to tell. */
async function checkNetwork(
  checks: CheckList,
  { server, proxy, transport }: Plan,
  now: () => number,
): Promise<ServerHealth | null | 'unreachable'> {
  const { host, protocol } = new URL(server);
  const way = proxy === null ? '' : `, through the proxy ${proxy}`;
  const start = now();
  try {
    const health = await serverHealth({ ...transport, server });
    const end = now();
    await checks.ok('network', `${host} answered in ${end - start} ms${way}`);
    await reportTls(checks, protocol);
    await reportClock(checks, health.time, (start + end) / 2);
    return health;
  } catch (error) {
    if (knowsNoHealth(error)) {
      await checks.ok('network', `${host} answered${way}`);
      await reportTls(checks, protocol);
      await checks.skip('clock', 'the server does not tell the time');
      return null;
    }
    const untrusted = error instanceof NetworkError && error.code === 'TLS_ERROR';
    if (untrusted) await checks.ok('network', `${host} takes connections`);
    await checks.fail(untrusted ? 'TLS' : 'network', error);
    return 'unreachable';
  }
}

/** A server of version 1 has no health to ask for, and says so with an error or with a web page. */
function knowsNoHealth(error: unknown): boolean {
  if (error instanceof ApiError) return error.statusCode < 500;
  return error instanceof NetworkError && error.code === 'INVALID_REPLY';
}

function reportTls(checks: CheckList, protocol: string): Promise<void> {
  const plain = protocol === 'http:';
  return checks.ok(
    'TLS',
    plain ? 'not needed: plain http stays on this machine' : 'the certificate is trusted',
  );
}

async function reportClock(checks: CheckList, serverTime: number | null, ownTime: number): Promise<void> {
  if (serverTime === null) return checks.skip('clock', 'the server does not tell the time');
  // The header tells whole seconds.
  const ahead = Math.round((ownTime - serverTime - 500) / 1000) * 1000;
  if (Math.abs(ahead) <= MAX_SKEW_MS) return checks.ok('clock', 'this machine and the server agree');
  const off = `${Math.round(Math.abs(ahead) / 1000).toLocaleString('en')} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
  await checks.warn('clock', `this machine is ${off} the server`, 'set the clock: certificates go by it');
}

/** What the server says it speaks and allows. */
async function checkPromises(checks: CheckList, plan: Plan, health: ServerHealth | null): Promise<void> {
  if (health === null) {
    await checks.skip('protocol', 'the server does not tell: it is taken for one of version 1');
    await checks.skip('limits', 'the server does not tell');
    return;
  }
  const { protocol, version, access, limits } = health;
  const wanted = plan.version === 'v1' ? 1 : 2;
  if (protocol.includes(wanted)) {
    const software = version === undefined ? '' : `, zephr ${version}`;
    await checks.ok('protocol', `version ${protocol.join(' and ')}${software}`);
  } else {
    const message = `the server speaks version ${protocol.join(' and ')}, not ${wanted}`;
    await checks.fail('protocol', new CliError(EXIT.unreachable, 'UNSUPPORTED_BY_SERVER', message));
  }
  if (access === 'closed') return checks.ok('limits', 'access is closed: creating takes an API key');
  if (limits === undefined) return checks.skip('limits', 'the server does not tell');
  const { expiry, blob } = limits;
  const bytes = plan.version === 'v1' ? maxSecretBytesV1(blob) : maxSecretBytesV2(blob);
  const who = access === undefined ? '' : `, access is ${access}`;
  await checks.ok(
    'limits',
    `without an API key ${bytes.toLocaleString('en')} bytes, for ${expiry.min} to ${expiry.max} minutes${who}`,
  );
}
