/** Keep the end of a growing text in sight, until the reader scrolls away from it. */

const NEAR = 48;

/** The element that scrolls around another one: an ancestor, or the page. */
function scrollerOf(element: HTMLElement): HTMLElement {
  for (let one = element.parentElement; one; one = one.parentElement) {
    const { overflowY } = getComputedStyle(one);
    if (/auto|scroll/.test(overflowY) && one.scrollHeight > one.clientHeight) return one;
  }
  return document.documentElement;
}

const bottomOf = (scroller: HTMLElement): number =>
  scroller === document.documentElement
    ? window.innerHeight
    : scroller.getBoundingClientRect().bottom;

export class Following {
  private scroller: HTMLElement | null = null;
  private top = 0;

  /**
   * @param end stands behind the text
   * @param changed is told whether the end is being followed
   */
  constructor(
    private readonly end: HTMLElement,
    private readonly changed: (isFollowing: boolean) => void
  ) {
    document.addEventListener('scroll', this.scrolled, { capture: true, passive: true });
  }

  leave(): void {
    document.removeEventListener('scroll', this.scrolled, { capture: true });
  }

  /** Whether the end of the text is in sight, or nearly. */
  get isAtEnd(): boolean {
    const scroller = (this.scroller = scrollerOf(this.end));
    return this.end.getBoundingClientRect().top <= bottomOf(scroller) + NEAR;
  }

  /** Bring the end into sight. */
  follow(): void {
    const scroller = (this.scroller = scrollerOf(this.end));
    const below = this.end.getBoundingClientRect().bottom + NEAR / 2 - bottomOf(scroller);
    if (below > 0) scroller.scrollTop += below;
    this.top = scroller.scrollTop;
  }

  private readonly scrolled = (event: Event): void => {
    const scroller = this.scroller ?? scrollerOf(this.end);
    const target = event.target === document ? document.documentElement : event.target;
    if (target !== scroller) return;
    const isUp = scroller.scrollTop < this.top - 1;
    this.top = scroller.scrollTop;
    if (isUp) this.changed(false);
    else if (this.isAtEnd) this.changed(true);
  };
}
