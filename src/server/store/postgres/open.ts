/**
 * From a `postgres://` URL to an open store. The driver understands what libpq does: user, password, database,
 * `sslmode`, several hosts, and the PG… environment variables for what the URL leaves out, so that a password need not
 * stand where other users of the machine can see it. Other parameters go to PostgreSQL: with `search_path=zephr` the
 * tables lie in the schema zephr, which must exist. `connections=16` is ours: the most that a process opens.
 */

import type { Sql } from 'postgres';
import { errorCode, ZephrError } from '../../../core/errors.js';
import { PostgresChannel } from './connections/channel.js';
import { type Driver, openDriver, type PoolLimits, PostgresPool } from './connections/pool.js';
import { migratePostgres } from './schema.js';
import { PostgresStore } from './store.js';

const LIMITS: PoolLimits = { connections: 8, operations: 1_000, patienceMs: 10_000 };

/** Making the tables may take long, but must not wait forever for another process that froze while making them. */
const MIGRATION_SESSION = { idle_in_transaction_session_timeout: 60_000 };

/** An error code of ours, and its cause as the rest of a sentence about the store. */
type Explanation = readonly [code: string, what: string];

const UNTRUSTED: Explanation = ['STORE_NOT_TRUSTED', 'shows a certificate that is not trusted'];

/**
 * What SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html), and Node's codes for certificates,
 * mean to an operator.
 */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  '25006': ['STORE_NOT_WRITABLE', 'is read-only: name the primary server'],
  '28000': ['STORE_REFUSED', 'does not let this user in: check its pg_hba.conf'],
  '28P01': ['STORE_REFUSED', 'refuses the user name or the password'],
  '3D000': ['STORE_MISSING', 'has no such database: create it'],
  '3F000': ['STORE_MISSING', 'has no schema by the name in search_path: create it'],
  '42501': ['STORE_NOT_WRITABLE', 'does not allow this user to make tables: grant CREATE on the schema'],
  '42704': ['STORE_NOT_SUPPORTED', 'does not know one of the parameters in the address'],
  '42703': ['NOT_A_STORE', "holds somebody else's tables: name another schema with ?search_path="],
  '42P07': ['NOT_A_STORE', "holds somebody else's tables: name another schema with ?search_path="],
  '53300': ['STORE_BUSY', 'has no connection left: raise its max_connections'],
  '57P03': ['STORE_UNREACHABLE', 'is starting or stopping: try again in a moment'],
  CERT_HAS_EXPIRED: ['STORE_NOT_TRUSTED', 'shows a certificate that has expired: renew it'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['STORE_NOT_TRUSTED', 'shows a certificate for another name: use that one'],
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/**
 * Opens the store at `where`, and makes its tables when they are not there.
 * @param newCallerSalt kept by the store if it is new.
 * @param limits of the pool; `connections=` in the address comes before theirs.
 * @throws ZephrError with what to do: `STORE_NOT_SUPPORTED`, `STORE_UNREACHABLE`, `STORE_UNUSABLE`, a code of
 *   {@link EXPLANATIONS} or `STORE_TOO_NEW`. Its message names host and port.
 */
export async function openPostgresStore(
  where: string,
  newCallerSalt: string,
  limits: PoolLimits = LIMITS,
): Promise<PostgresStore> {
  const { address, connections = limits.connections } = splitConnections(where);
  const driver = openOnce(address);
  try {
    const callerSalt = await driver.begin((sql) => migratePostgres(sql, newCallerSalt));
    const pool = new PostgresPool(address, { ...limits, connections });
    return new PostgresStore(pool, callerSalt, new PostgresChannel(pool, address, callerSalt));
  } catch (error) {
    throw explain(driver.options, error);
  } finally {
    // Not awaited: after a lost connection the driver would take all of this second.
    void driver.end({ timeout: 1 });
  }
}

/** Splits our own parameter off the address: PostgreSQL doesn't know it. */
function splitConnections(where: string): { readonly address: string; readonly connections?: number } {
  const [base = '', query = ''] = where.split('?', 2);
  const parameters = new URLSearchParams(query);
  const connections = parameters.get('connections');
  if (connections === null) return { address: where };
  if (!/^[1-9][0-9]{0,2}$/.test(connections)) {
    throw new ZephrError('connections= is not a number from 1 to 999', 'STORE_NOT_SUPPORTED');
  }
  parameters.delete('connections');
  return { address: `${base}?${parameters}`, connections: Number(connections) };
}

/** Without the cause, which holds the address, and that may hold a password. */
function openOnce(address: string): Driver {
  try {
    return openDriver(address, 1, MIGRATION_SESSION);
  } catch {
    throw new ZephrError(
      'the store is not a valid address: write postgres://user@host:port/database, with %40 and the like for special characters',
      'STORE_NOT_SUPPORTED',
    );
  }
}

function explain({ host, port, path, ssl }: Sql['options'], error: unknown): unknown {
  if (error instanceof ZephrError) return error;
  const place = path || host.map((name, index) => `${name}:${port[index] ?? ''}`).join(', ');
  const state = errorCode(error) ?? '';
  const [code, what] = EXPLANATIONS[state] ?? unexpected(state, ssl !== false);
  return new ZephrError(`the store at ${place} ${what}`, code, { cause: error });
}

function unexpected(state: string, secure: boolean): Explanation {
  if (/^[0-9A-Z]{5}$/.test(state)) return ['STORE_UNUSABLE', `cannot be used (PostgreSQL's code ${state})`];
  if (secure && state === 'ECONNRESET') {
    return ['STORE_UNREACHABLE', 'went away when it was asked for TLS: does it speak that?'];
  }
  return ['STORE_UNREACHABLE', 'does not answer: is PostgreSQL running there?'];
}
