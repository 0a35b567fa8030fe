/**
 * What Node cannot start as it is: a command with bytes that are no text among its arguments and variables. A shell puts
 * them right and then becomes the command, with the same process id.
 */

/** What is asked of the shell. */
export interface Launch {
  readonly args: readonly string[];
  readonly rawArgs?: ReadonlyMap<number, Uint8Array>;
  readonly rawEnv?: ReadonlyMap<string, Uint8Array>;
}

/**
 * The script, for `sh -c script sh name arguments…`; null where none is needed.
 */
export function launcherFor({ args, rawArgs, rawEnv }: Launch): string | null {
  const raw = [...(rawArgs ?? [])];
  const variables = [...(rawEnv ?? [])];
  if (raw.length === 0 && variables.length === 0) return null;
  const lines = [
    ...variables.flatMap(([name, bytes]) => [assigned(name, bytes), `export ${name}`]),
    ...raw.map(([index, bytes]) => assigned(`zephr_${index}`, bytes)),
  ];
  const words = args.map((_, index) => (rawArgs?.has(index) ? `"$zephr_${index}"` : `"\${${index + 2}}"`));
  const command = raw.length === 0 ? ['"$@"'] : ['"$1"', ...words];
  return [...lines, ['exec', ...command].join(' ')].join('\n');
}

/** A variable that holds these bytes. A command substitution drops line ends at its end, so another byte stands there. */
function assigned(name: string, bytes: Uint8Array): string {
  const octal = Array.from(bytes, (byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
  return `${name}=$(printf '%b' '${octal}x')\n${name}=\${${name}%x}`;
}
