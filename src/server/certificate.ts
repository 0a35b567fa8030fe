/** The certificate of a running server: read again when that is asked for, and watched for its end. */

import type { Listener } from './http/listen.js';
import { readTls, type TlsFiles, type TlsPair, type Validity, validity } from './http/tls-files.js';
import { describeError, type Log } from './telemetry/log.js';

const DAY_MS = 24 * 60 * 60_000;

/** How often the end of the certificate is looked at, in milliseconds. */
const PERIOD_MS = DAY_MS;

/** From when on the end of a certificate is warned of; of a short-lived one only in the last sixth of its life. */
const SOON_MS = 14 * DAY_MS;

/** What a certificate is watched with. */
export interface CertificateOptions {
  readonly files: TlsFiles;
  /** What the server started with. */
  readonly pair: TlsPair;
  readonly listener: Pick<Listener, 'useTls'>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A certificate in use. */
export interface CertificateWatch {
  /**
   * Reads the files again, for new connections; after the reloads that are under way. If they are not usable the pair
   * in use stays, and the log says why.
   */
  reload(): Promise<void>;
  stop(): void;
}

/** Says now, after each reload and once a day when the certificate's end is near. Keeps no process alive. */
export function watchCertificate({ files, pair, listener, log, now }: CertificateOptions): CertificateWatch {
  let current = validity(pair);
  const look = () => warnOfEnd(current, log, now());
  const timer = setInterval(look, PERIOD_MS).unref();
  let last = Promise.resolve();
  const reload = async () => {
    try {
      const next = await readTls(files, now());
      listener.useTls(next);
      current = validity(next);
      log.info('certificate reloaded', { validUntil: isoTime(current.until) });
    } catch (error) {
      log.error('certificate kept', describeError(error));
    }
    look();
  };
  look();
  return {
    reload() {
      last = last.then(reload);
      return last;
    },
    stop: () => clearInterval(timer),
  };
}

function warnOfEnd({ from, until }: Validity, log: Log, now: number): void {
  const left = until - now;
  const fields = { validUntil: isoTime(until) };
  if (left <= 0) log.error('certificate expired', fields);
  else if (left <= Math.min(SOON_MS, (until - from) / 6)) {
    log.warn('certificate expires soon', { ...fields, days: Math.floor(left / DAY_MS) });
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
