/**
 * How the built page begins, in place of SvelteKit's router: there is one page, and it reads its
 * address itself. See vite.config.ts.
 */

import { mount } from 'svelte';
import Page from './routes/[...place]/+page.svelte';

export function start(_app: unknown, target: HTMLElement): void {
  mount(Page, { target });
}

/** SvelteKit's entry has it; style sheets stand in index.html, or come with what is imported. */
export const load_css = (): void => {};
