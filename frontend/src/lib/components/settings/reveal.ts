/** Finding a setting's control on the page. */

import { tick } from 'svelte';
import type { SettingsStore } from '$lib/state/settings.svelte';

export const controlId = (name: string): string => `setting-${name}`;

/** Bring a setting into view and give it the focus. */
export async function reveal(settings: SettingsStore, name: string): Promise<void> {
  settings.search = '';
  settings.isOpen = true;
  await tick();
  const control = document.getElementById(controlId(name));
  const group = control?.closest('details');
  if (group) group.open = true;
  await tick();
  control?.scrollIntoView({ block: 'center' });
  control?.focus({ preventScroll: true });
}
