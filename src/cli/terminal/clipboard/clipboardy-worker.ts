/**
 * The thread that `desktop.ts` starts to copy a text by way of clipboardy. clipboardy hands its tools the environment of
 * the thread that it runs in, which is a clean one here. An error ends the thread with that error.
 */

import { workerData } from 'node:worker_threads';
import clipboard from 'clipboardy';

/** The text to copy. */
const text = workerData as string;

void clipboard.write(text);
