/** What the menu can do with the run that is shown. */

import { ApiError } from '$lib/api/client';
import { fileName, stepTable, wholeText } from '$lib/domain/exporting';
import { writeRun } from '$lib/domain/run_file';
import type { App } from '$lib/state/app.svelte';
import type { RunStore } from '$lib/state/run.svelte';
import { latticeSoon, pictureOf, pngOf } from './picture';
import { copy, save } from './saving';

export function saveRun(run: RunStore): void {
  save(writeRun(run.log.events, run.result), fileName(run.live, '.run.json'));
}

export function saveText(run: RunStore): void {
  save(wholeText(run.view), fileName(run.view, '.txt'), 'text/plain;charset=utf-8');
}

export function saveSteps(run: RunStore): void {
  // The mark tells spreadsheets that this is UTF-8.
  save(`\ufeff${stepTable(run.view)}`, fileName(run.view, '.csv'), 'text/csv;charset=utf-8');
}

export async function saveLattice(app: App, run: RunStore): Promise<void> {
  try {
    let lattice = run.result?.lattice;
    if (!lattice && !run.isKept) lattice = (await app.api.run(run.id, true)).result?.lattice;
    if (!lattice) {
      const why = run.isKept ? 'The file of this run holds none.' : 'The run has none yet.';
      return app.tell('error', `There is no lattice document. ${why}`);
    }
    save(JSON.stringify(lattice), fileName(run.live, '.lattice.json'));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const again = { label: 'Try again', run: () => void saveLattice(app, run) };
    app.tell('error', app.connection.note(error), again);
  }
}

export async function savePicture(app: App, run: RunStore, kind: 'svg' | 'png'): Promise<void> {
  app.tab = 'tree';
  const drawn = await latticeSoon();
  if (!drawn) return app.tell('error', 'The lattice is not drawn, so there is no picture of it.');
  try {
    const picture = pictureOf(drawn);
    const content = kind === 'png' ? await pngOf(picture) : picture.svg;
    save(content, fileName(run.view, `.${kind}`), 'image/svg+xml');
  } catch (error) {
    app.tell('error', error instanceof Error ? error.message : String(error));
  }
}

export async function copyLink(app: App): Promise<void> {
  const link = `${location.origin}${location.pathname}${app.link}`;
  if (await copy(link)) app.tell('info', 'The link to this view is copied.');
  else app.tell('error', `The browser does not let the page copy. The link is ${link}`);
}
