declare global {
  // SvelteKit's own interfaces are extended here.
  namespace App {}
}

export {};
