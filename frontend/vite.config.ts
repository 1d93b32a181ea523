import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const SERVICE = process.env.TEMPO_SERVICE ?? 'http://127.0.0.1:8000';
const ROUTES = ['/api', '/health', '/ready', '/v1', '/docs', '/openapi.json'];

export default defineConfig({
  plugins: [sveltekit()],
  // What knows light-dark() by itself: written for older browsers it would follow the system's theme
  // alone, and no longer the one that was chosen on the page.
  build: { cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'] },
  server: {
    host: '127.0.0.1',
    port: Number(process.env.TEMPO_UI_PORT ?? 5173),
    strictPort: true,
    proxy: Object.fromEntries(ROUTES.map((route) => [route, { target: SERVICE }]))
  }
});
