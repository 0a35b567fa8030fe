/** The field that says when something expires: the usual times that the server allows. */

import { byId } from '../elements.js';
import { formatDuration } from '../times.js';

/** The expiries that are offered where the server allows them, in minutes. */
const EXPIRIES: readonly number[] = [5, 15, 30, 60, 240, 720, 1_440, 4_320, 10_080, 43_200];

/** The field with the id `expiry`. */
export class ExpiryField {
  readonly #select = byId('expiry', HTMLSelectElement);
  readonly #default: number;

  /** @param defaultMinutes chosen at first, and again when the form is reset. */
  constructor(defaultMinutes: number) {
    this.#default = defaultMinutes;
  }

  /** What is chosen, as the client takes it. */
  get value(): string {
    return `${this.#select.value}m`;
  }

  /**
   * Offers the usual expiries from `min` to `max`, in minutes. Keeps the chosen one if it is among them; else takes the
   * longest one below it.
   */
  offer(min: number, max: number): void {
    const usual = EXPIRIES.filter((minutes) => minutes >= min && minutes <= max);
    const offered: readonly number[] = usual.length > 0 ? usual : [min];
    const before = Number(this.#select.value) || this.#default;
    const chosen = offered.findLast((minutes) => minutes <= before) ?? offered[0];
    const options = offered.map((minutes) => {
      const isDefault = minutes === this.#default;
      return new Option(formatDuration(minutes), String(minutes), isDefault, minutes === chosen);
    });
    this.#select.replaceChildren(...options);
  }
}
