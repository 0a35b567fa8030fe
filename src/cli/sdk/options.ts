/** What the functions of `zephr/vault` have in common, as their callers see it. */

/** Which secrets, and what opens the vault. */
export interface VaultOptions {
  /** Default: `default`. No `.zephr.json` counts here. */
  readonly project?: string;
  /** Default: `default`. */
  readonly environment?: string;
  /** The file that unlocks the vault. Default: `ZEPHR_VAULT_KEY_FILE`. */
  readonly keyFile?: string;
}

/**
 * Where in a request secrets go: names of secrets, and never values. The names of headers, parameters and fields keep
 * their case.
 */
export interface SecretSlots {
  /** `Authorization: Bearer`. */
  readonly bearer?: string;
  /** `Authorization: Basic`, of a secret `user:password`. */
  readonly basic?: string;
  /** From headers to secrets. */
  readonly header?: Readonly<Record<string, string>>;
  /** From parameters of the URL to secrets. */
  readonly query?: Readonly<Record<string, string>>;
  /** From members of a JSON body, such as `auth.token`, to secrets. */
  readonly bodyField?: Readonly<Record<string, string>>;
  /** From fields of a form to secrets. */
  readonly formField?: Readonly<Record<string, string>>;
}
