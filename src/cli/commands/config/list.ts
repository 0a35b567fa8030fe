/** `zephr config ls`: each setting that a create goes by, and where it comes from. */

import { DEFAULT_EXPIRY_MINUTES } from '../../../core/expiry.js';
import { defaultLinkVersion } from '../../../core/protocol/link-versions.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { PERMISSION_ADVICE } from '../../files/secret-file.js';
import { maskedApiKey, originOf } from '../../settings/api-key.js';
import { BY_DEFAULT, type Config, type ConfigKey, IN_FILE } from '../../settings/choices.js';
import { configPlace, readConfigFile } from '../../settings/config-file.js';
import { gatherSettings, type Settings } from '../../settings/settings.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import type { ConfigContext } from './config.js';

/** A setting as it is shown. An API key is masked. */
interface Row {
  readonly key: ConfigKey;
  /** The server that an API key belongs to. */
  readonly server?: string;
  /** Null where there is none. */
  readonly value: string | null;
  readonly source: string;
}

/** Prints a line for each setting, and one for each API key of another server. */
export async function listConfig({ flags, terminal, reporter }: ConfigContext): Promise<ExitCode> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await reporter.warn(warning, PERMISSION_ADVICE);
  const settings = await gatherSettings(flags, config, terminal);
  const rows = [...settingRows(settings), ...otherApiKeys(settings, config)];
  await terminal.stdout.write(flags.json ? jsonLine({ settings: rows }) : table(rows));
  return EXIT.done;
}

function settingRows({ server, serverSource, apiKey, apiKeySource, expiry, link, record }: Settings): Row[] {
  const linkByDefault = { value: defaultLinkVersion(server), source: BY_DEFAULT };
  return [
    { key: 'server', value: server, source: serverSource },
    {
      key: 'apiKey',
      server: originOf(server),
      value: apiKey === null ? null : maskedApiKey(apiKey),
      source: apiKeySource ?? BY_DEFAULT,
    },
    { key: 'expiry', ...(expiry ?? { value: `${DEFAULT_EXPIRY_MINUTES / 60}h`, source: BY_DEFAULT }) },
    { key: 'link', ...(link ?? linkByDefault) },
    { key: 'record', ...(record ?? { value: 'true', source: BY_DEFAULT }) },
  ];
}

function otherApiKeys({ server }: Settings, { apiKeys }: Config): Row[] {
  return [...apiKeys]
    .filter(([origin]) => origin !== originOf(server))
    .map(([origin, key]) => ({ key: 'apiKey', server: origin, value: maskedApiKey(key), source: IN_FILE }));
}

/** The rows in columns. The file may have been written by another program, with anything in it. */
function table(rows: readonly Row[]): string {
  const cells = rows.map(({ key, server, value, source }) => ({
    key,
    value: value === null ? 'none' : escapeText(value),
    source: server === undefined ? source : `${source}, for ${server}`,
  }));
  const [keyWidth, valueWidth] = [
    longest(cells.map(({ key }) => key)),
    longest(cells.map(({ value }) => value)),
  ];
  const lines = cells.map(
    ({ key, value, source }) => `${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  (${source})\n`,
  );
  return lines.join('');
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}
