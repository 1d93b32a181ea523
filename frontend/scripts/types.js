// Types from the service's own schemas: `npm run types` writes them, `npm run types:check` compares.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { argv, exit } from 'node:process';
import { compile } from 'json-schema-to-typescript';

/**
 * @typedef {{ schema: string, root: string, module: string }} Source
 * @typedef {Record<string, unknown>} Node
 */

const DOCS = new URL('../../docs/', import.meta.url);
const GENERATED = new URL('../src/lib/api/generated/', import.meta.url);

/** Each schema in docs/, the name of its root type, and the module that is made of it. */
const SCHEMAS = [
  { schema: 'lattice.schema.json', root: 'LatticeDocument', module: 'lattice.ts' },
  { schema: 'events.schema.json', root: 'Event', module: 'events.ts' },
  { schema: 'openapi.json', root: 'Schemas', module: 'openapi.ts' }
];

/** @type {Partial<import('json-schema-to-typescript').Options>} */
const OPTIONS = {
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
  unreachableDefinitions: true,
  style: { printWidth: 100, singleQuote: true, trailingComma: 'none' }
};

/**
 * The schemas that an OpenAPI document names, as one JSON schema.
 *
 * @param {string} text
 * @returns {Node}
 */
function fromOpenApi(text) {
  const { components } = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'));
  const names = Object.keys(components.schemas);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])),
    required: names,
    $defs: Object.fromEntries(
      names.map((name) => [name, { ...components.schemas[name], title: name }])
    )
  };
}

/**
 * A schema without the titles of single fields: each would become the name of a type of its own.
 *
 * @param {unknown} value
 * @param {boolean} isNamed whether its own title is the name of a type
 * @returns {unknown}
 */
function withoutFieldTitles(value, isNamed) {
  if (Array.isArray(value)) return value.map((one) => withoutFieldTitles(one, false));
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(
    ([key, one]) => isNamed || key !== 'title' || typeof one !== 'string'
  );
  return Object.fromEntries(
    kept.map(([key, one]) => [
      key,
      key === '$defs'
        ? Object.fromEntries(
            Object.entries(one).map(([name, part]) => [name, withoutFieldTitles(part, true)])
          )
        : withoutFieldTitles(one, false)
    ])
  );
}

/**
 * @param {Source} source
 * @returns {Promise<string>}
 */
async function generated({ schema, root }) {
  const text = await readFile(new URL(schema, DOCS), 'utf8');
  const document = schema === 'openapi.json' ? fromOpenApi(text) : JSON.parse(text);
  const bannerComment = `// Made of docs/${schema} by \`npm run types\`; do not edit.`;
  const named = { .../** @type {Node} */ (withoutFieldTitles(document, true)), title: root };
  return compile(named, root, { ...OPTIONS, bannerComment });
}

const isCheck = argv.includes('--check');
/** @type {Source[]} */
const stale = [];
for (const one of SCHEMAS) {
  const path = new URL(one.module, GENERATED);
  const text = await generated(one);
  if (!isCheck) await writeFile(path, text);
  else if ((await readFile(path, 'utf8').catch(() => '')) !== text) stale.push(one);
}
for (const { schema, module } of stale) {
  console.error(
    `${basename(GENERATED.pathname)}/${module} is not what docs/${schema} says: npm run types`
  );
}
if (stale.length) exit(1);
