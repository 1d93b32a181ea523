/** Opening a run from a file. */

import { FileError } from '$lib/domain/reading';
import { LARGEST_FILE, openFile } from '$lib/domain/run_file';
import type { App } from '$lib/state/app.svelte';
import { RunStore } from '$lib/state/run.svelte';

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;

/** Show the run that a file holds, or say what is wrong with it. */
export async function open(app: App, file: File): Promise<void> {
  try {
    if (file.size > LARGEST_FILE) {
      const most = megabytes(LARGEST_FILE);
      throw new FileError(`it has ${megabytes(file.size)}; files up to ${most} can be opened.`);
    }
    const { id, events, result } = openFile(await file.text());
    app.show(RunStore.kept(id, events, result));
    app.tell('info', `“${file.name}” is open. It is shown as it was saved.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    app.tell('error', `“${file.name}” cannot be opened: ${why}`);
  }
}
