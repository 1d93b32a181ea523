/** One tab stop among thousands of tokens, moved by hand: attributes of two tokens change, not of all. */

export const idOf = (step: number): string => `text-${step}`;

export const elementOf = (step: number | null): HTMLElement | null =>
  step === null ? null : document.getElementById(idOf(step));

/** Where an element of the text stands: its step, and which candidate; null for the shown one. */
export function placeOf(target: EventTarget | null): {
  element: HTMLElement;
  step: number;
  index: number | null;
} | null {
  if (!(target instanceof Element)) return null;
  const element = target.closest<HTMLElement>('.t, .other');
  if (!element) return null;
  const { step, index } = element.dataset;
  return step === undefined
    ? { element, step: Number(element.id.slice('text-'.length)), index: null }
    : { element, step: Number(step), index: Number(index) };
}

/** The one tab stop and the one marked token of a text. */
export class Roving {
  private stop: HTMLElement | null = null;
  private marked: HTMLElement | null = null;

  /** Whether the text can be reached by the keyboard. */
  get isThere(): boolean {
    return this.stop !== null && this.stop.isConnected && this.stop.tabIndex === 0;
  }

  /** Make an element the tab stop; a token without alternatives becomes a button for as long. */
  moveTo(element: HTMLElement, name: string | null): void {
    if (this.stop && this.stop !== element) this.release(this.stop);
    this.stop = element;
    element.tabIndex = 0;
    if (element.classList.contains('many')) return;
    element.setAttribute('role', 'button');
    if (name !== null) element.setAttribute('aria-label', name);
  }

  /** Mark the token of the step in focus. */
  mark(element: HTMLElement | null): void {
    if (element === this.marked) return;
    this.marked?.removeAttribute('aria-current');
    element?.setAttribute('aria-current', 'true');
    this.marked = element;
  }

  private release(element: HTMLElement): void {
    if (element.classList.contains('many')) {
      element.tabIndex = -1;
      return;
    }
    for (const name of ['tabindex', 'role', 'aria-label']) element.removeAttribute(name);
  }
}
