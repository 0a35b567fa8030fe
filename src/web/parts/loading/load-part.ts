/**
 * Parts of the page's script that are loaded when they are used. The build (.scripts/web.ts) has every `import()` of the
 * page go through here: a part runs only if its hash is the one that the document names for it.
 */

import { NetworkError } from '../../../core/errors.js';
import { type DataFile, fetchData } from './data-file.js';
import { trustedUrl } from './trusted-urls.js';

/**
 * Loads a part.
 * @param name as the document has it, in the `content` of a `meta` element, before path and hash of each of its scripts.
 * @param load imports it. The browser has its scripts by then, and takes those.
 * @throws NetworkError when a script did not arrive or was changed on its way. The part can be loaded again.
 */
export async function loadPart<T>(name: string, load: () => Promise<T>): Promise<T> {
  const scripts = scriptsOf(name);
  // Browsers try a script that did not arrive no second time, but a file they do.
  const fetched = await Promise.all(scripts.map(fetchData));
  if (fetched.includes(null)) {
    throw new NetworkError(`the part ${name} of the page did not arrive`, location.host);
  }
  for (const script of scripts) await runModule(script);
  return await load();
}

function scriptsOf(name: string): readonly DataFile[] {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="zephr-part"][content^="${name} "]`);
  const found = [...(meta?.content ?? '').matchAll(/ (\S+) (\S+)/g)];
  if (found.length === 0) throw new Error(`the document names no part ${name}`);
  return found.map(([, path = '', integrity = '']) => ({ path, integrity }));
}

/** Runs a module, if it has the hash. `import()` has no way to ask for that, but gives a module that has run already. */
function runModule({ path, integrity }: DataFile): Promise<void> {
  const script = document.createElement('script');
  script.type = 'module';
  script.integrity = integrity;
  script.src = trustedUrl(path);
  return new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new NetworkError('a part of the page did not run', location.host));
    document.head.append(script);
  });
}
