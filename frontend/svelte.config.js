import adapter from '@sveltejs/adapter-static';

/** @type {Map<string, string>} */
const taken = new Map();

/**
 * The class that makes a component's styles its own stands in each selector and each element: four
 * characters are enough.
 *
 * @param {{ hash: (text: string) => string, name: string, filename: string }} component
 */
function cssHash({ hash, filename, name }) {
  const file = filename.replace(/^.*\/(src|node_modules)\//, '');
  const short = `s${hash(name + file).slice(-3)}`;
  const other = taken.get(short) ?? file;
  if (other !== file) throw new Error(`${file} and ${other} have the same class: rename one`);
  taken.set(short, file);
  return short;
}

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { cssHash },
  kit: {
    // One page, its state in the URL's fragment: any static server can serve it.
    adapter: adapter({ pages: 'build', assets: 'build', precompress: false, strict: true }),
    router: { type: 'hash' },
    paths: { relative: true },
    // Without a name the time of the build is used, and no two builds are the same.
    version: { name: '0.1.0', pollInterval: 0 },
    typescript: {
      config: (config) => ({
        ...config,
        include: [
          ...config.include,
          '../*.config.js',
          '../*.config.ts',
          '../e2e/**/*.ts',
          '../scripts/**/*.js'
        ]
      })
    },
    // The inline script that starts the page is allowed by its digest; nothing else inline is.
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['self'],
        'script-src': ['self'],
        'style-src': ['self'],
        // The one style attribute there is: SvelteKit hides what it announces to screen readers.
        'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
        'img-src': ['self', 'data:', 'blob:'],
        'connect-src': ['self'],
        'object-src': ['none'],
        'base-uri': ['none'],
        'form-action': ['self']
      }
    }
  }
};
