/** The last checks of `zephr doctor`: a test secret is created, looked at, read, and read again in vain. */

import { createSecret } from '../../../client/create/create.js';
import { openSecret } from '../../../client/open-secret.js';
import { readSecret } from '../../../client/read.js';
import { secretStatus } from '../../../client/status.js';
import type { TransportOptions } from '../../../client/transport/send.js';
import { concatBytes, equalBytes, randomBytes } from '../../../core/bytes.js';
import { ApiError } from '../../../core/errors.js';
import type { Link } from '../../../core/link.js';
import { parseLink } from '../../../core/links/reader.js';
import type { LinkVersion } from '../../../core/protocol/link-versions.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { endingOf } from '../../exit/ending.js';
import { advisedOfServer, type Settings } from '../../settings/settings.js';
import { inUnits } from '../../transfer/progress.js';
import type { CheckList, CheckName } from './check-list.js';

/** The terms of the test secret, and how its server is reached. */
export interface Trial extends Omit<Settings, 'expiry'> {
  readonly version: LinkVersion;
  readonly expiry: string;
  readonly transport: TransportOptions;
  /** The most bytes of files that the server takes from this caller, padding included; undefined where it takes none. */
  readonly uploadBytes?: number | undefined;
}

/** Makes these checks. */
export async function checkSecret(checks: CheckList, trial: Trial): Promise<void> {
  const secret = randomBytes(32);
  const link = await checkCreate(checks, trial, secret);
  if (link === null) return;
  await attempt(checks, 'status', async () => {
    if (trial.version === 'v1') return checks.skip('status', 'version 1 links have none');
    const { state } = await secretStatus(link, trial.transport);
    if (state !== 'waiting') throw misbehaves(`the server says of an unread secret that it is ${state}`);
    await checks.ok('status', 'waiting, and asking used up nothing');
  });
  const wasRead = await attempt(checks, 'read', async () => {
    const reading = await readSecret(link, trial.transport);
    if (!equalBytes(reading.bytes, secret)) throw misbehaves('what came back is not what was sent');
    await reading.acknowledge();
    await checks.ok('read', 'what was sent came back');
  });
  if (wasRead) await attempt(checks, 'read again', () => checkSecondRead(checks, trial, link));
  await attempt(checks, 'files', () => checkFiles(checks, trial));
}

/** Bytes of the test file: more than one chunk. */
const FILE_BYTES = 1_100_000;

/** Sends a file and takes it back, where the server takes files from this caller. */
async function checkFiles(
  checks: CheckList,
  { server, apiKey, expiry, version, uploadBytes, transport }: Trial,
): Promise<void> {
  if (version === 'v1') return checks.skip('files', 'version 1 links have none');
  if (uploadBytes === undefined || uploadBytes < 2 * FILE_BYTES)
    return checks.skip('files', 'none can be sent, or a second test would take too many creates');
  const content = manyRandomBytes(FILE_BYTES);
  const attachments = [{ name: 'test', content }];
  const created = await createSecret('', {
    ...transport,
    server,
    apiKey,
    expiry,
    link: version,
    attachments,
  });
  if (created.mode !== 'standard') throw new TypeError('a whole link was asked for');
  const secret = await openSecret(created.fullLink, transport);
  const received: Uint8Array[] = [];
  for await (const { bytes } of secret.parts()) received.push(bytes);
  await secret.acknowledge();
  if (!equalBytes(concatBytes(...received), content))
    throw misbehaves('a file that came back is not what was sent');
  await checks.ok('files', `a test file came back; up to ${inUnits(uploadBytes)} can go`);
}

/** Random bytes: WebCrypto gives 65,536 at a time. */
function manyRandomBytes(length: number): Uint8Array {
  const pieces = Array.from({ length: Math.ceil(length / 65_536) }, () => randomBytes(65_536));
  return concatBytes(...pieces).subarray(0, length);
}

async function checkCreate(checks: CheckList, trial: Trial, secret: Uint8Array): Promise<Link | null> {
  const { server, apiKey, apiKeySource, expiry, version, transport } = trial;
  try {
    const created = await createSecret(secret, { ...transport, server, apiKey, expiry, link: version });
    if (created.mode !== 'standard') throw new TypeError('a whole link was asked for');
    await checks.ok(
      'API key',
      apiKeySource === null ? 'none, and none is needed' : `accepted (from ${apiKeySource})`,
    );
    await checks.ok('create', `a test secret, for ${expiry}`);
    return parseLink(created.fullLink);
  } catch (error) {
    const { exit, code } = endingOf(error);
    const aboutKey = exit === EXIT.keyRefused || code === 'INVALID_API_KEY' || code === 'API_KEY_REQUIRED';
    await checks.fail(aboutKey ? 'API key' : 'create', advisedOfServer(error, trial));
    return null;
  }
}

async function checkSecondRead(checks: CheckList, { transport }: Trial, link: Link): Promise<void> {
  try {
    await readSecret(link, transport);
  } catch (error) {
    if (!(error instanceof ApiError && (error.statusCode === 410 || error.statusCode === 404))) throw error;
    return checks.ok('read again', 'refused, as it must be');
  }
  throw misbehaves('the server gave the same secret to two readers');
}

function misbehaves(message: string): CliError {
  return new CliError(EXIT.unreachable, 'SERVER_MISBEHAVES', message, { advice: 'do not trust this server' });
}

/** Runs a check and adds its failure to the list. @returns whether there was none. */
async function attempt(checks: CheckList, name: CheckName, check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    await checks.fail(name, error);
    return false;
  }
}
