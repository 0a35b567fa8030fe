/** What `zephr serve` is and takes. Each of its options has a variable too, such as `ZEPHR_SERVE_RATE_LIMIT`. */

import { parseDuration } from '../../../core/duration.js';
import { LONGEST_EXPIRY_MINUTES } from '../../../core/expiry.js';
import { ACCESS_MODES } from '../../../server/secrets/access.js';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { CliOption, oneOf, wholeNumber } from '../../parser/option.js';
import { serveVariable, storeOption } from '../../parser/shared-options.js';
import type { ServeContext } from './serve.js';

/** The options. The server has defaults of its own for the rate limit and the connections. */
function options(): CliOption[] {
  return [
    new CliOption('--host <address>', 'address to listen on').default('127.0.0.1'),
    new CliOption('--port <n>', 'port to listen on, 0 picks one')
      .default(8787)
      .argParser(wholeNumber({ min: 0, max: 65_535 }, 'the port is not a number from 0 to 65535')),
    storeOption('a file for SQLite, memory: or postgres://host/database', '~/.local/state/zephr/zephr.db'),
    oneOf(
      new CliOption(
        '--access <mode>',
        'what callers without an API key may do: open, tiered, closed',
      ).default('open'),
      ACCESS_MODES,
      () => usageError('the access mode is not open, tiered or closed'),
    ),
    new CliOption(
      '--rate-limit <n>',
      'creates per minute and address without an API key, with --access open; 0: any number',
    )
      .default(undefined, '60')
      .argParser(
        wholeNumber(
          { min: 0, max: 999_999_999 },
          'the rate limit is not a number',
          'write it as creates a minute, or 0 for none',
        ),
      ),
    new CliOption('--max-expiry <time>', 'longest expiry, 1h to 1y, of callers whose tier has 30d')
      .default(undefined, '30d')
      .argParser((text) => expiryOf(text, '--max-expiry', 60)),
    new CliOption(
      '--default-expiry <time>',
      'expiry of a create that names none, which is otherwise refused',
    ).argParser((text) => expiryOf(text, '--default-expiry', 1)),
    new CliOption(
      '--trust-proxy <cidr,...>',
      'proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8',
    ).argParser((text) => text.split(',').map((range) => range.trim())),
    new CliOption('--base-url <url>', 'address that clients use, such as https://host/zephr'),
    new CliOption('--tls-cert <file>', 'certificate for HTTPS, in PEM; SIGHUP reads it again'),
    new CliOption('--tls-key <file>', 'the key of the certificate, in PEM'),
    new CliOption('--max-connections <n>', 'connections at once')
      .default(undefined, '1000')
      .argParser(
        wholeNumber({ min: 1, max: 999_999 }, 'the limit of connections is not a number from 1 to 999999'),
      ),
    new CliOption('--max-connections-per-address <n>', 'connections at once from one address')
      .default(undefined, '256')
      .argParser(
        wholeNumber(
          { min: 1, max: 999_999 },
          'the limit of connections per address is not a number from 1 to 999999',
        ),
      ),
    new CliOption('--max-memory <mb>', 'megabytes for bodies and replies of all requests together')
      .default(undefined, 'a quarter of the memory, at most 512')
      .argParser(
        wholeNumber({ min: 16, max: 999_999 }, 'the limit of memory is not a number of megabytes from 16'),
      ),
    megabytes('--max-upload', 'megabytes of files of one secret, for callers whose tier has 1024', '1024'),
    megabytes('--max-stored', 'megabytes of files of all secrets together', '10240; 256 with memory:'),
    megabytes(
      '--max-stored-per-caller',
      'megabytes of all that a caller without an API key has stored',
      'a tenth of --max-stored',
    ),
    new CliOption(
      '--brand <file>',
      'JSON that says whose server this is, for its page: name, url, colour, imprint',
    ),
    new CliOption('--geoip <file>', 'countries of addresses, as a MaxMind DB, for gates').offers('files'),
    ...messageOptions(),
    new CliOption('--metrics', 'show numbers for Prometheus at /metrics'),
    new CliOption('--allow-private-callbacks', 'webhooks may go to private addresses, and over http'),
  ];
}

/** How codes get to readers. */
function messageOptions(): CliOption[] {
  return [
    new CliOption('--smtp <url>', 'mail server for codes: smtp://user@host:587 or smtps://host'),
    new CliOption('--mail-from <address>', 'who the mails are from'),
    new CliOption('--sms-command <program>', 'sends a text message: number as argument, text on stdin'),
    new CliOption('--sms-url <url>', 'sends a text message: gets it in a POST, signed'),
    new CliOption('--sms-secret-file <file>', 'the secret that signs what --sms-url gets').offers('files'),
    new CliOption(
      '--sms-countries <+49,...>',
      'what phone numbers begin with that texts may go to',
    ).argParser((text) => text.split(',').map((code) => code.trim())),
  ];
}

/** An option that takes a number of megabytes. @param otherwise its default, in words. */
function megabytes(name: string, what: string, otherwise: string): CliOption {
  const problem = `${name} is not a number of megabytes from 1`;
  return new CliOption(`${name} <mb>`, what)
    .default(undefined, otherwise)
    .argParser(wholeNumber({ min: 1, max: 999_999_999 }, problem));
}

/** A duration in minutes, `least` to a year. */
function expiryOf(text: string, option: string, least: number): number {
  const minutes = (parseDuration(text.trim()) ?? 0) / 60;
  if (Number.isInteger(minutes) && minutes >= least && minutes <= LONGEST_EXPIRY_MINUTES) return minutes;
  const range = least === 60 ? '1 hour to 1 year' : '1 minute to 1 year';
  throw usageError(`${option} is not a time of ${range}, in whole minutes`, 'write it as 1h, 90d or 1y');
}

/** Adds the command. */
export function addServe(program: CliCommand): void {
  program.command('serve').summary('run a server').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description('Runs a server. When it is ready it prints its URL; its log, in JSON, goes to stderr.')
    .example('zephr serve', 'http://127.0.0.1:8787')
    .example('zephr serve --store /var/lib/zephr/zephr.db', 'behind a proxy that speaks TLS')
    .runs(
      async (context: ServeContext) => {
        const { serve } = await import('./serve.js');
        return serve(context);
      },
      { ownInterrupts: true },
    );
  for (const option of options()) command.addOption(option.readsFrom(serveVariable(option.name())));
}
