import type { Reroute } from '@sveltejs/kit';

/** There is one page; what its address means is read by the page itself, which forgives anything. */
export const reroute: Reroute = () => '/';
