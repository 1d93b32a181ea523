/** What the keyboard does anywhere on the page. */

import { kept } from '$lib/state/keeping';
import type { Tab } from '$lib/domain/permalink';

export type Shortcut = 'help' | 'prompt' | 'generate' | 'close' | Tab;

export const SINGLE_KEYS = 'tempo.single-keys';

const TABS: Record<string, Tab> = {
  '1': 'text',
  '2': 'tree',
  '3': 'details',
  '4': 'chart',
  '5': 'compare'
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** What a key asks for; single keys count outside fields alone, and only while they are on. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) return 'generate';
  if (event.key === 'Escape') return 'close';
  if (event.metaKey || event.ctrlKey || event.altKey) return null;
  if (isTyping(event.target) || !kept(SINGLE_KEYS, true)) return null;
  if (event.key === '?') return 'help';
  if (event.key === '/') return 'prompt';
  return TABS[event.key] ?? null;
}
