import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Transform } from '$lib/domain/zooming';
import { PanZoom } from './pan_zoom';

let svg: SVGSVGElement;
let zoom: PanZoom;
let seen: [Transform, boolean][];
let isNarrow: boolean;
const chosen = vi.fn();

beforeEach(() => {
  svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  document.body.append(svg);
  svg.setPointerCapture = vi.fn();
  svg.addEventListener('click', chosen);
  isNarrow = false;
  vi.stubGlobal('matchMedia', () => ({ matches: isNarrow }));
  seen = [];
  zoom = new PanZoom(
    svg,
    () => ({ width: 1000, top: -50, bottom: 150 }),
    () => ({ width: 600, height: 400 }),
    (...told) => seen.push(told)
  );
});

afterEach(() => {
  zoom.leave();
  svg.remove();
  chosen.mockClear();
  vi.unstubAllGlobals();
});

const point = (type: string, x: number, y: number, more: object = {}): void => {
  const event = new MouseEvent(type, {
    clientX: x,
    clientY: y,
    buttons: 1,
    bubbles: true,
    cancelable: true
  });
  const facts = { pointerId: 1, pointerType: 'mouse', isPrimary: true, ...more };
  svg.dispatchEvent(Object.assign(event, facts));
};

const turn = (init: WheelEventInit): boolean =>
  !svg.dispatchEvent(new WheelEvent('wheel', { cancelable: true, ...init }));

test('a pressed mouse moves the view, and the click at the end chooses nothing', () => {
  point('pointerdown', 100, 100);
  point('pointermove', 140, 90);
  point('pointerup', 140, 90);
  point('click', 140, 90);
  expect(seen.at(-1)).toEqual([{ x: 40, y: -10, k: 1 }, true]);
  expect(svg.setPointerCapture).toHaveBeenCalledWith(1);
  expect(chosen).not.toHaveBeenCalled();
  point('click', 140, 90);
  expect(chosen).toHaveBeenCalledOnce();
});

test('a click with a hand that trembles is a click', () => {
  point('pointerdown', 100, 100);
  point('pointermove', 101, 101);
  point('pointerup', 101, 101);
  point('click', 101, 101);
  expect(seen).toEqual([]);
  expect(chosen).toHaveBeenCalledOnce();
});

test('one finger moves sideways alone, two zoom around what is under them', () => {
  const finger = (pointerId: number) => ({
    pointerId,
    pointerType: 'touch',
    isPrimary: pointerId === 1
  });
  point('pointerdown', 100, 100, finger(1));
  point('pointermove', 120, 160, finger(1));
  expect(zoom.transform).toEqual({ x: 20, y: 0, k: 1 });
  point('pointerdown', 220, 160, finger(2));
  point('pointermove', 320, 160, finger(2));
  expect(zoom.transform).toEqual({ x: -80, y: -160, k: 2 });
  point('pointerup', 320, 160, finger(2));
  point('pointermove', 130, 160, finger(1));
  expect(zoom.transform.x).toBe(-70);
});

test('the wheel zooms around the pointer, and sideways it moves along', () => {
  expect(turn({ deltaY: -500, clientX: 100, clientY: 50 })).toBe(true);
  expect(zoom.transform).toEqual({ x: -100, y: -50, k: 2 });
  turn({ deltaX: 30, deltaY: 2 });
  turn({ deltaY: 10, shiftKey: true });
  expect(zoom.transform).toEqual({ x: -140, y: -50, k: 2 });
});

test('on a narrow window the wheel is the page’s, and Ctrl makes it ours', () => {
  isNarrow = true;
  expect(turn({ deltaY: -500 })).toBe(false);
  expect(seen).toEqual([]);
  expect(turn({ deltaY: -50, ctrlKey: true })).toBe(true);
  expect(zoom.transform.k).toBe(2);
});

test('the buttons zoom around the middle, and are no move of the user’s hand', () => {
  zoom.scale(2);
  expect(seen).toEqual([[{ x: -300, y: -200, k: 2 }, false]]);
});

test('who has left is told nothing', () => {
  zoom.leave();
  turn({ deltaY: -500 });
  point('pointerdown', 0, 0);
  point('pointermove', 50, 50);
  expect(seen).toEqual([]);
});
