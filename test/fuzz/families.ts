/** All that is fuzzed. */

import { BLOBS } from './blobs.js';
import { BROKERED } from './brokered.js';
import { CALLBACKS } from './callbacks.js';
import { CLIENT } from './client.js';
import { COMMAND } from './command.js';
import { CONFIG_FILES } from './config-files.js';
import { ENVIRONMENT } from './environment.js';
import type { Family } from './family.js';
import { FILE_NAMES } from './file-names.js';
import { FORWARDED } from './forwarded.js';
import { GATE_RULES } from './gates.js';
import { KEYS } from './keys.js';
import { LINKS } from './links.js';
import { LIST_REPLIES } from './list-replies.js';
import { MASKING } from './masking.js';
import { REPLIES } from './replies.js';
import { REQUESTS } from './requests.js';
import { SERVER } from './server.js';
import { SOCKETS } from './sockets.js';
import { TERMINAL } from './terminal.js';
import { VAULT_FILES } from './vault-files.js';

export const FAMILIES: readonly Family[] = [
  LINKS,
  KEYS,
  BLOBS,
  REPLIES,
  REQUESTS,
  CALLBACKS,
  FORWARDED,
  FILE_NAMES,
  TERMINAL,
  ENVIRONMENT,
  CONFIG_FILES,
  SERVER,
  CLIENT,
  COMMAND,
  SOCKETS,
  MASKING,
  GATE_RULES,
  LIST_REPLIES,
  VAULT_FILES,
  BROKERED,
];
