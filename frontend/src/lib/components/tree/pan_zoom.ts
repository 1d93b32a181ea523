/** Zooming and panning by wheel, pinch, drag and buttons; knows nothing of what is drawn. */

import { select, type Selection } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomTransform } from 'd3-zoom';

/** What is drawn, in its own units. */
export interface Extent {
  width: number;
  top: number;
  bottom: number;
}

export const MOST = 2.5;
export const LEAST = 0.0004;
const MARGIN = 28;

/** On narrow windows the page scrolls, so there the wheel zooms only with Ctrl. */
const pageScrolls = (): boolean => window.matchMedia('(max-width: 55.99rem)').matches;

export class PanZoom {
  transform: ZoomTransform = zoomIdentity;
  private readonly target: Selection<SVGSVGElement, unknown, null, undefined>;
  private readonly behaviour = zoom<SVGSVGElement, unknown>();
  private finger: { id: number; x: number } | null = null;
  private fingers = 0;

  constructor(
    private readonly svg: SVGSVGElement,
    private readonly extent: () => Extent,
    private readonly size: () => { width: number; height: number },
    changed: (transform: ZoomTransform, byUser: boolean) => void
  ) {
    this.target = select(svg);
    this.behaviour
      .scaleExtent([LEAST, MOST])
      .extent(() => [
        [0, 0],
        [this.size().width, this.size().height]
      ])
      .constrain((wanted) => this.constrained(wanted))
      .filter((event: Event) => this.takes(event))
      .on('zoom', (event: { transform: ZoomTransform; sourceEvent: Event | null }) => {
        this.transform = event.transform;
        changed(event.transform, event.sourceEvent !== null);
      });
    this.target.call(this.behaviour).on('dblclick.zoom', null);
    svg.addEventListener('wheel', this.wheeled, { passive: false, capture: true });
    svg.addEventListener('pointerdown', this.down);
    svg.addEventListener('pointermove', this.move);
    for (const name of ['pointerup', 'pointercancel'] as const) {
      svg.addEventListener(name, this.up);
    }
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
    const { k } = this.transform;
    const { width } = this.size();
    this.set(Math.min(MARGIN, width - MARGIN - this.extent().width * k), this.axis(k), k);
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

  scale(by: number): void {
    this.behaviour.scaleBy(this.target, by);
  }

  leave(): void {
    this.target.on('.zoom', null);
    this.svg.removeEventListener('wheel', this.wheeled, { capture: true });
    this.svg.removeEventListener('pointerdown', this.down);
    this.svg.removeEventListener('pointermove', this.move);
    this.svg.removeEventListener('pointerup', this.up);
    this.svg.removeEventListener('pointercancel', this.up);
  }

  private set(x: number, y: number, k: number): void {
    this.behaviour.transform(this.target, zoomIdentity.translate(x, y).scale(k));
  }

  /** Where the best path is drawn: in the middle where all rows fit, else near the top. */
  private axis(k: number): number {
    const { top, bottom } = this.extent();
    const free = this.size().height - (bottom - top) * k;
    return Math.max(MARGIN, free / 2) - top * k;
  }

  /** Some of it stays in view, however it is pushed. */
  private constrained(wanted: ZoomTransform): ZoomTransform {
    const { width, height } = this.size();
    const { width: all, top, bottom } = this.extent();
    const { k } = wanted;
    const some = 96;
    const x = Math.min(width - some, Math.max(some - all * k, wanted.x));
    const y = Math.min(height - some - top * k, Math.max(some - bottom * k, wanted.y));
    return zoomIdentity.translate(x, y).scale(k);
  }

  /** One finger is the page's, up and down; two are ours. */
  private takes(event: Event): boolean {
    if (event.type.startsWith('touch')) return (event as TouchEvent).touches.length > 1;
    const mouse = event as MouseEvent;
    if (event.type === 'wheel') return mouse.ctrlKey || !pageScrolls();
    return mouse.button === 0 && !mouse.ctrlKey;
  }

  /** Sideways wheels and Shift move along the steps. */
  private readonly wheeled = (event: WheelEvent): void => {
    if (event.ctrlKey) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!sideways && !event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = sideways ? event.deltaX : event.deltaY;
    const lines = event.deltaMode === 1 ? 24 : 1;
    this.pan(-by * lines);
  };

  private readonly down = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch') return;
    this.fingers++;
    this.finger = this.fingers === 1 ? { id: event.pointerId, x: event.clientX } : null;
  };

  private readonly move = (event: PointerEvent): void => {
    if (this.finger?.id !== event.pointerId) return;
    this.pan(event.clientX - this.finger.x);
    this.finger.x = event.clientX;
  };

  private readonly up = (event: PointerEvent): void => {
    if (event.pointerType !== 'touch') return;
    this.fingers = Math.max(0, this.fingers - 1);
    this.finger = null;
  };

  /** Move sideways, as the user does. */
  private pan(by: number): void {
    if (!by) return;
    this.panned();
    const { x, y, k } = this.transform;
    this.set(x + by, y, k);
  }

  /** Called when the user moves the view in a way that d3 does not know. */
  panned: () => void = () => {};
}
