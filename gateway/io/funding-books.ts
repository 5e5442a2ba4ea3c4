/** What the reading of funding rests on, in the file of the ledger. */
import type { FundingBooks } from '../account/funding-reader.ts';
import type { AccountRisk } from '../account/account-risk.ts';
import type { LedgerStore } from './ledger-store.ts';

export const fundingBooks = (store: Pick<LedgerStore, 'meta' | 'setMeta' | 'fundingSince'>, risk: AccountRisk): FundingBooks => ({
  doneToMs: () => {
    const saved = store.meta().funding;
    return saved === null ? null : Number(saved);
  },
  save: (doneToMs) => store.setMeta('funding', String(doneToMs)),
  booked: (fromMs) => store.fundingSince(fromMs),
  onLate: (report) => risk.bookedLate(report),
});
