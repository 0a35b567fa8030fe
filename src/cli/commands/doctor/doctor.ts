/**
 * `zephr doctor`: checks every step from the config file to a second read, which must fail, and says of each what is
 * wrong and what to do. Its output can be shown to others: no secret, key or link is in it.
 */

import { type ServerHealth, serverHealth } from '../../../client/health.js';
import { maxSecretBytesV1 } from '../../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../../core/crypto/seal-v2.js';
import { formatMinuteRange } from '../../../core/duration.js';
import { ApiError, NetworkError } from '../../../core/errors.js';
import { parseExpiry } from '../../../core/expiry.js';
import { type LinkVersion, protocolVersion } from '../../../core/protocol/link-versions.js';
import type { HealthLimits } from '../../../core/protocol/replies.js';
import type { Trust } from '../../../net/trust.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { PERMISSION_ADVICE } from '../../files/secret-file.js';
import type { Context } from '../../parser/command.js';
import { configPlace, readConfigFile } from '../../settings/config-file.js';
import { connectionTo } from '../../settings/connection.js';
import {
  advisedOfServer,
  type CommonFlags,
  checkSetting,
  gatherSettings,
  linkVersion,
} from '../../settings/settings.js';
import { CheckList } from './check-list.js';
import { checkSecret, type Trial } from './secret-check.js';

export interface DoctorFlags extends CommonFlags {
  readonly link?: LinkVersion;
}

export type DoctorContext = Context<DoctorFlags>;

/** A clock that is off by more than this gets a warning, in milliseconds. */
const MAX_SKEW_MS = 60_000;

const DAY_MS = 86_400_000;

/** A certificate that ends sooner than this gets a warning; a short-lived one only in the last sixth of its life. */
const SOON_MS = 14 * DAY_MS;

/** How long the test secret waits when nothing else is configured: every tier allows it. */
const EXPIRY = '1h';

