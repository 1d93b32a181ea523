import { sveltekit } from '@sveltejs/kit/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

/** The domain needs no browser; where there is none, it cannot come to need one. */
const PURE = 'src/lib/domain/**/*.test.ts';

export default defineConfig({
  plugins: [sveltekit(), svelteTesting()],
  test: {
    benchmark: { include: ['benchmarks/**/*.bench.ts'] },
    projects: [
      { extends: true, test: { name: 'domain', environment: 'node', include: [PURE] } },
      {
        extends: true,
        test: {
          name: 'page',
          environment: 'jsdom',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [PURE],
          setupFiles: ['./tests/setup.ts']
        }
      }
    ]
  }
});
