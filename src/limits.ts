/** `zephr/limits.js`: expiry times by name, where older code looks for them. */

export { EXPIRY } from './core/expiry.js';
