// Does the type check find faults at all? It once found none under a new TypeScript, and was green.
import { spawnSync } from 'node:child_process';
import { execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../canary/', import.meta.url));
const check = fileURLToPath(import.meta.resolve('svelte-check'));
const options = ['--workspace', folder, '--tsconfig', `${folder}tsconfig.json`];
const ran = spawnSync(execPath, [check, ...options, '--output', 'machine'], { encoding: 'utf8' });

for (const file of ['wrong.ts', 'Wrong.svelte']) {
  if (ran.stdout.includes(`ERROR "${file}"`)) continue;
  console.error(
    `svelte-check does not find the fault in canary/${file}: ${ran.stdout}${ran.stderr}`
  );
  exit(1);
}
