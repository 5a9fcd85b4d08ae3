import type { Store } from '@headgate/core'
import { expiryPrograms, type Program, programs } from '../arbitraries/programs.ts'
import { follow } from '../follow.ts'
import { type Law, law } from '../law.ts'
import { createModel } from '../model.ts'

/** Everything else follows from this one; the others say which promise it is that a store breaks. */
export const equalsTheModel: Law = law(
  'equals the model',
  'Every answer, and every figure that can be read from it, is what the pure functions of core say, exactly.',
  programs,
  (store, program, run) => followModel(program, store, run),
)

export const expiryIsInvisible: Law = law(
  'expiry is invisible',
  'A state that was dropped answers as it would have if it were still there, also to a clock that lags.',
  expiryPrograms,
  (store, program, run) => followModel(program, store, run),
)

function followModel(program: Program, store: Store, run: string): Promise<void> {
  const model = createModel()
  return follow(
    program,
    { name: store.name, scope: run, store },
    { name: 'the model', scope: run, store: model },
  )
}
