/** The script of the page that the links of a secret lead to: the one that reads it, and its receipt. */

import { startPage } from '../parts/start-page.js';
import { readReceipt, startReceiptPage } from '../receipt/receipt-view.js';
import { startRevealPage } from './reveal-form.js';

void startPage(() => {
  const receipt = readReceipt();
  if (receipt === null) startRevealPage();
  else startReceiptPage(receipt);
});
