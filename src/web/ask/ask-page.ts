/** The script of the page that asks for a secret. */

import { startPage } from '../parts/start-page.js';
import { startAskPage } from './ask-form.js';

void startPage(startAskPage);
