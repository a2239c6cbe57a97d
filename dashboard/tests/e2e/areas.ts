// What the areas of the mock keep beside the world's own, so that a test can look at it and spoil it.

import type { Grant, Provider, Receipt, SecretCard, Trust, Verdict } from '#src/api/types'
import type { Stage } from './browser'

export interface Areas {
  grants: Grant[]
  trust: Trust
  secrets: SecretCard[]
  providers: Provider[]
  /** The value of each key that is kept, by its provider; no answer holds one. */
  keys: Record<string, string>
  /** The text of the settings. */
  config: string
  verdict: Pick<Verdict, 'bad' | 'problems' | 'remarks'>
  /** Receipts at the end of the log, without their numbers. */
  moreReceipts: Partial<Receipt>[]
}

export const areas = (stage: Stage): Areas => stage.mock.world as unknown as Areas
