/** Give the reader a file. */

import { standalone } from '$lib/domain/figures';

/** What a picture needs of its styles, once it is no part of the page. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'font-variant-numeric'
];

export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const downloadText = (name: string, type: string, text: string): void =>
  download(name, new Blob([text], { type: `${type};charset=utf-8` }));

/** A picture as it looks now, with its colours written into it. */
export function svgText(svg: SVGSVGElement, title: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const copies = copy.querySelectorAll<SVGElement>('*');
  svg.querySelectorAll<SVGElement>('*').forEach((one, place) => {
    const computed = getComputedStyle(one);
    const other = copies[place]!;
    for (const name of STYLES) {
      const value = computed.getPropertyValue(name);
      if (value) other.setAttribute(name, value.replace(/url\("(#[^"]+)"\)/, 'url($1)'));
    }
    other.removeAttribute('class');
  });
  copy.querySelectorAll('[data-screen-only]').forEach((one) => one.remove());
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  paper.setAttribute('width', '100%');
  paper.setAttribute('height', '100%');
  paper.setAttribute('fill', surfaceOf(svg));
  copy.insertBefore(paper, copy.firstChild);
  copy.removeAttribute('class');
  copy.removeAttribute('aria-hidden');
  return standalone(new XMLSerializer().serializeToString(copy), title);
}

/** The colour that a picture stands on. */
function surfaceOf(element: Element): string {
  for (let one: Element | null = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (colour && colour !== 'transparent' && colour !== 'rgba(0, 0, 0, 0)') return colour;
  }
  return 'white';
}

const SHARP = 2;

/** The same picture as pixels, two for each of the page. */
export async function pngOf(svg: SVGSVGElement, title: string): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect();
  const source = URL.createObjectURL(new Blob([svgText(svg, title)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(width * SHARP);
    canvas.height = Math.ceil(height * SHARP);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png')
    );
  } finally {
    URL.revokeObjectURL(source);
  }
}
