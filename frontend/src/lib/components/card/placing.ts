/** Where a card stands beside what it belongs to. */

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Placing {
  left: number;
  /** null where the card hangs from its lower edge */
  top: number | null;
  /** distance from the viewport's lower edge; null where it hangs from its upper edge */
  bottom: number | null;
  most: number;
}

const GAP = 8;

/**
 * Below the anchor, above where there is more room, and never over the viewport's edges.
 *
 * @param wanted the card's size as it would like to be
 */
export function place(
  anchor: Box,
  wanted: { width: number; height: number },
  viewport: { width: number; height: number }
): Placing {
  const below = viewport.height - anchor.bottom - 2 * GAP;
  const above = anchor.top - 2 * GAP;
  const isBelow = below >= wanted.height || below >= above;
  const right = viewport.width - wanted.width - GAP;
  return {
    left: Math.max(GAP, Math.min(anchor.left - GAP, right)),
    top: isBelow ? anchor.bottom + GAP : null,
    bottom: isBelow ? null : viewport.height - anchor.top + GAP,
    most: Math.max(0, isBelow ? below : above)
  };
}
