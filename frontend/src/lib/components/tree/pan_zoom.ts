/** Zooming and panning by wheel, pinch, drag and buttons; knows nothing of what is drawn. */

import {
  constrained,
  IDENTITY,
  LEAST,
  pinched,
  wheelFactor,
  zoomed,
  type Extent,
  type Point,
  type Size,
  type Transform
} from '$lib/domain/zooming';

const MARGIN = 28;

/** A mouse that is pressed and moves less than this clicks. */
const SLACK = 3;

/** On narrow windows the page scrolls, so there the wheel zooms only with Ctrl. */
const pageScrolls = (): boolean => window.matchMedia('(max-width: 55.99rem)').matches;

export class PanZoom {
  transform: Transform = IDENTITY;
  /** where each finger or pressed mouse was last, by its number */
  private readonly pointers = new Map<number, Point>();
  private pressedAt: Point = [0, 0];
  private isDragging = false;
  private readonly listeners = new AbortController();

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly extent: () => Extent,
    private readonly size: () => Size,
    private readonly changed: (transform: Transform, byUser: boolean) => void
  ) {
    const { signal } = this.listeners;
    svg.addEventListener('wheel', this.wheeled, { passive: false, signal });
    svg.addEventListener('pointerdown', this.down, { signal });
    svg.addEventListener('pointermove', this.move, { signal });
    for (const name of ['pointerup', 'pointercancel'] as const) {
      svg.addEventListener(name, this.up, { signal });
    }
    // The click that ends a drag chooses nothing.
    svg.addEventListener('click', this.clicked, { signal, capture: true });
    // Two fingers are ours: the browser must not scroll with them.
    svg.addEventListener('touchstart', this.touched, { passive: false, signal });
    svg.addEventListener('touchmove', this.touched, { passive: false, signal });
  }

  /** How large everything would have to be drawn to fit. */
  get fitting(): number {
    const { width, height } = this.size();
    const { top, bottom, width: all } = this.extent();
    const fits = Math.min((width - 2 * MARGIN) / all, (height - 2 * MARGIN) / (bottom - top));
    return Math.max(LEAST, Math.min(1, fits));
  }

  /** Show all of it: its whole length; its whole height too where that stays readable. */
  fit(): void {
    const { width, height } = this.size();
    const { width: all, top, bottom } = this.extent();
    const k = Math.max(LEAST, Math.min(1, (width - 2 * MARGIN) / all));
    const free = height - (bottom - top) * k;
    this.set(Math.max(MARGIN, (width - all * k) / 2), Math.max(MARGIN, free / 2) - top * k, k);
  }

  /** Show the beginning at a size that can be read. */
  begin(k = 1): void {
    this.set(MARGIN, this.axis(k), k);
  }

  /** Show the end, at the size that it has. */
  end(): void {
    const { k, y } = this.transform;
    const { width } = this.size();
    this.set(Math.min(MARGIN, width - MARGIN - this.extent().width * k), y, k);
  }

  /** Bring a place to the middle. */
  centre(x: number, k = this.transform.k): void {
    const y = k === this.transform.k ? this.transform.y : this.axis(k);
    this.set(this.size().width / 2 - x * k, y, k);
  }

  /** Move as little as needed for a box to be in view. */
  reveal(left: number, right: number, y: number): void {
    const { k, x, y: down } = this.transform;
    const { width, height } = this.size();
    const room = 72;
    let [dx, dy] = [0, 0];
    if (left * k + x < room) dx = room - left * k - x;
    else if (right * k + x > width - room) dx = width - room - right * k - x;
    if (y * k + down < room) dy = room - y * k - down;
    else if (y * k + down > height - room) dy = height - room - y * k - down;
    if (dx || dy) this.set(x + dx, down + dy, k);
  }

  /** Everything after a place has moved by so much: keep what is in view where it is. */
  shift(by: number): void {
    const { x, y, k } = this.transform;
    if (by) this.set(x - by * k, y, k);
  }

  /** Zoom around the middle. */
  scale(by: number): void {
    const { width, height } = this.size();
    this.apply(zoomed(this.transform, this.transform.k * by, [width / 2, height / 2]), false);
  }

  leave(): void {
    this.listeners.abort();
  }

  private set(x: number, y: number, k: number): void {
    this.apply({ x, y, k }, false);
  }

  private apply(wanted: Transform, byUser: boolean): void {
    this.transform = constrained(wanted, this.extent(), this.size());
    this.changed(this.transform, byUser);
  }

  /** Where the best path is drawn: in the middle where all rows fit, else near the top. */
  private axis(k: number): number {
    const { top, bottom } = this.extent();
    const free = this.size().height - (bottom - top) * k;
    return Math.max(MARGIN, free / 2) - top * k;
  }

  /** The wheel zooms around the pointer; sideways, or with Shift, it moves along the steps. */
  private readonly wheeled = (event: WheelEvent): void => {
    const { deltaX, deltaY, deltaMode, ctrlKey } = event;
    const isSideways = Math.abs(deltaX) > Math.abs(deltaY);
    const isMove = !ctrlKey && (isSideways || event.shiftKey);
    if (!isMove && !ctrlKey && pageScrolls()) return;
    event.preventDefault();
    if (isMove) this.pan(-(isSideways ? deltaX : deltaY) * (deltaMode === 1 ? 24 : 1));
    else {
      const k = this.transform.k * wheelFactor(deltaY, deltaMode, ctrlKey);
      this.apply(zoomed(this.transform, k, this.placeOf(event)), true);
    }
  };

  private readonly down = (event: PointerEvent): void => {
    const isTouch = event.pointerType === 'touch';
    if (!isTouch && (event.button !== 0 || event.ctrlKey)) return;
    // A pointer that went up elsewhere was not told of.
    if (event.isPrimary) this.pointers.clear();
    this.pressedAt = this.placeOf(event);
    this.pointers.set(event.pointerId, this.pressedAt);
    this.isDragging = false;
  };

  private readonly move = (event: PointerEvent): void => {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.placeOf(event);
    const isTouch = event.pointerType === 'touch';
    if (!isTouch && !this.begins(event, now)) return;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    const other = others[0]?.[1];
    if (others.length === 1 && other) {
      this.apply(pinched(this.transform, [before, other], [now, other]), true);
    } else if (isTouch) {
      // One finger is the page's, up and down.
      if (others.length === 0) this.pan(dx);
    } else {
      const { x, y, k } = this.transform;
      this.apply({ x: x + dx, y: y + dy, k }, true);
    }
  };

  /** Whether a pressed mouse drags; only then it is held, so that a click is one of what is under it. */
  private begins(event: PointerEvent, [x, y]: Point): boolean {
    if (event.buttons === 0) {
      this.pointers.clear();
      return false;
    }
    if (this.isDragging) return true;
    if (Math.hypot(x - this.pressedAt[0], y - this.pressedAt[1]) < SLACK) return false;
    this.isDragging = true;
    this.svg.setPointerCapture(event.pointerId);
    return true;
  }

  private readonly up = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
  };

  private readonly clicked = (event: MouseEvent): void => {
    if (!this.isDragging) return;
    this.isDragging = false;
    event.stopPropagation();
    event.preventDefault();
  };

  private readonly touched = (event: TouchEvent): void => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  };

  private placeOf(event: MouseEvent): Point {
    const { left, top } = this.svg.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** Move sideways, as the user does. */
  private pan(by: number): void {
    if (!by) return;
    const { x, y, k } = this.transform;
    this.apply({ x: x + by, y, k }, true);
  }
}
