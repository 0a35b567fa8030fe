/** Finding elements by id, and what every page does with them: show a view or a text, disable a button. */

const SECOND_MS = 1_000;

/**
 * The element with an id.
 * @throws Error when the document has no element of that type under the id: HTML and code do not match.
 */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`there is no ${type.name} ${id}`);
  return element;
}

/**
 * Shows one view of the page and hides the others. A view is a section of `main`. Its heading gets the focus, so that
 * screen readers read it out.
 * @param title of the document, as the browser's tab shows it.
 */
export function showView(id: string, title: string): void {
  for (const view of document.querySelectorAll<HTMLElement>('main > section')) view.hidden = view.id !== id;
  document.title = title;
  byId(id, HTMLElement).querySelector('h1')?.focus();
  window.scrollTo(0, 0);
}

/** Shows `text` in an element; an empty text hides the element. */
export function showText(element: HTMLElement, text: string): void {
  element.textContent = text;
  element.hidden = text === '';
}

/**
 * Marks a button as busy: it keeps its size and the focus, shows `text` and ignores clicks ({@link isDisabled}).
 * @returns a function that puts the button back as it was.
 */
export function setBusy(button: HTMLButtonElement, text: string): () => void {
  const before = button.textContent;
  button.style.minInlineSize = `${button.offsetWidth}px`;
  button.textContent = text;
  setDisabled(button, true);
  return () => {
    button.textContent = before;
    setDisabled(button, false);
    button.style.minInlineSize = '';
  };
}

/** Makes a button ignore clicks, or take them again. Unlike `disabled`, `aria-disabled` leaves it the focus. */
export function setDisabled(button: HTMLButtonElement, disabled: boolean): void {
  if (disabled) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
}

/** Whether a button ignores clicks now. The code that handles its clicks asks this first. */
export function isDisabled(button: HTMLButtonElement): boolean {
  return button.getAttribute('aria-disabled') === 'true';
}

/**
 * Makes buttons ignore clicks for some seconds.
 * @param onTick is called at once and after each second, with the seconds that are left; the last time with 0.
 * @returns a function that ends the counting before its time, and leaves the buttons as they are.
 */
export function disableFor(
  buttons: readonly HTMLButtonElement[],
  seconds: number,
  onTick: (left: number) => void,
): () => void {
  const until = Date.now() + seconds * SECOND_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS));
    for (const button of buttons) setDisabled(button, left > 0);
    onTick(left);
    if (left > 0) timer = setTimeout(tick, SECOND_MS);
  };
  tick();
  return () => clearTimeout(timer);
}
