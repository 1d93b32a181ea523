import { fileURLToPath } from 'node:url';
import { sveltekit } from '@sveltejs/kit/vite';
import { minify } from 'terser';
import { defineConfig, type Plugin } from 'vite';

const SERVICE = process.env.TEMPO_SERVICE ?? 'http://127.0.0.1:8000';
const ROUTES = ['/api', '/health', '/ready', '/v1', '/docs', '/openapi.json'];

interface Graph {
  getModuleInfo(id: string): { importers: readonly string[]; isEntry: boolean } | null;
}

/** Whether something is there from the first: imported, by whatever way, by what the page begins with. */
function isFirst(id: string, graph: Graph, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = graph.getModuleInfo(id);
  if (info === null) return false;
  if (info.isEntry) return true;
  return info.importers.some((importer) => isFirst(importer, graph, seen));
}

/**
 * Two scripts: what the first view needs, and all that may come later. Compressed together they are
 * smaller than one for each panel.
 */
const codeSplitting = {
  groups: [{ name: (id: string, graph: Graph) => (isFirst(id, graph) ? 'first' : 'later') }]
};

/**
 * SvelteKit's router is a tenth of the script, and this page has nowhere to go: src/start.ts takes its
 * place in the build. Each file must be met, so that a SvelteKit that begins otherwise is noticed.
 */
function withoutRouter(): Plugin {
  const start = JSON.stringify(fileURLToPath(new URL('src/start.ts', import.meta.url)));
  const inPlace = new Map([
    ['/@sveltejs/kit/src/runtime/client/entry.js', `export * from ${start};`],
    ['/.svelte-kit/generated/client-optimized/app.js', 'export {};']
  ]);
  const met = new Set<string>();
  return {
    name: 'without-router',
    enforce: 'pre',
    apply: 'build',
    applyToEnvironment: (environment) => environment.name === 'client',
    load(id) {
      for (const [file, code] of inPlace) {
        if (!id.endsWith(file)) continue;
        met.add(file);
        return code;
      }
      return null;
    },
    buildEnd(error) {
      if (!error && met.size < inPlace.size)
        throw new Error(`SvelteKit begins in another way: only ${[...met].join(', ')} was met`);
    }
  };
}

/** What Vite's own minifier leaves, another finds: two hundredths of the page. */
const smaller: Plugin = {
  name: 'smaller',
  enforce: 'post',
  apply: 'build',
  applyToEnvironment: (environment) => environment.name === 'client',
  async generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const compress = { passes: 3, unsafe_arrows: true }; // getters are Svelte's signals: reading one tells
      chunk.code = (await minify(chunk.code, { module: true, ecma: 2020, compress })).code!;
    }
  }
};

export default defineConfig({
  plugins: [withoutRouter(), sveltekit(), smaller],
  build: {
    // What knows light-dark() by itself: written for older browsers it would follow the system's theme
    // alone, and no longer the one that was chosen on the page.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5']
  },
  environments: { client: { build: { rolldownOptions: { output: { codeSplitting } } } } },
  server: {
    host: '127.0.0.1',
    port: Number(process.env.TEMPO_UI_PORT ?? 5173),
    strictPort: true,
    proxy: Object.fromEntries(ROUTES.map((route) => [route, { target: SERVICE }]))
  }
});
