/**
 * SQLite behind one small interface: Node's own `node:sqlite` where it needs no flag (22.13 and later), else the
 * optional package `libsql`. Both are synchronous and speak nearly the same API; this file knows the difference.
 */

import type { Bytes } from '../../../../core/bytes.js';
import { ZephrError } from '../../../../core/errors.js';

/** What a statement can be given. */
export type SqliteValue = string | number | Uint8Array | null;

/** A prepared statement. `Row` is what its text says about the shape of a row. */
export interface SqliteStatement<Row> {
  run(...values: SqliteValue[]): void;
  /** The first row. */
  get(...values: SqliteValue[]): Row | undefined;
  all(...values: SqliteValue[]): Row[];
}

/** An open database. Everything blocks, and everything throws the driver's own errors. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare<Row>(sql: string): SqliteStatement<Row>;
  close(): void;
}

/** Opens the database file at `path`, creating it when there is none. */
export type SqliteDriver = (path: string) => SqliteDatabase;

/** The part of either package that is used. The types of the oldest Node that zephr supports lack `node:sqlite`. */
interface NativeDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): NativeStatement;
  close(): unknown;
}

interface NativeStatement {
  run(...values: SqliteValue[]): unknown;
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
}

type NativeConstructor = new (path: string) => NativeDatabase;

/**
 * The SQLite of this Node, or else of the package `libsql`.
 * @throws ZephrError `NO_SQLITE` when there is neither.
 */
export async function loadSqliteDriver(): Promise<SqliteDriver> {
  const Database = loadNodeSqlite() ?? (await loadLibsql());
  return (path) => adapt(new Database(path));
}

/** SQLite's own primary result code (sqlite.org/rescode.html) in an error of either driver. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode, rawCode } = error as { errcode?: unknown; rawCode?: unknown };
  const code = errcode ?? rawCode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** The value of a pragma that is one number. @param schema the name of an attached file. Default: the database's own. */
export function pragma(database: SqliteDatabase, name: string, schema = 'main'): number {
  const row = database.prepare<Record<string, number>>(`PRAGMA ${schema}.${name}`).get();
  return row?.[name] ?? 0;
}

/** The path of the file that a database is in. */
export function pathOf(database: SqliteDatabase): string {
  const main = "SELECT file FROM pragma_database_list WHERE name = 'main'";
  return database.prepare<{ file: string }>(main).get()?.file ?? '';
}

function loadNodeSqlite(): NativeConstructor | undefined {
  const module = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  return (module as { DatabaseSync: NativeConstructor } | undefined)?.DatabaseSync;
}

async function loadLibsql(): Promise<NativeConstructor> {
  try {
    const { default: Database } = await import('libsql');
    return Database;
  } catch (cause) {
    throw new ZephrError('this Node has no SQLite, and the package libsql is not installed', 'NO_SQLITE', {
      cause,
    });
  }
}

/**
 * Runs `load` without the one warning that SQLite is experimental in Node 22: stderr carries JSON lines, and the
 * interface above is all we use of it. Any other warning passes.
 */
function withoutSqliteWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  const filtered = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  process.emitWarning = filtered;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function adapt(database: NativeDatabase): SqliteDatabase {
  return {
    exec: (sql) => void database.exec(sql),
    prepare: <Row>(sql: string) => typed<Row>(database.prepare(sql)),
    close: () => void database.close(),
  };
}

/** Gives a statement the row type that its text implies; a driver can't know it. */
function typed<Row>(statement: NativeStatement): SqliteStatement<Row> {
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => statement.get(...values) as Row | undefined,
    all: (...values) => statement.all(...values) as Row[],
  };
}

/** Bytes of a column, for which `libsql` gives a buffer where it gives all rows at once. */
export function bytesOf(value: Bytes | ArrayBuffer): Bytes {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}
