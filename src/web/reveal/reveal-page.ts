/** The script of the page that a link leads to. */

import { startPage } from '../parts/start-page.js';
import { startRevealPage } from './reveal-form.js';

void startPage(startRevealPage);
