/** The tool `list_secrets`: names, and what may be done with what they stand for. */

import { defineTool, type Tool } from '../../../../broker/mcp/tools.js';
import { type McpContext, openFor } from './opened-vault.js';

export function listTool(context: McpContext): Tool {
  return defineTool(
    {
      name: 'list_secrets',
      title: 'List secrets',
      description:
        'Lists the secrets that there are: their names, the hosts and places they are bound to, and when they expire. It ' +
        'gives no values.',
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    async () => {
      const { vault, place } = await openFor(context);
      const { project, environment } = place;
      const secrets = vault.list({ project, environment }).map(({ name, policy, expiresAt }) => ({
        name,
        ...policy,
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
      }));
      return { text: JSON.stringify({ project, environment, secrets }) };
    },
  );
}
