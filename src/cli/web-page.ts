/** The web page that `zephr serve` serves: put in by the bundler, or by .scripts/zephr.ts when run from source. */

/** The files as JSON. */
declare const __ZEPHR_WEB_PAGE__: string;

/** A file of the page, packed (.scripts/web.ts). */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly brotli: string;
}

export const WEB_PAGE = JSON.parse(__ZEPHR_WEB_PAGE__) as readonly PageFile[];
