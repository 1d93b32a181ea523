/** The lattice as a picture: what is drawn on the page, in a file that stands alone. */

const LATTICE = 'lattice-svg';
const SVG = 'http://www.w3.org/2000/svg';

/** What a picture needs of the page's styles; as attributes, which no content policy forbids. */
const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-dashoffset',
  'stroke-linecap',
  'stroke-linejoin',
  'visibility',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'letter-spacing',
  'text-anchor',
  'dominant-baseline'
];

/** What no child inherits, with the value that need not be said, and the attribute that says it. */
const OWN: [property: string, usual: RegExp, attribute: string][] = [
  ['opacity', /^1?$/, 'opacity'],
  ['display', /^(?!none)/, 'display'],
  ['text-decoration-line', /^(none)?$/, 'text-decoration']
];

/** Canvases beyond this are refused by browsers. */
const LARGEST_SIDE = 8192;

export interface Picture {
  svg: string;
  width: number;
  height: number;
}

/** The lattice on the page, null where none is drawn. */
export const drawnLattice = (): SVGSVGElement | null =>
  document.querySelector<SVGSVGElement>(`svg#${LATTICE}`);

/** Wait for the lattice to be drawn, which it is once its view is shown. */
export async function latticeSoon(milliseconds = 3000): Promise<SVGSVGElement | null> {
  const until = Date.now() + milliseconds;
  while (Date.now() < until) {
    const found = drawnLattice();
    if (found && found.getBoundingClientRect().width > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return null;
}

/** Copy an SVG element with all that its look depends on. */
export function pictureOf(drawn: SVGSVGElement): Picture {
  const place = drawn.getBoundingClientRect();
  const width = Math.max(1, Math.round(place.width));
  const height = Math.max(1, Math.round(place.height));
  const clone = drawn.cloneNode(true) as SVGSVGElement;
  const colours = new Colours();
  dress(drawn, clone, colours);
  clone.setAttribute('width', String(width));
  clone.setAttribute('height', String(height));
  if (!clone.hasAttribute('viewBox')) clone.setAttribute('viewBox', `0 0 ${width} ${height}`);
  for (const name of ['id', 'tabindex', 'role']) clone.removeAttribute(name);
  clone.prepend(background(drawn, clone, colours));
  return { svg: new XMLSerializer().serializeToString(clone), width, height };
}

function background(drawn: Element, clone: SVGSVGElement, colours: Colours): SVGElement {
  const [x, y, width, height] = clone.getAttribute('viewBox')!.split(/[\s,]+/);
  const rectangle = document.createElementNS(SVG, 'rect');
  const sides = { x, y, width, height };
  for (const [name, value] of Object.entries(sides)) rectangle.setAttribute(name, value ?? '0');
  rectangle.setAttribute('fill', colours.plain(backgroundOf(drawn)));
  return rectangle;
}

/** The first colour behind an element that is not transparent. */
function backgroundOf(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour && colour !== 'transparent' && !/[,/] ?0\)$/.test(colour)) return colour;
  }
  return '#ffffff';
}

function dress(from: Element, to: Element, colours: Colours): void {
  const style = getComputedStyle(from);
  const inherited =
    from.parentElement && to.parentElement ? getComputedStyle(from.parentElement) : null;
  for (const name of PROPERTIES) {
    const value = style.getPropertyValue(name);
    // What a child inherits is said once, at its parent.
    const isSaid = inherited?.getPropertyValue(name) === value && !to.hasAttribute(name);
    if (value === '' || isSaid) continue;
    to.setAttribute(name, name === 'fill' || name === 'stroke' ? colours.plain(value) : value);
  }
  for (const [name, usual, attribute] of OWN) {
    const value = style.getPropertyValue(name);
    if (usual.test(value)) to.removeAttribute(attribute);
    else to.setAttribute(attribute, value);
  }
  const isUpper = style.getPropertyValue('text-transform') === 'uppercase';
  for (const node of [...to.childNodes]) {
    if (node.nodeType === Node.COMMENT_NODE) node.remove();
    else if (isUpper && node.nodeType === Node.TEXT_NODE) {
      node.textContent = node.textContent!.toUpperCase();
    }
  }
  for (const { name } of [...to.attributes]) {
    const isOfThePage = name === 'class' || name === 'style' || name.startsWith('data-');
    if (isOfThePage || name.startsWith('on')) to.removeAttribute(name);
  }
  const children = [...from.children];
  [...to.children].forEach((child, index) => dress(children[index]!, child, colours));
}

/** Colours as every program reads them; browsers compute some in spaces that few know. */
class Colours {
  private readonly known = new Map<string, string>();
  private readonly canvas: CanvasRenderingContext2D | null;

  constructor() {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    this.canvas = canvas.getContext('2d', { willReadFrequently: true });
  }

  plain(colour: string): string {
    if (!/^[a-z-]+\(/.test(colour) || /^(rgba?|url)\(/.test(colour)) return colour;
    let found = this.known.get(colour);
    if (found === undefined) this.known.set(colour, (found = this.drawn(colour)));
    return found;
  }

  private drawn(colour: string): string {
    if (!this.canvas) return colour;
    this.canvas.clearRect(0, 0, 1, 1);
    this.canvas.fillStyle = colour;
    this.canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha = 255] = this.canvas.getImageData(0, 0, 1, 1).data;
    return `rgba(${red}, ${green}, ${blue}, ${Number((alpha / 255).toFixed(3))})`;
  }
}

/** Draw a picture as a PNG, twice as fine as on the page where that is possible. */
export async function pngOf({ svg, width, height }: Picture): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error('The picture could not be drawn.'));
      image.src = address;
    });
    const scale = Math.min(2, LARGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))),
        'image/png'
      )
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}
