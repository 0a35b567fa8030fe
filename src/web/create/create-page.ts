/** The script of the page that creates links. */

import { startPage } from '../parts/start-page.js';
import { startCreatePage } from './create-form.js';

void startPage(startCreatePage);