/** What the checks use: settings, and the way to the server. */
interface Plan extends Trial {
  /** The proxy on the way, if there is one. */
  readonly proxy: URL | null;
  readonly trust: Trust;
  /** Milliseconds for each request. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Runs the checks.
 * @throws CliError with the exit code of the first check that failed.
 */
export async function doctor(context: DoctorContext): Promise<ExitCode> {
  const { flags, terminal, now } = context;
  const checks = new CheckList(terminal.stdout, { json: flags.json ?? false });
  const plan = await checkSettings(checks, context);
  if (plan !== null) {
    const health = await checkNetwork(checks, plan, now);
    if (health !== 'unreachable') {
      const limits = await checkProtocol(checks, plan, health);
      // Callers of a tiered server have three creates a day: a second one is left to them.
      const isScarce = plan.apiKey === null && health?.access === 'tiered';
      await checkSecret(checks, { ...plan, uploadBytes: isScarce ? undefined : limits?.upload });
    }
  }
  await checks.finish();
  return EXIT.done;
}

async function checkSettings(checks: CheckList, { flags, terminal }: DoctorContext): Promise<Plan | null> {
  const { timeout } = flags;
  const place = configPlace(flags, terminal);
  try {
    const { config, exists, warning } = await readConfigFile(place, terminal);
    const settings = await gatherSettings(flags, config, terminal);
    const expiry = settings.expiry?.value ?? EXPIRY;
    if (settings.expiry !== undefined) checkSetting(settings.expiry, parseExpiry);
    const version = linkVersion(flags.link, settings);
    const { fetch, proxy, trust } = await connectionTo(settings.server, flags, terminal);
    const missing = place.path ?? 'home directory';
    await checks.ok('configuration', exists ? `${place.path}` : `the defaults: there is no ${missing}`);
    const readable = warning ?? settings.apiKeyWarning;
    if (readable !== undefined) await checks.warn('permissions', readable, PERMISSION_ADVICE);
    else await checks.ok('permissions', 'no API key is in a file that others can read');
    await checks.ok('server', `${settings.server} (from ${settings.serverSource}), with ${version} links`);
    const transport = { fetch, timeout, signal: terminal.interrupt };
    return { ...settings, expiry, version, transport, proxy, trust, timeout, signal: terminal.interrupt };
  } catch (error) {
    await checks.fail('configuration', error);
    return null;
  }
}

/**
 * Checks that the server can be reached, its certificate, and the clocks.
 * @returns the server's health; null from a server that answers but has no health route.
 */
async function checkNetwork(
  checks: CheckList,
  plan: Plan,
  now: () => number,
): Promise<ServerHealth | null | 'unreachable'> {
  const { server, proxy, transport } = plan;
  const { host } = new URL(server);
  const way = proxy === null ? '' : `, through the proxy ${proxy.host}`;
  const start = now();
  try {
    const health = await serverHealth({ ...transport, server });
    const end = now();
    await checks.ok('network', `${host} answered in ${end - start} ms${way}`);
    await checkTls(checks, plan, now);
    await reportClock(checks, health.time, (start + end) / 2);
    return health;
  } catch (error) {
    if (hasNoHealthRoute(error)) {
      await checks.ok('network', `${host} answered${way}`);
      await checkTls(checks, plan, now);
      await checks.skip('clock', 'the server does not tell the time');
      return null;
    }
    const untrusted = error instanceof NetworkError && error.code === 'TLS_ERROR';
    if (untrusted) await checks.ok('network', `${host} takes connections`);
    await checks.fail(untrusted ? 'TLS' : 'network', advisedOfServer(error, plan));
    return 'unreachable';
  }
}

/** A server of version 1 has no health route: it answers with an error, or with a web page. */
function hasNoHealthRoute(error: unknown): boolean {
  // A login gateway or a firewall that answers in its place says nothing about the server.
  if (error instanceof ApiError)
    return error.statusCode < 500 && (error.isVerdict || error.statusCode === 404);
  return error instanceof NetworkError && error.code === 'INVALID_REPLY';
}

/** Checks how long the certificate is valid. It is trusted, or the server's answer would not have come. */
async function checkTls(
  checks: CheckList,
  { server, proxy, trust, timeout, signal }: Plan,
  now: () => number,
): Promise<void> {
  if (server.startsWith('http:')) return checks.ok('TLS', 'not needed: plain http stays on this machine');
  const { certificateValidity } = await import('./certificate.js');
  try {
    const { from, until } = await certificateValidity(server, { proxy, trust }, { timeout, signal });
    const date = new Date(until).toISOString().slice(0, 10);
    const left = until - now();
    if (left > Math.min(SOON_MS, (until - from) / 6)) {
      return await checks.ok('TLS', `the certificate is trusted, until ${date}`);
    }
    const days = Math.floor(left / DAY_MS);
    const message = `the certificate is trusted, but expires on ${date}, in ${days} ${days === 1 ? 'day' : 'days'}`;
    await checks.warn('TLS', message, 'it should have been renewed: tell whoever runs the server');
  } catch (error) {
    await checks.fail('TLS', error);
  }
}

async function reportClock(checks: CheckList, serverTime: number | null, ownTime: number): Promise<void> {
  if (serverTime === null) return checks.skip('clock', 'the server does not tell the time');
  // The Date header has whole seconds.
  const ahead = Math.round((ownTime - serverTime - 500) / 1000) * 1000;
  if (Math.abs(ahead) <= MAX_SKEW_MS) return checks.ok('clock', 'this machine and the server agree');
  const off = `${Math.round(Math.abs(ahead) / 1000).toLocaleString('en')} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
  await checks.warn('clock', `this machine is ${off} the server`, 'set the clock: certificates go by it');
}

/**
 * Checks that the server speaks the version that a create will use, and says what the server allows and offers.
 * @returns the limits of this caller, as far as the server tells them.
 */
async function checkProtocol(
  checks: CheckList,
  plan: Plan,
  health: ServerHealth | null,
): Promise<HealthLimits | undefined> {
  if (health === null) {
    await checks.skip('protocol', 'the server does not tell: version 1 is assumed');
    await checks.skip('limits', 'the server does not tell');
    await checks.skip('gates', 'the server does not tell');
    return undefined;
  }
  const { protocol, version, gates } = health;
  const wanted = protocolVersion(plan.version);
  if (protocol.includes(wanted)) {
    const software = version === undefined ? '' : `, zephr ${version}`;
    await checks.ok('protocol', `version ${protocol.join(' and ')}${software}`);
  } else {
    const message = `the server speaks version ${protocol.join(' and ')}, not ${wanted}`;
    await checks.fail('protocol', new CliError(EXIT.unreachable, 'UNSUPPORTED_BY_SERVER', message));
  }
  const limits = await checkLimits(checks, plan, health);
  const offered = gates === undefined || gates.length === 0 ? 'none' : gates.join(', ');
  await checks.ok('gates', `${offered} (what readers can be asked for besides the key)`);
  return limits;
}

/** Says what the caller may create: with the API key where there is one, else without. */
async function checkLimits(
  checks: CheckList,
  plan: Plan,
  keyless: ServerHealth,
): Promise<HealthLimits | undefined> {
  const { server, apiKey, version, transport } = plan;
  let health = keyless;
  try {
    if (apiKey !== null) health = await serverHealth({ ...transport, server, apiKey });
  } catch (error) {
    const isRefused = error instanceof ApiError && error.statusCode === 401 && error.isVerdict;
    if (isRefused) await checks.skip('limits', 'unknown: the server refused the API key');
    else await checks.fail('limits', error);
    return undefined;
  }
  const { access, tier, limits } = health;
  if (tier === undefined && access === 'closed') {
    await checks.ok('limits', 'access is closed: creating takes an API key');
    return undefined;
  }
  if (limits === undefined) {
    await checks.skip('limits', 'the server does not tell');
    return undefined;
  }
  const { expiry, blob } = limits;
  const bytes = version === 'v1' ? maxSecretBytesV1(blob) : maxSecretBytesV2(blob);
  const who = tier === undefined ? 'without an API key' : `with this API key, of tier ${tier},`;
  const also = tier !== undefined || access === undefined ? '' : `, access is ${access}`;
  await checks.ok(
    'limits',
    `${who} ${bytes.toLocaleString('en')} bytes, for ${formatMinuteRange(expiry)}${also}`,
  );
  return limits;
}
