/** The only URLs of scripts that the page loads by itself: files beside its own script, by names that the build gave them. */

/** The part of Trusted Types (W3C) that is used here: TypeScript's own library does not declare it yet. */
interface TrustedTypePolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicyFactory };

/** A name that the build gives, in the page's own folder. */
const OWN = /^[\w-]+-[0-9a-f]{12}\.js$/;

/** The URL of one of them. @throws TypeError for any other name. */
function ownUrl(name: string): string {
  if (!OWN.test(name)) throw new TypeError('only scripts of the page itself may run');
  return new URL(name, import.meta.url).href;
}

const policy = trustedTypes?.createPolicy('zephr', { createScriptURL: ownUrl });

/**
 * The URL of a script for a worker or an element. Browsers without Trusted Types take it as a plain string.
 * @param name of its file, beside the page's script.
 * @throws TypeError for anything but the name of such a file.
 */
export function trustedUrl(name: string): string {
  // A trusted URL is an object, but TypeScript's `Worker` and `HTMLScriptElement` take a string only.
  return (policy?.createScriptURL(name) ?? ownUrl(name)) as string;
}
