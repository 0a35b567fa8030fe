/** Which secrets a command means: those that its options name, or a trusted `.zephr.json`, or the default ones. */

import type { Bytes } from '../../core/bytes.js';
import {
  DEFAULT_LABEL,
  findProjectFile,
  isTrusted,
  PROJECT_FILE,
  type ProjectFile,
  type Surroundings,
  surroundings,
} from '../../vault/project.js';
import type { VaultRecord } from '../../vault/records.js';
import type { Vault } from '../../vault/vault.js';
import { CliError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { Terminal } from '../terminal/terminal.js';
import type { PlaceFlags } from './flags.js';

/** Where to look, and what the repository says that it needs. */
export interface Place extends Surroundings {
  /** The names in `.zephr.json`; null without one. */
  readonly needs: readonly string[] | null;
}

/** A record with its value: not the trace of one that was removed. */
export type Secret = VaultRecord & { readonly value: Bytes };

/** Finds the place, once the vault is open: only it knows whether a file is trusted. */
export type FindPlace = (vault: Vault) => Promise<Place>;

/**
 * Reads the repository's file, unless `--project` names a project: then nothing of the repository's counts.
 * @throws ValidationError `INVALID_NAME`, `INVALID_PROJECT_FILE`. What it gives throws CliError exit 4 `NOT_TRUSTED`.
 */
export async function placeOf(
  flags: Pick<PlaceFlags, 'project' | 'environment'>,
  terminal: Pick<Terminal, 'folder'>,
): Promise<FindPlace> {
  const named = surroundings(flags);
  if (flags.project !== undefined) return async () => ({ ...named, needs: null });
  const file = await findProjectFile(terminal.folder);
  if (file === null) return async () => ({ ...named, needs: null });
  return async (vault) => {
    if (!(await isTrusted(vault, file))) throw notTrusted(file);
    return {
      project: file.project,
      environment: flags.environment ?? file.environment,
      needs: file.secrets,
    };
  };
}

/** A place in words, as messages and lists show it. */
export function placeInWords({ project, environment }: Surroundings): string {
  const isDefault = project === DEFAULT_LABEL && environment === DEFAULT_LABEL;
  return isDefault ? 'the default project' : `project ${project}, environment ${environment}`;
}

/**
 * The secret of a name at a place.
 * @throws CliError exit 5 where there is none.
 */
export function secretIn(vault: Vault, name: string, place: Surroundings): Secret {
  const { project, environment } = place;
  const record = vault.get({ project, environment, name });
  if (record === null || record.value === null) throw noSuchName(name, place);
  return { ...record, value: record.value };
}

/** The error for a name that the vault does not have there. */
export function noSuchName(name: string, place: Surroundings): CliError {
  return new CliError(EXIT.notFound, 'NO_SUCH_NAME', `there is no secret ${name} in ${placeInWords(place)}`, {
    advice: 'zephr vault ls --all shows which there are',
  });
}

function notTrusted({ path }: ProjectFile): CliError {
  return new CliError(EXIT.notAllowed, 'NOT_TRUSTED', `${path} is not trusted, or has changed since`, {
    advice: `look at it, then zephr vault trust; or name a project with -P, and ${PROJECT_FILE} does not count`,
  });
}
